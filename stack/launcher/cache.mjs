import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder this checkout lives in. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

const dayMs = 24 * 3600 * 1000

function writable(folder) {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Where things fetched once per machine are kept, outside the checkout so that a new clone is fast.
 * Without a writable home it is the checkout's own `.holdfast/cache`, and `fallback` is true.
 */
export function cacheFolder(env = process.env, fallback = join(checkout, '.holdfast', 'cache')) {
  const candidates = []
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) candidates.push(join(env.XDG_CACHE_HOME, 'holdfast'))
  if (process.platform === 'win32' && env.LOCALAPPDATA) candidates.push(join(env.LOCALAPPDATA, 'holdfast'))
  if (env.HOME && isAbsolute(env.HOME)) candidates.push(join(env.HOME, '.cache', 'holdfast'))
  const found = candidates.find(writable)
  return found === undefined ? { path: fallback, fallback: true } : { path: found, fallback: false }
}

/**
 * Fills `folder` once: `fill` works in a temporary neighbour, which is renamed when complete, so that two
 * processes at once, or a kill in the middle, never leave half of it.
 */
export async function fillOnce(folder, fill) {
  if (existsSync(folder)) return folder
  mkdirSync(dirname(folder), { recursive: true })
  sweep(folder)
  const unfinished = mkdtempSync(`${folder}.unfinished-`)
  try {
    await fill(unfinished)
    renameSync(unfinished, folder)
  } catch (error) {
    // Somebody else may have finished first; theirs is as good as ours.
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return folder
}

function sweep(folder) {
  for (const name of readdirSync(dirname(folder))) {
    const path = join(dirname(folder), name)
    if (!name.startsWith(`${basename(folder)}.unfinished-`)) continue
    if (Date.now() - statSync(path).mtimeMs > dayMs) rmSync(path, { recursive: true, force: true })
  }
}

/** Environment that keeps npm, pip and Maven inside the cache when there is no home for their own caches. */
export function toolEnvironment(cache, env = process.env) {
  if (!cache.fallback) return { ...env }
  const own = (name) => join(cache.path, name)
  const maven = `${env.MAVEN_OPTS ?? ''} -Dmaven.repo.local=${own('m2')}`.trim()
  return { ...env, npm_config_cache: own('npm'), PIP_CACHE_DIR: own('pip'), MAVEN_OPTS: maven }
}
