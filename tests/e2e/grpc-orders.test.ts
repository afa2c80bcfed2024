import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Order } from '../../api/grpc/generated/holdfast/v1/order.ts'
import { ledgerOf } from '../support/booking.ts'
import { eventually } from '../support/eventually.ts'
import { grpcAs, refusalOf, type GrpcCaller } from '../support/grpc.ts'
import { inDays, offerCourse, offerSessions, offerSlots } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: GrpcCaller
let bob: GrpcCaller
let olga: GrpcCaller
let payments: GrpcCaller
beforeAll(async () => {
  world = await openWorld()
  ada = await grpcAs(world, 'customer', 'ada')
  bob = await grpcAs(world, 'customer', 'bob')
  olga = await grpcAs(world, 'operator', 'olga')
  payments = await grpcAs(world, 'service', 'payment-service')
  // What becomes of payments is told over gRPC here, and by nobody else.
  await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
})
afterAll(() => world.close())

/** Pays at the payment service, as the customer's browser does. */
async function payFor({ payment }: Pick<Order, 'payment'>, method = 'pm_card_visa'): Promise<void> {
  const path = `/api/v1/payments/intents/${payment?.intent_id}/confirm`
  const { status } = await world.service.post(path, { client_secret: payment?.client_secret, payment_method: method })
  expect(status).toBe(200)
}

/** The order once it has a status. */
function orderWhen(status: Order['status'], order_id: string): Promise<Order> {
  return eventually(async () => {
    const { order } = await ada.orders.getOrder({ order_id })
    expect(order).toMatchObject({ status })
    return order!
  })
}

describe('an order of a course and two sessions, over gRPC alone', () => {
  test('G-03 O-01 O-02 is made, paid for once, and succeeds', async () => {
    const course = await offerCourse(world)
    const live = await offerSessions(world, 5, 2)
    const items = [
      { course_id: course.offeringId },
      { course_id: live.offeringId, session_id: 'live-1' },
      { course_id: live.offeringId, session_id: 'live-2', quantity: 2 },
    ]
    const { order } = await ada.orders.createOrder({ items, idempotency_key: 'basket-7' })
    expect(order).toMatchObject({
      user_id: 'ada',
      status: 'ORDER_STATUS_PAYMENT_INITIATED',
      items: [
        { course_id: course.offeringId, session_id: null, amount: 9900 },
        { session_id: 'live-1', amount: 3500, start: inDays(7) },
        { session_id: 'live-2', amount: 7000, quantity: 2 },
      ],
      total: { amount: 20_400, currency: 'USD' },
    })
    const { order_id } = order!

    // The app lost the answer and asks again: it is the same order, over HTTP too.
    expect((await ada.orders.createOrder({ items, idempotency_key: 'basket-7' })).order).toMatchObject({ order_id })

    const { payment } = await ada.orders.initiatePayment({ order_id })
    expect(payment).toEqual(order!.payment)
    await payFor({ payment })
    const fact = { order_id, event_id: 'evt-1' }
    expect(await payments.orders.paymentSucceeded(fact)).toMatchObject({ outcome: 'PAYMENT_OUTCOME_APPLIED' })
    await orderWhen('ORDER_STATUS_SUCCEEDED', order_id)
    expect(await ledgerOf(world, order_id)).toMatchObject({ captured: 20_400 })

    // Told again, and told too late, it changes nothing.
    expect(await payments.orders.paymentSucceeded(fact)).toMatchObject({ outcome: 'PAYMENT_OUTCOME_REPEATED' })
    const late = await payments.orders.paymentFailed({ order_id, event_id: 'evt-2' })
    expect(late).toMatchObject({ outcome: 'PAYMENT_OUTCOME_STALE', order: { status: 'ORDER_STATUS_SUCCEEDED' } })
    const timedOut = await payments.orders.paymentTimedOut({ order_id, event_id: 'evt-3' })
    expect(timedOut).toMatchObject({ outcome: 'PAYMENT_OUTCOME_STALE', order: { status: 'ORDER_STATUS_SUCCEEDED' } })

    // Her sessions are booked, and listed by the session service under the same id.
    const { booking } = await ada.sessions.getSessionBooking({ id: order_id })
    expect(booking).toMatchObject({
      status: 'SESSION_BOOKING_STATUS_BOOKED',
      sessions: [{ session_id: 'live-1' }, { session_id: 'live-2', quantity: 2 }],
    })
  })

  test('O-01 takes nothing when one of three is sold out', async () => {
    const course = await offerCourse(world, 1)
    const live = await offerSessions(world, 1, 2)
    const item = (session_id: string) => ({ course_id: live.offeringId, session_id })
    await bob.sessions.bookSession(item('live-2'))
    const items = [{ course_id: course.offeringId }, item('live-1'), item('live-2')]
    expect(await refusalOf(ada.orders.createOrder({ items }))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      code: 'sold_out',
      members: { item_ids: '["3"]' },
    })
    await bob.orders.createOrder({ items: items.slice(0, 2) })
  })

  test('G-03 O-02 N-43 a failed payment fails it, the answer says so, and its places are free again', async () => {
    const course = await offerCourse(world, 1)
    const items = [{ course_id: course.offeringId }]
    const { order } = await ada.orders.createOrder({ items })
    const { order_id } = order!
    const failed = await payments.orders.paymentFailed({ order_id, event_id: 'evt-4', reason: 'card_declined' })
    expect(failed).toMatchObject({ outcome: 'PAYMENT_OUTCOME_APPLIED', order: { status: 'ORDER_STATUS_FAILED' } })
    expect(await orderWhen('ORDER_STATUS_FAILED', order_id)).toMatchObject({ reason: 'payment_failed' })
    await bob.orders.createOrder({ items })
    expect(await refusalOf(ada.orders.initiatePayment({ order_id }))).toMatchObject({ code: 'illegal_transition' })
  })

  test('G-03 O-02 X-03 nobody pays in time: it has timed out, once the payment service has cancelled the payment', async () => {
    const course = await offerCourse(world, 1)
    const items = [{ course_id: course.offeringId }]
    const { order } = await ada.orders.createOrder({ items })
    const { order_id, payment } = order!
    const told = await payments.orders.paymentTimedOut({ order_id, event_id: 'evt-5' })
    expect(told).toMatchObject({ order: { status: 'ORDER_STATUS_TIMED_OUT' } })
    expect(await orderWhen('ORDER_STATUS_TIMED_OUT', order_id)).toMatchObject({ reason: 'payment_timed_out' })
    const intent = await world.service.get(`/api/v1/payments/intents/${payment!.intent_id}`)
    expect(intent.body).toMatchObject({ status: 'cancelled' })
    await bob.orders.createOrder({ items })
    const again = await payments.orders.paymentTimedOut({ order_id, event_id: 'evt-6' })
    expect(again).toMatchObject({ outcome: 'PAYMENT_OUTCOME_STALE' })
  })

  test('O-02 X-03 paid in the last moment, a time-out does not close it', async () => {
    const course = await offerCourse(world, 1)
    const { order } = await ada.orders.createOrder({ items: [{ course_id: course.offeringId }] })
    const { order_id } = order!
    await payFor(order!)
    await payments.orders.paymentTimedOut({ order_id, event_id: 'evt-7' })
    await orderWhen('ORDER_STATUS_SUCCEEDED', order_id)
    expect(await ledgerOf(world, order_id)).toMatchObject({ captured: 9900 })
  })

  test('G-03 O-02 its buyer cancels it; an operator too, and nobody makes it fail by hand', async () => {
    const course = await offerCourse(world)
    const made = async () => (await ada.orders.createOrder({ items: [{ course_id: course.offeringId }] })).order!
    const [first, second] = [await made(), await made()]
    const { order: cancelled } = await ada.orders.cancelOrder({ order_id: first.order_id, reason: 'no time' })
    expect(cancelled).toMatchObject({ status: 'ORDER_STATUS_CANCELLED', reason: 'no time' })

    const { order_id } = second
    for (const status of ['ORDER_STATUS_CREATED', 'ORDER_STATUS_FAILED', 'ORDER_STATUS_TIMED_OUT'] as const) {
      const refusal = await refusalOf(olga.orders.updateOrderStatus({ order_id, status }))
      expect({ status, code: refusal.code }).toEqual({ status, code: 'illegal_transition' })
    }
    const { order } = await olga.orders.updateOrderStatus({
      order_id,
      status: 'ORDER_STATUS_CANCELLED',
      reason: 'fraud',
    })
    expect(order).toMatchObject({ status: 'ORDER_STATUS_CANCELLED', reason: 'fraud' })

    // Her orders, newest first; Bob is shown none of them.
    const { orders } = await ada.orders.getOrdersByUser({ user_id: 'ada', statuses: ['ORDER_STATUS_CANCELLED'] })
    expect(orders.slice(0, 2).map((each) => each.order_id)).toEqual([second.order_id, first.order_id])
    expect((await bob.orders.getOrdersByUser({ user_id: 'ada' })).orders).toEqual([])
  })
})

describe('sessions, over gRPC', () => {
  test('G-04 are booked, listed and cancelled; the session is free again', async () => {
    const live = await offerSessions(world)
    const wish = { course_id: live.offeringId, session_id: 'live-1' }
    const { booking } = await ada.sessions.bookSession(wish, { metadata: { 'idempotency-key': 'session-1' } })
    expect(booking).toMatchObject({
      user_id: 'ada',
      status: 'SESSION_BOOKING_STATUS_PENDING',
      sessions: [{ session_id: 'live-1', course_id: live.offeringId, start: inDays(7), quantity: 1 }],
      total: { amount: 3500, currency: 'USD' },
    })
    const { id } = booking!
    expect(await refusalOf(bob.sessions.bookSession(wish))).toMatchObject({ code: 'sold_out' })
    expect(await refusalOf(bob.sessions.getSessionBooking({ id }))).toMatchObject({ code: 'not_found' })
    const listed = await ada.sessions.listSessionBookings({ course_id: live.offeringId })
    expect(listed.bookings.map((each) => each.id)).toEqual([id])

    // Theo teaches it: he sees who comes.
    const theo = await grpcAs(world, 'provider', `teacher-${live.offeringId}`)
    expect((await theo.sessions.listSessionBookings({})).bookings).toMatchObject([{ id, user_id: 'ada' }])

    const { booking: cancelled } = await ada.sessions.cancelSessionBooking({ id, reason: 'ill' })
    expect(cancelled).toMatchObject({ status: 'SESSION_BOOKING_STATUS_CANCELLED' })
    await bob.sessions.bookSession(wish)
  })

  test('G-04 G-03 an order without sessions is no session booking, and a booking of another profile is no order', async () => {
    const course = await offerCourse(world)
    const { order } = await ada.orders.createOrder({ items: [{ course_id: course.offeringId }] })
    const id = order!.order_id
    expect(await refusalOf(ada.sessions.getSessionBooking({ id }))).toMatchObject({ code: 'not_found' })
    expect((await ada.sessions.listSessionBookings({ course_id: course.offeringId })).bookings).toEqual([])

    const slot = await offerSlots(world)
    const items = [{ offering_id: slot.offeringId, unit_id: 'slot-1' }]
    const { booking } = await ada.bookings.create({ profile: 'clinic', items })
    const order_id = booking!.id
    const refusals = await Promise.all(
      [
        ada.orders.getOrder({ order_id }),
        ada.orders.cancelOrder({ order_id }),
        ada.orders.initiatePayment({ order_id }),
        olga.orders.updateOrderStatus({ order_id, status: 'ORDER_STATUS_CANCELLED' }),
        payments.orders.paymentFailed({ order_id, event_id: 'evt-8' }),
        ada.sessions.cancelSessionBooking({ id: order_id }),
      ].map(refusalOf),
    )
    expect(refusals.map(({ status, code }) => `${status} ${code}`)).toEqual(refusals.map(() => 'NOT_FOUND not_found'))
    expect((await ada.bookings.get({ id: order_id })).booking).toMatchObject({ status: 'BOOKING_STATUS_PENDING' })
  })
})
