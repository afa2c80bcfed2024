import type { Lifecycle } from './lifecycle.ts'

/** How much comes back when a booking is cancelled strictly more than `hoursBefore` hours before its start. */
export type RefundTier = { readonly hoursBefore: number; readonly percent: number }

/** A message to the customer, `offsetMinutes` relative to the start (negative: before). */
export type Reminder = {
  readonly type: 'upcoming' | 'check_in' | 'follow_up' | 'review_request'
  readonly offsetMinutes: number
}

/**
 * What a line of business promises about a booking (contract.md, A-20). A profile gives the default, an offering may override fields, and
 * what held at the moment of booking travels in the workflow's input.
 */
export type Policy = {
  /** How long units are held for an unpaid booking. */
  readonly holdSeconds: number
  /** How long after its expiry an unpaid hold is kept from takeover by others. */
  readonly lapseGraceSeconds: number
  /** How much one extension asked for by the customer adds, and how many there may be (H-10). */
  readonly extendSeconds: number
  readonly maxExtensions: number
  /** How long past its first expiry a hold may be kept while the payment's outcome is not known. */
  readonly processingGraceSeconds: number
  /** How long an approver has (C-04). */
  readonly approvalSeconds: number
  /** A declined payment ends the booking, or may be tried again until the hold ends. */
  readonly onPaymentFailed: 'cancel' | 'retry'
  /** `manual`: authorise → commit the units → capture. `automatic`: the payment service captures at once. */
  readonly capture: 'automatic' | 'manual'
  readonly refundTiers: readonly RefundTier[]
  /** What cancelling would not give back any more is forfeited by a move to another date as well (N-83). Absent: it is. */
  readonly forfeitsOnMove?: boolean
  /** How long after its start an unvisited booking becomes a no-show; null: never by itself (V-07). */
  readonly noShowGraceSeconds: number | null
  /** Share of the price kept when the customer does not come. */
  readonly noShowFeePercent: number
  /** How long before its start a guest may be checked in, or a visit begun (N-45). Absent, as in bookings made before it: an hour. */
  readonly checkInOpensMinutes?: number
  readonly bufferBeforeMinutes: number
  readonly bufferAfterMinutes: number
  /** How long before its start a booking can still be made; 0: until it starts. */
  readonly minNoticeMinutes: number
  /** How far ahead one can book; null: any time. */
  readonly maxLeadDays: number | null
  readonly reminders: readonly Reminder[]
  /** The platform's share of what is paid, tax left out, in hundredths of a percent (C-06). Absent, as in bookings made before it: none. */
  readonly platformFeeBasisPoints?: number
  /** For how long a price that the catalogue gave once may still be sold by while the catalogue is down (E-05). Absent: never. */
  readonly stalePriceSeconds?: number
}

/** Of each rule, whether the items of one order may differ in it: it is judged for each item, or there is one for the whole booking (N-82). */
const JUDGED: Readonly<Record<keyof Policy, 'each item' | 'the booking'>> = {
  holdSeconds: 'the booking',
  lapseGraceSeconds: 'the booking',
  extendSeconds: 'the booking',
  maxExtensions: 'the booking',
  processingGraceSeconds: 'the booking',
  approvalSeconds: 'the booking',
  onPaymentFailed: 'the booking',
  capture: 'the booking',
  refundTiers: 'the booking',
  forfeitsOnMove: 'the booking',
  noShowGraceSeconds: 'the booking',
  noShowFeePercent: 'the booking',
  checkInOpensMinutes: 'the booking',
  bufferBeforeMinutes: 'each item',
  bufferAfterMinutes: 'each item',
  minNoticeMinutes: 'each item',
  maxLeadDays: 'each item',
  reminders: 'the booking',
  platformFeeBasisPoints: 'the booking',
  stalePriceSeconds: 'the booking',
}

/** The rules that keep two offerings from being sold in one booking, because it could have only one of each; empty: none. */
export function termsApart(a: Policy, b: Policy): (keyof Policy)[] {
  return (Object.keys(JUDGED) as (keyof Policy)[]).filter(
    (rule) => JUDGED[rule] === 'the booking' && textOf(a[rule]) !== textOf(b[rule]),
  )
}

/** The same for the same value, whatever the order of its members. */
function textOf(value: unknown): string {
  return JSON.stringify(value ?? null, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([x], [y]) => (x < y ? -1 : 1)))
      : member,
  )
}

/**
 * Where the list price of an item comes from before the pricing service works out the total. `course_service`: courses are checked and priced by the
 * course service, and their buyer by the user service, where these are configured (O-03); what is no course has its offering's price.
 */
export type PriceSource = 'offering' | 'tutor_rate' | 'event_catalogue' | 'course_service'

/** Everything agreed at booking time that later steps go by; part of the workflow's input, never read from a profile again. */
export type Terms = {
  readonly policy: Policy
  readonly lifecycle: Lifecycle
  readonly priceSource: PriceSource
  /** A person has to approve before the money is taken (C-04). */
  readonly requiresApproval: boolean
  /** A ticket reference is issued with the confirmation (E-04). */
  readonly issuesTicket: boolean
  /** A meeting link is made with the confirmation (T-09). */
  readonly makesMeeting: boolean
  /** How long after its end a booking is looked at for the last time; then its workflow ends. */
  readonly closeAfterSeconds: number
}
