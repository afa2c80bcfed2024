import { isOnHold } from './approval.ts'
import { openPayment, SYSTEM, type Agreement, type Booking, type Hold, type PendingChange } from './booking.ts'
import { untilStart } from './bounds.ts'
import type { Fact, PaymentEvent } from './facts.ts'
import { deadlineOf } from './deadlines.ts'
import { closing, pendingEffects, overdue, PATIENCE_SECONDS, type PendingEffect } from './effects.ts'
import { newsOf, PAYMENTS } from './payment-news.ts'
import { withConsequences, type Circumstances, type Outcome } from './consequences.ts'
import { asksFirst, closingChange } from './supplement.ts'
import { earlier, plusSeconds, secondsBetween, type Instant } from './time.ts'
import { visitFact } from './visits.ts'

/** A payment fact arrived, by whichever way. Repeated, late and unknown ones are welcome: what changes nothing brings no facts (H-08). */
export function onPaymentEvent(booking: Booking, paymentEvent: PaymentEvent, circumstances: Circumstances): Outcome {
  const authorisedUntil = paymentEvent.type === 'authorized' ? (paymentEvent.authorisedUntil ?? null) : null
  return withConsequences(booking, newsOf(booking, paymentEvent, circumstances.now), {
    ...circumstances,
    authorisedUntil,
  })
}

/** The timer of `deadlineOf` fired. A hold whose payment is open is not ended here: first the payment has to be cancelled. */
export function onDeadline(booking: Booking, now: Instant): Outcome {
  const deadline = deadlineOf(booking)
  if (deadline === null || now < deadline.at) return { booking, facts: [] }
  const stamp = { at: now, by: SYSTEM }
  switch (deadline.kind) {
    case 'hold_expiry':
    case 'change_expiry':
      return withConsequences(booking, [], { now })
    case 'approval':
      return withConsequences(
        booking,
        [{ ...stamp, type: 'ended', trigger: 'decline', reason: 'approval_timeout', keep: 0 }],
        {
          now,
        },
      )
    case 'displacement':
      return withConsequences(booking, [{ ...stamp, type: 'ended', trigger: 'cancel', reason: 'displaced', keep: 0 }], {
        now,
      })
    case 'no_show':
      return withConsequences(booking, [visitFact(booking, { ...stamp, trigger: 'no_show', reason: 'not_seen' })], {
        now,
      })
    case 'close':
      return withConsequences(booking, [visitFact(booking, { ...stamp, trigger: 'complete', reason: 'time_passed' })], {
        now,
      })
  }
}

/**
 * The payment service could not be brought to cancel the payment of a closing hold: it is still processing, or it did not answer. A hold that
 * has run out is kept a quarter of the grace longer, at most until the grace is over; then the booking expires with `attention` and the money,
 * should it come, takes the way of late payments.
 */
export function onPaymentUndecided(
  booking: Booking,
  reason: 'payment_processing' | 'payment_unknown',
  now: Instant,
): Outcome {
  if (booking.change != null) return onSupplementUndecided(booking, booking.change, reason, now)
  if (!isOnHold(booking) || now < booking.hold.expiresAt) return { booking, facts: [] }
  const cause = closing(booking, now)
  if (cause === null) return { booking, facts: [] }
  const { processingGraceSeconds: grace, lapseGraceSeconds } = booking.terms.policy
  const bound = keptAtMost(booking, booking.hold, grace)
  const wished = plusSeconds(now, Math.max(1, grace / 4))
  const stamp = { at: now, by: SYSTEM }
  if (now < bound) {
    const expiresAt = earlier(wished, bound)
    const lapsesAt = plusSeconds(expiresAt, lapseGraceSeconds)
    return withConsequences(booking, [{ ...stamp, type: 'hold_extended', reason, expiresAt, lapsesAt }], { now })
  }
  return withConsequences(
    booking,
    [
      { ...stamp, type: 'ended', ...cause, keep: 0 },
      { ...stamp, type: 'attention_raised', reason: 'payment_outcome_unknown' },
    ],
    { now },
  )
}

/** Until when a hold may be kept while nobody knows what becomes of its payment: for the grace, and no more beyond the start than it was before (N-84). */
function keptAtMost(of: Pick<Agreement, 'start'>, hold: Hold, graceSeconds: number): Instant {
  const bound = untilStart(of, plusSeconds(hold.firstExpiresAt, graceSeconds))
  return bound < hold.firstExpiresAt ? hold.firstExpiresAt : bound
}

/**
 * The same for the supplement of a change: its units are kept a quarter of the grace longer, at most until the grace is over. Then the change
 * falls through, and the money, should it come, goes back in full: the booking stands as it was (H-11).
 */
function onSupplementUndecided(
  booking: Booking,
  { id: changeId, hold, revision }: PendingChange,
  reason: 'payment_processing' | 'payment_unknown',
  now: Instant,
): Outcome {
  if (now < hold.expiresAt || closingChange(booking, now) === null) return { booking, facts: [] }
  const { processingGraceSeconds: grace, lapseGraceSeconds } = booking.terms.policy
  const bound = keptAtMost(revision, hold, grace)
  const stamp = { at: now, by: SYSTEM, changeId }
  if (now >= bound)
    return withConsequences(booking, [{ ...stamp, type: 'change_ended', reason: `${reason}_too_long` }], { now })
  const expiresAt = earlier(plusSeconds(now, Math.max(1, grace / 4)), bound)
  const lapsesAt = plusSeconds(expiresAt, lapseGraceSeconds)
  return withConsequences(booking, [{ ...stamp, type: 'change_extended', reason, expiresAt, lapsesAt }], { now })
}

/** The intent for a booking, or for the supplement of a change, exists: whoever has its secret can pay. */
export function onPaymentRequested(
  booking: Booking,
  intent: { intentId: string; clientSecret: string; amount: number; createdAt: Instant },
  now: Instant,
  change?: string,
): Outcome {
  const { createdAt, ...rest } = intent
  const about = change === undefined ? rest : { ...rest, change }
  return withConsequences(
    booking,
    [{ at: now, by: PAYMENTS, type: 'payment_requested', ...about, noticedAt: createdAt }],
    {
      now,
    },
  )
}

/** The meeting provider made a link (T-09). A free lesson takes its units only now, and may find them lost. */
export function onMeetingMade(booking: Booking, url: string, now: Instant, unitsLost = false): Outcome {
  return withConsequences(booking, [{ at: now, by: SYSTEM, type: 'meeting_made', url }], { now, unitsLost })
}

/**
 * Another service refused for good (`refused`), or did not do its part within the patience with it. A refused capture ends the booking (or
 * its revival), a refused refund waits for a person, and what merely takes too long raises `attention` and goes on being tried. What is not due
 * any more changes nothing (H-08).
 */
export function onEffectFailed(booking: Booking, effect: PendingEffect, refused: boolean, now: Instant): Outcome {
  if (!pendingEffects(booking, now).some(({ key }) => key === effect.key)) return { booking, facts: [] }
  const stamp = { at: now, by: SYSTEM }
  const end = (reason: string): Fact => ({ ...stamp, type: 'ended', trigger: 'fail', reason, keep: 0 })
  const changeId = booking.change?.id
  const isOfChange = 'payment' in effect ? effect.payment.change === changeId : 'change' in effect
  if (changeId !== undefined && isOfChange && refused && effect.type !== 'void') {
    return withConsequences(booking, [{ ...stamp, type: 'change_ended', changeId, reason: `${effect.type}_refused` }], {
      now,
    })
  }
  switch (effect.type) {
    case 'capture':
      if (refused)
        return withConsequences(
          booking,
          ['reviving' in booking ? { ...stamp, type: 'revival_failed' } : end('capture_failed')],
          {
            now,
            unitsLost: true,
          },
        )
      break
    case 'request_payment':
      if (refused) return withConsequences(booking, [end('payment_refused')], { now })
      break
    case 'refund':
      return withConsequences(
        booking,
        [
          { ...stamp, type: 'refund_failed', key: effect.refund.key },
          { ...stamp, type: 'attention_raised', reason: 'refund_failed' },
        ],
        { now },
      )
    case 'void':
      if (asksFirst(booking, effect.payment) && openPayment(booking) !== undefined) {
        return onPaymentUndecided(booking, 'payment_unknown', now)
      }
      break
    case 'make_meeting':
      break
  }
  const reason = overdue(effect.type)
  // A person who was called before is reminded when the patience has run out again, and not each time a service refuses.
  const isTold = booking.attention?.reason === reason
  if (isTold && secondsBetween(booking.updatedAt, now) < PATIENCE_SECONDS[effect.type] / 2)
    return { booking, facts: [] }
  return withConsequences(booking, [{ ...stamp, type: 'attention_raised', reason }], { now })
}
