import { createHash } from 'node:crypto'
import { Refused } from '../domain/failures.ts'
import type { Order } from '../domain/order.ts'
import { lookUpItems } from '../prisma/catalogue.ts'
import type { Database } from '../prisma/client.ts'
import { findEntry, type Waiting } from '../prisma/waitlist.ts'
import { profileNamed } from '../profiles/index.ts'
import type { Principal } from './auth.ts'
import { BUFFERS, currentInstant, makeOrder, profileOf, questionsOf } from './order.ts'
import type { OrderBody } from './schemas/order.ts'
import type { WaitlistEntryBody } from './schemas/waitlist.ts'

/** May this caller see this entry? Customers their own, providers those for their offerings, the others all. */
function maySee({ role, id }: Principal, entry: Waiting): boolean {
  if (role === 'customer') return entry.customerId === id
  return role !== 'provider' || entry.providerId === id
}

/** The entry of an id that the caller may see. Throws `not_found` else, whether it is absent or somebody else's. */
export async function visibleEntry(database: Database, principal: Principal, id: string): Promise<Waiting> {
  const entry = await findEntry(database, id)
  if (entry === null || !maySee(principal, entry)) {
    throw new Refused({ code: 'not_found', message: `There is no entry ${id} in the waitlist.` })
  }
  return entry
}

/**
 * The order that a request comes to, whether its units are free or not, and whether they are. Throws Refused as `makeOrder` does for what can never be
 * booked, or not now.
 */
export async function orderRegardless(
  database: Database,
  request: {
    readonly body: OrderBody
    readonly principal: Principal
    readonly bookingId: string
    readonly fingerprint: string
  },
): Promise<{ order: Order; isFree: boolean }> {
  const found = await lookUpItems(database, questionsOf(request.body), BUFFERS)
  const order = makeOrder({
    ...request,
    profile: profileOf(request.body),
    now: currentInstant(),
    found: found.map((item) => ({ ...item, freeUnit: item.freeUnit ?? '' })),
  })
  return { order, isFree: found.every(({ freeUnit }) => freeUnit !== null) }
}

/** The request as it is to be made again when the offer is accepted, by whomever: with its customer, and without the key it came under. */
export function bodyToKeep({ idempotency_key: _key, ...body }: OrderBody, { customer }: Order): OrderBody {
  const { id, name, email, phone } = customer
  return {
    ...body,
    customer: {
      id,
      ...(name !== null && { name }),
      ...(email !== null && { email }),
      ...(phone !== null && { phone }),
    },
  }
}

/** The same for the same wish: nobody waits for one thing twice. */
export function wishOf({ items, partySize }: Order): string {
  const wanted = items.map(({ offeringId, unitId, quantity, start, end }) => [
    offeringId,
    unitId,
    quantity,
    start,
    end,
    partySize,
  ])
  return createHash('sha256').update(JSON.stringify(wanted)).digest('hex')
}

/** What `claims` and `units` of an entry hold: written by `joinWaitlist` and `offer_entry` alone. */
type Wanted = {
  item_id: string
  offering_id: string
  unit_id: string | null
  quantity: number
  starts_at: string | null
}
type Offered = { item_id: string; unit_id: string }

export function renderEntry(entry: Waiting): WaitlistEntryBody {
  const body = entry.body as unknown as OrderBody
  const offered = new Map(((entry.units ?? []) as Offered[]).map(({ item_id, unit_id }) => [item_id, unit_id]))
  const isOffered = entry.status === 'offered'
  return {
    id: entry.id,
    status: entry.status,
    profile: profileNamed(entry.profile)!.name,
    customer: { id: entry.customerId },
    items: (entry.claims as Wanted[]).map((item, index) => ({
      id: item.item_id,
      offering_id: item.offering_id,
      unit_id: offered.get(item.item_id) ?? item.unit_id,
      quantity: item.quantity,
      start: item.starts_at,
      end: body.items[index]?.end ?? null,
    })),
    party_size: body.party_size ?? null,
    position: entry.inLine,
    offer: isOffered && entry.offerExpiresAt !== null ? { expires_at: entry.offerExpiresAt.toISOString() } : null,
    booking_id: entry.status === 'accepted' ? entry.bookingId : null,
    closes_at: entry.closesAt?.toISOString() ?? null,
    available_actions: isOffered ? ['accept', 'withdraw'] : entry.status === 'waiting' ? ['withdraw'] : [],
    history: entry.history as WaitlistEntryBody['history'],
    created_at: entry.createdAt.toISOString(),
    updated_at: entry.updatedAt.toISOString(),
  }
}
