import type { BookingBody } from '../../schemas/booking.ts'
import type { ReservationBody } from '../../schemas/reservation.ts'
import { segment, type Ask } from '../ask.ts'
import type { OrderStatus, PaymentOutcome, UpdateOrderStatusRequest } from '../generated/holdfast/v1/order.ts'
import { bodyOf } from '../json.ts'
import { bodyWithout } from '../messages.ts'
import { BOOKING_STATUS_OF, orderOf, orderStatusOf } from '../orders.ts'
import { CallRefused, refused } from '../status.ts'

/** What a status says became of the payment. */
const FACTS = {
  ORDER_STATUS_SUCCEEDED: 'succeeded',
  ORDER_STATUS_FAILED: 'failed',
  ORDER_STATUS_TIMED_OUT: 'timed_out',
} as const
type Told = keyof typeof FACTS

/** The order with the status that was asked for (F-05), by whichever way leads there; a refusal when none does. */
export async function orderWithStatus(ask: Ask, request: UpdateOrderStatusRequest): Promise<BookingBody> {
  const before = await orderOf(ask, request.order_id)
  const { status } = request
  const wanted = BOOKING_STATUS_OF[status]
  if (wanted === null) {
    const errors = [{ pointer: '/status', message: 'is no status of an order' }]
    throw refused({ code: 'validation_failed', message: '/status: is no status of an order', details: { errors } })
  }
  if (status in FACTS) return afterFact(ask, request, before)
  if (status === 'ORDER_STATUS_PAYMENT_INITIATED') {
    if (before.status !== 'pending') throw cannotBe(status, before)
    return withPayment(ask, before, { idempotency_key: request.idempotency_key })
  }
  return changed(ask, request, wanted)
}

/** The order's booking with its payment: the one that was asked for already, or the second step of an order that was made with `payment_later`. */
export async function withPayment(
  ask: Ask,
  order: BookingBody,
  more: { readonly payment_method?: string | null | undefined; readonly idempotency_key?: string | null | undefined },
): Promise<BookingBody> {
  if (order.payment !== null) return order
  return (await ask.post<ReservationBody>(`/reservations/${segment(order.id)}/confirm`, bodyOf(more))).booking
}

/** Tells what became of an order's payment. */
export async function told(
  ask: Ask,
  { order_id, ...fact }: { readonly order_id: string; readonly event_id: string; readonly type: string },
): Promise<{ readonly outcome: PaymentOutcome; readonly order: BookingBody }> {
  await orderOf(ask, order_id)
  const { outcome } = await ask.post<{ outcome: 'applied' | 'stale' | 'repeated' | 'parked' }>(
    `/bookings/${segment(order_id)}/payment-facts`,
    bodyOf(fact),
  )
  const word: PaymentOutcome = `PAYMENT_OUTCOME_${outcome.toUpperCase() as Uppercase<typeof outcome>}`
  return { outcome: word, order: outcome === 'applied' ? await afterDeed(ask, order_id) : await orderOf(ask, order_id) }
}

/** Services tell it as a fact; an operator who says that it succeeded has been paid by hand. */
async function afterFact(ask: Ask, request: UpdateOrderStatusRequest, before: BookingBody): Promise<BookingBody> {
  const status = request.status as Told
  const { expected_version: expected } = request
  if (expected != null && expected !== before.version) {
    const message = `The order is at version ${before.version}, not ${expected}: read it again and decide anew.`
    throw refused({ code: 'version_conflict', message, details: { current_version: before.version } })
  }
  // The same operation has the same id: an order is told the same once per version.
  const event_id = request.idempotency_key ?? `${before.id} ${before.version} ${status}`
  const { reason } = request
  const fact = { order_id: before.id, event_id, type: FACTS[status], ...(FACTS[status] === 'failed' && { reason }) }
  let after: BookingBody
  try {
    after = (await told(ask, fact)).order
  } catch (error) {
    if (!(error instanceof CallRefused) || error.problem['code'] !== 'forbidden') throw error
    return byHand(ask, request)
  }
  if (orderStatusOf(after) === status) return after
  if (after.status === 'pending') {
    throw refused({ code: 'unavailable', message: 'It is noted, and the order will follow: come back for it.' })
  }
  throw cannotBe(status, after)
}

function cannotBe(status: OrderStatus, { status: stands }: BookingBody): CallRefused {
  const message = `A ${stands} order cannot be made ${status}.`
  return refused({ code: 'illegal_transition', message, details: { booking_status: stands } })
}

async function byHand(ask: Ask, request: UpdateOrderStatusRequest): Promise<BookingBody> {
  if (request.status === 'ORDER_STATUS_FAILED') {
    const message = 'An order fails by its payment; a person cancels it.'
    throw refused({ code: 'illegal_transition', message })
  }
  if (request.status !== 'ORDER_STATUS_SUCCEEDED') return changed(ask, request, BOOKING_STATUS_OF[request.status]!)
  const { reason, ...rest } = request
  const operation = { operation: 'confirm_by_hand', reason: reason ?? 'order succeeded, says an operator' }
  const path = `/bookings/${segment(request.order_id)}/operations`
  return ask.post<BookingBody>(path, { ...bodyWithout(rest, 'order_id', 'status'), ...operation })
}

function changed(ask: Ask, request: UpdateOrderStatusRequest, status: BookingBody['status']): Promise<BookingBody> {
  const body = bodyWithout({ ...request, status }, 'order_id')
  return ask.post<BookingBody>(`/bookings/${segment(request.order_id)}/status`, body)
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
