import { createHash } from 'node:crypto'
import { Refused } from '../domain/failures.ts'
import { placeInRequest, withChosen, type Order, type Quoted } from '../domain/order.ts'
import { lookUpItems, type Withheld } from '../prisma/item-lookup.ts'
import { offeredUnits } from '../prisma/choice.ts'
import type { Database } from '../prisma/client.ts'
import { AlreadyWaiting, findEntry, joinWaitlist, type Waiting } from '../prisma/waitlist.ts'
import { profileNamed } from '../profiles/index.ts'
import type { Parts } from '../runtime/wire.ts'
import { requireRole, type Principal } from './auth.ts'
import { otherBody, type Answer, type Operation } from './idempotency.ts'
import { currentInstant } from './clock.ts'
import { BUFFERS, makeOrder, profileOf, questionsOf, withheldOf } from './order.ts'
import { renderPrice } from './render.ts'
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
async function orderRegardless(
  database: Database,
  request: {
    readonly body: OrderBody
    readonly principal: Principal
    readonly bookingId: string
    readonly fingerprint: string
  },
  withheld: Withheld | null = null,
): Promise<{ order: Order; isFree: boolean }> {
  const found = await lookUpItems(database, questionsOf(request.body), BUFFERS, withheld)
  const order = makeOrder({
    ...request,
    profile: profileOf(request.body),
    now: currentInstant(),
    found: found.map((item) => ({ ...item, freeUnit: item.freeUnit ?? '' })),
  })
  return { order, isFree: found.every(({ freeUnit }) => freeUnit !== null) }
}

/** What an entry is offered, as an order of now, with the units that are held for it. Throws Refused as `makeOrder` does. */
export async function offeredOrder(database: Database, entry: Waiting): Promise<Order> {
  const { callerId, bookingId, fingerprint } = entry
  const body = entry.body as unknown as OrderBody
  const [joined] = entry.history as WaitlistEntryBody['history']
  const role = joined?.by.role as Principal['role']
  const principal = { id: callerId, role, name: null, email: null, endsAt: 0 }
  const { order } = await orderRegardless(database, { body, principal, bookingId, fingerprint })
  return withChosen(order, await offeredUnits(database, bookingId))
}

/** The request as it is to be made again when the offer is accepted, by whomever: with its customer, and without the key it came under. */
function bodyToKeep({ idempotency_key: _key, ...body }: OrderBody, { customer }: Order): OrderBody {
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
function wishOf({ items, partySize }: Order): string {
  const wanted = items.map(({ offeringId, unitId, quantity, start, end, choose }) => [
    offeringId,
    unitId,
    quantity,
    start,
    end,
    partySize,
    ...(choose === undefined || choose === 'any' ? [] : [choose.adjacent, choose.section]),
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
  const claims = entry.claims as Wanted[]
  const wanted = claims.map(({ item_id: id }) => ({ id }))
  return {
    id: entry.id,
    status: entry.status,
    profile: profileNamed(entry.profile)!.name,
    customer: { id: entry.customerId },
    items: claims.map((item, index) => ({
      id: item.item_id,
      offering_id: item.offering_id,
      unit_id: offered.get(item.item_id) ?? item.unit_id,
      quantity: item.quantity,
      start: item.starts_at,
      end: body.items[placeInRequest(wanted, index)]?.end ?? null,
    })),
    party_size: body.party_size ?? null,
    position: entry.inLine,
    offer: isOffered && entry.offerExpiresAt !== null ? renderOffer(entry.offerExpiresAt, entry.offer) : null,
    booking_id: entry.status === 'accepted' ? entry.bookingId : null,
    closes_at: entry.closesAt?.toISOString() ?? null,
    available_actions: isOffered ? ['accept', 'withdraw'] : entry.status === 'waiting' ? ['withdraw'] : [],
    history: entry.history as WaitlistEntryBody['history'],
    created_at: entry.createdAt.toISOString(),
    updated_at: entry.updatedAt.toISOString(),
  }
}

function renderOffer(expiresAt: Date, quoted: Quoted | null): NonNullable<WaitlistEntryBody['offer']> {
  return {
    expires_at: expiresAt.toISOString(),
    amount: quoted?.price.total ?? null,
    currency: quoted?.price.currency ?? null,
    price: quoted === null ? null : renderPrice(quoted),
    refund_tiers:
      quoted?.terms.policy.refundTiers.map(({ hoursBefore, percent }) => ({ hours_before: hoursBefore, percent })) ??
      null,
    no_show_fee_percent: quoted?.terms.policy.noShowFeePercent ?? null,
  }
}

/** Who may book it may wait for it, accept it and let it go (T-05). */
export function requireBuyer(principal: Principal, body: OrderBody): void {
  if (profileOf(body).shape.customersOnly) requireRole(principal, 'customer')
  else requireRole(principal, 'customer', 'operator', 'service')
}

/** Puts an order in the queue. Throws Refused: what is free is to be booked, and nobody waits for one thing twice. */
export async function joined(
  { database, inventory }: Parts,
  body: OrderBody,
  principal: Principal,
  { id, fingerprint }: Operation,
): Promise<Answer> {
  if (inventory !== null) {
    throw new Refused({
      code: 'policy_forbids',
      message: 'Another service keeps the units here, and nobody can wait for them.',
    })
  }
  const { order, isFree } = await orderRegardless(database, { body, principal, bookingId: id, fingerprint })
  const earlier = await database.waitlistEntry.findUnique({ where: { id } })
  if (earlier !== null && earlier.fingerprint !== fingerprint) throw otherBody()
  if (earlier === null && isFree) {
    throw new Refused({ code: 'policy_forbids', message: 'It is free: book it.' })
  }
  try {
    await joinWaitlist(database, { order, body: bodyToKeep(body, order), wanted: wishOf(order) })
  } catch (error) {
    if (!(error instanceof AlreadyWaiting)) throw error
    throw new Refused({ code: 'policy_forbids', message: 'This customer waits for the same thing already.' })
  }
  return { status: 201, body: renderEntry(await visibleEntry(database, principal, id)) }
}

/**
 * Makes the offer's booking, at the price and by the terms it was offered with (N-86), and by the rules of today. Asked again it changes nothing. Throws Refused: `illegal_transition`
 * where there is no offer (yet), `hold_expired` where it is over, and whatever a create may be refused for.
 */
export async function makeBooking({ database, workflows }: Parts, entry: Waiting, principal: Principal): Promise<void> {
  const body = entry.body as unknown as OrderBody
  requireBuyer(principal, body)
  switch (entry.status) {
    case 'accepted':
      return
    case 'offered': {
      const { bookingId, fingerprint } = entry
      const withheld = withheldOf(body, principal, bookingId, true)
      const { order } = await orderRegardless(database, { body, principal, bookingId, fingerprint }, withheld)
      const { price, terms } = entry.offer ?? { terms: order.terms }
      await workflows.create(price === undefined ? order : { ...order, terms, currency: price.currency, quoted: price })
      return
    }
    case 'expired':
      throw new Refused({ code: 'hold_expired', message: 'The offer is over, or there was none in time.' })
    case 'waiting':
      throw illegal(entry, 'It is not your turn yet.')
    case 'withdrawn':
      throw illegal(entry, 'It was withdrawn.')
  }
}

/** The refusal of what an entry is not in the place for; it names what is. */
export function illegal(entry: Waiting, message: string): Refused {
  const { available_actions: legal } = renderEntry(entry)
  return new Refused({
    code: 'illegal_transition',
    message,
    details: { waitlist_status: entry.status, legal },
  })
}
