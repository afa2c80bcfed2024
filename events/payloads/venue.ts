import { z } from 'zod'
import { bookedItems } from '../../domain/booking.ts'
import type { Status } from '../../domain/lifecycle.ts'
import { defineEvent, type Change } from './definition.ts'
import {
  amountOf,
  currencyCode,
  decimal,
  endOf,
  heldUntil,
  instant,
  minutesOf,
  moneyMoved,
  refundAhead,
  statusBefore,
  wallClock,
} from './values.ts'

// The eight events the venues' document (seed 003) names. It gives them no fields: they carry what it says a booking has, in its own
// snake_case, but of the guest only the id, since streams are kept and read by many.

const STATUS = z.enum([
  'pending',
  'confirmed',
  'checked_in',
  'completed',
  'cancelled',
  'expired',
  'no_show',
]) satisfies z.ZodType<Status>

const booking = {
  booking_id: z.string(),
  booking_reference: z.string(),
  version: z.int(),
  status: STATUS,
  guest_id: z.string(),
  venue_id: z.string().nullable(),
  venue_type: z.string().nullable(),
  venue_name: z.string().nullable(),
  booking_date: z.iso.date().nullable(),
  booking_time: z.string().nullable(),
  time_zone: z.string(),
  start: instant.nullable(),
  end: instant.nullable(),
  duration_minutes: z.int().nullable(),
  party_size: z.int().nullable(),
  units: z.array(z.strictObject({ offering_id: z.string(), unit_id: z.string(), quantity: z.int() })),
  total_amount: decimal,
  currency: currencyCode,
  occurred_at: instant,
}

const told = <Type extends string, More extends z.core.$ZodLooseShape>(type: Type, more: More) =>
  z.strictObject({ event_type: z.literal(type), ...booking, ...more })

export const VENUE_EVENTS = [
  defineEvent({
    type: 'booking.created',
    summary: 'A table or room is held for a party until `expires_at`.',
    schema: told('booking.created', { expires_at: instant }),
  }).from((change) => ({ event_type: 'booking.created', ...bookingOf(change), expires_at: heldUntil(change) })),
  defineEvent({
    type: 'booking.updated',
    summary:
      'The time, the units, the party, the price, the notes or the contact data of a booking changed: what `changed_fields` names. Notes and contact data are not told.',
    schema: told('booking.updated', { changed_fields: z.array(z.string()) }),
  }).from((change) => {
    const changed = changedFields(change)
    return changed.length === 0
      ? null
      : { event_type: 'booking.updated', ...bookingOf(change), changed_fields: changed }
  }),
  defineEvent({
    type: 'booking.confirmed',
    summary: 'The booking stands.',
    schema: told('booking.confirmed', {}),
  }).from((change) => ({ event_type: 'booking.confirmed', ...bookingOf(change) })),
  defineEvent({
    type: 'booking.checked_in',
    summary: 'The party is here.',
    schema: told('booking.checked_in', {}),
  }).from((change) => ({ event_type: 'booking.checked_in', ...bookingOf(change) })),
  defineEvent({
    type: 'booking.completed',
    summary: 'The party has left.',
    schema: told('booking.completed', {}),
  }).from((change) => ({ event_type: 'booking.completed', ...bookingOf(change) })),
  defineEvent({
    type: 'booking.cancelled',
    summary: 'The booking was cancelled, with what is to go back to the guest.',
    schema: told('booking.cancelled', {
      cancelled_by: z.string(),
      cancellation_reason: z.string().nullable(),
      refund_amount: decimal,
      refund_status: z.enum(['pending']).nullable(),
    }),
  }).from((change) => ({
    event_type: 'booking.cancelled',
    ...bookingOf(change),
    cancelled_by: endOf(change.after).by.id,
    cancellation_reason: endOf(change.after).reason,
    ...refundAhead(change.after),
  })),
  defineEvent({
    type: 'booking.expired',
    summary: 'The hold ran out before the booking was paid.',
    schema: told('booking.expired', {}),
  }).from((change) => ({ event_type: 'booking.expired', ...bookingOf(change) })),
  defineEvent({
    type: 'booking.status_changed',
    summary: 'Any change of status after the first, the other events’ included; a no-show is told here alone.',
    schema: told('booking.status_changed', {
      previous_status: STATUS,
      new_status: STATUS,
      changed_by: z.string(),
      reason: z.string().nullable(),
    }),
  }).from((change) => ({
    event_type: 'booking.status_changed',
    ...bookingOf(change),
    previous_status: STATUS.parse(statusBefore(change)),
    new_status: STATUS.parse(change.after.status),
    changed_by: change.fact.by.id,
    reason: 'reason' in change.fact ? change.fact.reason : null,
  })),
  defineEvent({
    type: 'payment.processed',
    summary: 'Money moved (K-01): the price was taken, or some of it went back.',
    schema: z.strictObject({
      event_type: z.literal('payment.processed'),
      booking_id: z.string(),
      payment_id: z.string(),
      amount: decimal,
      currency: currencyCode,
      payment_method: z.string().nullable(),
      status: z.enum(['succeeded', 'refunded']),
      occurred_at: instant,
    }),
  }).from((change) => {
    const { payment, amount, kind, at } = moneyMoved(change)
    return {
      event_type: 'payment.processed',
      booking_id: change.after.id,
      payment_id: payment.id,
      amount,
      currency: change.after.price.currency,
      payment_method: payment.method,
      status: kind === 'captured' ? 'succeeded' : 'refunded',
      occurred_at: at,
    }
  }),
] as const

function bookingOf({ after, fact }: Pick<Change, 'after' | 'fact'>) {
  const { date, time } = wallClock(after.start, after.timeZone)
  return {
    booking_id: after.id,
    booking_reference: after.reference,
    version: after.version,
    status: STATUS.parse(after.status),
    guest_id: after.customer.id,
    venue_id: after.venue?.id ?? null,
    venue_type: after.venue?.type ?? null,
    venue_name: after.venue?.name ?? null,
    booking_date: date,
    booking_time: time,
    time_zone: after.timeZone,
    start: after.start,
    end: after.end,
    duration_minutes: minutesOf(after),
    party_size: after.partySize,
    units: bookedItems(after).map(({ offeringId, unitId, quantity }) => ({
      offering_id: offeringId,
      unit_id: unitId,
      quantity,
    })),
    total_amount: amountOf(after, after.price.total),
    currency: after.price.currency,
    occurred_at: fact.at,
  }
}

/** The fields of the payload that are not what they were, and `notes` and `contact`, which it does not have; those that every fact changes do not count. */
function changedFields({ before, after, fact }: Change): string[] {
  if (before === null) return []
  const [old, now] = [bookingOf({ after: before, fact }), bookingOf({ after, fact })]
  const always = ['version', 'status', 'occurred_at']
  return [
    ...Object.entries(now)
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(old, name)))
      .map(([name]) => name)
      .filter((name) => !always.includes(name)),
    ...(before.notes === after.notes ? [] : ['notes']),
    ...(fact.type === 'contact_corrected' ? ['contact'] : []),
  ]
}
