import { existsSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toolEnvironment, type Cache } from './launcher/cache.mjs'
import { runTool } from './launcher/tool.mjs'

const stalledMs = 20_000

/**
 * Lets Temporal's SDK download one of its two servers into `folder` and gives the program's path. It gives up when nothing
 * has arrived for 20 s; a slow download that goes on is waited for. Rejects with what the SDK said.
 */
export async function downloadThroughSdk(
  server: 'dev-server' | 'time-skipping',
  version: string,
  folder: string,
  name: string,
  cache: Cache,
): Promise<string> {
  const stalled = new AbortController()
  const main = fileURLToPath(new URL('sdk-download-main.ts', import.meta.url))
  let seen = ''
  let since = Date.now()
  const watch = setInterval(() => {
    const now = progressOf(folder)
    if (now !== seen) since = Date.now()
    seen = now
    if (Date.now() - since > stalledMs) stalled.abort()
  }, 500)
  try {
    const flags = ['--disable-warning=ExperimentalWarning', main, server, version, folder]
    await runTool(process.execPath, flags, { env: toolEnvironment(cache), signal: stalled.signal })
  } finally {
    clearInterval(watch)
  }
  const program = join(folder, name)
  if (existsSync(program)) return program
  const found = readdirSync(folder).find((file) => file.startsWith('temporal') && !file.endsWith('.downloading'))
  if (found === undefined) throw new Error('the SDK downloaded nothing')
  renameSync(join(folder, found), program)
  return program
}

function progressOf(folder: string): string {
  return readdirSync(folder)
    .map((file) => `${file}:${statSync(join(folder, file), { throwIfNoEntry: false })?.size}`)
    .join()
}
