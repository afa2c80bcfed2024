import { bookedItems, dueOf, retained, type Actor, type Booking } from './booking.ts'
import { isDisputed } from './disputes.ts'
import { openDisplacement } from './displacement.ts'
import { money } from './money.ts'
import { fullRefund, refundByDates, type DatedPart, type RefundOffer } from './refund-policy.ts'
import { forfeitedOf, refundable, sharesOf, sharesTogether } from './split.ts'
import type { Instant } from './time.ts'

/**
 * What cancelling now would give back: everything while nothing is confirmed, when the other side cancels or took the unit away (H-14),
 * else what the policy's tiers give, for each item by its own date (N-81), but for what was forfeited before it was moved (N-83).
 */
export function cancellationOffer(
  booking: Booking,
  by: Actor,
  now: Instant,
  itemIds: readonly string[] | null = null,
): RefundOffer {
  const offer = policyOffer(booking, by, now, itemIds)
  // What somebody else gave back already, or a bank decides about, cannot come back from us (N-14).
  const missing = isCaptured(booking) ? Math.max(0, dueOf(booking) - retained(booking)) : 0
  const isOpen = booking.payments.some(({ id, captured }) => captured > 0 && isDisputed(booking, id))
  return { ...offer, amount: isOpen ? 0 : Math.max(0, offer.amount - missing) }
}

/** The same, as if nobody else had given anything back. */
export function policyOffer(
  booking: Booking,
  by: Actor,
  now: Instant,
  itemIds: readonly string[] | null = null,
): RefundOffer {
  const parts = isCaptured(booking)
    ? partsOf(booking, itemIds)
    : partsOf(booking, itemIds).map((part) => ({ ...part, amount: 0 }))
  const { currency } = booking.price
  const unconfirmed = booking.status === 'pending' || booking.status === 'awaiting_approval'
  if (unconfirmed || openDisplacement(booking) !== null || by.role === 'provider' || by.role === 'operator') {
    return fullRefund(money(sumOf(parts), currency))
  }
  const asked = isPartial(booking, itemIds) ? itemIds : null
  const offer = refundByDates(parts, currency, booking.terms.policy.refundTiers, now, asked === null ? 'whole' : 'part')
  const most = sumOf(parts) - forfeitedOf(booking.price, asked)
  if (offer.amount <= most || !isCaptured(booking)) return offer
  return { ...offer, amount: most, percent: Math.floor((100 * most) / sumOf(parts)) }
}

/** What the offer does not give back, of the whole or of these items; what is not captured cannot be kept. */
export function keptAfter(booking: Booking, offer: RefundOffer, itemIds: readonly string[] | null = null): number {
  if (!isCaptured(booking)) return 0
  const paid = isPartial(booking, itemIds) ? sharesTogether(booking.price, itemIds).amount : dueOf(booking)
  return paid - offer.amount
}

/** Is it about some of the booked items, and not about all of them? */
export function isPartial(booking: Booking, itemIds: readonly string[] | null): itemIds is readonly string[] {
  return itemIds !== null && bookedItems(booking).some(({ id }) => !itemIds.includes(id))
}

/** What of the price the question is about: each item's share, with the item's own date. A price that is not told apart has the booking's. */
function partsOf(booking: Booking, itemIds: readonly string[] | null): DatedPart[] {
  const startOf = new Map(booking.items.map(({ id, start }) => [id, start]))
  const shares = sharesOf(booking.price)
  if (shares.length === 0) return [{ amount: refundable(booking.price), start: booking.start }]
  const asked = isPartial(booking, itemIds) ? shares.filter(({ itemId }) => itemIds.includes(itemId)) : shares
  return asked.map(({ itemId, total }) => ({ amount: total, start: startOf.get(itemId) ?? booking.start }))
}

function sumOf(parts: readonly DatedPart[]): number {
  return parts.reduce((whole, { amount }) => whole + amount, 0)
}

/** Was it paid for, so that something of it can be kept? */
export function isCaptured({ payments }: Booking): boolean {
  return payments.some(({ status, superseded }) => status === 'succeeded' && superseded === undefined)
}
