import { approvalDeadline, paysAfterApproval } from './approval.ts'
import {
  dueOf,
  givenBack,
  isPaidFor,
  keptOf,
  notGivenBack,
  openPayment,
  payingPayment,
  retained,
  SYSTEM,
  type Booking,
  type Payment,
} from './booking.ts'
import { hasBegun, isTooLate } from './bounds.ts'
import { UNTIL_SEEN } from './attention.ts'
import { isDiscrepancyReason } from './discrepancies.ts'
import { isDisputed } from './disputes.ts'
import { evolveAll } from './evolve.ts'
import type { Fact } from './facts.ts'
import { isClosed, isLive, next } from './lifecycle.ts'
import { money, percentOf } from './money.ts'
import { closing, pendingEffects, isFree, overdue } from './effects.ts'
import { isBounced, isForeignMoney } from './payments.ts'
import { WRITE_REFUSED } from './put-aside.ts'
import { refundable } from './split.ts'
import { changeConsequence } from './supplement.ts'
import type { Instant } from './time.ts'

/** What a message leads to: the facts in order, and the booking after them. No facts: it was stale. */
export type Outcome = { readonly booking: Booking; readonly facts: readonly Fact[] }

/** `unitsLost`: the database said that the units went to somebody else, so nothing may be built on having them. */
export type Circumstances = {
  readonly now: Instant
  readonly unitsLost?: boolean
  /** Until when the authorisation that is just told of holds; null or absent: the payment service does not say (C-04). */
  readonly authorisedUntil?: Instant | null
}

/**
 * The facts a message brings, followed by everything that must follow from them by itself: a paid booking is confirmed, a closing one ends
 * when no payment is open any more, a late payment takes the units again, money beyond what may be kept goes back.
 */
export function withConsequences(before: Booking, facts: readonly Fact[], circumstances: Circumstances): Outcome {
  let { booking, applied } = evolveAll(before, facts)
  if (facts.length > 0 && applied.length === 0) return { booking: before, facts: [] }
  for (;;) {
    const consequence = consequenceOf(booking, circumstances, isComing(before, facts))
    if (consequence === null) return { booking, facts: applied }
    const step = evolveAll(booking, consequence)
    if (step.applied.length === 0) throw new Error(`${consequence[0]?.type} follows but changes nothing`)
    booking = step.booking
    applied = [...applied, ...step.applied]
  }
}

/** Is the money that confirms it only coming in now, and not by an operator's word? What was paid in time is confirmed when it is captured. */
function isComing(before: Booking, facts: readonly Fact[]): boolean {
  return !isPaidFor(before) && !facts.some(({ by }) => by.role === 'operator')
}

function consequenceOf(
  booking: Booking,
  { now, unitsLost = false, authorisedUntil = null }: Circumstances,
  isMoneyComing: boolean,
): Fact[] | null {
  const stamp = { at: now, by: SYSTEM }
  const end = (trigger: 'expire' | 'fail', reason: string): Fact[] => [
    { ...stamp, type: 'ended', trigger, reason, keep: 0 },
  ]
  const confirm = (trigger: 'confirm' | 'revive'): Fact[] => [
    { ...stamp, type: 'confirmed', trigger, ticketReference: booking.terms.issuesTicket ? ticketOf(booking) : null },
  ]
  const awaitApproval = (): Fact => ({
    ...stamp,
    type: 'approval_awaited',
    approveBy: approvalDeadline(booking, now, authorisedUntil),
  })
  const payment = payingPayment(booking)
  const free = dueOf(booking) === 0
  const short = payment !== undefined && offered(booking, payment) < dueOf(booking)
  const captured = payment?.status === 'succeeded' && !short
  const complete = (captured || free) && (!booking.terms.makesMeeting || booking.meetingUrl !== null)

  if (booking.status === 'pending') {
    if (isPaidFor(booking) || isFree(booking)) {
      if (unitsLost) return end('fail', 'units_lost')
      if (isMoneyComing && payment !== undefined && isTooLate(booking, booking.hold, now))
        return end('expire', 'hold_expired')
      if (short) return end('fail', 'amount_mismatch')
      if (booking.terms.requiresApproval) {
        return [awaitApproval()]
      }
      if (complete) return confirm('confirm')
    } else {
      // The price was paid in another currency: as with an amount that is too small, it is over, and all goes back (N-10).
      if (booking.payments.some(isForeignMoney)) return end('fail', 'amount_mismatch')
      const cause = closing(booking, now)
      if (cause === null && !booking.hold.reserved && paysAfterApproval(booking)) return [awaitApproval()]
      const isOpen = ({ status, superseded }: Payment) =>
        status !== 'voided' && status !== 'succeeded' && superseded === undefined
      if (cause !== null && !booking.payments.some(isOpen)) {
        return end(cause.trigger, cause.reason)
      }
    }
  }
  if (booking.status === 'awaiting_approval') {
    // The bank has let go of the authorisation: there is nothing left to approve.
    if (payment === undefined && !free) {
      if (!paysAfterApproval(booking)) return end('fail', 'payment_cancelled')
      const cause = closing(booking, now)
      if (cause !== null && booking.payments.every(({ status }) => status === 'voided' || status === 'succeeded')) {
        return end(cause.trigger, cause.reason)
      }
    }
    if (short) return end('fail', 'amount_mismatch')
    const isPaidNow = isMoneyComing && payment !== undefined && booking.approved
    if (isPaidNow && isTooLate(booking, booking.hold, now)) return end('fail', 'hold_expired')
    if (booking.approved && unitsLost) return end('fail', 'units_lost')
    if (booking.approved && complete) return confirm('confirm')
  }
  if (booking.status === 'cancelled' || booking.status === 'expired') {
    if (booking.reviving) {
      if (unitsLost || payment === undefined || short) return [{ ...stamp, type: 'revival_failed' }]
      if (complete) return confirm('revive')
    } else if (mayRevive(booking, now)) {
      if (unitsLost) return [{ ...stamp, type: 'revival_failed' }]
      return complete ? confirm('revive') : [{ ...stamp, type: 'revival_started' }]
    }
  }
  const change = isLive(booking.status) ? changeConsequence(booking, now, unitsLost, SYSTEM) : null
  return change ?? refundsOwed(booking, now) ?? wholeAmountBack(booking, now) ?? mended(booking, now)
}

/**
 * only a booking that expired or failed, whose time has not begun, and whose whole price is there. Never one that a person would have to
 * approve (C-04): it would be confirmed unasked.
 */
function mayRevive(booking: Booking & { status: 'cancelled' | 'expired' }, now: Instant): boolean {
  const payment = payingPayment(booking)
  return (
    booking.cancellation.revivable &&
    booking.displacement == null &&
    !booking.terms.requiresApproval &&
    dueOf(booking) > 0 &&
    next(booking.terms.lifecycle, booking.status, 'revive') !== undefined &&
    !hasBegun(booking, now) &&
    payment !== undefined &&
    offered(booking, payment) >= dueOf(booking) &&
    !booking.refunds.some(({ paymentId }) => paymentId === payment.id)
  )
}

/**
 * Captured money beyond what may be kept, from the latest payment backwards, the good one last (H-05: the surplus goes back). Of what is
 * superseded nothing may be kept, whatever else is due (H-11).
 */
function refundsOwed(booking: Booking, now: Instant): Fact[] | null {
  // Nothing of a payment goes back by itself while a bank decides about it (N-14).
  const left = (payment: Payment) => (isDisputed(booking, payment.id) ? 0 : keptOf(booking, payment))
  const superseded = booking.payments.filter((payment) => payment.superseded === true)
  const foreign = superseded.filter(({ currency }) => currency !== undefined)
  const lost = superseded.reduce((total, payment) => total + (payment.currency === undefined ? left(payment) : 0), 0)
  let owed = Math.max(lost, retained(booking) - mayKeep(booking))
  if (owed <= 0 && foreign.every((payment) => left(payment) <= 0)) return null
  const facts: Fact[] = []
  const good = payingPayment(booking)
  const others = booking.payments.filter((payment) => payment !== good && payment.superseded === undefined).toReversed()
  const strays = others.filter(({ change }) => change === undefined)
  const supplements = others.filter(({ change }) => change !== undefined)
  const last = good === undefined ? [] : [good]
  for (const payment of [...superseded, ...strays, ...supplements, ...last]) {
    const given = booking.refunds.filter(({ paymentId }) => paymentId === payment.id)
    const isForeign = payment.currency !== undefined
    const amount = isForeign ? left(payment) : Math.min(owed, left(payment))
    if (amount <= 0) continue
    if (!isForeign) owed -= amount
    facts.push({
      at: now,
      by: SYSTEM,
      type: 'refund_requested',
      key: `refund:${booking.id}:${payment.id}:${given.length + 1}`,
      paymentId: payment.id,
      amount,
      reason: reasonFor(booking, payment),
    })
  }
  return facts.length === 0 ? null : facts
}

function reasonFor(booking: Booking, payment: Payment): string {
  if (payment.currency !== undefined) return 'amount_mismatch'
  if (isClosed(booking.status) && 'cancellation' in booking) return booking.cancellation.reason
  if (payment.superseded === true) return payment.change === undefined ? 'priced_anew' : 'change_fell_through'
  const isStray = payment.change === undefined && payment !== payingPayment(booking)
  return booking.revision === undefined || isStray ? 'surplus_payment' : 'changed'
}

function mayKeep(booking: Booking): number {
  if (isLive(booking.status) || booking.status === 'completed') return dueOf(booking)
  if (booking.status === 'no_show') {
    const fee = percentOf(
      money(refundable(booking.price), booking.price.currency),
      booking.terms.policy.noShowFeePercent,
    )
    return fee.amount + (booking.price.kept ?? 0)
  }
  if ('reviving' in booking && booking.reviving) return dueOf(booking)
  return 'cancellation' in booking ? booking.cancellation.keep : dueOf(booking)
}

function wholeAmountBack(booking: Booking, now: Instant): Fact[] | null {
  const gone = booking.refunds.filter(({ status }) => status === 'succeeded')
  const paid = booking.payments.filter(({ captured }) => captured > 0)
  const isBack = paid.every(({ id, captured }) => givenBack(gone, id) === captured)
  const legal = isClosed(booking.status) && next(booking.terms.lifecycle, booking.status, 'refund') !== undefined
  // An earlier payment is back while a later one is bringing the booking back.
  if ('reviving' in booking && booking.reviving) return null
  return legal && paid.length > 0 && isBack ? [{ at: now, by: SYSTEM, type: 'refunded' }] : null
}

/** Attention ends when what raised it is no longer so, but for a refund that failed or bounced, which it had covered: a person is still needed. */
function mended(booking: Booking, now: Instant): Fact[] | null {
  const reason = booking.attention?.reason
  if (reason !== undefined && isStillTrue(booking, reason, now)) return null
  const stamp = { at: now, by: SYSTEM }
  const covered = ['refund_failed', 'refund_bounced', 'disputed'].find((other) => isStillTrue(booking, other, now))
  if (covered === undefined && reason === undefined) return null
  return covered === undefined
    ? [{ ...stamp, type: 'attention_cleared' }]
    : [{ ...stamp, type: 'attention_raised', reason: covered }]
}

function isStillTrue(booking: Booking, reason: string, now: Instant): boolean {
  if (isDiscrepancyReason(reason) || reason === WRITE_REFUSED) return true
  if (reason === 'refund_failed') return booking.refunds.some(({ status }) => status === 'failed')
  if (reason === 'refund_bounced') return booking.refunds.some(isBounced)
  if (reason === 'disputed') return isDisputed(booking)
  // Until an operator says that it is seen to: nothing here can tell.
  if (UNTIL_SEEN.has(reason)) return true
  if (reason === 'payment_outcome_unknown') return openPayment(booking) !== undefined
  return pendingEffects(booking, now).some(({ type }) => reason === overdue(type))
}

/** What of the price a payment covers: of a captured one what we have not sent back. */
function offered(booking: Booking, payment: Payment): number {
  return payment.status === 'succeeded' ? notGivenBack(booking, payment) : payment.amount
}

/** The ticket's number, derived from the reference so that it is the same wherever the confirmation is worked out again (E-04). */
function ticketOf(booking: Booking): string {
  return `TKT-${booking.reference.replace(/^[A-Z]+-/, '')}`
}
