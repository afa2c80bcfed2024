import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine, isAlive } from './pids.ts'

export type Leftover = { pid: number; port: number }

const stoppingMs = 30_000

/**
 * What an earlier run left on this data folder: a PostgreSQL that still serves it, or nothing. A `postmaster.pid` whose
 * process is gone, or is now something else, is removed: PostgreSQL would refuse to start for a process that only shares the number.
 */
export async function leftover(dataDir: string): Promise<Leftover | undefined> {
  const deadline = Date.now() + stoppingMs
  for (;;) {
    const found = read(dataDir)
    if (found === undefined) return undefined
    if (!isAlive(found.pid) || !isPostgresOf(found.pid, dataDir)) {
      rmSync(join(dataDir, 'postmaster.pid'), { force: true })
      return undefined
    }
    if (found.status === 'ready') return found
    // It is on its way up, or down because what started it was killed.
    if (Date.now() > deadline) return found
    await sleep(100)
  }
}

/** The file's lines: pid, data folder, start time, port, socket folder, address, shared memory key, status. */
function read(dataDir: string): (Leftover & { status: string }) | undefined {
  try {
    const lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), port: Number(lines[3]), status: (lines[7] ?? '').trim() }
  } catch {
    return undefined
  }
}

function isPostgresOf(pid: number, dataDir: string): boolean {
  const line = commandLine(pid)
  return line !== undefined && line.includes('postgres') && line.includes(dataDir)
}
