import { Client, credentials, Metadata, status as Status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer, Caller } from '../support/caller.ts'
import { hold } from '../support/booking.ts'
import { grpcAs, refusalOf, type GrpcCaller } from '../support/grpc.ts'
import { inDays, offerCourse, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { rowsOf } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

const NOBODY = '0198a2f0-1111-7222-8333-444455556666'

let world: World
let ada: GrpcCaller
let http: Caller
let olga: GrpcCaller
let theo: Caller
let offers: Record<'course' | 'full' | 'closed' | 'tutor' | 'tables', Offer>
/** An order that nobody has paid for. */
let order: string
/** One that the venue's rules hold for: it takes the version. */
let table: string
beforeAll(async () => {
  world = await openWorld()
  ada = await grpcAs(world, 'customer', 'ada')
  http = await world.as('customer', 'ada')
  olga = await grpcAs(world, 'operator', 'olga')
  theo = await world.as('operator', 'olga')
  offers = {
    course: await offerCourse(world),
    full: await offerCourse(world, 0),
    closed: await offerSlots(world, { more: { is_available: false } }),
    tutor: await offerTutor(world),
    tables: await offerTables(world),
  }
  order = (await hold(http, offers.course.order())).id
  table = (await hold(http, offers.tables.order())).id
})
afterAll(() => world.close())

const item = ({ offeringId: offering_id }: Offer, more: object = {}) => ({ offering_id, ...more })

/** What a message of gRPC calls otherwise, as HTTP does. */
const overHttp = (text: string) => text.replace('/wait_seconds', '/wait').replace('/service_id', '/id')

/** Whatever a caller may get wrong: over gRPC, over HTTP, and the refusal that both give. */
type Wrong = readonly [name: string, code: string, grpc: () => Promise<unknown>, http: () => Promise<Answer>]

const create = (request: Parameters<GrpcCaller['bookings']['create']>[0]) => () => ada.bookings.create(request)
const post =
  (path: string, body: object, headers = {}) =>
  () =>
    http.post(path, body, headers)

const WRONG: readonly Wrong[] = [
  [
    'a profile nobody knows',
    'validation_failed',
    create({ profile: 'hotel' }),
    post('/bookings', { profile: 'hotel', items: [] }),
  ],
  ['no items', 'validation_failed', create({ profile: 'course' }), post('/bookings', { profile: 'course', items: [] })],
  [
    'an offering that is not there, and a quantity of none',
    'validation_failed',
    create({ profile: 'course', items: [{ offering_id: 'nope', quantity: 0 }] }),
    post('/bookings', { profile: 'course', items: [{ offering_id: 'nope', quantity: 0 }] }),
  ],
  [
    'an offering without a name',
    'validation_failed',
    create({ profile: 'course', items: [{ offering_id: '' }] }),
    post('/bookings', { profile: 'course', items: [{ offering_id: '' }] }),
  ],
  [
    'text that is none',
    'validation_failed',
    create({ profile: 'course', items: [{ offering_id: 'a' }], notes: 'a\u0000b' }),
    post('/bookings', { profile: 'course', items: [{ offering_id: 'a' }], notes: 'a\u0000b' }),
  ],
  [
    'metadata named __proto__',
    'validation_failed',
    create({ profile: 'course', items: [{ offering_id: 'a' }], metadata: new Map([['__proto__', 'x']]) }),
    () => http.post('/bookings', '{"profile":"course","items":[{"offering_id":"a"}],"metadata":{"__proto__":"x"}}'),
  ],
  [
    'a lesson in the year 9999',
    'validation_failed',
    create({ profile: 'tutoring', subject: 'Algebra', items: [{ offering_id: 'a', start: '9999-12-31T23:59:59Z' }] }),
    post('/bookings', {
      profile: 'tutoring',
      subject: 'Algebra',
      items: [{ offering_id: 'a', start: '9999-12-31T23:59:59Z' }],
    }),
  ],
  [
    'a lesson of five hours',
    'validation_failed',
    () =>
      ada.bookings.create({
        profile: 'tutoring',
        subject: 'Algebra',
        items: [item(offers.tutor, { start: inDays(7), end: inDays(7, 5) })],
      }),
    () =>
      http.post('/bookings', {
        profile: 'tutoring',
        subject: 'Algebra',
        items: [item(offers.tutor, { start: inDays(7), end: inDays(7, 5) })],
      }),
  ],
  [
    'a subject for a course',
    'validation_failed',
    create({ profile: 'course', items: [{ offering_id: 'a' }], subject: 'Algebra' }),
    post('/bookings', { profile: 'course', items: [{ offering_id: 'a' }], subject: 'Algebra' }),
  ],
  [
    'somebody else’s name',
    'forbidden',
    () => ada.bookings.create({ profile: 'course', items: [item(offers.course)], customer: { id: 'bob' } }),
    () => http.post('/bookings', { profile: 'course', items: [item(offers.course)], customer: { id: 'bob' } }),
  ],
  [
    'a course that is full',
    'sold_out',
    () => ada.bookings.create({ profile: 'course', items: [item(offers.full)] }),
    () => http.post('/bookings', { profile: 'course', items: [item(offers.full)] }),
  ],
  [
    'a service that is closed',
    'policy_forbids',
    () => ada.bookings.create({ profile: 'clinic', items: [item(offers.closed, { unit_id: 'slot-1' })] }),
    () => http.post('/bookings', { profile: 'clinic', items: [item(offers.closed, { unit_id: 'slot-1' })] }),
  ],
  [
    'notes longer than the API reads',
    'payload_too_large',
    create({ profile: 'course', notes: 'x'.repeat(70_000) }),
    post('/bookings', { profile: 'course', items: [], notes: 'x'.repeat(70_000) }),
  ],
  [
    'a booking nobody knows',
    'not_found',
    () => ada.bookings.get({ id: NOBODY }),
    () => http.get(`/bookings/${NOBODY}`),
  ],
  ['an id that is none', 'validation_failed', () => ada.bookings.get({ id: 'nope' }), () => http.get('/bookings/nope')],
  [
    'an id that is a path',
    'validation_failed',
    () => ada.bookings.get({ id: '../invariants' }),
    () => http.get('/bookings/..%2Finvariants'),
  ],
  [
    'a wait of an hour',
    'validation_failed',
    () => ada.bookings.get({ id: order, wait_seconds: 3600 }),
    () => http.get(`/bookings/${order}?wait=3600`),
  ],
  [
    'a reference nobody knows',
    'not_found',
    () => ada.bookings.find({ reference: 'ORD-NOPE' }),
    () => http.get('/bookings/reference/ORD-NOPE'),
  ],
  [
    'a page of a thousand',
    'validation_failed',
    () => ada.bookings.find({ limit: 1000 }),
    () => http.get('/bookings?limit=1000'),
  ],
  [
    'a cursor that is none',
    'validation_failed',
    () => ada.bookings.find({ cursor: 'nope' }),
    () => http.get('/bookings?cursor=nope'),
  ],
  [
    'a table cancelled without its version',
    'validation_failed',
    () => ada.bookings.cancel({ id: table }),
    () => http.post(`/bookings/${table}/cancel`, {}),
  ],
  [
    'a version that is not the current one',
    'version_conflict',
    () => ada.bookings.cancel({ id: table, expected_version: 99 }),
    () => http.post(`/bookings/${table}/cancel`, { expected_version: 99 }),
  ],
  [
    'an If-Match that is not the current one',
    'version_conflict',
    () => ada.bookings.cancel({ id: table }, { metadata: { 'if-match': '"99"' } }),
    () => http.post(`/bookings/${table}/cancel`, {}, { 'if-match': '"99"' }),
  ],
  [
    'a customer who confirms',
    'forbidden',
    () => ada.bookings.updateStatus({ id: order, status: 'BOOKING_STATUS_CONFIRMED' }),
    () => http.post(`/bookings/${order}/status`, { status: 'confirmed' }),
  ],
  [
    'an operator who confirms what is not paid',
    'illegal_transition',
    () => olga.bookings.updateStatus({ id: order, status: 'BOOKING_STATUS_CONFIRMED' }),
    () => theo.post(`/bookings/${order}/status`, { status: 'confirmed' }),
  ],
  [
    'a status that there is not yet',
    'validation_failed',
    () => olga.bookings.updateStatus({ id: order, status: 'BOOKING_STATUS_UNSPECIFIED' }),
    () => theo.post(`/bookings/${order}/status`, { status: 'unspecified' }),
  ],
  [
    'no items to check',
    'validation_failed',
    () => ada.availability.check({}),
    () => http.post('/bookings/availability/check', { items: [] }),
  ],
  [
    'slots of a service nobody knows',
    'not_found',
    () => ada.slots.find({ service_id: 'nope' }),
    () => http.get('/services/nope/slots'),
  ],
  [
    'slots of a service without a name',
    'validation_failed',
    () => ada.slots.find({ service_id: '' }),
    () => http.get('/services/%00/slots'),
  ],
]

describe('a request that is wrong', () => {
  test.each(WRONG)(
    'G-01 G-02 A-32 %s: is refused over gRPC as over HTTP, and changes nothing',
    async (_, code, grpc, http) => {
      const before = await rowsOf(world)
      const refusal = await refusalOf(grpc())
      const { body } = await http()
      const faults = (body['errors'] ?? []) as { pointer: string }[]
      expect(refusal.pointers.map(overHttp)).toEqual(faults.map(({ pointer }) => pointer))
      expect({ ...refusal, message: overHttp(refusal.message) }).toMatchObject({ code, message: body['detail'] })
      expect(body['code']).toBe(code)
      expect(await rowsOf(world)).toEqual(before)
    },
  )
})

test('G-01 A-30 another request under a key is refused as such', async () => {
  const request = { profile: 'course', items: [item(offers.course)], idempotency_key: 'twice' }
  await ada.bookings.create(request)
  expect(await refusalOf(ada.bookings.create({ ...request, notes: 'other' }))).toMatchObject({
    status: 'ALREADY_EXISTS',
    code: 'idempotency_mismatch',
  })
})

test('O-05 A-32 bytes that are no message are malformed, whatever the method', async () => {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub: 'ada', role: 'customer' })
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${body.access_token}`)
  const client = new Client(await world.grpc(), credentials.createInsecure())
  const plain = (message: Buffer) => message
  // A wrong tag, a text that is cut off, an instant beyond time, an amount beyond exact numbers.
  for (const bytes of ['ffff', '0a7f61', '120d0a0161220808ffffffffffff7f', '20ffffffffffffffff7f']) {
    for (const path of ['BookingService/Create', 'OrderService/PaymentSucceeded']) {
      const code = await new Promise((resolve) => {
        client.makeUnaryRequest(`/holdfast.v1.${path}`, plain, plain, Buffer.from(bytes, 'hex'), metadata, (error) =>
          resolve(error?.code),
        )
      })
      expect(Status[code as Status]).toBe('INVALID_ARGUMENT')
    }
  }
  client.close()
})
