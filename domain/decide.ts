import { openPayment, SYSTEM, type Actor, type Booking } from './booking.ts'
import type { Fact, PaymentNotice } from './facts.ts'
import { next } from './lifecycle.ts'
import { closing, deadlineOf, overdue, type Duty } from './outlook.ts'
import { settle, type Circumstances, type Outcome } from './settle.ts'
import { earlier, plusSeconds, type Instant } from './time.ts'

const PAYMENTS: Actor = { role: 'service', id: 'payments' }

/** A payment fact arrived, by whichever way. Repeated, late and unknown ones are welcome: what changes nothing brings no facts (H-08). */
export function onNotice(booking: Booking, notice: PaymentNotice, circumstances: Circumstances): Outcome {
  return settle(booking, factsOf(notice, circumstances.now), circumstances)
}

function factsOf(notice: PaymentNotice, now: Instant): Fact[] {
  const { id: noticeId, at: noticedAt, intentId, amount, method, failureCode, refundKey } = notice
  const stamp = { at: now, by: PAYMENTS }
  const payment = { ...stamp, intentId, amount, method, noticeId, noticedAt }
  switch (notice.type) {
    case 'processing':
      return [{ ...payment, type: 'payment_processing' }]
    case 'authorized':
      return [{ ...payment, type: 'payment_authorized' }]
    case 'succeeded':
      return [{ ...payment, type: 'payment_captured' }]
    case 'failed':
      return [{ ...stamp, type: 'payment_failed', intentId, method, failureCode, noticeId, noticedAt }]
    case 'cancelled':
      return [{ ...stamp, type: 'payment_voided', intentId, noticedAt }]
    case 'refund_succeeded':
      return refundKey === null ? [] : [{ ...stamp, type: 'refund_succeeded', key: refundKey, note: null }]
    case 'refund_failed':
      // Our own call for the refund answers for it and is retried under its key; a webhook about one try decides nothing.
      return []
  }
}

/** The timer of `deadlineOf` fired. A hold whose payment is open is not ended here: first the payment has to be cancelled. */
export function onDeadline(booking: Booking, now: Instant): Outcome {
  const deadline = deadlineOf(booking)
  if (deadline === null || now < deadline.at) return { booking, facts: [] }
  const stamp = { at: now, by: SYSTEM }
  switch (deadline.kind) {
    case 'hold_expiry':
      return settle(booking, [], { now })
    case 'approval':
      return settle(booking, [{ ...stamp, type: 'ended', trigger: 'decline', reason: 'approval_timeout', keep: 0 }], {
        now,
      })
    case 'no_show':
      return settle(booking, [{ ...stamp, type: 'moved', trigger: 'no_show', reason: 'not_seen' }], { now })
    case 'close':
      return settle(booking, [{ ...stamp, type: 'moved', trigger: 'complete', reason: 'time_passed' }], { now })
  }
}

/**
 * The payment service could not be brought to cancel the payment of a closing hold: it is still processing, or it did not answer. The hold
 * is kept a quarter of the grace longer, at most until the grace is over; then the booking expires with `attention` and the money, should it
 * come, takes the way of late payments.
 */
export function onPaymentUndecided(
  booking: Booking,
  reason: 'payment_processing' | 'payment_unknown',
  now: Instant,
): Outcome {
  if (booking.status !== 'pending' || closing(booking, now) === null) return { booking, facts: [] }
  const { processingGraceSeconds: grace, lapseGraceSeconds } = booking.terms.policy
  const bound = plusSeconds(booking.hold.firstExpiresAt, grace)
  const wished = plusSeconds(now, Math.max(1, grace / 4))
  const stamp = { at: now, by: SYSTEM }
  if (now < bound) {
    const extended = earlier(wished, bound)
    const expiresAt = extended > booking.hold.expiresAt ? extended : booking.hold.expiresAt
    const lapsesAt = plusSeconds(expiresAt, lapseGraceSeconds)
    return settle(booking, [{ ...stamp, type: 'hold_extended', reason, expiresAt, lapsesAt }], { now })
  }
  const cause = closing(booking, now)
  return settle(
    booking,
    [
      {
        ...stamp,
        type: 'ended',
        trigger: cause?.trigger ?? 'expire',
        reason: cause?.reason ?? 'hold_expired',
        keep: 0,
      },
      { ...stamp, type: 'attention_raised', reason: 'payment_outcome_unknown' },
    ],
    { now },
  )
}

/** The intent for a booking exists: whoever has its secret can pay. */
export function onPaymentRequested(
  booking: Booking,
  intent: { intentId: string; clientSecret: string; amount: number; createdAt: Instant },
  now: Instant,
): Outcome {
  const { createdAt, ...rest } = intent
  return settle(booking, [{ at: now, by: PAYMENTS, type: 'payment_requested', ...rest, noticedAt: createdAt }], { now })
}

/** The meeting provider made a link (T-09). */
export function onMeetingMade(booking: Booking, url: string, now: Instant): Outcome {
  return settle(booking, [{ at: now, by: SYSTEM, type: 'meeting_made', url }], { now })
}

/**
 * Another service refused for good (`refused`), or did not do its part within the patience with it. A refused capture ends the booking (or
 * its revival), a refused refund waits for a person, and what merely takes too long raises `attention` and goes on being tried.
 */
export function onDutyFailed(booking: Booking, duty: Duty, refused: boolean, now: Instant): Outcome {
  const stamp = { at: now, by: SYSTEM }
  const end = (reason: string): Fact => ({ ...stamp, type: 'ended', trigger: 'fail', reason, keep: 0 })
  switch (duty.type) {
    case 'capture':
      if (refused)
        return settle(booking, ['reviving' in booking ? { ...stamp, type: 'revival_failed' } : end('capture_failed')], {
          now,
          unitsLost: true,
        })
      break
    case 'request_payment':
      return refused ? settle(booking, [end('payment_refused')], { now }) : { booking, facts: [] }
    case 'refund':
      return settle(
        booking,
        [
          { ...stamp, type: 'refund_failed', key: duty.refund.key },
          { ...stamp, type: 'attention_raised', reason: 'refund_failed' },
        ],
        { now },
      )
    case 'void':
      if (booking.status === 'pending' && openPayment(booking) !== undefined) {
        return onPaymentUndecided(booking, 'payment_unknown', now)
      }
      break
    case 'make_meeting':
      break
  }
  return settle(booking, [{ ...stamp, type: 'attention_raised', reason: overdue(duty.type) }], { now })
}

/** May a trigger be used where the booking stands? */
export function isLegal(booking: Booking, trigger: Parameters<typeof next>[2]): boolean {
  return next(booking.terms.lifecycle, booking.status, trigger) !== undefined
}
