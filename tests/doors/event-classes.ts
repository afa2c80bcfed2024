import { z } from 'zod'

// The documents' own event classes, as a reader of their topics has them: a field too many or too few fails.

const Timestamp = z.iso.datetime({ offset: true })
const Decimal = z.string().regex(/^\d+\.\d{2}$/)

// Seed 000: the dataclasses of its domain/events, and the property `event_type` of each.
const tutoring = { event_id: z.uuid(), booking_id: z.int().positive(), occurred_at: Timestamp }
const Money = z.strictObject({ amount: Decimal, currency: z.enum(['USD', 'EUR', 'GBP']) })
const DateTimeRange = z.strictObject({ start: Timestamp, end: Timestamp })
const people = { student_id: z.int(), tutor_id: z.int() }
export const TUTORING_EVENTS = {
  BookingRequested: z.strictObject({
    ...tutoring,
    ...people,
    event_type: z.literal('BookingRequested'),
    scheduled_time: DateTimeRange,
    amount: Money,
  }),
  BookingConfirmed: z.strictObject({
    ...tutoring,
    ...people,
    event_type: z.literal('BookingConfirmed'),
    scheduled_time: DateTimeRange,
    meeting_url: z.string(),
  }),
  BookingCancelled: z.strictObject({
    ...tutoring,
    ...people,
    event_type: z.literal('BookingCancelled'),
    cancelled_by: z.int(),
    reason: z.string().nullable(),
    previous_status: z.enum(['pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'refunded']),
    refund_eligible: z.boolean(),
  }),
}

// Seed 001: its published events ("Level 4"), and `booking.created` as its trigger writes it.
const known = { booking_id: z.uuid(), reference_code: z.string().max(20) }
const parties = { user_id: z.string(), pet_id: z.string(), clinic_id: z.string() }
const typed = <Type extends string>(type: Type) => ({ event_type: z.literal(type) })
export const CLINIC_EVENTS = {
  'reservation.created': z.strictObject({
    ...typed('reservation.created'),
    reservation_id: z.uuid(),
    user_id: z.string(),
    pet_id: z.string(),
    service_id: z.string(),
    slot_id: z.string(),
    expires_at: Timestamp,
    created_at: Timestamp,
  }),
  'booking.created': z.strictObject({
    ...known,
    user_id: z.string(),
    clinic_id: z.string(),
    service_id: z.string(),
    amount: Decimal,
    status: z.enum(['confirmed', 'in-progress', 'completed', 'cancelled', 'no-show']),
    created_at: Timestamp,
  }),
  'booking.confirmed': z.strictObject({
    ...typed('booking.confirmed'),
    ...known,
    ...parties,
    service_id: z.string(),
    slot_date: z.iso.date(),
    slot_time: z.iso.time(),
    amount: Decimal,
    created_at: Timestamp,
  }),
  'booking.cancelled': z.strictObject({
    ...typed('booking.cancelled'),
    ...known,
    ...parties,
    cancellation_reason: z.string(),
    refund_amount: Decimal,
    refund_status: z.string(),
    cancelled_at: Timestamp,
  }),
  'booking.completed': z.strictObject({
    ...typed('booking.completed'),
    ...known,
    ...parties,
    service_id: z.string(),
    service_name: z.string(),
    completed_at: Timestamp,
  }),
  'booking.status_changed': z.strictObject({
    ...typed('booking.status_changed'),
    ...known,
    previous_status: z.string(),
    new_status: z.string(),
    changed_at: Timestamp,
  }),
  'payment.processed': z.strictObject({
    ...typed('payment.processed'),
    payment_id: z.uuid(),
    booking_id: z.uuid(),
    amount: Decimal,
    currency: z.string().length(3),
    payment_method: z.string(),
    status: z.enum(['pending', 'processing', 'success', 'failed', 'refunded']),
    processed_at: Timestamp,
  }),
  'review.submitted': z.strictObject({
    ...typed('review.submitted'),
    review_id: z.uuid(),
    booking_id: z.uuid(),
    user_id: z.string(),
    clinic_id: z.string(),
    service_id: z.string(),
    rating: z.int(),
    submitted_at: Timestamp,
  }),
}

// Seed 002: what its event publisher sends (section 2.2); of the other two topics it gives the names, and the use cases that fill them.
const Payload = z.strictObject({
  bookingId: z.uuid(),
  userId: z.string(),
  eventId: z.string(),
  seatIds: z.array(z.string()),
  totalAmount: z.number(),
  expiresAt: Timestamp,
})
export const TICKETING_EVENTS = {
  'booking.created': z.strictObject({ eventType: z.literal('booking.created'), payload: Payload }),
  'booking.confirmed': z.strictObject({
    eventType: z.literal('booking.confirmed'),
    payload: Payload.extend({ ticketReference: z.string() }),
  }),
  'booking.cancelled': z.strictObject({
    eventType: z.literal('booking.cancelled'),
    payload: Payload.extend({ reason: z.string() }),
  }),
}

// Seed 004: its domain events (BaseEvent, OrderCreated, OrderSucceeded, OrderFailed). It names them, and no fields: they carry its entities.
const order = <Type extends string>(type: Type) => ({
  event_id: z.uuid(),
  event_type: z.literal(type),
  order_id: z.uuid(),
  user_id: z.string(),
  occurred_at: Timestamp,
  order_reference: z.string(),
  total_amount: Decimal,
  currency: z.string().length(3),
})
const OrderItem = z.strictObject({
  item_id: z.string(),
  course_id: z.string(),
  session_id: z.string().nullable(),
  quantity: z.int(),
  unit_price: Decimal,
  amount: Decimal,
})
export const COURSE_EVENTS = {
  OrderCreated: z.strictObject({
    ...order('OrderCreated'),
    status: z.literal('created'),
    items: z.array(OrderItem).min(1),
    expires_at: Timestamp,
  }),
  OrderSucceeded: z.strictObject({
    ...order('OrderSucceeded'),
    status: z.literal('succeeded'),
    items: z.array(OrderItem).min(1),
    payment_id: z.string(),
  }),
  OrderFailed: z.strictObject({
    ...order('OrderFailed'),
    status: z.enum(['failed', 'cancelled', 'timed_out']),
    reason: z.string(),
  }),
}
