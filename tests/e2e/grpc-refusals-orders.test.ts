import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { hold } from '../support/booking.ts'
import { grpcAs, refusalOf, type GrpcCaller } from '../support/grpc.ts'
import { offerCourse, offerSessions, offerSlots, type Offer } from '../support/offers.ts'
import { expectFaultAt, expectRefused, rowsOf } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

const NOBODY = '0198a2f0-1111-7222-8333-444455556666'

let world: World
let ada: GrpcCaller
let http: Caller
let olga: GrpcCaller
let payments: GrpcCaller
let offers: Record<'course' | 'sessions' | 'slots', Offer>
/** An order that nobody has paid for. */
let order: string
beforeAll(async () => {
  world = await openWorld()
  ada = await grpcAs(world, 'customer', 'ada')
  http = await world.as('customer', 'ada')
  olga = await grpcAs(world, 'operator', 'olga')
  payments = await grpcAs(world, 'service', 'payment-service')
  offers = { course: await offerCourse(world), sessions: await offerSessions(world), slots: await offerSlots(world) }
  order = (await hold(http, offers.course.order())).id
})
afterAll(() => world.close())

describe('what is wrong with an order, a session or a payment fact', () => {
  const fact = { event_id: 'evt-1' }
  test.each<readonly [name: string, code: string, pointers: readonly string[], call: () => Promise<unknown>]>([
    ['an order of nothing', 'validation_failed', ['/items'], () => ada.orders.createOrder({})],
    [
      'an order of a course nobody knows',
      'validation_failed',
      ['/items/0/course_id'],
      () => ada.orders.createOrder({ items: [{ course_id: 'nope' }] }),
    ],
    [
      'one course twice',
      'validation_failed',
      ['/items/1/session_id'],
      () =>
        ada.orders.createOrder({
          items: [{ course_id: offers.course.offeringId }, { course_id: offers.course.offeringId }],
        }),
    ],
    [
      'a clinic’s service as a course',
      'validation_failed',
      ['/items/0/course_id'],
      () => ada.orders.createOrder({ items: [{ course_id: offers.slots.offeringId, session_id: 'slot-1' }] }),
    ],
    [
      'an order for somebody else',
      'forbidden',
      [],
      () => ada.orders.createOrder({ user_id: 'bob', items: [{ course_id: offers.course.offeringId }] }),
    ],
    [
      'an order of a status that there is not',
      'validation_failed',
      ['/statuses/0'],
      () => ada.orders.getOrdersByUser({ user_id: 'ada', statuses: ['UNRECOGNIZED'] }),
    ],
    [
      'no status',
      'validation_failed',
      ['/status'],
      () => olga.orders.updateOrderStatus({ order_id: order, status: 'ORDER_STATUS_UNSPECIFIED' }),
    ],
    [
      'a customer’s change of status',
      'forbidden',
      [],
      () => ada.orders.updateOrderStatus({ order_id: order, status: 'ORDER_STATUS_CANCELLED' }),
    ],
    [
      'a session without a name',
      'validation_failed',
      ['/session_id'],
      () => ada.sessions.bookSession({ course_id: offers.course.offeringId }),
    ],
    [
      'the course as a session',
      'validation_failed',
      ['/session_id'],
      () => ada.sessions.bookSession({ course_id: offers.course.offeringId, session_id: offers.course.offeringId }),
    ],
    [
      'a customer who says that it is paid',
      'forbidden',
      [],
      () => ada.orders.paymentSucceeded({ ...fact, order_id: order }),
    ],
    [
      'an operator who says that it is paid',
      'forbidden',
      [],
      () => olga.orders.paymentSucceeded({ ...fact, order_id: order }),
    ],
    [
      'a fact about an order nobody knows',
      'not_found',
      [],
      () => payments.orders.paymentFailed({ ...fact, order_id: NOBODY }),
    ],
    [
      'a fact without an id',
      'validation_failed',
      ['/event_id'],
      () => payments.orders.paymentTimedOut({ order_id: order, event_id: '' }),
    ],
    [
      'money in another currency',
      'validation_failed',
      ['/currency'],
      () => payments.orders.paymentSucceeded({ ...fact, order_id: order, amount: 9900, currency: 'EUR' }),
    ],
    [
      'less than nothing',
      'validation_failed',
      ['/amount'],
      () => payments.orders.paymentSucceeded({ ...fact, order_id: order, amount: -1 }),
    ],
    [
      'a payment that nobody has made',
      'unavailable',
      [],
      () => payments.orders.paymentSucceeded({ ...fact, order_id: order }),
    ],
  ])('G-03 G-04 O-02 A-32 %s is refused and changes nothing', async (_, code, pointers, call) => {
    const before = await rowsOf(world)
    expect(await refusalOf(call())).toMatchObject({ code, pointers, ...(code === 'unavailable' && { retryAfter: 2 }) })
    expect(await rowsOf(world)).toEqual(before)
  })
})

describe('a payment fact over HTTP', () => {
  test.each([
    ['no fact', {}, '/event_id'],
    ['a type that there is not', { event_id: 'e', type: 'maybe' }, '/type'],
    ['a field too many', { event_id: 'e', type: 'failed', booking_id: NOBODY }, '/booking_id'],
    ['an amount for a payment that failed', { event_id: 'e', type: 'failed', amount: 1 }, '/amount'],
    ['an instant that is none', { event_id: 'e', type: 'failed', occurred_at: 'yesterday' }, '/occurred_at'],
  ])('G-03 O-02 %s is refused and changes nothing', async (_, body, pointer) => {
    const service = await world.as('service', 'payment-service')
    const refused = await expectRefused(
      world,
      () => service.post(`/bookings/${order}/payment-facts`, body),
      'validation_failed',
    )
    expectFaultAt(refused, pointer)
  })

  test('G-03 A-34 is for services', async () => {
    const path = `/bookings/${order}/payment-facts`
    await expectRefused(world, () => http.post(path, { event_id: 'e', type: 'failed' }), 'forbidden')
  })
})

// The last, because its bookings go their way while it ends.
test('O-02 K-04 an event id stands for one fact', async () => {
  const [first, second] = [await hold(http, offers.course.order()), await hold(http, offers.course.order())]
  await payments.orders.paymentFailed({ order_id: first.id, event_id: 'evt-once' })
  const other = refusalOf(payments.orders.paymentFailed({ order_id: second.id, event_id: 'evt-once' }))
  expect(await other).toMatchObject({ status: 'INVALID_ARGUMENT', code: 'validation_failed' })
  expect((await ada.orders.getOrder({ order_id: second.id })).order).toMatchObject({ reason: null })
})
