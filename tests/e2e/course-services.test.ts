import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { inDays, offerCourse, offerSlots, type Offer } from '../support/offers.ts'
import { expectFaultAt, expectRefused, rowsOf } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

/** A world whose user, course and payment services are reached over gRPC. */
let world: World
let ada: Caller
beforeAll(async () => {
  world = await openWorld({ grpc: true, environment: { SERVICE_DEADLINE_MS: '1800' } })
  ada = await world.as('customer', 'ada')
})
afterEach(() => strike())
afterAll(() => world.close())

const EUR_PRICE = { amount: 4200, currency: 'EUR' }
const PRICE = { amount: 12_000, currency: 'USD' }

/** A course we sell at 99 dollars, which its service knows at another price. */
async function offerKnown(course: object = {}, capacity: number | null = null): Promise<Offer> {
  const offer = await offerCourse(world, capacity)
  await know(offer, course)
  return offer
}

async function know({ offeringId }: Offer, course: object = {}): Promise<void> {
  const entry = { title: 'TypeScript', price: PRICE, is_published: true, ...course }
  expect((await world.service.put(`/control/courses/${offeringId}`, entry)).status).toBe(200)
}

async function strike(...rules: object[]): Promise<void> {
  expect((await world.service.put('/control/faults', { rules })).status).toBe(200)
}

describe('a course whose services speak gRPC', () => {
  test('is ordered at its service’s price, paid, cancelled and given back, each thing once (O-03, S-06)', async () => {
    const offer = await offerKnown()
    const booking = await hold(ada, offer.order())
    expect(booking).toMatchObject({ amount: PRICE.amount, currency: 'USD', status: 'pending' })
    expect(booking.snapshots).toMatchObject({
      courses: [{ id: offer.offeringId, title: 'TypeScript', price: PRICE }],
      customer: { id: 'ada', email: 'ada@example.test' },
    })
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    expect((await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'changed my mind' })).status).toBe(200)
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 12_000, captured: 12_000, refunded: 12_000 })
  })

  test('keeps the price it was ordered at, and shows today’s to who asks (O-03, H-16)', async () => {
    const offer = await offerKnown()
    const booking = await hold(ada, offer.order())
    await know(offer, { price: { amount: 15_000, currency: 'USD' } })
    const { body } = await ada.post<{ items: { price: object }[] }>('/bookings/availability/check', {
      items: [{ offering_id: offer.offeringId }],
    })
    expect(body.items).toMatchObject([{ price: { amount: 15_000, currency: 'USD' } }])
    expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body.amount).toBe(PRICE.amount)
  })

  test('is ordered together with a session, which is no course and has its offering’s price (O-03)', async () => {
    const course = await offerKnown()
    const operator = await world.as('operator', 'olga')
    const session = {
      profile: 'course',
      name: 'Mentoring',
      price: { amount: 3000, currency: 'USD' },
      duration_minutes: 60,
    }
    expect((await operator.put('/offerings/mentoring', session)).status).toBeLessThan(300)
    const slot = { id: 'monday', kind: 'slot', start: inDays(7), end: inDays(7, 1), staff_id: 'mia', capacity: 3 }
    expect((await operator.put('/offerings/mentoring/units', { units: [slot] })).status).toBeLessThan(300)
    const items = [{ offering_id: course.offeringId }, { offering_id: 'mentoring', unit_id: 'monday' }]
    expect(await hold(ada, course.order({ items }))).toMatchObject({ amount: 15_000 })
  })

  test('that its service does not know cannot be ordered, and is named (O-03, S-06)', async () => {
    const known = await offerKnown()
    const unknown = await offerCourse(world)
    const items = [{ offering_id: known.offeringId }, { offering_id: unknown.offeringId }]
    const refused = await expectRefused(world, () => ada.post('/bookings', known.order({ items })), 'validation_failed')
    expectFaultAt(refused, '/items/1')
  })

  test('that is not published, or priced in another currency than we sell it in, cannot be ordered (O-03)', async () => {
    const draft = await offerKnown({ is_published: false })
    await expectRefused(world, () => ada.post('/bookings', draft.order()), 'policy_forbids')
    const abroad = await offerKnown({ price: EUR_PRICE })
    const refused = await expectRefused(world, () => ada.post('/bookings', abroad.order()), 'validation_failed')
    expectFaultAt(refused, '/items')
  })

  test('cannot be ordered for somebody whom the user service does not know (O-03, S-06)', async () => {
    const offer = await offerKnown()
    const shop = await world.as('service', 'shop')
    const order = (id: string) => offer.order({ customer: { id } })
    const refused = await expectRefused(world, () => shop.post('/bookings', order('nobody')), 'validation_failed')
    expectFaultAt(refused, '/customer/id')
    expect((await shop.post('/bookings', order('ada'))).status).toBe(201)
  })

  test.each([
    ['course', { status: 503 }],
    ['course', { delay_ms: 2500 }],
    ['user', { reset: true }],
  ])(
    'is not ordered while the %s service fails (%o), and nothing is left of the try (O-03, H-24)',
    async (operation, how) => {
      const offer = await offerKnown({}, 1)
      const before = await rowsOf(world)
      await strike({ service: 'identity', operation, ...how })
      const { status, body, headers } = await ada.post('/bookings', offer.order())
      expect({ status, body }).toMatchObject({ status: 503, body: { code: 'unavailable' } })
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await rowsOf(world)).toEqual(before)
      await strike()
      await hold(await world.as('customer', 'ben'), offer.order())
    },
  )

  test('is paid and given back once, though the payment service did each and did not answer in time (O-03, H-24)', async () => {
    const booking = await hold(ada, (await offerKnown()).order())
    const late = { service: 'payments', executed: true, delay_ms: 3000, times: 1 }
    await strike({ ...late, operation: 'capture' }, { ...late, operation: 'refund' })
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' }, 30)
    expect((await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'changed my mind' })).status).toBe(200)
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'), 30)
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 12_000, captured: 12_000, refunded: 12_000 })
  })
})

describe('who and what else the directory knows (S-06)', () => {
  test('a clinic is noted with a visit to it as it was then (S-06, C-03)', async () => {
    const clinic = { name: 'Paws', address: '1 Park Lane', phone: null }
    expect((await world.service.put('/control/clinics/clinic-1', clinic)).status).toBe(200)
    const booking = await hold(ada, (await offerSlots(world)).order())
    expect(booking.snapshots).toMatchObject({ clinic: { id: 'clinic-1', ...clinic } })
  })
})
