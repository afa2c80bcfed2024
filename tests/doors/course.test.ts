import { credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { OrderServiceClient } from '../../api/grpc/generated/order_service.ts'
import { SessionServiceClient } from '../../api/grpc/generated/session_service.ts'
import { eventually } from '../support/eventually.ts'
import { promised, refusalOf, type Generated } from '../support/grpc.ts'
import { inDays, offerCourse, offerSessions } from '../support/offers.ts'
import { freePort } from '../support/ports.ts'
import { openWorld, type World } from '../support/world.ts'
import { readAs, toldOf } from './client.ts'
import { COURSE_EVENTS } from './event-classes.ts'

// The key entities of seed 004: Order, OrderItem, PaymentDetails, SessionBooking, Money. The document names them, and no fields.
const Timestamp = z.iso.datetime({ offset: true })
const Money = z.strictObject({ amount: z.int(), currency: z.string().length(3) })
const PaymentDetails = z.strictObject({
  id: z.string(),
  intent_id: z.string(),
  client_secret: z.string().optional(),
  status: z.enum(['pending', 'processing', 'authorized', 'succeeded', 'failed', 'cancelled', 'refunded']),
  amount: z.int(),
  amount_refunded: z.int(),
  method: z.string().optional(),
  paid_at: Timestamp.optional(),
})
const Refund = z.strictObject({
  amount: z.int(),
  status: z.enum(['pending', 'completed', 'failed']),
  reason: z.string(),
  refunded_at: Timestamp.optional(),
})
const Time = { start: Timestamp.optional(), end: Timestamp.optional() }
const Common = {
  reference: z.string(),
  user_id: z.string(),
  version: z.int(),
  total: Money,
  expires_at: Timestamp.optional(),
  payment: PaymentDetails.optional(),
  refund: Refund.optional(),
  created_at: Timestamp,
  updated_at: Timestamp,
}
const OrderItem = z.strictObject({
  item_id: z.string(),
  course_id: z.string(),
  session_id: z.string().optional(),
  quantity: z.int(),
  ...Time,
  unit_price: z.int(),
  amount: z.int(),
})
const ORDER_STATUSES = ['CREATED', 'PAYMENT_INITIATED', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'] as const
const Order = z.strictObject({
  order_id: z.uuid(),
  status: z.enum(ORDER_STATUSES.map((status) => `ORDER_STATUS_${status}` as const)),
  items: z.array(OrderItem).min(1),
  reason: z.string().optional(),
  ...Common,
})
const SESSION_STATUSES = ['PENDING', 'BOOKED', 'CANCELLED', 'EXPIRED', 'ATTENDED', 'COMPLETED', 'MISSED'] as const
const SessionBooking = z.strictObject({
  id: z.uuid(),
  status: z.enum(SESSION_STATUSES.map((status) => `SESSION_BOOKING_STATUS_${status}` as const)),
  sessions: z.array(OrderItem.omit({ unit_price: true })).min(1),
  ...Common,
})

type Client = { orders: Generated<OrderServiceClient>; sessions: Generated<SessionServiceClient> }

let world: World
let student: Client
let stranger: Client
let operator: Client
let payments: Client
let address: string

/** A client of the document's two services; the address is all that it knows of Holdfast. */
async function clientAs(role: Parameters<World['as']>[0], sub: string): Promise<Client> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role })
  const [plain, token] = [credentials.createInsecure(), `Bearer ${body.access_token}`]
  return {
    orders: promised(new OrderServiceClient(address, plain), token),
    sessions: promised(new SessionServiceClient(address, plain), token),
  }
}

/** An order as the document's model has it: what is absent is left out, and a field too many fails. */
function read<Schema extends z.ZodType>(schema: Schema, message: unknown): z.infer<Schema> {
  const present: unknown = JSON.parse(JSON.stringify(message, (_, value: unknown) => value ?? undefined))
  const result = schema.safeParse(present)
  expect(result.error?.issues ?? [], JSON.stringify(present)).toEqual([])
  return result.data!
}
const orderIn = async (answer: Promise<{ order?: unknown }>) => read(Order, (await answer).order)
const bookingIn = async (answer: Promise<{ booking?: unknown }>) => read(SessionBooking, (await answer).booking)

beforeAll(async () => {
  const port = await freePort()
  world = await openWorld({ environment: { COURSE_PORT: String(port) } })
  await world.grpc()
  address = `127.0.0.1:${port}`
  student = await clientAs('customer', 'ada')
  stranger = await clientAs('customer', 'ben')
  operator = await clientAs('operator', 'olga')
  payments = await clientAs('service', 'payment-service')
  // What becomes of payments is told by the payment service's own calls here.
  await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
})
afterAll(() => world.close())

/** The payment happens at the payment service, which the document leaves to others. */
async function pay({ payment }: z.infer<typeof Order>): Promise<void> {
  const path = `/api/v1/payments/intents/${payment!.intent_id}/confirm`
  const body = { client_secret: payment!.client_secret, payment_method: 'pm_card_visa' }
  expect((await world.service.post(path, body)).status).toBe(200)
}

async function courseOrder(more: object = {}): Promise<z.infer<typeof Order>> {
  const course = await offerCourse(world)
  return orderIn(student.orders.createOrder({ items: [{ course_id: course.offeringId }], ...more }))
}

const eventsOf = async (id: string) => readAs(COURSE_EVENTS, await toldOf(world, id))

async function booked(): Promise<string> {
  const { offeringId: course_id } = await offerSessions(world)
  const { id } = await bookingIn(student.sessions.bookSession({ course_id, session_id: 'live-1' }))
  const made = await orderIn(student.orders.getOrder({ order_id: id }))
  await pay(made)
  const status = 'ORDER_STATUS_SUCCEEDED'
  expect(await orderIn(payments.orders.updateOrderStatus({ order_id: id, status }))).toMatchObject({ status })
  return id
}

describe('a client of the courses document, with nothing but an address', () => {
  test('F-05 F-07 orders a course and a session, pays once, and reads both', async () => {
    const course = await offerCourse(world)
    const live = await offerSessions(world)
    const items = [{ course_id: course.offeringId }, { course_id: live.offeringId, session_id: 'live-1' }]
    const made = await orderIn(student.orders.createOrder({ items, idempotency_key: 'order-1' }))
    expect(made).toMatchObject({
      user_id: 'ada',
      status: 'ORDER_STATUS_PAYMENT_INITIATED',
      total: { amount: 13_400, currency: 'USD' },
      items: [
        { course_id: course.offeringId, amount: 9900 },
        { session_id: 'live-1', start: inDays(7), amount: 3500 },
      ],
    })
    const twice = await orderIn(student.orders.createOrder({ items, idempotency_key: 'order-1' }))
    expect(twice.order_id).toBe(made.order_id)
    const { order_id } = made
    const { payment } = await student.orders.initiatePayment({ order_id })
    expect(read(PaymentDetails, payment).intent_id).toBe(made.payment!.intent_id)
    await pay(made)
    const paid = await payments.orders.paymentSucceeded({ order_id, event_id: 'paid-1' })
    expect(read(Order, paid.order).status).toBe('ORDER_STATUS_SUCCEEDED')
    expect(await orderIn(student.orders.getOrder({ order_id }))).toMatchObject({ status: 'ORDER_STATUS_SUCCEEDED' })
    const { orders } = await student.orders.getOrdersByUser({ user_id: 'ada' })
    expect(orders.map((order) => read(Order, order).order_id)).toContain(order_id)
    const session = await bookingIn(student.sessions.getSessionBooking({ id: order_id }))
    expect(session).toMatchObject({ status: 'SESSION_BOOKING_STATUS_BOOKED', sessions: [{ session_id: 'live-1' }] })

    expect(await eventsOf(order_id)).toMatchObject([
      { type: 'OrderCreated', payload: { order_id, user_id: 'ada', total_amount: '134.00', currency: 'USD' } },
      { type: 'OrderSucceeded', payload: { order_id, payment_id: made.payment!.id } },
    ])

    // She came. Her place in the course stays hers, so the order is never over; her session alone can be cancelled.
    const attended = { id: order_id, status: 'SESSION_BOOKING_STATUS_ATTENDED', reason: 'came early' } as const
    expect((await bookingIn(operator.sessions.updateSessionBookingStatus(attended))).status).toBe(attended.status)
    const over = { id: order_id, status: 'SESSION_BOOKING_STATUS_COMPLETED' } as const
    const refusal = await refusalOf(operator.sessions.updateSessionBookingStatus(over))
    expect(refusal).toMatchObject({ status: 'FAILED_PRECONDITION', code: 'illegal_transition' })
    const done = await student.orders.getOrdersByUser({ user_id: 'ada', statuses: ['ORDER_STATUS_SUCCEEDED'] })
    expect(done.orders.map((order) => order.order_id)).toContain(order_id)
  })

  test('F-05 UpdateOrderStatus: each status by whom it belongs to, and the answer has it', async () => {
    const later = await courseOrder({ payment_later: true })
    expect(later.status).toBe('ORDER_STATUS_CREATED')
    const initiated = { order_id: later.order_id, status: 'ORDER_STATUS_PAYMENT_INITIATED' } as const
    const asked = await orderIn(student.orders.updateOrderStatus(initiated))
    expect(asked.status).toBe(initiated.status)
    expect((await orderIn(student.orders.updateOrderStatus(initiated))).payment!.id).toBe(asked.payment!.id)

    const ways = [
      [payments, 'ORDER_STATUS_FAILED', { reason: 'card_declined' }],
      [payments, 'ORDER_STATUS_TIMED_OUT', {}],
      [operator, 'ORDER_STATUS_SUCCEEDED', { reason: 'paid at the desk' }],
      [operator, 'ORDER_STATUS_CANCELLED', { reason: 'fraud' }],
    ] as const
    for (const [caller, status, more] of ways) {
      const { order_id, version } = await courseOrder()
      const request = { order_id, status, ...more }
      const stale = await refusalOf(caller.orders.updateOrderStatus({ ...request, expected_version: version - 1 }))
      expect({ status, code: stale.code }).toEqual({ status, code: 'version_conflict' })
      const after = await orderIn(caller.orders.updateOrderStatus({ ...request, expected_version: version }))
      expect(after.status).toBe(status)
      expect((await orderIn(student.orders.getOrder({ order_id }))).status).toBe(status)
      const [, told] = await eventsOf(order_id)
      expect(told).toMatchObject(
        status === 'ORDER_STATUS_SUCCEEDED'
          ? { type: 'OrderSucceeded' }
          : { type: 'OrderFailed', payload: { status: status.replace('ORDER_STATUS_', '').toLowerCase() } },
      )
    }
  })

  test('F-05 UpdateOrderStatus: what is not legal is refused, and changes nothing', async () => {
    const { order_id, version } = await courseOrder()
    const update = (by: Client, status: (typeof Order)['_output']['status'] | 'ORDER_STATUS_UNSPECIFIED') =>
      refusalOf(by.orders.updateOrderStatus({ order_id, status }))
    expect(await update(student, 'ORDER_STATUS_SUCCEEDED')).toMatchObject({ status: 'PERMISSION_DENIED' })
    expect(await update(student, 'ORDER_STATUS_CANCELLED')).toMatchObject({ status: 'PERMISSION_DENIED' })
    expect(await update(stranger, 'ORDER_STATUS_CANCELLED')).toMatchObject({ status: 'NOT_FOUND' })
    expect(await update(operator, 'ORDER_STATUS_UNSPECIFIED')).toMatchObject({ status: 'INVALID_ARGUMENT' })
    for (const status of ['ORDER_STATUS_CREATED', 'ORDER_STATUS_FAILED', 'ORDER_STATUS_TIMED_OUT'] as const) {
      expect(await update(operator, status)).toMatchObject({
        status: 'FAILED_PRECONDITION',
        code: 'illegal_transition',
      })
    }
    const same = await orderIn(student.orders.getOrder({ order_id }))
    expect(same).toMatchObject({ status: 'ORDER_STATUS_PAYMENT_INITIATED', version })

    const cancelled = await orderIn(student.orders.cancelOrder({ order_id, reason: 'no time' }))
    expect(cancelled).toMatchObject({ status: 'ORDER_STATUS_CANCELLED', reason: 'no time' })
    for (const status of ['ORDER_STATUS_PAYMENT_INITIATED', 'ORDER_STATUS_FAILED', 'ORDER_STATUS_TIMED_OUT'] as const) {
      expect(await update(payments, status)).toMatchObject({ status: 'FAILED_PRECONDITION' })
    }
  })

  test('F-05 a session is booked, attended and completed', async () => {
    const id = await booked()
    const to = async (status: 'ATTENDED' | 'COMPLETED', by = operator) => {
      const request = { id, status: `SESSION_BOOKING_STATUS_${status}` as const, reason: 'came early' }
      return (await bookingIn(by.sessions.updateSessionBookingStatus(request))).status
    }
    expect(await refusalOf(to('ATTENDED', student))).toMatchObject({ status: 'PERMISSION_DENIED' })
    expect(await to('ATTENDED')).toBe('SESSION_BOOKING_STATUS_ATTENDED')
    expect(await to('COMPLETED')).toBe('SESSION_BOOKING_STATUS_COMPLETED')
    expect((await orderIn(student.orders.getOrder({ order_id: id }))).status).toBe('ORDER_STATUS_SUCCEEDED')
    const { bookings } = await student.sessions.listSessionBookings({ user_id: 'ada' })
    expect(bookings.map((each) => read(SessionBooking, each).id)).toContain(id)
    const again = { id, status: 'SESSION_BOOKING_STATUS_CANCELLED' } as const
    expect(await refusalOf(operator.sessions.updateSessionBookingStatus(again))).toMatchObject({
      status: 'FAILED_PRECONDITION',
    })
    const never = { id, status: 'SESSION_BOOKING_STATUS_EXPIRED' } as const
    expect(await refusalOf(operator.sessions.updateSessionBookingStatus(never))).toMatchObject({
      status: 'INVALID_ARGUMENT',
    })
  })

  test('F-05 a paid session is cancelled and refunded', async () => {
    const id = await booked()
    const cancelled = await bookingIn(student.sessions.cancelSessionBooking({ id, reason: 'ill' }))
    expect(cancelled).toMatchObject({ status: 'SESSION_BOOKING_STATUS_CANCELLED', refund: { amount: 3500 } })
  })

  test('F-05 a session is missed only by an operator who says why before it begins', async () => {
    const id = await booked()
    const missed = { id, status: 'SESSION_BOOKING_STATUS_MISSED' } as const
    expect(await refusalOf(operator.sessions.updateSessionBookingStatus(missed))).toMatchObject({
      code: 'policy_forbids',
    })
    const said = { ...missed, reason: 'called to say so' }
    expect((await bookingIn(operator.sessions.updateSessionBookingStatus(said))).status).toBe(missed.status)
  })

  test('F-05 an order that nobody pays is timed out, and its session expired', async () => {
    const { offeringId: course_id } = await offerSessions(world, 1, 1, { hold_seconds: 1, lapse_grace_seconds: 1 })
    const { id } = await bookingIn(student.sessions.bookSession({ course_id, session_id: 'live-1' }))
    await eventually(async () =>
      expect((await orderIn(student.orders.getOrder({ order_id: id }))).status).toBe('ORDER_STATUS_TIMED_OUT'),
    )
    const session = await bookingIn(student.sessions.getSessionBooking({ id }))
    expect(session.status).toBe('SESSION_BOOKING_STATUS_EXPIRED')
    expect((await eventsOf(id)).at(-1)).toMatchObject({ type: 'OrderFailed', payload: { status: 'timed_out' } })
  })

  test('F-05 nobody without a token, and nobody else’s order', async () => {
    const { order_id } = await courseOrder()
    const nobody = promised(new OrderServiceClient(address, credentials.createInsecure()), null)
    expect(await refusalOf(nobody.getOrder({ order_id }))).toMatchObject({ status: 'UNAUTHENTICATED' })
    expect(await refusalOf(stranger.orders.getOrder({ order_id }))).toMatchObject({ status: 'NOT_FOUND' })
    const items = [{ course_id: 'no-such-course' }]
    expect(await refusalOf(student.orders.createOrder({ items }))).toMatchObject({ status: 'INVALID_ARGUMENT' })
  })
})
