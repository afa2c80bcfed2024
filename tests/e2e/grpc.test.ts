import { credentials, Metadata, status as Status, Client, makeGenericClientConstructor } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Booking } from '../../api/grpc/generated/holdfast/v1/types.ts'
import { ledgerOf } from '../support/booking.ts'
import { caller, type Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { grpcAs, grpcWith, refusalOf, type GrpcCaller } from '../support/grpc.ts'
import { inDays, offerCourse, offerSlots } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: GrpcCaller
let bob: GrpcCaller
let olga: GrpcCaller
let adaOverHttp: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await grpcAs(world, 'customer', 'ada')
  bob = await grpcAs(world, 'customer', 'bob')
  olga = await grpcAs(world, 'operator', 'olga')
  adaOverHttp = await world.as('customer', 'ada')
})
afterAll(() => world.close())

/** Pays at the payment service, as the customer's browser does. */
async function payFor({ payment }: Booking): Promise<void> {
  const path = `/api/v1/payments/intents/${payment?.intent_id}/confirm`
  const card = { client_secret: payment?.client_secret, payment_method: 'pm_card_visa' }
  expect(await world.service.post(path, card)).toMatchObject({ status: 200 })
}

describe('a vaccination, over gRPC alone', () => {
  test('G-01 G-02 is looked for, checked, booked, paid, found, and done', async () => {
    const { offeringId } = await offerSlots(world, { slots: 2 })

    // Ada's app looks for slots of the service and asks what the second would cost.
    const { slots } = await ada.slots.find({ service_id: offeringId, from: inDays(7), to: inDays(8) })
    expect(slots.map(({ id, status, capacity }) => ({ id, status, capacity }))).toEqual([
      { id: 'slot-1', status: 'available', capacity: 1 },
      { id: 'slot-2', status: 'available', capacity: 1 },
    ])
    const question = { items: [{ offering_id: offeringId, unit_id: 'slot-2' }] }
    expect(await ada.availability.check(question)).toMatchObject({
      available: true,
      items: [{ available: true, price: { amount: 15_000_000, currency: 'IDR' }, conflicts: [] }],
    })

    // She books it; the slot is hers until the hold ends.
    const request = {
      profile: 'clinic',
      items: question.items,
      notes: 'Rex bites',
      metadata: new Map([['app', 'ios']]),
    }
    const { booking: held } = await ada.bookings.create(request)
    expect(held).toMatchObject({
      status: 'BOOKING_STATUS_PENDING',
      customer: { id: 'ada' },
      items: [{ unit_id: 'slot-2', kind: 'slot', start: inDays(7, 1), amount: 15_000_000 }],
      price: { total: 15_000_000 },
      hold: { expires_at: expect.stringMatching(/Z$/) as string },
      payment: { status: 'pending', client_secret: expect.any(String) as string },
      waiting_for: 'payment',
      notes: 'Rex bites',
      metadata: new Map([['app', 'ios']]),
    })
    expect(JSON.parse(held!.snapshots_json)).toMatchObject({ offerings: [{ id: offeringId }] })
    const { id, version, reference } = held!

    // Nobody else gets it, and nobody else sees it.
    expect(await refusalOf(bob.bookings.create(request))).toMatchObject({ code: 'sold_out' })
    expect(await refusalOf(bob.bookings.get({ id }))).toMatchObject({ code: 'not_found' })

    // She pays, and waits until it is confirmed.
    await payFor(held!)
    const { booking: paid } = await ada.bookings.get({ id, wait_seconds: 10, after_version: version })
    expect(paid!.version).toBeGreaterThan(version)
    await eventually(async () =>
      expect(await ada.bookings.get({ id })).toMatchObject({ booking: { status: 'BOOKING_STATUS_CONFIRMED' } }),
    )

    // The clinic finds it by its reference, and among its confirmed ones, and sees it through.
    expect((await olga.bookings.find({ reference })).bookings).toMatchObject([{ id }])
    const confirmed = { offering_id: offeringId, statuses: ['BOOKING_STATUS_CONFIRMED' as const], page: 1, limit: 5 }
    expect(await olga.bookings.find(confirmed)).toMatchObject({ bookings: [{ id }], total: 1 })
    const { booking: begun } = await olga.bookings.updateStatus({
      id,
      status: 'BOOKING_STATUS_IN_PROGRESS',
      reason: 'came early',
    })
    expect(begun).toMatchObject({ status: 'BOOKING_STATUS_IN_PROGRESS' })
    const { booking: done } = await olga.bookings.updateStatus({
      id,
      action: 'complete',
      reason: 'came early',
      expected_version: begun!.version,
    })
    expect(done).toMatchObject({ status: 'BOOKING_STATUS_COMPLETED', next_deadline: null })
    expect(await ledgerOf(world, id)).toMatchObject({ captured: 15_000_000 })
  })

  test('G-01 is cancelled, and the whole price comes back', async () => {
    const { offeringId } = await offerSlots(world)
    const request = { profile: 'clinic', items: [{ offering_id: offeringId, unit_id: 'slot-1' }] }
    const { booking } = await ada.bookings.create(request)
    const { id } = booking!
    await payFor(booking!)
    await eventually(async () =>
      expect(await ada.bookings.get({ id })).toMatchObject({ booking: { status: 'BOOKING_STATUS_CONFIRMED' } }),
    )
    const { booking: cancelled } = await ada.bookings.cancel({ id, reason: 'Rex ran away' })
    expect(cancelled).toMatchObject({
      status: 'BOOKING_STATUS_CANCELLED',
      cancellation: { reason: 'Rex ran away', by: { role: 'customer', id: 'ada' } },
      refund: { amount: 15_000_000 },
    })
    await eventually(async () =>
      expect(await ada.bookings.get({ id })).toMatchObject({ booking: { refund: { status: 'completed' } } }),
    )
  })
})

describe('the edge of the gRPC server', () => {
  test('O-05 A-34 asks who is calling before anything else', async () => {
    for (const authorization of [null, '', 'Bearer', 'Bearer nonsense', 'Basic YWRhOmFkYQ==']) {
      const nobody = await grpcWith(world, authorization)
      expect(await refusalOf(nobody.bookings.create({ profile: 'nonsense' }))).toMatchObject({
        status: 'UNAUTHENTICATED',
        code: 'unauthenticated',
      })
    }
    // Bytes that are no message are not even looked at.
    expect(await rawCall('/holdfast.v1.BookingService/Create', new Metadata())).toBe(Status.UNAUTHENTICATED)
  })

  test('O-05 one key is one operation, whichever way it comes, and so is its answer', async () => {
    const course = await offerCourse(world)
    const items = [{ offering_id: course.offeringId }]
    const key = { 'idempotency-key': 'either-way' }
    const { booking } = await ada.bookings.create({ profile: 'course', items }, { metadata: key })
    const { body } = await adaOverHttp.post('/bookings', { profile: 'course', items }, key)
    expect(body).toMatchObject({ id: booking!.id, version: booking!.version })
  })

  test('O-05 H-24 the caller’s deadline bounds a call; repeated under the same key it gives the result', async () => {
    const course = await offerCourse(world)
    const request = { profile: 'course', items: [{ offering_id: course.offeringId }], idempotency_key: 'in-a-hurry' }
    await world.service.put('/control/faults', { rules: [{ service: 'identity', delay_ms: 1200, times: 1 }] })
    const began = performance.now()
    const hurried = await refusalOf(ada.bookings.create(request, { deadlineMs: 400 }))
    expect(hurried).toMatchObject({ status: 'DEADLINE_EXCEEDED' })
    expect(performance.now() - began).toBeLessThan(1200)
    const { booking } = await ada.bookings.create(request)
    const { bookings } = await ada.bookings.find({ offering_id: course.offeringId })
    expect(bookings.map(({ id }) => id)).toEqual([booking!.id])
    await world.service.put('/control/faults', { rules: [] })
  })

  test('O-05 A-22 says that it serves, as long as database and Temporal are there, to anybody', async () => {
    const Health = makeGenericClientConstructor(healthService, 'health')
    const health = new Health(await world.grpc(), credentials.createInsecure())
    const answer = await new Promise((resolve, reject) => {
      const ask = health['check'] as (request: object, done: (error: unknown, answer: unknown) => void) => void
      ask.call(health, { service: '' }, (error, answer) => (error === null ? resolve(answer) : reject(error as Error)))
    })
    expect(answer).toEqual({ status: 'SERVING' })
    health.close()
  })

  test('O-05 tells anybody what services it has', async () => {
    const client = new Client(await world.grpc(), credentials.createInsecure())
    const plain = (bytes: Buffer) => bytes
    const stream = client.makeBidiStreamRequest(
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      plain,
      plain,
    )
    // A ServerReflectionRequest with `list_services` (field 7) as "*".
    stream.write(Buffer.from([0x3a, 0x01, 0x2a]))
    const [answer] = (await stream.take(1).toArray()) as Buffer[]
    const services = answer!.toString('latin1').match(/holdfast\.v1\.\w+/g)
    expect(services?.toSorted()).toEqual(
      ['Availability', 'Booking', 'Order', 'Reservation', 'Session', 'Slot'].map(
        (name) => `holdfast.v1.${name}Service`,
      ),
    )
    stream.end()
    client.close()
  })

  test('O-05 O-07 counts and times calls by service, method and code, and nothing that names anybody', async () => {
    const course = await offerCourse(world)
    const { booking } = await ada.bookings.create({ profile: 'course', items: [{ offering_id: course.offeringId }] })
    const { id, version } = booking!
    await refusalOf(bob.bookings.get({ id }))
    const root = caller(world.apiUrl, 'nobody', null)
    const counted = (method: string, code: string) =>
      new RegExp(
        `^grpc_server_handled_total\\{grpc_service="holdfast.v1.BookingService",grpc_method="${method}",grpc_code="${code}"\\} [1-9]`,
        'm',
      )
    await eventually(async () => {
      // On a busy machine the caller may have given up before the server has seen the deadline: then it counts as cancelled.
      const waiting = ada.bookings.get({ id, wait_seconds: 20, after_version: version }, { deadlineMs: 300 })
      expect(await refusalOf(waiting)).toMatchObject({ status: 'DEADLINE_EXCEEDED' })
      const { body } = await root.get<string>('/metrics')
      expect(body).toMatch(counted('Create', 'OK'))
      expect(body).toMatch(counted('Create', 'UNAUTHENTICATED'))
      expect(body).toMatch(counted('Get', 'NOT_FOUND'))
      expect(body).toMatch(counted('Get', 'DEADLINE_EXCEEDED'))
      expect(body).toContain('grpc_server_handling_seconds_bucket')
      expect(body).not.toContain(id)
    })
  })
})

/** The status of a call with bytes that are no message. */
async function rawCall(path: string, metadata: Metadata, bytes = Buffer.from([0xff, 0xff])): Promise<Status> {
  const client = new Client(await world.grpc(), credentials.createInsecure())
  const plain = (message: Buffer) => message
  try {
    return await new Promise((resolve) => {
      client.makeUnaryRequest(path, plain, plain, bytes, metadata, (error) => resolve(error?.code ?? Status.OK))
    })
  } finally {
    client.close()
  }
}
