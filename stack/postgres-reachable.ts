import { createHash } from 'node:crypto'
import { chmodSync, cpSync, lstatSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fillOnce } from './launcher/cache.mjs'
import { Failure } from './launcher/tool.mjs'
import type { Binaries } from './postgres-binaries.ts'
import { canReach, type Owner } from './postgres-owner.ts'

/**
 * PostgreSQL's programs where their user can reach them. In a checkout that is closed to other users, such as one in root's
 * home, they cannot even find each other, so that a copy of them (60 MB) is kept in the system's temporary folder.
 */
export async function reachableBinaries(binaries: Binaries, owner: Owner | undefined): Promise<Binaries> {
  if (owner === undefined || canReach(owner, binaries.postgres)) return binaries
  const native = dirname(dirname(binaries.postgres))
  const name = `holdfast-postgres-${createHash('sha256').update(native).digest('hex').slice(0, 12)}`
  const copy = await fillOnce(join(tmpdir(), name), async (to) => {
    chmodSync(to, 0o755)
    cpSync(native, to, { recursive: true, verbatimSymlinks: true })
  })
  const { uid, mode } = lstatSync(copy)
  // Anybody may make a folder of that name there.
  if (uid !== 0 || (mode & 0o022) !== 0) throw new Failure(`${copy} was not made by root; remove it and start again.`)
  return { postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') }
}
