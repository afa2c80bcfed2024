import { z } from 'zod'
import type { Booking } from '../../domain/booking.ts'
import { defineEvent, type Change } from './definition.ts'
import {
  amountOf,
  currencyCode,
  decimal,
  endOf,
  given,
  instant,
  moneyMoved,
  NUMBER_TO_COME,
  personNumber,
  statusBefore,
} from './values.ts'

// The dataclasses of the tutoring document (seed 000), their property `event_type` with them: all share one topic. Ids are numbers there: a
// booking's is its `number`, a person's that of `personNumber`; the message's key and its `ce_subject` are the booking's UUID.

const money = z.strictObject({ amount: decimal, currency: currencyCode })
const timeRange = z.strictObject({ start: instant, end: instant })
const STATUS = z.enum(['pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'refunded'])

const head = <Type extends string>(type: Type) => ({
  event_id: z.uuid(),
  event_type: z.literal(type),
  booking_id: z.int(),
})
const people = { student_id: z.int(), tutor_id: z.int() }

export const TUTORING_EVENTS = [
  defineEvent({
    type: 'BookingRequested',
    summary: 'A student asked for a lesson; the tutor’s time is held for them.',
    schema: z.strictObject({
      ...head('BookingRequested'),
      ...people,
      scheduled_time: timeRange.nullable(),
      amount: money,
      occurred_at: instant,
    }),
  }).from((change) => ({
    ...headOf(change, 'BookingRequested'),
    ...peopleOf(change.after),
    scheduled_time: timeOf(change.after),
    amount: moneyOf(change.after, amountOf(change.after, change.after.price.total)),
    occurred_at: change.fact.at,
  })),
  defineEvent({
    type: 'BookingConfirmed',
    summary: 'The lesson is paid and takes place.',
    schema: z.strictObject({
      ...head('BookingConfirmed'),
      ...people,
      scheduled_time: timeRange.nullable(),
      meeting_url: z.string(),
      occurred_at: instant,
    }),
  }).from((change) => ({
    ...headOf(change, 'BookingConfirmed'),
    ...peopleOf(change.after),
    scheduled_time: timeOf(change.after),
    meeting_url: change.after.meetingUrl ?? '',
    occurred_at: change.fact.at,
  })),
  defineEvent({
    type: 'BookingCancelled',
    summary: 'The lesson does not take place: cancelled, unpaid in time, or its payment failed.',
    schema: z.strictObject({
      ...head('BookingCancelled'),
      ...people,
      /** A user’s number, as the document has it; 0: no user, but the engine. `booking.changed` says who it was. */
      cancelled_by: z.int().min(0),
      reason: z.string().nullable(),
      previous_status: STATUS,
      refund_eligible: z.boolean(),
      occurred_at: instant,
    }),
  }).from((change) => {
    const { reason, by, keep } = endOf(change.after)
    return {
      ...headOf(change, 'BookingCancelled'),
      ...peopleOf(change.after),
      cancelled_by: by.role === 'system' ? 0 : personNumber(by.id),
      reason,
      previous_status: STATUS.parse(statusBefore(change)),
      refund_eligible: keep < change.after.price.total,
      occurred_at: change.fact.at,
    }
  }),
  defineEvent({
    type: 'PaymentProcessed',
    summary: 'Money moved: the price was taken, or some of it went back.',
    schema: z.strictObject({
      ...head('PaymentProcessed'),
      payment_id: z.string(),
      amount: money,
      status: z.enum(['succeeded', 'refunded']),
      occurred_at: instant,
    }),
  }).from((change) => {
    const { payment, amount, kind, at } = moneyMoved(change)
    return {
      ...headOf(change, 'PaymentProcessed'),
      payment_id: payment.id,
      amount: moneyOf(change.after, amount),
      status: kind === 'captured' ? 'succeeded' : 'refunded',
      occurred_at: at,
    }
  }),
  defineEvent({
    type: 'BookingStatusChanged',
    summary: 'A change of status that no other event of the document tells (K-01): begun, completed, refunded.',
    schema: z.strictObject({
      ...head('BookingStatusChanged'),
      ...people,
      previous_status: STATUS,
      new_status: STATUS,
      occurred_at: instant,
    }),
  }).from((change) => ({
    ...headOf(change, 'BookingStatusChanged'),
    ...peopleOf(change.after),
    previous_status: STATUS.parse(statusBefore(change)),
    new_status: STATUS.parse(change.after.status),
    occurred_at: change.fact.at,
  })),
] as const

function headOf<Type extends string>({ eventId }: Change, type: Type) {
  return { event_id: eventId, event_type: type, booking_id: NUMBER_TO_COME }
}

/** Where an offering names no tutor, whose calendar is booked says it. */
function peopleOf({ customer, provider, items, ...booking }: Booking) {
  const tutor = provider?.id ?? given(items[0], 'tutor', booking).unitId
  return { student_id: personNumber(customer.id), tutor_id: personNumber(tutor) }
}

function timeOf({ start, end }: Booking) {
  return start === null || end === null ? null : { start, end }
}

function moneyOf(booking: Booking, amount: string) {
  return { amount, currency: booking.price.currency }
}
