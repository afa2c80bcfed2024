import { isPaidFor, isProcessing, type Booking } from './booking.ts'
import { isLive } from './lifecycle.ts'
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

/** What a change does to the claims; null: nothing. */
export type ClaimChange =
  | { readonly state: 'committed' }
  | { readonly state: 'released'; readonly reason: string }
  | { readonly state: 'held'; readonly expiresAt: Instant; readonly lapsesAt: Instant; readonly paying: boolean }

/** How the claims have to follow the booking from one standing to the next. */
export function claimChange(before: Booking, after: Booking): ClaimChange | null {
  const state = claimsOf(after)
  if (state === 'held') {
    if (!('hold' in after) || !('hold' in before)) return null
    // The inbox sets `paying` by itself (store_notice), so any news of a payment sets it anew.
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
