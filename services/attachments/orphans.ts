import type { Logger } from 'pino'
import { keysWithoutAttachment } from '../../prisma/attachments.ts'
import type { Database } from '../../prisma/client.ts'
import type { AttachmentStore } from '../ports.ts'
import { startPoller, type Poller } from '../../runtime/poller.ts'

export type OrphanPorts = {
  readonly database: Database
  readonly attachments: AttachmentStore | null
  readonly log: Logger
}

/** A file is written before its row. Within a day its request is long over: without a row by then it will never have one. */
const AGE_HOURS = 24
const INTERVAL_MS = 3_600_000

/** Removes files that no attachment has and that are older than a day at `now`; returns how many. What is removed is gone for good. */
export async function removeOrphans({ database, attachments }: OrphanPorts, now: Date): Promise<number> {
  if (attachments === null) return 0
  let removed = 0
  for await (const keys of attachments.writtenBefore(new Date(now.getTime() - AGE_HOURS * 3_600_000))) {
    for (const key of await keysWithoutAttachment(database, keys)) {
      await attachments.remove(key)
      removed += 1
    }
  }
  return removed
}

/** Looks for orphans now and every hour until stopped. */
export function startOrphanPoller(ports: OrphanPorts): Poller {
  const round = async () => {
    const removed = await removeOrphans(ports, new Date())
    if (removed > 0) ports.log.info({ removed }, 'orphaned attachments were removed')
    return false
  }
  const trouble = 'orphaned attachments could not be removed'
  return startPoller({ round, intervalMs: INTERVAL_MS, log: ports.log, trouble })
}
