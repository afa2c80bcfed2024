import { isOnHold } from './approval.ts'
import { dueOf, type Actor, type Booking, type Payment } from './booking.ts'
import { isTooLate } from './bounds.ts'
import { swapFacts } from './displacement.ts'
import type { Fact } from './facts.ts'
import { isLive } from './lifecycle.ts'
import type { Instant } from './time.ts'

/** The payments of the pending change's supplement. */
export function supplementPayments({ change, payments }: Booking): Payment[] {
  return change == null ? [] : payments.filter((payment) => payment.change === change.id)
}

/** The payment the pending change stands on: enough rather than too little, captured rather than only authorised. */
export function payingSupplement(booking: Booking): Payment | undefined {
  const supplement = booking.change?.supplement ?? 0
  const given = supplementPayments(booking).filter(
    ({ id, superseded }) => superseded === undefined && !booking.refunds.some(({ paymentId }) => paymentId === id),
  )
  const captured = given.filter(({ status }) => status === 'succeeded')
  const authorized = given.filter(({ status }) => status === 'authorized')
  return (
    captured.find((payment) => payment.captured >= supplement) ??
    authorized.find(({ amount }) => amount >= supplement) ??
    captured[0] ??
    authorized[0]
  )
}

/** Why the pending change is on its way out, unpaid; null: it is not. */
export function closingChange(booking: Booking, now: Instant): string | null {
  const { change, terms } = booking
  if (change == null || payingSupplement(booking) !== undefined) return null
  const payments = supplementPayments(booking)
  const last = payments.at(-1)
  const hasFailed = last?.status === 'failed' || (last?.status === 'voided' && last.failureCode !== null)
  if (hasFailed && terms.policy.onPaymentFailed === 'cancel') return 'payment_failed'
  return now >= change.hold.expiresAt ? 'change_expired' : null
}

/** What becomes of the pending change by itself, as its supplement stands; null: nothing yet. */
export function changeConsequence(booking: Booking, now: Instant, unitsLost: boolean, by: Actor): Fact[] | null {
  const { change } = booking
  if (change == null) return null
  const stamp = { at: now, by }
  const end = (reason: string): Fact[] => [{ ...stamp, type: 'change_ended', changeId: change.id, reason }]
  const payment = payingSupplement(booking)
  if (payment === undefined) {
    if (change.taken) return end('payment_cancelled')
    const isOver = supplementPayments(booking).every(({ status }) => status === 'voided' || status === 'succeeded')
    const cause = closingChange(booking, now)
    return cause !== null && isOver ? end(cause) : null
  }
  if (unitsLost && !change.taken) return end('units_lost')
  if (!change.taken && isTooLate(change.revision, change.hold, now)) return end('change_expired')
  if ((payment.status === 'succeeded' ? payment.captured : payment.amount) < change.supplement) {
    return end('amount_mismatch')
  }
  if (payment.status === 'succeeded') {
    const { id: changeId, revision, reason } = change
    return swapFacts(booking, { at: now, by: change.by, type: 'changed', changeId, revision, reason })
  }
  return change.taken ? null : [{ ...stamp, type: 'change_taken', changeId: change.id }]
}

/** The supplement of a pending change is asked for once its units are held, and again when an intent was cancelled. */
export function wantsSupplement(booking: Booking, now: Instant): boolean {
  if (!isLive(booking.status) || payingSupplement(booking) !== undefined || closingChange(booking, now) !== null) {
    return false
  }
  return supplementPayments(booking).every(({ status }) => status === 'voided' || status === 'succeeded')
}

/**
 * Is a payment's outcome asked about before it is cancelled, because something waits for it that may yet be paid? A hold, or a change.
 */
export function asksFirst(booking: Booking, payment: Payment): boolean {
  if (payment.superseded === true) return false
  return (
    (isOnHold(booking) && dueOf(booking) > 0) || (payment.change !== undefined && payment.change === booking.change?.id)
  )
}

/** What an intent that is asked for now is about: the pending change's supplement, else what is due; in minor units. */
export function amountToAsk(booking: Booking, change?: string): number {
  return booking.change != null && booking.change.id === change ? booking.change.supplement : dueOf(booking)
}
