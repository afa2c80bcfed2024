import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { hold, until } from '../support/booking.ts'
import { inDays, offerCourse, offerSeats, offerSlots } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

const FORBIDDEN = { status: 403, body: { code: 'forbidden' } }

type Shown = { service: Record<string, unknown>; slots: Record<string, unknown>[] }

async function shown(offeringId: string): Promise<Shown> {
  return (await ada.get<Shown>(`/services/${offeringId}/slots`)).body
}

function slot(id: string, more: object = {}): object {
  return { id, kind: 'slot', start: inDays(7), end: inDays(7, 1), capacity: 1, ...more }
}

describe('what is sold', () => {
  test('A-20 is loaded as it is shown', async () => {
    const id = `service-${randomUUID()}`
    const offering = {
      profile: 'clinic',
      name: 'Dental cleaning',
      description: 'with polish',
      provider: { id: 'vet', name: 'Dr. Vet' },
      venue: { id: 'paws', type: 'clinic', name: 'Paws' },
      price: { amount: 250_000, currency: 'IDR' },
      price_unit: 'each',
      duration_minutes: 40,
      requires_approval: true,
      is_available: true,
      on_sale_from: inDays(-1),
      on_sale_until: inDays(90),
      time_zone: 'Asia/Jakarta',
      availability_exceptions: [{ from: inDays(3), to: inDays(4), reason: 'holiday' }],
      capacity: null,
    }
    const answer = await olga.put(`/offerings/${id}`, { ...offering, policy: { hold_seconds: 60 } })
    expect(answer).toMatchObject({ status: 200, body: { id, ...offering } })
    const { warnings, ...loaded } = answer.body
    expect(warnings).toMatchObject([{ code: 'no_units' }])
    expect((await shown(id)).service).toEqual(loaded)
    // What is not named again is as if it had never been.
    await olga.put(`/offerings/${id}`, { profile: 'clinic', name: 'Dental', price: { amount: 1, currency: 'IDR' } })
    expect((await shown(id)).service).toMatchObject({ name: 'Dental', provider: null, requires_approval: false })
  })

  test('A-20 units are loaded in batches, those not named stay, and those named again change', async () => {
    const { offeringId } = await offerSlots(world)
    const load = (...units: object[]) => olga.put(`/offerings/${offeringId}/units`, { units })
    expect(await load(slot('slot-2'), slot('slot-3', { status: 'blocked' }))).toMatchObject({
      status: 200,
      body: { offering_id: offeringId, written: 2 },
    })
    await load(slot('slot-3', { staff_id: 'vet-9', capacity: 4, price: { amount: 7 } }))
    expect((await shown(offeringId)).slots).toMatchObject([
      { id: 'slot-1', staff_id: 'vet-1', status: 'available' },
      { id: 'slot-2' },
      { id: 'slot-3', staff_id: 'vet-9', capacity: 4, price: { amount: 7, currency: 'IDR' }, status: 'available' },
    ])
  })

  test('A-20 A-34 is loaded by providers for themselves only, and not by customers or services', async () => {
    const vet = await world.as('provider', 'vet')
    const id = `service-${randomUUID()}`
    const mine = { profile: 'clinic', name: 'Mine', price: { amount: 1, currency: 'IDR' }, provider: { id: 'vet' } }
    expect(await vet.put(`/offerings/${id}`, mine)).toMatchObject({ status: 200 })
    expect(await vet.put(`/offerings/${id}/units`, { units: [slot('one')] })).toMatchObject({ status: 200 })
    expect(await vet.post('/units/one/block', { offering_id: id })).toMatchObject({ status: 200 })

    const theirs = await offerSlots(world, { more: { provider: { id: 'other-vet' } } })
    const nobodys = await offerSlots(world)
    for (const { offeringId } of [theirs, nobodys]) {
      for (const provider of [{ id: 'vet' }, { id: 'other-vet' }]) {
        expect(await vet.put(`/offerings/${offeringId}`, { ...mine, provider })).toMatchObject(FORBIDDEN)
      }
      expect(await vet.put(`/offerings/${offeringId}/units`, { units: [slot('two')] })).toMatchObject(FORBIDDEN)
      expect(await vet.post('/units/slot-1/block', { offering_id: offeringId })).toMatchObject(FORBIDDEN)
    }
    // Nor is one given away, or made for somebody else.
    expect(await vet.put(`/offerings/${id}`, { ...mine, provider: { id: 'other-vet' } })).toMatchObject(FORBIDDEN)
    expect(await vet.put(`/offerings/${randomUUID()}`, { ...mine, provider: undefined })).toMatchObject(FORBIDDEN)

    for (const somebody of [ada, await world.as('service', 'robot')]) {
      expect(await somebody.put(`/offerings/${id}`, mine)).toMatchObject(FORBIDDEN)
      expect(await somebody.put(`/offerings/${id}/units`, { units: [slot('two')] })).toMatchObject(FORBIDDEN)
      expect(await somebody.post('/units/one/block', { offering_id: id })).toMatchObject(FORBIDDEN)
    }
  })

  test('A-20 keeps its profile', async () => {
    const { offeringId } = await offerSlots(world)
    const event = { profile: 'ticketing', name: 'Concert', price: { amount: 1, currency: 'IDR' } }
    expect(await olga.put(`/offerings/${offeringId}`, event)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/profile' }] },
    })
  })
})

describe('over what is booked', () => {
  test('A-20 H-13 a capacity below it is refused with the bookings affected, and nothing changes', async () => {
    const offer = await offerSlots(world, { capacity: 3, slots: 2 })
    const item = { offering_id: offer.offeringId, unit_id: 'slot-1', quantity: 2 }
    const booking = await hold(ada, offer.order({ items: [item] }))
    await hold(ada, offer.order({}, 'slot-2'))
    const load = (...units: object[]) => olga.put(`/offerings/${offer.offeringId}/units`, { units })

    const refused = await load(slot('slot-1', { capacity: 1 }), slot('slot-2', { capacity: 5 }))
    expect(refused).toMatchObject({ status: 409, body: { code: 'policy_forbids', affected: [booking.id] } })
    expect((await shown(offer.offeringId)).slots).toMatchObject([
      { id: 'slot-1', capacity: 3, booked_count: 2 },
      { id: 'slot-2', capacity: 3, booked_count: 1 },
    ])

    expect(await load(slot('slot-1', { capacity: 2 }))).toMatchObject({ status: 200 })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    expect(await load(slot('slot-1', { capacity: 1 }))).toMatchObject({ status: 200 })
  })

  test('A-20 H-13 the places of a course cannot be fewer, and the course stays as it was', async () => {
    const course = await offerCourse(world, 3)
    const bookings = [await hold(ada, course.order()), await hold(ada, course.order())]
    const smaller = { profile: 'course', name: 'Smaller', price: { amount: 9900, currency: 'USD' }, capacity: 1 }
    const refused = await olga.put(`/offerings/${course.offeringId}`, smaller)
    expect(refused).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    expect(new Set(refused.body['affected'] as string[])).toEqual(new Set(bookings.map(({ id }) => id)))
    expect((await shown(course.offeringId)).service).toMatchObject({ name: 'TypeScript', capacity: 3 })
    expect(await hold(ada, course.order())).toMatchObject({ status: 'pending' })
    expect(await ada.post('/bookings', course.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })
  })

  test('A-20 H-14 blocking needs force, names the bookings, and takes them nothing', async () => {
    const offer = await offerSeats(world, 2)
    const booking = await hold(ada, offer.order())
    const block = (more: object = {}) => olga.post('/units/A-1/block', { offering_id: offer.offeringId, ...more })
    expect(await block({ reason: 'broken' })).toMatchObject({
      status: 409,
      body: { code: 'policy_forbids', affected: [booking.id] },
    })
    expect(await block({ force: true })).toMatchObject({
      status: 200,
      body: { unit_id: 'A-1', status: 'blocked', affected: [booking.id] },
    })
    await until(ada, booking.id, { status: 'pending', items: booking.items })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    expect(await ada.post('/bookings', offer.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })
    expect(await block({ blocked: false })).toMatchObject({ status: 200, body: { status: 'available', affected: [] } })
    expect(await hold(ada, offer.order())).toMatchObject({ status: 'pending' })
  })

  test('A-20 H-14 blocking by loading the unit needs force too', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    const load = (more: object) =>
      olga.put(`/offerings/${offer.offeringId}/units`, { units: [slot('slot-1', { status: 'blocked' })], ...more })
    expect(await load({})).toMatchObject({ status: 409, body: { code: 'policy_forbids', affected: [booking.id] } })
    expect((await shown(offer.offeringId)).slots).toMatchObject([{ status: 'booked' }])
    expect(await load({ force: true })).toMatchObject({ status: 200, body: { written: 1, affected: [booking.id] } })
    expect((await shown(offer.offeringId)).slots).toMatchObject([{ status: 'blocked' }])
  })

  test('A-20 what does not exist cannot be loaded into or blocked', async () => {
    const { offeringId } = await offerSlots(world)
    const absent = { status: 404, body: { code: 'not_found' } }
    expect(await olga.put('/offerings/nothing/units', { units: [slot('one')] })).toMatchObject(absent)
    expect(await olga.post('/units/nothing/block', { offering_id: offeringId })).toMatchObject(absent)
    expect(await olga.post('/units/slot-1/block', { offering_id: 'nothing' })).toMatchObject(absent)
    expect(await ada.get('/events/nothing/seats')).toMatchObject(absent)
  })
})
