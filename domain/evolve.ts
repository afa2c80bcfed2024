import { holdToPay, isOnHold, onHold, paysAfterApproval } from './approval.ts'
import type { Agreement, Booking, Hold, BookingState } from './booking.ts'
import { afterVisit, purposeOf, revisedBy, withoutChange, type Revised } from './change.ts'
import { isDisplaceable, openDisplacement } from './displacement.ts'
import { disputesAfter } from './disputes.ts'
import type { Fact } from './facts.ts'
import { isLive, next, type Status, type Trigger } from './lifecycle.ts'
import { paymentsAfter, refundsAfter, refundsAfterDispute } from './payments.ts'

/** A booking as it begins: its units are held, nothing is paid. */
export function heldBooking(agreement: Agreement, hold: Hold): Booking {
  return {
    ...agreement,
    version: 1,
    status: 'pending',
    hold,
    payments: [],
    refunds: [],
    ticketReference: null,
    meetingUrl: null,
    attention: null,
    displacement: null,
    updatedAt: agreement.createdAt,
  }
}

/**
 * The booking after a fact, one version later. A fact that is stale, repeated or illegal where the booking stands changes nothing: the very
 * same booking comes back (H-08).
 */
export function evolve(booking: Booking, fact: Fact): Booking {
  const change = changeBy(booking, fact)
  if (change === null) return booking
  const next: Booking = { ...('status' in change ? withoutState(booking) : booking), ...change } as Booking
  return { ...next, version: booking.version + 1, updatedAt: fact.at }
}

/** Applies facts in order; the ones that change nothing are dropped from `applied`. */
export function evolveAll(booking: Booking, facts: readonly Fact[]): { booking: Booking; applied: Fact[] } {
  const applied: Fact[] = []
  let current = booking
  for (const fact of facts) {
    const after = evolve(current, fact)
    if (after !== current) applied.push(fact)
    current = after
  }
  return { booking: current, applied }
}

type Change =
  | Partial<
      Pick<
        Booking,
        'payments' | 'refunds' | 'disputes' | 'ticketReference' | 'meetingUrl' | 'attention' | 'displacement'
      >
    >
  | (BookingState & Partial<Pick<Booking, 'ticketReference' | 'change' | 'payments' | 'paymentMethod' | 'notes'>>)
  | Revised
  | (Revised & BookingState)

function changeBy(booking: Booking, fact: Fact): Change | null {
  switch (fact.type) {
    case 'payment_requested':
    case 'payment_processing':
    case 'payment_failed':
    case 'payment_authorized':
    case 'payment_captured':
    case 'payment_voided':
      return only('payments', paymentsAfter(booking, fact, purposeOf(booking, fact)))
    case 'hold_extended':
      return isOnHold(booking) && fact.expiresAt > booking.hold.expiresAt
        ? onHold(booking, longerHold(booking.hold, fact))
        : null
    case 'reservation_confirmed':
      return booking.status === 'pending' && booking.hold.reserved
        ? {
            status: 'pending',
            hold: { ...booking.hold, reserved: false },
            paymentMethod: fact.paymentMethod ?? booking.paymentMethod,
            notes: fact.notes ?? booking.notes,
          }
        : null
    case 'displaced':
      return isDisplaceable(booking)
        ? { displacement: { reason: fact.reason, by: fact.by, at: fact.at, until: fact.until } }
        : null
    case 'displacement_settled':
      return openDisplacement(booking) === null ? null : { displacement: null }
    case 'approval_awaited':
      return booking.status === 'pending' && reaches(booking, 'await_approval') !== undefined
        ? { status: 'awaiting_approval', hold: booking.hold, approveBy: fact.approveBy, approved: false }
        : null
    case 'approved':
      return booking.status === 'awaiting_approval' && !booking.approved
        ? {
            status: 'awaiting_approval',
            hold: paysAfterApproval(booking) ? holdToPay(booking, fact.at) : booking.hold,
            approveBy: booking.approveBy,
            approved: true,
          }
        : null
    case 'meeting_made':
      return booking.meetingUrl === null ? { meetingUrl: fact.url } : null
    case 'confirmed':
      return reaches(booking, fact.trigger) === 'confirmed' && (fact.trigger === 'confirm' || isRevivable(booking))
        ? { status: 'confirmed', ticketReference: fact.ticketReference }
        : null
    case 'revival_started':
      return isRevivable(booking) && !booking.reviving
        ? { status: booking.status, cancellation: booking.cancellation, reviving: true }
        : null
    case 'revival_failed':
      return isRevivable(booking)
        ? { status: booking.status, cancellation: { ...booking.cancellation, revivable: false }, reviving: false }
        : null
    case 'ended': {
      const status = reaches(booking, fact.trigger)
      if (status !== 'cancelled' && status !== 'expired') return null
      return {
        ...withoutChange(booking),
        status,
        reviving: false,
        cancellation: {
          reason: fact.reason,
          by: fact.by,
          at: fact.at,
          keep: fact.keep,
          revivable: fact.trigger === 'expire' || fact.trigger === 'fail',
          from: booking.status,
        },
      }
    }
    case 'moved': {
      const status = reaches(booking, fact.trigger)
      const state = status === undefined ? null : plain(status)
      return state === null || isLive(state.status) ? state : { ...withoutChange(booking), ...state }
    }
    case 'visit_over':
      return afterVisit(booking, fact)
    case 'refund_requested':
    case 'refund_succeeded':
    case 'refund_failed':
    case 'refund_bounced':
    case 'refund_found':
    case 'bounce_settled':
      return only('refunds', refundsAfter(booking.refunds, fact, booking.payments))
    case 'disputed': {
      const disputes = disputesAfter(booking, fact)
      return disputes === null ? null : { disputes, refunds: refundsAfterDispute(booking, disputes) }
    }
    case 'refunded':
      return (booking.status === 'cancelled' || booking.status === 'expired') &&
        reaches(booking, 'refund') === 'refunded'
        ? { status: 'refunded', cancellation: booking.cancellation }
        : null
    case 'attention_raised':
      if (booking.attention?.reason !== fact.reason) return { attention: { reason: fact.reason, since: fact.at } }
      // Raised once more, later: somebody is reminded, and it has been so since the first time.
      return fact.at > booking.updatedAt ? { attention: booking.attention } : null
    case 'attention_cleared':
      return booking.attention === null ? null : { attention: null }
    case 'contact_corrected':
      return booking.lastChange === fact.correctionId ? null : { lastChange: fact.correctionId }
    case 'noted':
    case 'changed':
    case 'change_held':
    case 'change_extended':
    case 'change_taken':
    case 'change_ended':
    case 'items_cancelled':
      return revisedBy(booking, fact)
  }
}

/** A hold that customers asked to be longer has a new first expiry; one that waits for the payment's outcome has been too long already. */
function longerHold(hold: Hold, { reason, expiresAt, lapsesAt }: Extract<Fact, { type: 'hold_extended' }>): Hold {
  return reason === 'asked'
    ? { ...hold, expiresAt, lapsesAt, firstExpiresAt: expiresAt, asked: hold.asked + 1 }
    : { ...hold, expiresAt, lapsesAt, extensions: hold.extensions + 1 }
}

function reaches(booking: Booking, trigger: Trigger): Status | undefined {
  return next(booking.terms.lifecycle, booking.status, trigger)
}

/** Ended, but not by a person: those are never revived (H-04). */
function isRevivable(booking: Booking): booking is Booking & { status: 'cancelled' | 'expired' } {
  return (booking.status === 'cancelled' || booking.status === 'expired') && booking.cancellation.revivable
}

function only<K extends 'payments' | 'refunds'>(key: K, list: Booking[K] | null): Change | null {
  return list === null ? null : { [key]: list }
}

/** States that carry nothing of their own. */
function plain(status: Status): BookingState | null {
  switch (status) {
    case 'confirmed':
    case 'checked_in':
    case 'in_progress':
    case 'completed':
    case 'no_show':
      return { status }
    default:
      return null
  }
}

/** What stays when the state changes: nothing of the old state may linger in the new one. */
function withoutState(booking: Booking): Omit<Booking, keyof BookingState> {
  const rest: Record<string, unknown> = { ...booking }
  for (const key of ['status', 'hold', 'approveBy', 'approved', 'cancellation', 'reviving']) delete rest[key]
  return rest as Omit<Booking, keyof BookingState>
}
