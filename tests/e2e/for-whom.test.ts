import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { grpcAs, refusalOf } from '../support/grpc.ts'
import { offerCourse, offerSeats, offerSlots, offerTables, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Caller
let robot: Caller
let offers: Record<'clinic' | 'ticketing' | 'venue' | 'course', Offer>
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
  robot = await world.as('service', 'robot')
  offers = {
    clinic: await offerSlots(world, { capacity: 9 }),
    ticketing: await offerSeats(world, 9),
    venue: await offerTables(world, [4, 4, 4, 4, 4, 4]),
    course: await offerCourse(world),
  }
})
afterAll(() => world.close())

const NEEDED = { status: 422, body: { code: 'validation_failed', errors: [{ pointer: '/customer/id' }] } }

describe('who books for others', () => {
  test.each(['clinic', 'ticketing', 'venue', 'course'] as const)('N-87 says for whom, in %s', async (name) => {
    for (const somebody of [olga, robot]) {
      for (const path of ['/bookings', '/reservations', '/waitlist']) {
        for (const customer of [undefined, {}, { name: 'Ada', email: 'ada@example.test' }]) {
          const body = offers[name].order(customer === undefined ? {} : { customer })
          expect(await somebody.post(path, body)).toMatchObject(NEEDED)
        }
      }
    }
    const held = await hold(olga, offers[name].order({ customer: { id: 'ada' } }))
    expect(held.customer.id).toBe('ada')
    expect((await ada.get<BookingBody>(`/bookings/${held.id}`)).status).toBe(200)
  })

  test('N-87 O-05 over gRPC, too', async () => {
    const client = await grpcAs(world, 'operator', 'olga')
    const items = [{ course_id: offers.course.offeringId }]
    expect(await refusalOf(client.orders.createOrder({ items }))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      pointers: ['/user_id'],
    })
    expect(await client.orders.createOrder({ items, user_id: 'ada' })).toMatchObject({ order: { user_id: 'ada' } })
  })
})

describe('what a unit is called', () => {
  const label = async (offer: Offer, labels: Record<string, string>) => {
    const units = Object.entries(labels).map(([id, name]) => ({ id, kind: 'table', label: name, max_party: 4 }))
    expect((await olga.put(`/offerings/${offer.offeringId}/units`, { units })).status).toBe(200)
  }
  const labelsOf = async ({ id }: BookingBody) =>
    (await ada.get<BookingBody>(`/bookings/${id}`)).body.items.map(({ unit_label }) => unit_label)

  test('N-87 is on the booking as it was when it was booked, whatever it is called since', async () => {
    const dinner = await offerTables(world, [4, 4])
    await label(dinner, { T1: 'By the window', T2: 'By the door' })
    const booking = await hold(ada, dinner.order())
    expect(booking.items.map(({ unit_label }) => unit_label)).toEqual(['By the window'])
    await label(dinner, { T1: 'Smoking', T2: 'Terrace' })
    expect(await labelsOf(booking)).toEqual(['By the window'])

    const noted = { notes: 'quiet, please', expected_version: booking.version }
    expect((await ada.put(`/bookings/${booking.id}`, noted)).status).toBe(200)
    expect(await labelsOf(booking)).toEqual(['By the window'])
    const [item] = booking.items
    const items = [{ offering_id: dinner.offeringId, unit_id: 'T2', start: item!.start }]
    const moved = await ada.put<BookingBody>(`/bookings/${booking.id}`, {
      items,
      expected_version: booking.version + 1,
    })
    expect(moved.status).toBe(200)
    expect(await labelsOf(booking)).toEqual(['Terrace'])
  })

  test('N-87 is none where it has no name', async () => {
    expect(await labelsOf(await hold(ada, offers.clinic.order()))).toEqual([null])
  })
})
