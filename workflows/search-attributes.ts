import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  type SearchAttributeUpdatePair,
  type TypedSearchAttributes,
} from '@temporalio/common'
import type { Booking } from '../domain/booking.ts'
import { firstHold, type Order } from '../domain/order.ts'
import { deadlineOf, nextDeadline } from '../domain/deadlines.ts'
import { needsPerson } from '../domain/payments.ts'
import { epochOf, type Instant } from '../domain/time.ts'

/**
 * What operators filter bookings by in the Temporal UI. Registered by `npm run search-attributes`. Temporal keeps them in the clear, so they are ids
 * and words of ours, never personal data. SQL visibility has room for ten keywords and three datetimes in a namespace.
 */
export const ATTRIBUTES = {
  status: defineSearchAttributeKey('BookingStatus', 'KEYWORD'),
  reference: defineSearchAttributeKey('BookingReference', 'KEYWORD'),
  profile: defineSearchAttributeKey('BookingProfile', 'KEYWORD'),
  customer: defineSearchAttributeKey('BookingCustomer', 'KEYWORD'),
  provider: defineSearchAttributeKey('BookingProvider', 'KEYWORD'),
  venue: defineSearchAttributeKey('BookingVenue', 'KEYWORD'),
  offerings: defineSearchAttributeKey('BookingOffering', 'KEYWORD_LIST'),
  start: defineSearchAttributeKey('BookingStart', 'DATETIME'),
  deadline: defineSearchAttributeKey('BookingDeadline', 'DATETIME'),
  attention: defineSearchAttributeKey('BookingAttention', 'KEYWORD'),
  refund: defineSearchAttributeKey('BookingRefund', 'KEYWORD'),
} as const

/** A value of each attribute; null: there is none. */
type Values = {
  readonly status: Booking['status'] | 'rejected'
  readonly reference: string
  readonly profile: string
  readonly customer: string
  readonly provider: string | null
  readonly venue: string | null
  readonly offerings: readonly string[]
  readonly start: Instant | null
  readonly deadline: Instant | null
  readonly attention: string | null
  readonly refund: 'pending' | 'failed' | null
}

/**
 * A deadline that moves by less is left as it was: who filters by it thinks in minutes, and each upsert costs an event of history and a write of
 * Temporal's largest table. So the deadline that is guessed at the start is right for nearly every booking.
 */
const SLACK_MS = 5000

/** Of a booking that is about to be made: as it is when it is held at `now`. */
export function firstAttributes(order: Order, now: Instant): SearchAttributePair[] {
  const values: Values = {
    ...agreed(order),
    status: 'pending',
    deadline: firstHold(order, now).expiresAt,
    attention: null,
    refund: null,
  }
  return pairsOf(values).filter((pair): pair is SearchAttributePair => pair.value !== null)
}

/** Of a booking as it stands. */
function attributesOf(booking: Booking): SearchAttributeUpdatePair[] {
  return pairsOf({
    ...agreed(booking),
    status: booking.status,
    deadline: nextDeadline(booking),
    attention: booking.attention?.reason ?? null,
    refund: refundOf(booking),
  })
}

/** Of an order that was refused. */
export const REJECTED: readonly SearchAttributeUpdatePair[] = [
  { key: ATTRIBUTES.status, value: 'rejected' },
  { key: ATTRIBUTES.deadline, value: null },
]

/**
 * Those that differ from what Temporal has. While another service is at work there is no timer, and the deadline is our patience with it: it goes with
 * what else has changed, and is not worth an upsert of its own.
 */
export function changedSince(known: TypedSearchAttributes, booking: Booking): SearchAttributeUpdatePair[] {
  const changed = attributesOf(booking).filter(({ key, value }) => !isSame(known.get(key) ?? null, value))
  const isPatience = deadlineOf(booking) === null && nextDeadline(booking) !== null
  return isPatience && changed.every(({ key }) => key.name === ATTRIBUTES.deadline.name) ? [] : changed
}

function isSame(before: unknown, after: unknown): boolean {
  if (before instanceof Date && after instanceof Date) return Math.abs(before.getTime() - after.getTime()) < SLACK_MS
  return JSON.stringify(before) === JSON.stringify(after)
}

function agreed({
  reference,
  profile,
  customer,
  provider,
  venue,
  items,
  start,
}: Pick<Booking, 'reference' | 'profile' | 'customer' | 'provider' | 'venue' | 'start'> & {
  readonly items: readonly { readonly offeringId: string; readonly cancelled?: true }[]
}) {
  const booked = items.filter(({ cancelled }) => cancelled === undefined)
  const offerings = [...new Set(booked.map(({ offeringId }) => offeringId))].toSorted()
  return {
    reference,
    profile,
    customer: customer.id,
    provider: provider?.id ?? null,
    venue: venue?.id ?? null,
    offerings,
    start,
  }
}

/** Money that is owed back: `failed` when a person has to see to it, else `pending` when it is on its way. */
function refundOf({ refunds }: Booking): Values['refund'] {
  if (refunds.some(needsPerson)) return 'failed'
  return refunds.some(({ status }) => status === 'pending') ? 'pending' : null
}

function pairsOf(values: Values): SearchAttributeUpdatePair[] {
  const { offerings, start, deadline } = values
  const keywords = ['status', 'reference', 'profile', 'customer', 'provider', 'venue', 'attention', 'refund'] as const
  return [
    ...keywords.map((name) => ({ key: ATTRIBUTES[name], value: values[name] })),
    { key: ATTRIBUTES.offerings, value: offerings.length === 0 ? null : [...offerings] },
    { key: ATTRIBUTES.start, value: dateOf(start) },
    { key: ATTRIBUTES.deadline, value: dateOf(deadline) },
  ]
}

function dateOf(instant: Instant | null): Date | null {
  return instant === null ? null : new Date(epochOf(instant))
}
