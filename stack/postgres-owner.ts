import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from './launcher/tool.mjs'

export type Owner = { uid: number; gid: number }

/**
 * The user PostgreSQL runs as: it refuses to be root, so root lends it the user `postgres`, created when missing.
 * Undefined when we are not root.
 */
export function postgresOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const found = lookUp()
  if (found !== undefined) return found
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'])
  const made = lookUp()
  if (made !== undefined) return made
  throw new Failure(
    'PostgreSQL does not run as root and the user "postgres" could not be created; run as another user, or set DATABASE_URL.',
  )
}

function lookUp(): Owner | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' })
    return status === 0 ? Number.parseInt(stdout, 10) : undefined
  })
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}

export type Command = { command: string; args: readonly string[]; runAs: Owner | undefined }

/**
 * How to run PostgreSQL's programs as `owner`. Where a folder above the data is closed to that user, as root's home is,
 * the process keeps the one capability of root that opens folders. Fails when this system does not allow that.
 */
export function commandAs(
  owner: Owner | undefined,
  dataDir: string,
): (program: string, args: readonly string[]) => Command {
  if (owner === undefined || canReach(owner, dataDir)) return (command, args) => ({ command, args, runAs: owner })
  const user = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  const flags = [...user, '--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  if (spawnSync('setpriv', [...flags, 'true']).status !== 0) {
    throw new Failure(
      `PostgreSQL does not run as root, and its user "postgres" may not enter ${dirname(dataDir)}; ` +
        'clone into a folder that is open to other users, run as another user, or set DATABASE_URL.',
    )
  }
  return (command, args) => ({ command: 'setpriv', args: [...flags, command, ...args], runAs: undefined })
}

/** True when `owner` may pass through every folder above the path. */
export function canReach(owner: Owner, path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
