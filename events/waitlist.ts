import type { Logger } from 'pino'
import type { Database } from '../prisma/client.ts'
import { closeEntries, entriesThatFit, expireOffer, offerAgain } from '../prisma/waitlist.ts'
import { startPoller, type Poller } from '../runtime/poller.ts'

export type WaitlistPorts = { readonly database: Database; readonly log: Logger }

/** So many offers are passed on at once, and so many entries ended or looked at in one round. */
const AT_ONCE = 8
const AT_A_TIME = 200

/**
 * Moves the waitlist on until stopped: offers that nobody answered pass on, entries whose time has come end, and what is free for somebody
 * who waits is offered to them although nobody freed it just now: leases that lapsed, and what came free while their entry was being written. All it
 * knows is in the rows, and each step is one transaction, so several pollers may run side by side and any may die (docs/adr/0011).
 */
export function startWaitlistPoller({ database, log }: WaitlistPorts, intervalMs = 300): Poller {
  let lookedAt = 0n
  const round = async () => {
    await expireOffers(database)
    await closeEntries(database, AT_A_TIME)
    const { ids, last } = await entriesThatFit(database, lookedAt, AT_A_TIME)
    // In the order of the queue: who is earlier and fits as well is offered first.
    for (const id of ids) await offerAgain(database, id)
    lookedAt = last ?? 0n
    return false
  }
  return startPoller({ round, intervalMs, log, trouble: 'the waitlist could not be moved on' })
}

async function expireOffers(database: Database): Promise<void> {
  // One look when nothing is due, which is nearly always.
  while (await expireOffer(database)) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => expireOffer(database)))
  }
}
