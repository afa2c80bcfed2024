import { isOnHold } from './approval.ts'
import { dueOf, isPaidFor, isProcessing, mayEnd, payingPayment, type Booking } from './booking.ts'
import { openDisplacement } from './displacement.ts'
import { isFree, isReserved, pendingEffects, PATIENCE_SECONDS, isOutOfUse } from './effects.ts'
import { isLive, next } from './lifecycle.ts'
import { needsPerson } from './payments.ts'
import { payingSupplement } from './supplement.ts'
import { plusSeconds, type Instant } from './time.ts'
import { closesAt } from './visits.ts'

export type Deadline = {
  readonly at: Instant
  readonly kind: 'hold_expiry' | 'approval' | 'displacement' | 'no_show' | 'close' | 'change_expiry'
}

/** The one deadline a timer is set for (design.md: one next deadline at a time); null: only a message can move the booking. */
export function deadlineOf(booking: Booking): Deadline | null {
  const own = ownDeadlineOf(booking)
  const { change } = booking
  if (change == null || !isLive(booking.status) || payingSupplement(booking) !== undefined) return own
  return own !== null && own.at <= change.hold.expiresAt ? own : { at: change.hold.expiresAt, kind: 'change_expiry' }
}

function ownDeadlineOf(booking: Booking): Deadline | null {
  const displacement = openDisplacement(booking)
  const deadline = deadlineInPlace(booking)
  if (displacement === null || (deadline !== null && deadline.at < displacement.until)) return deadline
  return { at: displacement.until, kind: 'displacement' }
}

function deadlineInPlace(booking: Booking): Deadline | null {
  const { lifecycle, policy } = booking.terms
  if (booking.status === 'pending') {
    return !isPaidFor(booking) && !isFree(booking) ? { at: booking.hold.expiresAt, kind: 'hold_expiry' } : null
  }
  if (booking.status === 'awaiting_approval') {
    if (!booking.approved) return { at: booking.approveBy, kind: 'approval' }
    const isToBePaid = isOnHold(booking) && payingPayment(booking) === undefined
    return isToBePaid ? { at: booking.hold.expiresAt, kind: 'hold_expiry' } : null
  }
  if (!isLive(booking.status) || !mayEnd(booking)) return null
  const mayMiss = next(lifecycle, booking.status, 'no_show') !== undefined
  if (mayMiss && policy.noShowGraceSeconds !== null && booking.start !== null) {
    return { at: missedAt(booking.start, policy.noShowGraceSeconds, booking.updatedAt), kind: 'no_show' }
  }
  const closes = next(lifecycle, booking.status, 'complete') === undefined ? null : closesAt(booking)
  return closes === null ? null : { at: closes, kind: 'close' }
}

/** Whoever was missed, and is not any more (`undo_no_show`), has at least so long to come. */
const SECOND_CHANCE_SECONDS = 3600

/** After the start and the grace; a booking that was confirmed (again) only after that is not a no-show at once (V-07). */
function missedAt(start: Instant, graceSeconds: number, changedAt: Instant): Instant {
  const missed = plusSeconds(start, graceSeconds)
  return changedAt < missed ? missed : plusSeconds(changedAt, Math.max(graceSeconds, SECOND_CHANCE_SECONDS))
}

/** When the booking must have moved at the latest: its timer, or the patience with the service it waits for; null at rest. */
export function nextDeadline(booking: Booking): Instant | null {
  const deadline = deadlineOf(booking)
  if (deadline !== null) return deadline.at
  const effect = pendingEffects(booking, booking.updatedAt)[0]
  return effect === undefined ? null : plusSeconds(booking.updatedAt, PATIENCE_SECONDS[effect.type])
}

export type WaitingFor =
  | 'confirmation'
  | 'displacement'
  | 'payment_intent'
  | 'payment'
  | 'payment_outcome'
  | 'change_payment'
  | 'approval'
  | 'capture'
  | 'meeting_link'
  | 'visit'
  | 'completion'
  | 'payment_void'
  | 'refund'

/** What the booking waits for, in a word; null: nothing. */
export function waitingFor(booking: Booking): WaitingFor | null {
  if (isOnHold(booking)) {
    const paying = payingPayment(booking)
    if (isReserved(booking) && !isPaidFor(booking)) return 'confirmation'
    if (dueOf(booking) === 0) return 'meeting_link'
    if (paying !== undefined) return paying.status === 'authorized' ? 'capture' : 'meeting_link'
    if (booking.payments.every(isOutOfUse)) return 'payment_intent'
    return booking.hold.extensions > 0 || isProcessing(booking) ? 'payment_outcome' : 'payment'
  }
  if (booking.status === 'awaiting_approval') return booking.approved ? 'capture' : 'approval'
  if (booking.change != null && !booking.change.taken) return 'change_payment'
  if (openDisplacement(booking) !== null) return 'displacement'
  const effects = pendingEffects(booking, booking.updatedAt)
  if (effects.some(({ type }) => type === 'capture')) return 'capture'
  if (effects.some(({ type }) => type === 'make_meeting')) return 'meeting_link'
  if (effects.some(({ type }) => type === 'refund') || booking.refunds.some(needsPerson)) return 'refund'
  if (effects.some(({ type }) => type === 'void')) return 'payment_void'
  if (deadlineOf(booking) === null) return null
  return booking.status === 'confirmed' ? 'visit' : 'completion'
}

/** Can nothing more happen to this booking without a new message? Then its workflow ends. */
export function isAtRest(booking: Booking, now: Instant): boolean {
  return deadlineOf(booking) === null && pendingEffects(booking, now).length === 0
}
