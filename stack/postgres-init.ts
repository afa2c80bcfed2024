import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, runTool, ToolFailure } from './launcher/tool.mjs'
import type { Command, Owner } from './postgres-owner.ts'

export const databaseUser = 'holdfast'

const major = '18'
const passwordFile = (dataDir: string): string => `${dataDir}.password`

/**
 * Makes the data folder if it is not there, in a neighbour that is renamed when complete, so that a kill in the middle
 * leaves nothing that looks like a database. Fails when the folder is of another major version.
 */
export async function initialise(
  dataDir: string,
  owner: Owner | undefined,
  initdb: (args: readonly string[]) => Command,
): Promise<void> {
  const versionFile = join(dataDir, 'PG_VERSION')
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, 'utf8').trim()
    if (found === major) return
    throw new Failure(
      `${dataDir} is of PostgreSQL ${found}, this is ${major}; move it away to start with an empty one.`,
    )
  }
  const unfinished = `${dataDir}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  // The database's login is a superuser, who may run programs: its password is not for other users of this machine.
  writeFileSync(passwordFile(dataDir), `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 })
  if (owner) for (const path of [unfinished, passwordFile(dataDir)]) chownSync(path, owner.uid, owner.gid)
  const account = [`--username=${databaseUser}`, `--pwfile=${passwordFile(dataDir)}`, '--auth=scram-sha-256']
  // The built-in locale sorts the same on every operating system.
  const text = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const { command, args, runAs } = initdb([`--pgdata=${unfinished}`, ...account, ...text])
  try {
    await runTool(command, args, { ...runAs })
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error
    throw new Failure(`PostgreSQL could not make its data folder: ${error.output.trim().split('\n').at(-1)}`)
  }
  renameSync(unfinished, dataDir)
}

/** The password made with the data folder. Fails when its file is gone. */
export function databasePassword(dataDir: string): string {
  try {
    return readFileSync(passwordFile(dataDir), 'utf8').trim()
  } catch {
    throw new Failure(
      `${passwordFile(dataDir)}, the password of ${dataDir}, is missing; bring it back, or delete both to start empty.`,
    )
  }
}
