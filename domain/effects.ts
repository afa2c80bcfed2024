import { isOnHold, paysAfterApproval } from './approval.ts'
import { dueOf, isPaidFor, isProcessing, payingPayment, type Booking, type Payment, type Refund } from './booking.ts'
import { claimsOf } from './claims.ts'
import { isLive } from './lifecycle.ts'
import { closingChange, payingSupplement, wantsSupplement } from './supplement.ts'
import { type Instant } from './time.ts'

/** Why a pending booking is on its way out: its open payments are being cancelled, then it ends. */
export type Closing = { readonly trigger: 'expire' | 'fail'; readonly reason: string }

/** The failure of a payment that nobody made in time: what it closes has expired, and did not fail (O-02). */
export const TIMED_OUT = 'timed_out'

/** Is this unpaid booking being closed, and why? A paid one never is. */
export function closing(booking: Booking, now: Instant): Closing | null {
  if (!isOnHold(booking) || isPaidFor(booking) || isFree(booking)) return null
  const wanted = booking.payments.filter(({ superseded }) => superseded === undefined)
  const last = wanted.at(-1)
  if (last !== undefined && booking.terms.policy.onPaymentFailed === 'cancel' && !isProcessing(booking)) {
    const failed = last.status === 'failed' || (last.status === 'voided' && last.failureCode !== null)
    if (failed) {
      return last.failureCode === TIMED_OUT
        ? { trigger: 'expire', reason: 'payment_timed_out' }
        : { trigger: 'fail', reason: 'payment_failed' }
    }
    const nothingLeft = wanted.every(({ status }) => status === 'voided')
    if (nothingLeft && now < booking.hold.expiresAt) return { trigger: 'fail', reason: 'payment_cancelled' }
  }
  if (now < booking.hold.expiresAt) return null
  // Life cycles know of no expiry after an approval.
  return { trigger: booking.status === 'pending' ? 'expire' : 'fail', reason: 'hold_expired' }
}

/** Does it cost nothing, and has nobody to confirm it first? */
export function isFree(booking: Booking): boolean {
  return dueOf(booking) === 0 && !isReserved(booking)
}

/** Is it still the first of two steps? */
export function isReserved(booking: Booking): boolean {
  return booking.status === 'pending' && booking.hold.reserved
}

/** Work at the payment or meeting service that a booking's state calls for; the key names the operation and never changes. */
export type PendingEffect =
  /** Of what is due; `change`: of the supplement of that change. */
  | { readonly type: 'request_payment'; readonly key: string; readonly change?: string }
  | { readonly type: 'capture'; readonly key: string; readonly payment: Payment }
  | { readonly type: 'void'; readonly key: string; readonly payment: Payment }
  | { readonly type: 'refund'; readonly key: string; readonly refund: Refund; readonly payment: Payment }
  | { readonly type: 'make_meeting'; readonly key: string }

/**
 * Everything that is due at other services, worked out from the state alone: a workflow that starts over from the database takes up exactly
 * what was left undone. At most one pending effect per payment, so that a capture and its undo never race.
 */
export function pendingEffects(booking: Booking, now: Instant): PendingEffect[] {
  const paying = payingPayment(booking)
  const supplement = payingSupplement(booking)
  const effects: PendingEffect[] = []
  const nextIntent = `intent:${booking.id}:${booking.payments.length + 1}`
  if (wantsPayment(booking, now)) {
    // Priced anew it is another operation: the same key would give the intent of the old price.
    const { revision } = booking
    effects.push({ type: 'request_payment', key: revision === undefined ? nextIntent : `${nextIntent}:${revision}` })
  }
  if (booking.change != null && wantsSupplement(booking, now)) {
    const { id: change } = booking.change
    effects.push({ type: 'request_payment', key: `${nextIntent}:${change}`, change })
  }
  for (const payment of booking.payments) {
    const isDue = payment === paying ? wantsCapture(booking) : payment === supplement && booking.change?.taken === true
    if (payment.status === 'authorized' && isDue) {
      effects.push({ type: 'capture', key: `capture:${payment.id}`, payment })
    } else if (payment.status !== 'succeeded' && payment.status !== 'voided' && isUnwanted(booking, payment, now)) {
      effects.push({ type: 'void', key: `void:${payment.id}:${triesOf(booking, payment)}`, payment })
    }
  }
  for (const refund of booking.refunds) {
    const payment = booking.payments.find(({ id }) => id === refund.paymentId)
    if (refund.status === 'pending' && payment !== undefined)
      effects.push({ type: 'refund', key: refund.key, refund, payment })
  }
  if (booking.terms.makesMeeting && booking.meetingUrl === null && wantsMeeting(booking)) {
    effects.push({ type: 'make_meeting', key: `meeting:${booking.id}` })
  }
  return effects
}

/** How long each kind of work at another service may take before a person is called, in seconds. */
export const PATIENCE_SECONDS = {
  request_payment: 600,
  capture: 600,
  make_meeting: 600,
  void: 3 * 86_400,
  refund: 3 * 86_400,
} as const satisfies Record<PendingEffect['type'], number>

/** The reason of the attention that is raised when a pending effect has taken longer than the patience with it. */
export function overdue(type: PendingEffect['type']): string {
  return `${type}_overdue`
}

function wantsCapture(booking: Booking): boolean {
  return dueOf(booking) > 0 && claimsOf(booking) === 'committed'
}

/** A link is made once the booking is paid for and has its units; a free one only has to be held. */
function wantsMeeting(booking: Booking): boolean {
  if (dueOf(booking) === 0) return isLive(booking.status) && !isReserved(booking)
  return payingPayment(booking)?.status === 'succeeded' && claimsOf(booking) === 'committed'
}

function wantsPayment(booking: Booking, now: Instant): boolean {
  if (!isOnHold(booking) || dueOf(booking) === 0 || closing(booking, now) !== null) return false
  if (booking.status === 'pending' && (booking.hold.reserved || paysAfterApproval(booking))) return false
  return booking.payments.every(isOutOfUse)
}

export function isOutOfUse({ status, superseded }: Payment): boolean {
  return status === 'voided' || superseded === true
}

/** A payment is unwanted when the booking is free, closing or closed, or when it already stands on another one. */
function isUnwanted(booking: Booking, payment: Payment, now: Instant): boolean {
  if (payment.superseded === true) return true
  if (payment.change !== undefined) {
    const paying = payingSupplement(booking)
    const isOther = payment.change !== booking.change?.id || (paying !== undefined && payment !== paying)
    return isOther || !isLive(booking.status) || closingChange(booking, now) !== null
  }
  // Its webhook may have overtaken the answer that will say that it is the supplement's (H-07).
  if (payment.clientSecret === null && booking.change != null && wantsSupplement(booking, now)) return false
  if (dueOf(booking) === 0) return true
  const paying = payingPayment(booking)
  // While it is pending, voids are for holds that end (they ask before they cancel): a surplus is seen to once it is confirmed.
  if (paying !== undefined && payment !== paying) return claimsOf(booking) !== 'held' && booking.status !== 'pending'
  if (isOnHold(booking)) return closing(booking, now) !== null
  if (booking.status === 'awaiting_approval') return false
  // Nothing was to be paid at first, and a supplement since: it stands on that alone.
  return paying === undefined || !isLive(booking.status)
}

/** Each extension is a reason to ask anew. */
function triesOf(booking: Booking, payment: Payment): number | 'given_up' {
  if (payment.superseded === true) return 'given_up'
  if (payment.change !== undefined) return booking.change?.hold.extensions ?? 0
  return 'hold' in booking ? booking.hold.extensions : 0
}
