import type { Logger } from 'pino'
import { Refused } from '../domain/failures.ts'
import type { Quoted } from '../domain/order.ts'
import type { Database } from '../prisma/client.ts'
import {
  closeEntries,
  entriesThatFit,
  expireOffer,
  keepQuote,
  offerAgain,
  takeUnpricedOffers,
  type Waiting,
} from '../prisma/waitlist.ts'
import { startPoller, type Poller } from '../runtime/poller.ts'

export type WaitlistPorts = {
  readonly database: Database
  readonly log: Logger
  /** What an offer is worth, by the prices and terms of now. */
  readonly quote: (offer: Waiting) => Promise<Quoted>
}

/** So many offers are passed on at once, and so many entries ended or looked at in one round. */
const AT_ONCE = 8
const AT_A_TIME = 200

/**
 * Moves the waitlist on until stopped: offers that nobody answered pass on, entries whose time has come end, and what is free for somebody
 * who waits is offered to them although nobody freed it just now: leases that lapsed, and what came free while their entry was being written. Offers get their price. All it
 * knows is in the rows, and each step is one transaction, so several pollers may run side by side and any may die (docs/adr/0011).
 */
export function startWaitlistPoller(ports: WaitlistPorts, intervalMs = 300): Poller {
  const { database, log } = ports
  let lookedAt = 0n
  const round = async () => {
    await expireOffers(database)
    await closeEntries(database, AT_A_TIME)
    const { ids, last } = await entriesThatFit(database, lookedAt, AT_A_TIME)
    // In the order of the queue: who is earlier and fits as well is offered first.
    for (const id of ids) await offerAgain(database, id)
    lookedAt = last ?? 0n
    await Promise.all((await takeUnpricedOffers(database, AT_ONCE)).map((offer) => price(ports, offer)))
    return false
  }
  return startPoller({ round, intervalMs, log, trouble: 'the waitlist could not be moved on' })
}

/** Fixes what an offer promises (N-86). Whoever accepts before that, or while nobody knows a price, books at the price of that moment. */
async function price({ database, log, quote }: WaitlistPorts, offer: Waiting): Promise<void> {
  try {
    await keepQuote(database, offer.id, await quote(offer))
  } catch (error) {
    if (error instanceof Refused && error.code !== 'unavailable') return
    log.warn({ err: error, waitlist_id: offer.id }, 'an offer of the waitlist could not be priced yet')
  }
}

async function expireOffers(database: Database): Promise<void> {
  // One look when nothing is due, which is nearly always.
  while (await expireOffer(database)) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => expireOffer(database)))
  }
}
