import type { Booking, Hold, BookingState } from './booking.ts'
import { untilStart } from './bounds.ts'
import { earlier, plusSeconds, type Instant } from './time.ts'

/** How long an authorisation is taken to last when the payment service does not say: a week, as cards have it. */
const AUTHORISATION_SECONDS = 7 * 86_400

/** Where the payment service captures at once, nobody is charged before a person has said yes (C-04). */
export function paysAfterApproval({ terms, price }: Pick<Booking, 'terms' | 'price'>): boolean {
  return terms.requiresApproval && terms.policy.capture === 'automatic' && price.total > 0
}

type Pending = Extract<Booking, { status: 'pending' }>
type Awaiting = Extract<Booking, { status: 'awaiting_approval' }>

/** Is the customer's payment what this booking waits for, until its hold runs out? Before the approval, or after it (`paysAfterApproval`). */
export function isOnHold(booking: Booking): booking is Pending | (Awaiting & { readonly approved: true }) {
  if (booking.status === 'pending') return true
  return booking.status === 'awaiting_approval' && booking.approved && paysAfterApproval(booking)
}

/** The same state with another hold. */
export function onHold(booking: Pending | Awaiting, hold: Hold): BookingState {
  if (booking.status === 'pending') return { status: booking.status, hold }
  const { status, approveBy, approved } = booking
  return { status, hold, approveBy, approved }
}

/** The hold in which an approved booking is to be paid: as long as one that needs no approval, and not beyond the start. */
export function holdToPay(booking: Pending | Awaiting, at: Instant): Hold {
  const { holdSeconds, lapseGraceSeconds } = booking.terms.policy
  const expiresAt = untilStart(booking, plusSeconds(at, holdSeconds))
  const lapsesAt = plusSeconds(expiresAt, lapseGraceSeconds)
  return { ...booking.hold, expiresAt, lapsesAt, firstExpiresAt: expiresAt, extensions: 0 }
}

/** The earliest of the policy's deadline, the end of the authorisation (null: nobody said) and the start (C-04). */
export function approvalDeadline(booking: Booking, now: Instant, authorisedUntil: Instant | null): Instant {
  const byPolicy = plusSeconds(now, booking.terms.policy.approvalSeconds)
  const byBank = booking.payments.some(({ status }) => status === 'authorized')
    ? (authorisedUntil ?? plusSeconds(now, AUTHORISATION_SECONDS))
    : byPolicy
  return untilStart(booking, earlier(byPolicy, byBank))
}
