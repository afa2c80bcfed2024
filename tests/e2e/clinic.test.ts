import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { hold, insist, pay, until } from '../support/booking.ts'
import { inDays, offerSlots, type Offer } from '../support/offers.ts'
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

type Slot = { id: string; staff_id: string; capacity: number; booked_count: number; status: string; start: string }
type Service = { id: string; name: string } & Record<string, unknown>

async function slotsOf(offer: Offer, query = ''): Promise<Slot[]> {
  const { status, body } = await ada.get<{ slots: Slot[] }>(`/services/${offer.offeringId}/slots${query}`)
  expect(status).toBe(200)
  return body.slots
}

/** A clinic service as the operator would load it, changed by `more`. */
function service(more: object = {}): object {
  return {
    profile: 'clinic',
    name: 'Vaccination',
    price: { amount: 15_000_000, currency: 'IDR' },
    duration_minutes: 30,
    ...more,
  }
}

describe('the services of a clinic', () => {
  test('C-01 A-12 are listed with price, duration, approval, availability and exceptions', async () => {
    const venue = { id: `clinic-${randomUUID()}`, type: 'clinic', name: 'Paws' }
    const exception = { from: inDays(20), to: inDays(21), reason: 'Nyepi' }
    const checkup = await offerSlots(world, {
      more: { venue, name: 'Check-up', duration_minutes: 45, availability_exceptions: [exception] },
    })
    const surgery = await offerSlots(world, {
      more: { venue, name: 'Surgery', requires_approval: true, is_available: false },
    })

    const { status, body } = await ada.get<{ services: Service[] }>(`/clinics/${venue.id}/services`)
    expect(status).toBe(200)
    expect(body.services).toHaveLength(2)
    expect(body.services).toMatchObject([
      {
        id: checkup.offeringId,
        name: 'Check-up',
        price: { amount: 15_000_000, currency: 'IDR' },
        duration_minutes: 45,
        requires_approval: false,
        is_available: true,
        availability_exceptions: [exception],
      },
      { id: surgery.offeringId, name: 'Surgery', requires_approval: true, is_available: false },
    ])
  })

  test('A-12 a clinic nobody has loaded has none', async () => {
    expect(await ada.get('/clinics/nowhere/services')).toMatchObject({ status: 200, body: { services: [] } })
  })

  test('C-01 a service that is not available is shown and cannot be booked', async () => {
    const closed = await offerSlots(world, { more: { is_available: false } })
    expect(await ada.post('/bookings', closed.order())).toMatchObject({
      status: 409,
      body: { code: 'policy_forbids' },
    })
    expect(await slotsOf(closed)).toMatchObject([{ id: 'slot-1', booked_count: 0 }])

    await olga.put(`/offerings/${closed.offeringId}`, service())
    await hold(ada, closed.order())
  })

  test('C-01 nothing is booked into an availability exception, and everything beside it', async () => {
    const offer = await offerSlots(world, {
      slots: 3,
      more: { availability_exceptions: [{ from: inDays(7, 1), to: inDays(7, 2), reason: 'staff meeting' }] },
    })
    const [before = '', during = '', after = ''] = offer.unitIds
    expect(await ada.post('/bookings', offer.order({}, during))).toMatchObject({
      status: 409,
      body: { code: 'policy_forbids', detail: expect.stringContaining('staff meeting') as string },
    })
    await hold(ada, offer.order({}, before))
    await hold(ada, offer.order({}, after))
    expect(await slotsOf(offer)).toMatchObject([
      { id: before, staff_id: 'vet-1', status: 'booked' },
      { id: during, staff_id: 'vet-1', status: 'blocked', booked_count: 0 },
      { id: after, staff_id: 'vet-1', status: 'booked' },
    ])
    const { body } = await ada.get(`/services/${offer.offeringId}/slots`)
    expect(body).toMatchObject({
      service: { availability_exceptions: [{ from: inDays(7, 1), to: inDays(7, 2), reason: 'staff meeting' }] },
    })
  })

  test('C-01 A-10 the availability check knows of closed services and of exceptions too', async () => {
    const closed = await offerSlots(world, { more: { is_available: false } })
    const excepted = await offerSlots(world, {
      more: { availability_exceptions: [{ from: inDays(7), to: inDays(7, 1) }] },
    })
    const items = [closed, excepted].map(({ offeringId }) => ({ offering_id: offeringId, unit_id: 'slot-1' }))
    const { body } = await ada.post('/bookings/availability/check', { items })
    expect(body).toMatchObject({ available: false, items: [{ available: false }, { available: false }] })
  })

  test('C-01 C-05 prices are in rupiah unless the service says otherwise', async () => {
    const id = `service-${randomUUID()}`
    expect(await olga.put(`/offerings/${id}`, service({ price: { amount: 5_000_000 } }))).toMatchObject({
      status: 200,
      body: { price: { amount: 5_000_000, currency: 'IDR' } },
    })
    expect(await olga.put(`/offerings/${id}`, service({ price: { amount: 500, currency: 'SGD' } }))).toMatchObject({
      status: 200,
      body: { price: { amount: 500, currency: 'SGD' } },
    })
  })
})

describe('the slots of a service', () => {
  test('C-01 A-12 show staff, capacity and how many are booked: available, booked or blocked', async () => {
    const offer = await offerSlots(world, { capacity: 2, slots: 3 })
    const [first = '', second = '', third = ''] = offer.unitIds
    await hold(ada, offer.order({}, first))
    await hold(ada, offer.order({ items: [{ offering_id: offer.offeringId, unit_id: second, quantity: 2 }] }))
    await olga.post(`/units/${third}/block`, { offering_id: offer.offeringId, reason: 'broken lamp' })

    expect(await slotsOf(offer)).toMatchObject([
      { id: first, staff_id: 'vet-1', capacity: 2, booked_count: 1, status: 'available', start: inDays(7) },
      { id: second, capacity: 2, booked_count: 2, status: 'booked' },
      { id: third, capacity: 2, booked_count: 0, status: 'blocked' },
    ])
  })

  test('A-12 can be asked for by time', async () => {
    const offer = await offerSlots(world, { slots: 3 })
    const idsOf = async (query: string) => (await slotsOf(offer, query)).map(({ id }) => id)
    expect(await idsOf(`?from=${inDays(7, 1)}`)).toEqual(['slot-2', 'slot-3'])
    expect(await idsOf(`?to=${inDays(7, 1)}`)).toEqual(['slot-1'])
    expect(await idsOf(`?from=${inDays(7, 1)}&to=${inDays(7, 2)}`)).toEqual(['slot-2'])
    expect(await ada.get('/services/nothing/slots')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  test('C-01 a slot that is booked or blocked is sold out, one that is freed can be booked again', async () => {
    const offer = await offerSlots(world, { slots: 2 })
    const [first = '', second = ''] = offer.unitIds
    const booking = await hold(ada, offer.order({}, first))
    await olga.post(`/units/${second}/block`, { offering_id: offer.offeringId })
    for (const unit of [first, second]) {
      expect(await ada.post('/bookings', offer.order({}, unit))).toMatchObject({
        status: 409,
        body: { code: 'sold_out' },
      })
    }
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await olga.post(`/units/${second}/block`, { offering_id: offer.offeringId, blocked: false })
    await hold(ada, offer.order({}, first))
    await hold(ada, offer.order({}, second))
  })

  test('C-01 more than a slot holds is sold out, and a slot can be named by its start', async () => {
    const offer = await offerSlots(world, { capacity: 3, slots: 2 })
    const item = { offering_id: offer.offeringId, start: inDays(7, 1) }
    expect(await ada.post('/bookings', offer.order({ items: [{ ...item, quantity: 4 }] }))).toMatchObject({
      status: 409,
      body: { code: 'sold_out', item_ids: ['1'] },
    })
    const booking = await hold(ada, offer.order({ items: [{ ...item, quantity: 3 }] }))
    expect(booking).toMatchObject({ amount: 45_000_000, items: [{ unit_id: 'slot-2', quantity: 3 }] })
  })

  test('C-01 however many want a slot at once, no more are booked than it holds', async () => {
    const offer = await offerSlots(world, { capacity: 7 })
    const customers = await Promise.all(Array.from({ length: 30 }, (_, n) => world.as('customer', `customer-${n}`)))
    const quantities = customers.map((_, n) => 1 + (n % 2))
    const answers = await Promise.all(
      customers.map((customer, n) =>
        insist(
          customer,
          offer.order({ items: [{ offering_id: offer.offeringId, unit_id: 'slot-1', quantity: quantities[n] }] }),
        ),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]))
    const booked = answers.reduce((sum, { status }, n) => sum + (status === 201 ? (quantities[n] ?? 0) : 0), 0)
    const [slot] = await slotsOf(offer)
    expect(slot).toMatchObject({ capacity: 7, booked_count: booked })
    // Whoever wanted two may have found one place left.
    expect(booked).toBeGreaterThanOrEqual(6)
    expect(booked).toBeLessThanOrEqual(7)
  })
})

describe('a visit', () => {
  test('C-03 keeps pet, service and clinic as they were when it was booked, with its notes, whatever is edited later', async () => {
    const petId = `pet-${randomUUID()}`
    const venue = { id: `clinic-${randomUUID()}`, type: 'clinic', name: 'Paws' }
    const milo = { owner_id: 'ada', name: 'Milo', species: 'cat', breed: 'Siamese' }
    const place = { name: 'Paws', address: '1 Park Lane', phone: null }
    const edit = async (pet: object, clinic: object) => {
      expect((await world.service.put(`/control/pets/${petId}`, pet)).status).toBe(200)
      expect((await world.service.put(`/control/clinics/${venue.id}`, clinic)).status).toBe(200)
    }
    await edit(milo, place)
    const offer = await offerSlots(world, { slots: 2, more: { venue, name: 'Check-up', duration_minutes: 45 } })
    const booking = await hold(ada, offer.order({ pet_id: petId, notes: 'Bites when he is afraid.' }))
    const noted = {
      notes: 'Bites when he is afraid.',
      amount: 15_000_000,
      venue: { name: 'Paws' },
      snapshots: {
        pet: { id: petId, name: 'Milo', species: 'cat', breed: 'Siamese' },
        clinic: { id: venue.id, ...place },
        offerings: [{ id: offer.offeringId, name: 'Check-up', duration_minutes: 45 }],
        customer: { id: 'ada', name: 'Ada' },
      },
    }
    expect(booking).toMatchObject(noted)

    const renamed = { ...service({ name: 'Surgery', price: { amount: 1, currency: 'IDR' }, duration_minutes: 10 }) }
    await edit({ ...milo, name: 'Simba', species: 'lion', breed: null }, { ...place, name: 'Claws' })
    const other = { ...renamed, venue: { ...venue, name: 'Claws' } }
    expect((await olga.put(`/offerings/${offer.offeringId}`, other)).status).toBe(200)
    await pay(world, booking)
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    expect(confirmed).toMatchObject(noted)
    expect(confirmed.snapshots).toEqual(booking.snapshots)
    // Who books now is noted as it is now.
    expect((await hold(ada, offer.order({ pet_id: petId }, 'slot-2'))).snapshots).toMatchObject({
      pet: { name: 'Simba', species: 'lion' },
      offerings: [{ name: 'Surgery', duration_minutes: 10 }],
    })

    const cancelled = await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'Milo is well again' })
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    const ended = await until(ada, booking.id, ({ refund }) => expect(refund?.amount).toBe(15_000_000))
    expect(ended).toMatchObject({
      ...noted,
      cancellation: { reason: 'Milo is well again', by: { role: 'customer', id: 'ada' } },
    })
    expect(ended.snapshots).toEqual(booking.snapshots)
  })

  test('C-04 A-09 is started by its clinic when it opens, and completed, by an operator who says why also early', async () => {
    const offer = await offerSlots(world, {
      policy: { check_in_opens_minutes: 8 * 24 * 60 },
      more: { provider: { id: 'vet', name: 'Vet' } },
    })
    const vet = await world.as('provider', 'vet')
    const booking = await hold(ada, offer.order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed', waiting_for: 'visit' })
    expect(await vet.post(`/bookings/${booking.id}/status`, { action: 'start' })).toMatchObject({
      status: 200,
      body: { status: 'in_progress', waiting_for: 'completion' },
    })
    const complete = { action: 'complete' }
    expect(await vet.post(`/bookings/${booking.id}/status`, complete)).toMatchObject({
      status: 409,
      body: { code: 'policy_forbids' },
    })
    const olga = await world.as('operator', 'olga')
    const early = { ...complete, reason: 'came early' }
    expect(await olga.post(`/bookings/${booking.id}/status`, early)).toMatchObject({
      status: 200,
      body: { status: 'completed', available_actions: [], waiting_for: null, next_deadline: null },
    })
  })
})
