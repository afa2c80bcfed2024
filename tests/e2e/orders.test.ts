import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, insist, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { inDays, offerCourse, offerSessions, type Offer } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let bob: Caller
let course: Offer
let sessions: Offer
beforeAll(async () => {
  world = await openWorld()
  ;[ada, bob] = [await world.as('student', 'ada'), await world.as('student', 'bob')]
  course = await offerCourse(world)
  sessions = await offerSessions(world, 2, 2)
})
afterAll(() => world.close())

const item = ({ offeringId }: Offer, more: object = {}) => ({ offering_id: offeringId, ...more })
const orderOf = (...items: object[]) => ({ profile: 'course', items })

/** How many places of a course's sessions are taken, by session. */
async function takenOf({ offeringId }: Offer): Promise<Record<string, number>> {
  const { body } = await ada.get<{ slots: { id: string; booked_count: number }[] }>(`/services/${offeringId}/slots`)
  return Object.fromEntries(body.slots.map(({ id, booked_count }) => [id, booked_count]))
}

describe('an order of courses and sessions', () => {
  test('O-01 takes courses and sessions together, for one payment', async () => {
    const order = await hold(
      ada,
      orderOf(
        item(course, { quantity: 2 }),
        item(sessions, { unit_id: 'live-1' }),
        item(sessions, { unit_id: 'live-2' }),
      ),
    )
    expect(order.items.map(({ kind, quantity, amount }) => ({ kind, quantity, amount }))).toEqual([
      { kind: 'enrolment', quantity: 2, amount: 19_800 },
      { kind: 'slot', quantity: 1, amount: 3500 },
      { kind: 'slot', quantity: 1, amount: 3500 },
    ])
    expect(order).toMatchObject({ amount: 26_800, currency: 'USD', payment: { amount: 26_800 }, start: inDays(7) })
    await pay(world, order)
    await until(ada, order.id, { status: 'confirmed' })
    expect(await ledgerOf(world, order.id)).toMatchObject({ captured: 26_800 })
    expect(await takenOf(sessions)).toEqual({ 'live-1': 1, 'live-2': 1 })
  })

  test('O-01 takes nothing when one of three is sold out', async () => {
    const scarce = await offerSessions(world, 1, 1)
    const free = await offerSessions(world, 1, 1)
    const capped = await offerCourse(world, 1)
    await hold(bob, scarce.order())
    const order = orderOf(item(capped), item(free, { unit_id: 'live-1' }), item(scarce, { unit_id: 'live-1' }))
    const { body } = await expectRefused(world, () => ada.post('/bookings', order), 'sold_out')
    expect(body).toMatchObject({ item_ids: ['3'] })
    // Both of the others can be had, whole.
    await hold(bob, orderOf(item(capped), item(free, { unit_id: 'live-1' })))
  })

  test('O-01 H-01 of ten orders of the last two of three things one is made, and nothing is left behind', async () => {
    const [first, second] = [await offerCourse(world, 1), await offerSessions(world, 1, 1)]
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        insist(ada, orderOf(item(course), item(first), item(second, { unit_id: 'live-1' }))),
      ),
    )
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual([
      '201',
      ...Array.from({ length: 9 }, () => '409'),
    ])
    expect(await takenOf(second)).toEqual({ 'live-1': 1 })
  })

  test('O-01 enrolment is unlimited, or capped by the number of places', async () => {
    await hold(ada, orderOf(item(course, { quantity: 100 })))
    await hold(bob, orderOf(item(course, { quantity: 100 })))
    const capped = await offerCourse(world, 3)
    await hold(ada, orderOf(item(capped, { quantity: 2 })))
    await expectRefused(world, () => bob.post('/bookings', orderOf(item(capped, { quantity: 2 }))), 'sold_out')
    await hold(bob, orderOf(item(capped)))
  })

  test('O-01 a course that has sessions of its own: a place in it is named by the course’s own id', async () => {
    const both = await offerCourse(world, 5)
    const olga = await world.as('operator', 'olga')
    const units = [{ id: 'friday', kind: 'slot', start: inDays(9), end: inDays(9, 1), capacity: 1 }]
    await olga.put(`/offerings/${both.offeringId}/units`, { units })
    const unnamed = await expectRefused(world, () => ada.post('/bookings', orderOf(item(both))), 'validation_failed')
    expectFaultAt(unnamed, '/items/0/unit_id')
    const order = await hold(ada, orderOf(item(both, { unit_id: both.offeringId }), item(both, { unit_id: 'friday' })))
    expect(order.items.map(({ kind }) => kind)).toEqual(['enrolment', 'slot'])
  })

  test('O-01 a session at a time of one’s choice is one by the calendar of the teacher', async () => {
    const coaching = await offerSessions(world)
    const olga = await world.as('operator', 'olga')
    await olga.put(`/offerings/${coaching.offeringId}/units`, { units: [{ id: 'theo', kind: 'calendar' }] })
    const at = (start: string, end: string) => item(coaching, { unit_id: 'theo', start, end })
    await hold(ada, orderOf(item(course), at(inDays(12), inDays(12, 1))))
    const clash = orderOf(item(course), at(inDays(12), inDays(12, 2)))
    await expectRefused(world, () => bob.post('/bookings', clash), 'sold_out')
    await hold(bob, orderOf(item(course), at(inDays(12, 1), inDays(12, 2))))
  })

  test('O-02 H-22 made twice under one key, it is one order', async () => {
    const key = { 'idempotency-key': 'order-once' }
    const both = orderOf(item(course), item(sessions, { unit_id: 'live-2' }))
    const [first, twin] = await Promise.all([ada.post('/bookings', both, key), ada.post('/bookings', both, key)])
    const again = await ada.post('/bookings', both, key)
    expect(new Set([first.body['id'], twin.body['id'], again.body['id']]).size).toBe(1)
  })

  test('O-01 cancelled before its sessions, all of the price comes back and all places are free again', async () => {
    const last = await offerSessions(world, 1, 1)
    const order = await hold(ada, orderOf(item(course), item(last, { unit_id: 'live-1' })))
    await pay(world, order)
    await until(ada, order.id, { status: 'confirmed' })
    await ada.post(`/bookings/${order.id}/cancel`, { reason: 'no time' })
    await until(ada, order.id, (now: BookingBody) =>
      expect(now.refund).toMatchObject({ status: 'completed', amount: 13_400 }),
    )
    expect(await takenOf(last)).toEqual({ 'live-1': 0 })
  })
})
