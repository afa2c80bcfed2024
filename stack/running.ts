import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './launcher/tool.mjs'
import { readSettings, type StackUrls } from './settings.ts'

/** The URLs of the stack that runs on this checkout's data. Fails with a sentence when none does. */
export function runningStack(): StackUrls & { sandbox: string } {
  const file = join(readSettings(process.env).home, 'running.json')
  let urls: StackUrls
  try {
    urls = JSON.parse(readFileSync(file, 'utf8')) as StackUrls
  } catch {
    throw new Failure('Nothing runs here yet: type `npm start` in another terminal first, and wait until it is ready.')
  }
  const { sandbox } = urls
  if (sandbox === undefined)
    throw new Failure('This stack uses services of its own, not the sandbox: there are no development tokens.')
  return { ...urls, sandbox }
}
