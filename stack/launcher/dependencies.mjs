import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout, toolEnvironment } from './cache.mjs'
import { alone } from './mutex.mjs'
import { npm, npmTrouble } from './npm.mjs'
import { step } from './progress.mjs'
import { Failure } from './tool.mjs'

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** What node_modules must have been made from: the lock file, for this platform. */
export function wantedStamp(lock, platform = `${process.platform}-${process.arch}`) {
  return createHash('sha256').update(lock).update(platform).digest('hex')
}

/**
 * True when what npm says it installed is what the lock file asks for; optional packages of other platforms may be
 * missing. So an `npm install` done by hand is not thrown away.
 */
export function matches(lock, installed) {
  if (lock?.packages === undefined || installed?.packages === undefined) return false
  return Object.entries(lock.packages).every(([path, { version, optional, peer, link }]) => {
    if (path === '' || link) return true
    const there = installed.packages[path]
    return there === undefined ? Boolean(optional || peer) : there.version === version
  })
}

/** Installs the dependencies when node_modules is missing or made from another lock file. */
export async function ensureDependencies(cache, root = checkout) {
  const lockPath = join(root, 'package-lock.json')
  const stampPath = join(root, 'node_modules', '.holdfast-stamp')
  if (!existsSync(lockPath))
    throw new Failure('package-lock.json is missing; get it back with: git checkout package-lock.json')
  const wanted = wantedStamp(readFileSync(lockPath))
  const fresh = () => existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted
  if (fresh()) return
  await alone(join(root, '.holdfast', 'install.lock'), async () => {
    if (fresh()) return
    if (!matches(readJson(lockPath), readJson(join(root, 'node_modules', '.package-lock.json')))) {
      await step('Installing dependencies', () => install(root, cache))
    }
    writeFileSync(stampPath, wanted)
  })
}

async function install(root, cache) {
  const flags = ['--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { cwd: root, env: toolEnvironment(cache) }
  // Nothing else is tried when npm refuses the lock file: what is installed is what it says, on every machine.
  await npm(['ci', ...flags], options).catch((error) => {
    throw new Failure(npmTrouble('The dependencies could not be installed', error, 'or run `npm ci` to see all of it'))
  })
}
