import { z } from 'zod'
import type { Booking } from '../../domain/booking.ts'
import type { Status } from '../../domain/lifecycle.ts'
import { defineEvent, type Review } from './definition.ts'
import {
  amountOf,
  currencyCode,
  decimal,
  endOf,
  given,
  heldUntil,
  instant,
  moneyMoved,
  refundAhead,
  statusBefore,
  wallClock,
} from './values.ts'

// The seven events of the clinic's document (seed 001) and `booking.created` as its trigger has it (C-11). A booking of several services
// names its first one, as the document knows only one.

// It knows bookings from their confirmation on, and its statuses are the document's five: what ends before is a reservation (N-41).
const STATUS = z.enum(['confirmed', 'in-progress', 'completed', 'cancelled', 'no-show'])

const type = <Type extends string>(name: Type) => ({ event_type: z.literal(name) })
const booked = { booking_id: z.string(), reference_code: z.string() }
const parties = { user_id: z.string(), pet_id: z.string().nullable(), clinic_id: z.string().nullable() }

const reviewSubmittedSchema = z.strictObject({
  ...type('review.submitted'),
  review_id: z.string(),
  booking_id: z.string(),
  user_id: z.string(),
  clinic_id: z.string().nullable(),
  service_id: z.string(),
  rating: z.int().min(1).max(5),
  submitted_at: instant,
})

export const CLINIC_EVENTS = [
  defineEvent({
    type: 'reservation.created',
    summary: 'A slot is held for a pet.',
    schema: z.strictObject({
      ...type('reservation.created'),
      reservation_id: z.string(),
      user_id: z.string(),
      pet_id: z.string().nullable(),
      service_id: z.string(),
      slot_id: z.string(),
      expires_at: instant,
      created_at: instant,
    }),
  }).from((change) => ({
    event_type: 'reservation.created',
    reservation_id: change.after.id,
    user_id: change.after.customer.id,
    pet_id: change.after.petId,
    service_id: serviceOf(change.after).offeringId,
    slot_id: serviceOf(change.after).unitId,
    expires_at: heldUntil(change),
    created_at: change.after.createdAt,
  })),
  defineEvent({
    type: 'booking.created',
    summary:
      'A reservation became a booking: it is paid, and approved where that is needed. As the document’s trigger has it, without `event_type`.',
    schema: z.strictObject({
      ...booked,
      user_id: z.string(),
      clinic_id: z.string().nullable(),
      service_id: z.string(),
      amount: decimal,
      status: STATUS,
      created_at: instant,
    }),
  }).from(({ after, fact }) => ({
    ...bookedOf(after),
    user_id: after.customer.id,
    clinic_id: after.venue?.id ?? null,
    service_id: serviceOf(after).offeringId,
    amount: amountOf(after, after.price.total),
    status: spelled(after.status),
    created_at: fact.at,
  })),
  defineEvent({
    type: 'booking.confirmed',
    summary: 'The booking stands. Date and time are those on the clinic’s clock.',
    schema: z.strictObject({
      ...type('booking.confirmed'),
      ...booked,
      ...parties,
      service_id: z.string(),
      slot_date: z.iso.date().nullable(),
      slot_time: z.string().nullable(),
      amount: decimal,
      created_at: instant,
    }),
  }).from(({ after, fact }) => {
    const { date, time } = wallClock(serviceOf(after).start ?? after.start, after.timeZone)
    return {
      event_type: 'booking.confirmed',
      ...bookedOf(after),
      ...partiesOf(after),
      service_id: serviceOf(after).offeringId,
      slot_date: date,
      slot_time: time,
      amount: amountOf(after, after.price.total),
      // The document has a booking from here on; what was before is its reservation.
      created_at: fact.at,
    }
  }),
  defineEvent({
    type: 'booking.cancelled',
    summary: 'The booking was cancelled, with what is to go back to the customer.',
    schema: z.strictObject({
      ...type('booking.cancelled'),
      ...booked,
      ...parties,
      cancellation_reason: z.string().nullable(),
      refund_amount: decimal,
      refund_status: z.enum(['pending', 'processing', 'completed', 'failed']).nullable(),
      cancelled_at: instant,
    }),
  }).from(({ after, fact }) => ({
    event_type: 'booking.cancelled',
    ...bookedOf(after),
    ...partiesOf(after),
    cancellation_reason: endOf(after).reason,
    ...refundAhead(after),
    cancelled_at: fact.at,
  })),
  defineEvent({
    type: 'booking.completed',
    summary: 'The visit is over.',
    schema: z.strictObject({
      ...type('booking.completed'),
      ...booked,
      ...parties,
      service_id: z.string(),
      service_name: z.string(),
      completed_at: instant,
    }),
  }).from(({ after, fact }) => ({
    event_type: 'booking.completed',
    ...bookedOf(after),
    ...partiesOf(after),
    service_id: serviceOf(after).offeringId,
    service_name: serviceName(after),
    completed_at: fact.at,
  })),
  defineEvent({
    type: 'booking.status_changed',
    summary: 'Any change of status after the first, the other events’ included.',
    schema: z.strictObject({
      ...type('booking.status_changed'),
      ...booked,
      previous_status: STATUS,
      new_status: STATUS,
      changed_at: instant,
    }),
  }).from((change) => ({
    event_type: 'booking.status_changed',
    ...bookedOf(change.after),
    previous_status: spelled(statusBefore(change)),
    new_status: spelled(change.after.status),
    changed_at: change.fact.at,
  })),
  defineEvent({
    type: 'payment.processed',
    summary: 'Money moved: the price was taken (`success`), or some of it went back (`refunded`).',
    schema: z.strictObject({
      ...type('payment.processed'),
      payment_id: z.string(),
      booking_id: z.string(),
      amount: decimal,
      currency: currencyCode,
      payment_method: z.string().nullable(),
      status: z.enum(['success', 'refunded']),
      processed_at: instant,
    }),
  }).from((change) => {
    const { payment, amount, kind, at } = moneyMoved(change)
    return {
      event_type: 'payment.processed',
      payment_id: payment.id,
      booking_id: change.after.id,
      amount,
      currency: change.after.price.currency,
      payment_method: payment.method,
      status: kind === 'captured' ? 'success' : 'refunded',
      processed_at: at,
    }
  }),
  defineEvent({
    type: 'review.submitted',
    summary: 'A customer said what they think of their visit.',
    schema: reviewSubmittedSchema,
  }).fromReview(reviewSubmitted),
] as const

/** The payload of `review.submitted`: a review is no change of its booking. */
export function reviewSubmitted(booking: Booking, review: Review): z.infer<typeof reviewSubmittedSchema> {
  return {
    event_type: 'review.submitted',
    review_id: review.id,
    booking_id: booking.id,
    user_id: booking.customer.id,
    clinic_id: booking.venue?.id ?? null,
    service_id: serviceOf(booking).offeringId,
    rating: review.rating,
    submitted_at: review.submittedAt,
  }
}

/** A status in the document's spelling. */
function spelled(status: Status): z.infer<typeof STATUS> {
  if (status === 'in_progress') return 'in-progress'
  if (status === 'no_show') return 'no-show'
  return STATUS.parse(status)
}

function bookedOf({ id, reference }: Booking) {
  return { booking_id: id, reference_code: reference }
}

function partiesOf({ customer, petId, venue }: Booking) {
  return { user_id: customer.id, pet_id: petId, clinic_id: venue?.id ?? null }
}

function serviceOf(booking: Booking) {
  return given(booking.items[0], 'service', booking)
}

/** As the service was called when it was booked (C-03). */
export function serviceName(booking: Booking): string {
  const known = z
    .object({ offerings: z.array(z.object({ id: z.string(), name: z.string() })) })
    .safeParse(booking.snapshots)
  const { offeringId } = serviceOf(booking)
  return known.data?.offerings.find(({ id }) => id === offeringId)?.name ?? offeringId
}
