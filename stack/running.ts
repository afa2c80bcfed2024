import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './launcher/tool.mjs'
import { readSettings, type StackUrls } from './settings.ts'

/** Where a stack says that it is up, and where: the commands read it, and the API is ready once it is there. */
export const runningFile = (home: string): string => join(home, 'running.json')

/** Tells the commands where everything is. Whole or not at all: they may look at any moment. */
export function announce(home: string, urls: StackUrls): void {
  const file = runningFile(home)
  writeFileSync(`${file}.new`, `${JSON.stringify(urls, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Says that nothing runs here: before anything is started, for an earlier one may have been killed, and after everything has stopped. */
export function retract(home: string): void {
  rmSync(runningFile(home), { force: true })
}

/** The URLs of the stack that runs on this checkout's data. Fails with a sentence when none does. */
export function runningStack(): StackUrls & { sandbox: string } {
  const file = runningFile(readSettings(process.env).home)
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
