import { bookedItems, isPaidFor, isProcessing, type Booking } from './booking.ts'
import { isLive } from './lifecycle.ts'
import { supplementPayments } from './supplement.ts'
import type { Instant } from './time.ts'

/** How the units should stand: the database moves the booking's claims there in the same transaction (invariant 2). */
export type ClaimState = 'held' | 'committed' | 'released'

/** What state the booking's claims belong in. Paid for (or being captured): committed. Ended: released. */
export function claimsOf(booking: Booking): ClaimState {
  switch (booking.status) {
    case 'pending':
      return isPaidFor(booking) ? 'committed' : 'held'
    case 'awaiting_approval':
      return booking.approved ? 'committed' : 'held'
    case 'cancelled':
    case 'expired':
      return booking.reviving ? 'committed' : 'released'
    default:
      return isLive(booking.status) ? 'committed' : 'released'
  }
}

/** Must the units be kept from takeover although the hold is not committed? While a payment may yet turn out paid (X-14, C-04). */
export function isPaying(booking: Booking): boolean {
  if (booking.status === 'awaiting_approval') return true
  return booking.status === 'pending' && (booking.hold.extensions > 0 || isProcessing(booking))
}

/** What happens to the claims of all items of a booking at once. */
export type ClaimChange =
  | { readonly state: 'committed' }
  | { readonly state: 'released'; readonly reason: string }
  | { readonly state: 'held'; readonly expiresAt: Instant; readonly lapsesAt: Instant; readonly paying: boolean }

/** How the claims have to follow the booking from one state to the next. */
export function claimChange(before: Booking, after: Booking): ClaimChange | null {
  const state = claimsOf(after)
  if (state === 'held') {
    if (!('hold' in after) || !('hold' in before)) return null
    // The inbox sets `paying` by itself (store_payment_event), so any news of a payment sets it anew.
    const news = before.payments.some((payment, index) => payment.status !== after.payments[index]?.status)
    const { expiresAt, lapsesAt } = after.hold
    return news ||
      claimsOf(before) !== state ||
      expiresAt !== before.hold.expiresAt ||
      isPaying(before) !== isPaying(after)
      ? { state, expiresAt, lapsesAt, paying: isPaying(after) }
      : null
  }
  if (state === claimsOf(before)) return null
  if (state === 'committed') return { state }
  return { state, reason: after.status }
}

/** What happens to the claims of single items: those of a change, and those cancelled by themselves. */
export type ItemClaims = {
  readonly commit: readonly string[]
  readonly release: readonly string[]
  readonly renew: {
    readonly items: readonly string[]
    readonly expiresAt: Instant
    readonly lapsesAt: Instant
    readonly paying: boolean
  } | null
}

/**
 * How single claims have to follow the booking from one state to the next (H-11): in one write the new ones are committed and the old ones
 * released. Null: what happens to all of them together says enough.
 */
export function itemClaims(before: Booking, after: Booking): ItemClaims | null {
  const [had, has] = [claimsByItem(before), claimsByItem(after)]
  const together = claimsOf(before) !== claimsOf(after)
  const release = has.size === 0 ? [] : [...had.keys()].filter((id) => !has.has(id))
  const commit = together ? [] : [...has].filter(([id, state]) => state === 'committed' && had.get(id) !== state)
  const renew = renewed(before, after)
  if (release.length === 0 && commit.length === 0 && renew === null) return null
  return { commit: commit.map(([id]) => id), release, renew }
}

/** The state each item's claim belongs in; what is not named has none. A change's new items are held until they are paid for. */
function claimsByItem(booking: Booking): Map<string, Exclude<ClaimState, 'released'>> {
  const state = claimsOf(booking)
  if (state === 'released') return new Map()
  const claims = new Map(bookedItems(booking).map(({ id }) => [id, state]))
  for (const { id } of booking.change?.revision.items ?? []) {
    if (!claims.has(id)) claims.set(id, booking.change?.taken === true ? 'committed' : 'held')
  }
  return claims
}

function renewed(before: Booking, { change, ...after }: Booking): ItemClaims['renew'] {
  if (change == null || change.taken || before.change?.id !== change.id) return null
  const isPaid = (booking: Booking) => supplementPayments(booking).some(({ status }) => status === 'processing')
  const now: Booking = { ...after, change }
  // The inbox sets `paying` by itself (store_payment_event), so any news of a payment sets it anew.
  const news = before.payments.some((payment, index) => payment.status !== now.payments[index]?.status)
  const { expiresAt, lapsesAt, extensions } = change.hold
  if (!news && expiresAt === before.change.hold.expiresAt) return null
  const kept = new Set(bookedItems(now).map(({ id }) => id))
  const items = change.revision.items.map(({ id }) => id).filter((id) => !kept.has(id))
  return items.length === 0 ? null : { items, expiresAt, lapsesAt, paying: extensions > 0 || isPaid(now) }
}
