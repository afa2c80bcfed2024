import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import type { ReservationBody } from '../../schemas/reservation.ts'
import { segment } from '../ask.ts'
import { naming, type Calls } from '../calls.ts'
import type { CourseOrder, OrderServiceService } from '../generated/holdfast/v1/order.ts'
import { bodyOf, queryOf } from '../json.ts'
import { bodyWithout } from '../messages.ts'
import { bookingStatusesOf, orderMessage, orderOf, orderStatusOf } from '../orders.ts'
import { refused, type Names } from '../status.ts'
import { orderWithStatus, told, withPayment } from './order-status.ts'

/** What the order service's messages call otherwise than the HTTP API does. */
const NAMES: Names = [
  [/^\/id$/, '/order_id'],
  [/^\/status\/(?=\d)/, '/statuses/'],
  [/^\/customer(\/id)?$/, '/user_id'],
  [/^\/customer_id$/, '/user_id'],
  [/offering_id$/, 'course_id'],
  [/unit_id$/, 'session_id'],
]

/** G-03, O-01, O-02. */
export const orders: Calls<typeof OrderServiceService> = naming(NAMES, {
  async createOrder(ask, { user_id, items, payment_later: paymentLater, ...order }) {
    const body = bodyOf({
      ...order,
      profile: 'course',
      items: items.map(itemOf),
      customer: user_id == null ? null : { id: user_id },
    })
    const made = paymentLater
      ? (await ask.post<ReservationBody>('/reservations', body)).booking
      : await ask.post<BookingBody>('/bookings', body)
    return { order: orderMessage(made) }
  },

  getOrder: async (ask, { order_id }) => ({ order: orderMessage(await orderOf(ask, order_id)) }),

  async getOrdersByUser(ask, { user_id, statuses, cursor, limit }) {
    const wanted = new Set(statuses.flatMap(bookingStatusesOf))
    const query = queryOf({ profile: 'course', customer_id: user_id, status: [...wanted], cursor, limit })
    const page = await ask.get<BookingPageBody>(`/bookings${query}`)
    const found = page.bookings.filter((each) => statuses.length === 0 || statuses.includes(orderStatusOf(each)))
    return { orders: found.map(orderMessage), next_cursor: page.next_cursor }
  },

  updateOrderStatus: async (ask, request) => ({ order: orderMessage(await orderWithStatus(ask, request)) }),

  async cancelOrder(ask, request) {
    await orderOf(ask, request.order_id)
    const path = `/bookings/${segment(request.order_id)}/cancel`
    return { order: orderMessage(await ask.post<BookingBody>(path, bodyWithout(request, 'order_id'))) }
  },

  async initiatePayment(ask, request) {
    const before = await orderOf(ask, request.order_id)
    if (before.status !== 'pending' && before.status !== 'confirmed') {
      const message = `A ${before.status} order is not paid any more.`
      throw refused({ code: 'illegal_transition', message, details: { booking_status: before.status } })
    }
    const order = await withPayment(ask, before, bodyWithout(request, 'order_id'))
    if (order.payment === null) {
      throw refused({ code: 'unavailable', message: 'The payment is being asked for: come back for it.' })
    }
    return { order: orderMessage(order), payment: order.payment }
  },

  paymentSucceeded: (ask, request) => outcomeOf(told(ask, { ...request, type: 'succeeded' })),
  paymentFailed: (ask, request) => outcomeOf(told(ask, { ...request, type: 'failed' })),
  paymentTimedOut: (ask, request) => outcomeOf(told(ask, { ...request, type: 'timed_out' })),
})

async function outcomeOf(telling: ReturnType<typeof told>) {
  const { outcome, order } = await telling
  return { outcome, order: orderMessage(order) }
}

/** A place in a course is a unit by the course's own id; whatever else is ordered of it is a session, by its id or its time. */
function itemOf({ course_id, session_id, start, ...rest }: CourseOrder): object {
  return { ...rest, start, offering_id: course_id, unit_id: session_id ?? (start == null ? course_id : null) }
}
