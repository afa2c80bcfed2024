import { withdrawn, type Dispute } from './disputes.ts'
import type { Status } from './lifecycle.ts'
import type { Terms } from './policy.ts'
import type { Price } from './price.ts'
import type { Instant } from './time.ts'

export const ROLES = ['customer', 'provider', 'operator', 'service', 'system'] as const
/** Who acts: the roles of A-34, and the system itself (timers). */
export type Role = (typeof ROLES)[number]
export type Actor = { readonly role: Role; readonly id: string }

export const SYSTEM: Actor = { role: 'system', id: 'holdfast' }

export type Customer = {
  readonly id: string
  readonly name: string | null
  readonly email: string | null
  readonly phone: string | null
}
export type Provider = { readonly id: string; readonly name: string | null }
export type Venue = { readonly id: string; readonly type: string | null; readonly name: string | null }

export const UNIT_KINDS = ['seat', 'slot', 'calendar', 'table', 'room', 'enrolment'] as const
/** What kind of thing a unit is; it decides which of the three claim mechanisms guards it (design.md). */
export type UnitKind = (typeof UNIT_KINDS)[number]

/** One line of a booking: `quantity` of one unit, over a range where the unit is a calendar, a table or a room. */
export type Item = {
  readonly id: string
  readonly offeringId: string
  readonly unitId: string
  readonly kind: UnitKind
  readonly quantity: number
  readonly start: Instant | null
  readonly end: Instant | null
  readonly unitPrice: number
  readonly amount: number
  /** It has no unit any more, while the rest of the booking stays: it was cancelled by itself, or its visit is over (`outcome`). */
  readonly cancelled?: true
  /** What became of its visit, where another one of the booking was still ahead (N-80). */
  readonly outcome?: VisitOutcome
}

export const VISIT_OUTCOMES = ['attended', 'missed'] as const
/** Did somebody come to a visit? */
export type VisitOutcome = (typeof VISIT_OUTCOMES)[number]

/** What was agreed when the units were held. */
export type Agreement = {
  readonly id: string
  readonly reference: string
  readonly profile: string
  readonly customer: Customer
  readonly provider: Provider | null
  readonly venue: Venue | null
  readonly items: readonly Item[]
  readonly start: Instant | null
  readonly end: Instant | null
  readonly timeZone: string
  readonly partySize: number | null
  readonly subject: string | null
  readonly petId: string | null
  readonly notes: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** What the customer means to pay with, if they said so; a hint for the payment service. */
  readonly paymentMethod: string | null
  readonly price: Price
  readonly terms: Terms
  readonly snapshots: Readonly<Record<string, unknown>>
  readonly createdAt: Instant
}

/** What a change makes of a booking: its items from then on, and what goes with them. */
export type Revision = Pick<Agreement, 'items' | 'start' | 'end' | 'partySize' | 'price' | 'snapshots'> & {
  /** Absent: the notes stay as they are. Of the snapshots it has those that are new. */
  readonly notes?: string | null
}

export type PaymentStatus = 'requested' | 'processing' | 'authorized' | 'succeeded' | 'failed' | 'voided'

/** One attempt to pay, known to the payment service as an intent. Amounts in minor units of its currency. */
export type Payment = {
  readonly id: string
  readonly intentId: string
  readonly clientSecret: string | null
  readonly status: PaymentStatus
  readonly method: string | null
  readonly amount: number
  readonly captured: number
  readonly paidAt: Instant | null
  readonly failureCode: string | null
  /** The payment service's time of the last fact that changed this payment: older ones are stale (H-08). */
  readonly asOf: Instant
  /** The id of the change whose supplement it pays; absent: it pays for the booking itself. */
  readonly change?: string
  /** Nobody wants it any more: what it was to pay for is priced anew, fell through, or is in another currency. What comes of it goes back in full. */
  readonly superseded?: true
  /** The currency it came in; absent: the price's. Currencies never mix: it pays for nothing here (N-10). */
  readonly currency?: string
}

/**
 * Money on its way back. `key` is the idempotency key the payment service sees (H-06); of a refund that was made there by somebody else it names that
 * refund (`refundElsewhere`). `dropped`: there is nothing left that it could give back, since somebody else did (N-14).
 */
export type Refund = {
  readonly key: string
  readonly paymentId: string
  readonly amount: number
  readonly reason: string
  readonly status: 'pending' | 'succeeded' | 'failed' | 'dropped'
  readonly requestedAt: Instant
  readonly settledAt: Instant | null
  /** The payment service's id of the refund that went through: only what is said of that one says that it came back (N-13). */
  readonly refundId?: string
}

/** A lease on the units. Past `expiresAt` the careful path begins, past `lapsesAt` others may take the units over. */
export type Hold = {
  readonly lockId: string
  readonly expiresAt: Instant
  readonly lapsesAt: Instant
  /** The first expiry: extensions while a payment's outcome is unknown are bounded by it. */
  readonly firstExpiresAt: Instant
  readonly extensions: number
  /** How often the customer asked for longer; each time the first expiry moved with it. */
  readonly asked: number
  /** The first of the two steps of A-11: no payment is asked for before the reservation is confirmed. */
  readonly reserved: boolean
}

/**
 * A change that costs more than the booking did: its units are held beside the old ones until the supplement is paid (H-11). Until then the
 * booking stands as it was agreed before.
 */
export type PendingChange = {
  /** The operation that asked for it. */
  readonly id: string
  readonly revision: Revision
  /** What is to be paid besides, in minor units of the booking's currency. */
  readonly supplement: number
  readonly hold: Hold
  /** The supplement is authorised, the new units are committed, and it is being captured: then the old ones go. */
  readonly taken: boolean
  readonly by: Actor
  readonly reason: string | null
}

/** Why and by whom a booking ended, and how much of the price is kept. */
export type Cancellation = {
  readonly reason: string
  readonly by: Actor
  readonly at: Instant
  readonly keep: number
  /** May a late payment bring it back? Never after a person cancelled it (H-04). */
  readonly revivable: boolean
  /** The status it ended from. */
  readonly from?: Status
}

/** Something only a person can settle. */
export type Attention = { readonly reason: string; readonly since: Instant }

/** Its unit was taken off sale, or there are fewer than were booked (H-13, H-14): past `until` it is cancelled with everything back. */
export type Displacement = {
  readonly reason: string
  readonly by: Actor
  readonly at: Instant
  readonly until: Instant
}

/** Where a booking stands: each status carries what only it has. */
export type BookingState =
  | { readonly status: 'pending'; readonly hold: Hold }
  | {
      readonly status: 'awaiting_approval'
      readonly hold: Hold
      readonly approveBy: Instant
      readonly approved: boolean
    }
  | { readonly status: 'confirmed' | 'checked_in' | 'in_progress' | 'completed' | 'no_show' }
  | {
      readonly status: 'cancelled' | 'expired'
      readonly cancellation: Cancellation
      /** The units were taken again for a late authorisation that is being captured. */
      readonly reviving: boolean
    }
  | { readonly status: 'refunded'; readonly cancellation: Cancellation }

type Progress = {
  /** One more with every fact, from 1, without gaps (V-06). */
  readonly version: number
  readonly payments: readonly Payment[]
  readonly refunds: readonly Refund[]
  readonly disputes?: readonly Dispute[]
  readonly ticketReference: string | null
  readonly meetingUrl: string | null
  readonly attention: Attention | null
  readonly displacement: Displacement | null
  readonly updatedAt: Instant
  readonly change?: PendingChange | null
  /** The operation of the last change that was made or begun: a repeated one is known by it. */
  readonly lastChange?: string
  /** How often the booking has been priced anew, by changes and by cancelled items. */
  readonly revision?: number
}

/** A booking: one customer's set of items with one payment, and all that is known about it. */
export type Booking = Agreement & Progress & BookingState

/** What is due for the whole booking, in minor units of its currency. */
export function dueOf(booking: Agreement): number {
  return booking.price.total
}

/**
 * The payment the booking stands on, besides the supplements of its changes: enough rather than too little, then captured rather than only
 * authorised, so that nobody is charged twice knowingly; of two alike the first. The others are surplus (H-05).
 */
export function payingPayment(
  booking: Pick<Booking, 'payments' | 'price' | 'change' | 'refunds'>,
): Payment | undefined {
  const { payments, price, change: pending } = booking
  const beside = payments.filter(
    ({ change, superseded }) => change !== undefined && change !== pending?.id && superseded === undefined,
  )
  const due = price.total - beside.reduce((total, { captured }) => total + captured, 0)
  const own = payments.filter(({ change, superseded }) => change === undefined && superseded === undefined)
  const captured = own.filter(({ status }) => status === 'succeeded')
  const isPaidBeside = beside.length > 0 && due <= 0
  const authorized = isPaidBeside ? [] : own.filter(({ status }) => status === 'authorized')
  return (
    captured.find((payment) => notGivenBack(booking, payment) >= due) ??
    authorized.find(({ amount }) => amount >= due) ??
    captured[0] ??
    authorized[0]
  )
}

/** Is there a payment that the booking can stand on? What comes for a free one is a mistake, and goes back. */
export function isPaidFor(booking: Pick<Booking, 'payments' | 'price' | 'refunds'>): boolean {
  return booking.price.total > 0 && payingPayment(booking) !== undefined
}

/** The latest attempt that can still be paid. */
export function openPayment(booking: Pick<Booking, 'payments'>): Payment | undefined {
  return booking.payments.findLast(
    ({ status }) => status === 'requested' || status === 'processing' || status === 'failed',
  )
}

/** May a payment yet turn out paid or not, without anybody's doing? */
export function isProcessing(booking: Pick<Booking, 'payments'>): boolean {
  return booking.payments.some(({ status, superseded }) => status === 'processing' && superseded === undefined)
}

/** The items that have their units: all but those cancelled by themselves, or over before the others (N-80). */
export function bookedItems(booking: Pick<Agreement, 'items'>): Item[] {
  return booking.items.filter(({ cancelled }) => cancelled === undefined)
}

/**
 * Can this booking be over, or missed? Its units are given back then, and a place in a course has no end: who has one keeps it (F-05). A visit with
 * nothing but a time can.
 */
export function mayEnd(booking: Pick<Agreement, 'items'>): boolean {
  return bookedItems(booking).every(({ kind, end }) => kind !== 'enrolment' || end !== null)
}

/** What has been captured in the price's currency and is neither back, nor on its way back, nor with a bank that decides about it, in minor units. */
export function retained(booking: Pick<Booking, 'payments' | 'refunds' | 'disputes'>): number {
  const own = booking.payments.filter(({ currency }) => currency === undefined)
  return own.reduce((total, payment) => total + keptOf(booking, payment), 0)
}

/** What of a payment is ours. A bank may take what went back already: that is a loss, and no money that others have less of. */
export function keptOf(
  booking: Pick<Booking, 'refunds' | 'disputes'>,
  payment: Pick<Payment, 'id' | 'captured'>,
): number {
  return Math.max(0, leftOf(booking, payment) - withdrawn(booking, payment.id))
}

/** What of a payment is neither back nor on its way back, in minor units of its currency. */
export function leftOf({ refunds }: Pick<Booking, 'refunds'>, payment: Pick<Payment, 'id' | 'captured'>): number {
  return payment.captured - givenBack(refunds, payment.id)
}

/**
 * What of a payment we have not sent back ourselves, in minor units: a part that is on its way back carries no booking, also when the rest of its payment
 * arrives after that (N-18). What somebody else took back calls a person, and no other payment is taken for it (H-05, N-14).
 */
export function notGivenBack({ refunds }: Pick<Booking, 'refunds'>, payment: Pick<Payment, 'id' | 'captured'>): number {
  return leftOf({ refunds: refunds.filter(({ reason }) => reason !== 'refunded_elsewhere') }, payment)
}

/** What of a payment is back, or on its way back. */
export function givenBack(refunds: readonly Refund[], paymentId: string): number {
  return refunds
    .filter((refund) => refund.paymentId === paymentId && refund.status !== 'dropped')
    .reduce((total, { amount }) => total + amount, 0)
}

/** Was it ever confirmed, also when it has ended since? */
export function wasConfirmed(booking: Booking): boolean {
  const status = 'cancellation' in booking ? booking.cancellation.from : booking.status
  return status !== 'pending' && status !== 'awaiting_approval'
}

/** Is it confirmed by this change? A no-show that is taken back, and a visit after which another is ahead, are no second confirmation. */
export function isConfirmation(before: Booking, after: Booking): boolean {
  return after.status === 'confirmed' && !CAME_FROM_VISIT.has(before.status)
}

const CAME_FROM_VISIT: ReadonlySet<Status> = new Set(['confirmed', 'checked_in', 'in_progress', 'no_show'])

/** Statuses as a value, for narrowing a booking by status. */
export function hasStatus<S extends Status>(booking: Booking, status: S): booking is Booking & { status: S } {
  return booking.status === status
}
