import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import type { ReservationBody } from '../../schemas/reservation.ts'
import { segment, type Ask } from '../ask.ts'
import { naming, type Calls } from '../calls.ts'
import type { CourseOrder, OrderServiceService, PaymentOutcome } from '../generated/holdfast/v1/order.ts'
import { bodyOf, queryOf } from '../json.ts'
import { bodyWithout } from '../messages.ts'
import { BOOKING_STATUS_OF, orderMessage, orderOf, orderStatusOf } from '../orders.ts'
import { refused, type Names } from '../status.ts'

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
    const wanted = new Set(statuses.map((status) => BOOKING_STATUS_OF[status] ?? status.toLowerCase()))
    const query = queryOf({ profile: 'course', customer_id: user_id, status: [...wanted], cursor, limit })
    const page = await ask.get<BookingPageBody>(`/bookings${query}`)
    const found = page.bookings.filter((each) => statuses.length === 0 || statuses.includes(orderStatusOf(each)))
    return { orders: found.map(orderMessage), next_cursor: page.next_cursor }
  },

  async updateOrderStatus(ask, request) {
    await orderOf(ask, request.order_id)
    const status = BOOKING_STATUS_OF[request.status]
    if (status === null) {
      const errors = [{ pointer: '/status', message: 'is no status of an order' }]
      throw refused({ code: 'validation_failed', message: '/status: is no status of an order', details: { errors } })
    }
    if (request.status === 'ORDER_STATUS_FAILED') {
      const message = 'An order fails by its payment; a person cancels it.'
      throw refused({ code: 'illegal_transition', message })
    }
    const body = bodyWithout({ ...request, status }, 'order_id')
    return { order: orderMessage(await ask.post<BookingBody>(`/bookings/${segment(request.order_id)}/status`, body)) }
  },

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
    const order = before.payment === null ? await confirmed(ask, request) : before
    if (order.payment === null) {
      throw refused({ code: 'unavailable', message: 'The payment is being asked for: come back for it.' })
    }
    return { order: orderMessage(order), payment: order.payment }
  },

  paymentSucceeded: (ask, request) => told(ask, { ...request, type: 'succeeded' }),
  paymentFailed: (ask, request) => told(ask, { ...request, type: 'failed' }),
  paymentTimedOut: (ask, request) => told(ask, { ...request, type: 'timed_out' }),
})

/** A place in a course is a unit by the course's own id; whatever else is ordered of it is a session, by its id or its time. */
function itemOf({ course_id, session_id, start, ...rest }: CourseOrder): object {
  return { ...rest, start, offering_id: course_id, unit_id: session_id ?? (start == null ? course_id : null) }
}

/** The second step of an order that was made with `payment_later`. */
async function confirmed(
  ask: Ask,
  request: {
    order_id: string
    payment_method?: string | null | undefined
    idempotency_key?: string | null | undefined
  },
): Promise<BookingBody> {
  const path = `/reservations/${segment(request.order_id)}/confirm`
  return (await ask.post<ReservationBody>(path, bodyWithout(request, 'order_id'))).booking
}

async function told(ask: Ask, { order_id, ...fact }: { readonly order_id: string; readonly type: string }) {
  await orderOf(ask, order_id)
  const { outcome } = await ask.post<{ outcome: 'applied' | 'stale' | 'repeated' | 'parked' }>(
    `/bookings/${segment(order_id)}/payment-facts`,
    bodyOf(fact),
  )
  const word: PaymentOutcome = `PAYMENT_OUTCOME_${outcome.toUpperCase() as Uppercase<typeof outcome>}`
  const order = outcome === 'applied' ? await afterDeed(ask, order_id) : await orderOf(ask, order_id)
  return { outcome: word, order: orderMessage(order) }
}

/** How long an answer waits for what a fact leads to: the payment is cancelled or captured first, by a call to the payment service. */
const DEED_MS = 3000

/** The order once it is no longer undecided (N-43), or as it stands when that takes longer. */
async function afterDeed(ask: Ask, orderId: string): Promise<BookingBody> {
  const deadline = Date.now() + DEED_MS
  let order = await orderOf(ask, orderId)
  while (order.status === 'pending' && Date.now() < deadline) {
    order = await ask.get<BookingBody>(`/bookings/${segment(orderId)}?wait=1&after_version=${order.version}`)
  }
  return order
}
