import { isOnHold } from './approval.ts'
import { dueOf, isPaidFor, payingPayment, type Actor, type Booking, type Role } from './booking.ts'
import { hasBegun, untilStart } from './bounds.ts'
import { choiceUntil, isDisplaceable, openDisplacement } from './displacement.ts'
import type { Fact } from './facts.ts'
import type { Refusal } from './failures.ts'
import { UNTIL_SEEN } from './attention.ts'
import { isClosed, next } from './lifecycle.ts'
import { manualIntentId } from './payments.ts'
import { earlier, epochOf, plusSeconds, type Instant } from './time.ts'

/**
 * What is asked of a booking besides its visit and its end: the second step of a reservation, a longer hold, what operators do by
 * hand, and that its unit is gone (H-13, H-14).
 */
export type Operation =
  | { readonly type: 'confirm_reservation'; readonly paymentMethod: string | null; readonly notes: string | null }
  | { readonly type: 'extend' }
  | { readonly type: 'force_release' }
  /** `amount` in minor units; null: what is due. */
  | { readonly type: 'confirm_by_hand'; readonly amount: number | null }
  | { readonly type: 'displace' }
  | { readonly type: 'settle_displacement'; readonly how: 'restored' | 'kept' }
  /** What called a person is seen to, and nothing else would say so (N-10, N-14). */
  | { readonly type: 'acknowledge' }

const TYPES: readonly string[] = [
  'confirm_reservation',
  'extend',
  'force_release',
  'confirm_by_hand',
  'displace',
  'settle_displacement',
  'acknowledge',
] satisfies Operation['type'][]

export function isOperation<C extends { readonly type: string }>(command: C): command is C & Operation {
  return TYPES.includes(command.type)
}

/** However often it is extended, a hold ends so long after it was made, or when its first term ends if that is longer (H-10: seats.io has the same). */
const LONGEST_HOLD_SECONDS = 2 * 3600

/** Until when one more extension makes the hold: by the policy's step, never past the cap, nor past the start but for an operator. */
export function extendedUntil(booking: Booking & { readonly status: 'pending' }, by: Role | null = null): Instant {
  const { holdSeconds, extendSeconds } = booking.terms.policy
  const cap = plusSeconds(booking.createdAt, Math.max(LONGEST_HOLD_SECONDS, holdSeconds))
  return untilStart(booking, earlier(plusSeconds(booking.hold.expiresAt, extendSeconds), cap), by)
}

/** The operations somebody may ask for where the booking stands, time aside. */
export function legalOperations(booking: Booking): Operation['type'][] {
  const legal: Operation['type'][] = []
  const isUnpaid = isOnHold(booking) && !isPaidFor(booking)
  if (booking.status === 'pending' && isUnpaid) {
    if (booking.hold.reserved) legal.push('confirm_reservation')
    if (extensionRefusal(booking, null) === null) legal.push('extend')
  }
  if (isUnpaid && dueOf(booking) > 0) legal.push('confirm_by_hand')
  if (booking.status === 'pending' || booking.status === 'awaiting_approval' || isReviving(booking)) {
    legal.push('force_release')
  }
  if (openDisplacement(booking) !== null) legal.push('settle_displacement')
  if (UNTIL_SEEN.has(booking.attention?.reason ?? '')) legal.push('acknowledge')
  return legal
}

/** Why an operation is refused now; null: it may be done. */
export function operationRefusal(
  booking: Booking,
  operation: Operation,
  { reason, by }: { readonly reason: string | null; readonly by: Actor },
  now: Instant,
): Refusal | null {
  const { type } = operation
  const isByHand =
    type === 'acknowledge' || type === 'force_release' || type === 'confirm_by_hand' || type === 'settle_displacement'
  if (isByHand && (reason ?? '').trim() === '') {
    return { code: 'validation_failed', message: `${type} needs a reason: it stays in the history.` }
  }
  const isOver = isOnHold(booking) && now >= booking.hold.firstExpiresAt
  if (type === 'extend' && booking.status === 'pending' && !isOver && !isPaidFor(booking)) {
    return extensionRefusal(booking, by.role)
  }
  if (type === 'extend' || type === 'confirm_reservation') {
    const isWaiting = booking.status === 'pending' && (type === 'extend' || booking.hold.reserved)
    if (hasExpired(booking) || (isWaiting && isOver && !isPaidFor(booking))) return HOLD_EXPIRED
    // Confirmed before: the same answer again.
    if (type === 'confirm_reservation' && !isClosed(booking.status)) return null
  }
  if (type === 'displace') {
    return isDisplaceable(booking) && !hasBegun(booking, now) ? null : illegal(booking, type)
  }
  if (!legalOperations(booking).includes(type)) return illegal(booking, type)
  if (type === 'confirm_by_hand' && operation.amount !== null && operation.amount !== dueOf(booking)) {
    return {
      code: 'policy_forbids',
      message: `What is due is ${dueOf(booking)} ${booking.price.currency} in minor units, not ${operation.amount}.`,
      details: { due: dueOf(booking) },
    }
  }
  return null
}

/** The answer when the database says that somebody else has the units by now. */
export const HOLD_EXPIRED: Refusal = {
  code: 'hold_expired',
  message: 'The hold has run out; what was held may be somebody else’s by now.',
}

/** The facts of an operation that `operationRefusal` let pass. */
export function operationFacts(
  booking: Booking,
  operation: Operation & { readonly by: Actor; readonly reason: string | null },
  now: Instant,
): Fact[] {
  const stamp = { at: now, by: operation.by }
  const reason = operation.reason ?? operation.type
  switch (operation.type) {
    case 'confirm_reservation': {
      const { type: _type, paymentMethod, notes } = operation
      const isReserved = booking.status === 'pending' && booking.hold.reserved
      return isReserved ? [{ ...stamp, type: 'reservation_confirmed', paymentMethod, notes }] : []
    }
    case 'extend': {
      if (booking.status !== 'pending') return []
      const expiresAt = extendedUntil(booking, operation.by.role)
      const lapsesAt = plusSeconds(expiresAt, booking.terms.policy.lapseGraceSeconds)
      return [{ ...stamp, type: 'hold_extended', reason: 'asked', expiresAt, lapsesAt }]
    }
    case 'force_release':
      return [releaseOf(booking, stamp, reason)]
    case 'confirm_by_hand': {
      const intentId = manualIntentId(booking)
      const paid = { intentId, amount: dueOf(booking), method: 'manual', paymentEventId: intentId, noticedAt: now }
      return [{ ...stamp, type: 'payment_captured', ...paid, reason }]
    }
    case 'displace':
      return [{ ...stamp, type: 'displaced', reason, until: choiceUntil(booking, now) }]
    case 'acknowledge':
      return [{ ...stamp, type: 'attention_cleared', reason }]
    case 'settle_displacement':
      return [{ ...stamp, type: 'displacement_settled', how: operation.how, reason }]
  }
}

/**
 * Ends what holds units without asking the payment service. Money that comes later takes the way of late payments; money that is there
 * already goes back in full, and nothing revives the booking (H-04).
 */
function releaseOf(booking: Booking, stamp: Pick<Fact, 'at' | 'by'>, reason: string): Fact {
  if (isReviving(booking)) return { ...stamp, type: 'revival_failed', reason }
  const isUnpaid = booking.status === 'pending' && payingPayment(booking) === undefined && dueOf(booking) > 0
  const trigger = isUnpaid && next(booking.terms.lifecycle, 'pending', 'expire') !== undefined ? 'expire' : 'cancel'
  return { ...stamp, type: 'ended', trigger, reason, keep: 0 }
}

function extensionRefusal(booking: Booking & { readonly status: 'pending' }, by: Role | null): Refusal | null {
  const { maxExtensions } = booking.terms.policy
  if (booking.hold.asked >= maxExtensions) {
    return { code: 'policy_forbids', message: `A hold is extended at most ${maxExtensions} times.` }
  }
  if (epochOf(extendedUntil(booking, by)) > epochOf(booking.hold.expiresAt)) return null
  return { code: 'policy_forbids', message: `This hold cannot be longer than until ${booking.hold.expiresAt}.` }
}

function isReviving(booking: Booking): boolean {
  return 'reviving' in booking && booking.reviving
}

/** Did it end because its time ran out, rather than by somebody's doing? */
function hasExpired(booking: Booking): boolean {
  return 'cancellation' in booking && (booking.status === 'expired' || booking.cancellation.reason === 'hold_expired')
}

function illegal({ status }: Booking, type: Operation['type']): Refusal {
  return {
    code: 'illegal_transition',
    message: `A ${status} booking cannot be given ${type} where it stands.`,
    details: { booking_status: status },
  }
}
