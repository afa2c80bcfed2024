import { createHash } from 'node:crypto'
import { contactOf } from '../domain/contact.ts'
import { Refused, type Fault } from '../domain/failures.ts'
import type { Offering } from '../domain/offering.ts'
import { placeInRequest, type Order, type OrderItem } from '../domain/order.ts'
import type { Instant } from '../domain/time.ts'
import type { Buffers, ItemFound, ItemQuestion, Withheld } from '../prisma/item-lookup.ts'
import { PROFILES } from '../profiles/index.ts'
import { termsOf, type Profile } from '../profiles/profile.ts'
import type { Principal } from './auth.ts'
import { faultsAcross, placeItem, refuseNow } from './items.ts'
import { invalid } from './problems.ts'
import type { OrderBody } from './schemas/order.ts'

/** The buffers of every profile, for the look-ups. */
export const BUFFERS: Buffers = Object.fromEntries(
  Object.values(PROFILES).map(({ name, policy }) => [
    name,
    { before: policy.bufferBeforeMinutes, after: policy.bufferAfterMinutes },
  ]),
)

/** What has to be looked up for an order's items. */
export function questionsOf(body: Pick<OrderBody, 'items' | 'party_size'>): ItemQuestion[] {
  return body.items.map((item, index) => ({
    id: String(index + 1),
    offeringId: item.offering_id,
    unitId: item.unit_id ?? null,
    quantity: item.quantity ?? 1,
    start: item.start ?? null,
    end: item.end ?? null,
    partySize: body.party_size ?? null,
    seats: { adjacent: item.adjacent ?? false, section: item.section ?? null },
  }))
}

/**
 * Makes an order of a request and what is known about its items. Throws Refused: `validation_failed` with a pointer per fault for what can never be
 * booked, `policy_forbids` for what cannot be booked now, `sold_out` for what is not free (A-36: no workflow is started for it).
 */
export function makeOrder(request: {
  readonly body: OrderBody
  readonly found: readonly ItemFound[]
  readonly profile: Profile
  readonly principal: Principal
  readonly bookingId: string
  readonly fingerprint: string
  readonly now: Instant
}): Order {
  const { body, found, profile, principal, bookingId, now } = request
  const faults: Fault[] = []
  const items: OrderItem[] = []
  const offerings = new Map<string, Offering>()
  for (const [index, item] of body.items.entries()) {
    const placed = placeItem(item, found[index]!, profile, index, now)
    if ('faults' in placed) faults.push(...placed.faults)
    else {
      items.push(...placed.items)
      offerings.set(placed.offering.id, placed.offering)
    }
  }
  faults.push(...faultsAcross(items, [...offerings.values()], profile))
  if (faults.length > 0) throw invalid(...faults)

  for (const [index, item] of items.entries()) {
    refuseNow(item, offerings.get(item.offeringId)!, profile, placeInRequest(items, index), now)
  }
  const soldOut = found.filter(({ freeUnit }) => freeUnit === null).map(({ id }) => id)
  if (soldOut.length > 0) {
    throw new Refused({
      code: 'sold_out',
      message: 'What was asked for is not free.',
      details: { item_ids: soldOut },
    })
  }

  const first = offerings.get(items[0]!.offeringId)!
  const starts = items.flatMap(({ start }) => start ?? [])
  const ends = items.flatMap(({ end }) => end ?? [])
  return {
    bookingId,
    reference: referenceOf(profile, bookingId),
    profile: profile.name,
    callerId: principal.id,
    callerRole: principal.role,
    fingerprint: request.fingerprint,
    customer: customerOf(body, principal),
    provider: first.provider,
    venue: first.venue,
    items,
    offerings: [...offerings.values()].map(({ id, name, durationMinutes }) => ({ id, name, durationMinutes })),
    start: starts.toSorted()[0] ?? null,
    end: ends.toSorted().at(-1) ?? null,
    timeZone: first.timeZone,
    currency: first.price.currency,
    partySize: body.party_size ?? null,
    subject: body.subject ?? null,
    petId: body.pet_id ?? null,
    notes: body.notes ?? null,
    metadata: body.metadata ?? {},
    paymentMethod: body.payment_method ?? null,
    terms: termsOf(profile, {
      requiresApproval: [...offerings.values()].some(({ requiresApproval }) => requiresApproval),
      policy: first.policy,
    }),
  }
}

/** For whom it is, by the request and the token. Throws `forbidden` or `validation_failed`. */
export function customerOf({ customer }: Pick<OrderBody, 'customer'>, principal: Principal): Order['customer'] {
  const isSelf = principal.role === 'customer'
  if (isSelf && customer?.id !== undefined && customer.id !== principal.id) {
    throw new Refused({ code: 'forbidden', message: 'You book for yourself: customer.id is you, or absent.' })
  }
  // Whoever books for others says for whom: nobody's booking is the operator's by an omission (N-87).
  if (!isSelf && customer?.id === undefined) {
    throw invalid({ pointer: '/customer/id', message: 'is needed: for whom is it booked?' })
  }
  const own = isSelf || customer?.id === principal.id
  return {
    id: customer?.id ?? principal.id,
    name: customer?.name ?? (own ? principal.name : null),
    email: customer?.email ?? (own ? principal.email : null),
    phone: customer?.phone ?? null,
  }
}

/** What of an order must not be in a run's history, and is kept for the hold (N-24); null: it has nothing of the kind. */
export function withheldOf(
  body: Pick<OrderBody, 'customer' | 'items'>,
  principal: Principal,
  bookingId: string,
  always = false,
): Withheld | null {
  const data = contactOf(customerOf(body, principal))
  return data === null ? null : { id: bookingId, data, always: always || leavesOpen(body) }
}

/** Does it leave open which unit it gets? Whether such are free is found out besides. */
export function leavesOpen({ items }: Pick<OrderBody, 'items'>): boolean {
  return items.some(({ unit_id, start }) => unit_id === undefined && start === undefined)
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * The reference people use: the profile's prefix and twelve of Crockford's letters (60 bits) worked out from the id, so that a repeated request
 * has the same one; at most 20 characters (C-02).
 */
export function referenceOf({ referencePrefix }: Pick<Profile, 'referencePrefix'>, bookingId: string): string {
  const digest = createHash('sha256').update(bookingId).digest()
  const letters = [...digest.subarray(0, 12)].map((byte) => ALPHABET[byte % 32]).join('')
  return `${referencePrefix}-${letters}`
}

/** The profile an order names; its schema has checked that there is one. */
export function profileOf(body: Pick<OrderBody, 'profile'>): Profile {
  const profile = Object.values(PROFILES).find(({ name }) => name === body.profile)
  if (profile === undefined) throw invalid({ pointer: '/profile', message: 'there is no such profile' })
  return profile
}
