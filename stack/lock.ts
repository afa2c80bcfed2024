import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from './launcher/tool.mjs'

export type DataFolder = { path: string; release: () => void }

/**
 * Takes the data folder for this process, or fails with a sentence when another one has it. The lock is SQLite's lock on
 * an open file, which the kernel drops with the process: after a crash there is nothing to heal. The pid beside it is for people.
 */
export function takeDataFolder(path: string): DataFolder {
  const pidFile = join(path, 'holdfast.pid')
  prepare(path)
  const database = new DatabaseSync(join(path, 'lock.sqlite'))
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    const told = error instanceof Error ? error.message : String(error)
    if (!told.includes('locked')) throw new Failure(`${path} cannot be locked: ${told}`)
    throw new Failure(
      `Holdfast is already running on ${path}${holder(pidFile)}; stop it, or use other data with HOLDFAST_HOME and other ports.`,
    )
  }
  writeFileSync(pidFile, `${process.pid}\n`)
  return { path, release: () => database.close() }
}

function prepare(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.W_OK)
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    throw new Failure(`The data folder ${path} cannot be written to (${told}); choose another with HOLDFAST_HOME.`)
  }
}

function holder(pidFile: string): string {
  try {
    return ` (pid ${readFileSync(pidFile, 'utf8').trim()})`
  } catch {
    return ''
  }
}
