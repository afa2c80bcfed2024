import type { BookingBody } from '../schemas/booking.ts'
import type { Ask } from './ask.ts'
import { segment } from './ask.ts'
import type { Order, OrderStatus } from './generated/holdfast/v1/order.ts'
import type { Session, SessionBooking, SessionBookingStatus } from './generated/holdfast/v1/session.ts'
import { refused } from './status.ts'

/** An order is a booking of the profile `course` (O-01): the booking of an id, when it is one. Throws `not_found` else, as for what is not there. */
export async function orderOf(ask: Ask, id: string): Promise<BookingBody> {
  const booking = await ask.get<BookingBody>(`/bookings/${segment(id)}`)
  if (booking.profile !== 'course') throw refused({ code: 'not_found', message: `There is no order ${id}.` })
  return booking
}

/** A course booking in the words of the order service. */
export function orderMessage(booking: BookingBody): Order {
  return {
    order_id: booking.id,
    reference: booking.reference,
    user_id: booking.customer.id,
    status: orderStatusOf(booking),
    version: booking.version,
    items: booking.items.map((item) => ({
      item_id: item.id,
      course_id: item.offering_id,
      session_id: isSession(item) ? item.unit_id : null,
      quantity: item.quantity,
      start: item.start,
      end: item.end,
      unit_price: item.unit_price,
      amount: item.amount,
    })),
    total: { amount: booking.amount, currency: booking.currency },
    reason: booking.cancellation?.reason ?? null,
    expires_at: booking.hold?.expires_at ?? null,
    payment: booking.payment,
    refund: booking.refund,
    created_at: booking.created_at,
    updated_at: booking.updated_at,
  }
}

/**
 * O-02. An order waits for its payment until it is confirmed; what the system ended has failed, what a person ended was cancelled. The statuses that the
 * course's life cycle does not have are named for the sake of completeness.
 */
export function orderStatusOf({ status, payment, cancellation }: BookingBody): OrderStatus {
  switch (status) {
    case 'pending':
    case 'awaiting_approval':
      return payment === null ? 'ORDER_STATUS_CREATED' : 'ORDER_STATUS_PAYMENT_INITIATED'
    case 'confirmed':
    case 'checked_in':
    case 'in_progress':
    case 'completed':
    case 'no_show':
      return 'ORDER_STATUS_SUCCEEDED'
    case 'cancelled':
    case 'refunded':
      return cancellation?.by.role === 'system' ? 'ORDER_STATUS_FAILED' : 'ORDER_STATUS_CANCELLED'
    case 'expired':
      return 'ORDER_STATUS_TIMED_OUT'
  }
}

/** The status that a booking has behind each of an order's; null: no order has it. */
export const BOOKING_STATUS_OF = {
  ORDER_STATUS_UNSPECIFIED: null,
  UNRECOGNIZED: null,
  ORDER_STATUS_CREATED: 'pending',
  ORDER_STATUS_PAYMENT_INITIATED: 'pending',
  ORDER_STATUS_SUCCEEDED: 'confirmed',
  ORDER_STATUS_FAILED: 'cancelled',
  ORDER_STATUS_CANCELLED: 'cancelled',
  ORDER_STATUS_TIMED_OUT: 'expired',
} as const satisfies Record<OrderStatus, BookingBody['status'] | null>

/** Every status that a booking may have behind an order's: a visit changes nothing about the order. */
export function bookingStatusesOf(status: OrderStatus): readonly string[] {
  const first = BOOKING_STATUS_OF[status]
  if (first === null) return [status.toLowerCase()]
  return first === 'confirmed' ? Object.keys(VISITED) : [first]
}

/** The part of an order that has a time, in the words of the session service. */
export function sessionMessage(booking: BookingBody): SessionBooking {
  return {
    id: booking.id,
    reference: booking.reference,
    user_id: booking.customer.id,
    status: sessionStatusOf(booking),
    version: booking.version,
    sessions: booking.items.filter(isSession).map(sessionOf),
    total: { amount: booking.amount, currency: booking.currency },
    expires_at: booking.hold?.expires_at ?? null,
    payment: booking.payment,
    refund: booking.refund,
    created_at: booking.created_at,
    updated_at: booking.updated_at,
  }
}

function sessionOf({ id, unit_id, offering_id, start, end, quantity, amount }: BookingBody['items'][number]): Session {
  return { item_id: id, session_id: unit_id, course_id: offering_id, start, end, quantity, amount }
}

/** What became of the visit, where the booking has been visited. */
const VISITED = {
  confirmed: 'SESSION_BOOKING_STATUS_BOOKED',
  checked_in: 'SESSION_BOOKING_STATUS_ATTENDED',
  in_progress: 'SESSION_BOOKING_STATUS_ATTENDED',
  completed: 'SESSION_BOOKING_STATUS_COMPLETED',
  no_show: 'SESSION_BOOKING_STATUS_MISSED',
} as const satisfies Partial<Record<BookingBody['status'], SessionBookingStatus>>

function sessionStatusOf({ status, items }: BookingBody): SessionBookingStatus {
  switch (status) {
    case 'pending':
    case 'awaiting_approval':
      return 'SESSION_BOOKING_STATUS_PENDING'
    case 'confirmed':
    case 'checked_in':
    case 'in_progress':
    case 'completed':
    case 'no_show':
      // The sessions of an order may be cancelled while the rest of it stands.
      return items.filter(isSession).every((item) => item.status === 'cancelled')
        ? 'SESSION_BOOKING_STATUS_CANCELLED'
        : VISITED[status]
    case 'cancelled':
    case 'refunded':
      return 'SESSION_BOOKING_STATUS_CANCELLED'
    case 'expired':
      return 'SESSION_BOOKING_STATUS_EXPIRED'
  }
}

/** Places in a course are its own; whatever else is ordered has its time. */
export function isSession({ kind }: BookingBody['items'][number]): boolean {
  return kind !== 'enrolment'
}
