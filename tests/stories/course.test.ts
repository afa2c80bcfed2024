import { beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { bankStatement, inDays, outside, pays, person, unique, type Person } from './cast.ts'

describe('A course shop: a course and a session with a mentor, in one order', () => {
  const [course, capped, mentor] = [unique('typescript'), unique('workshop'), unique('mentor')]
  let ada: Person
  let ben: Person
  let olga: Person
  let order: BookingBody
  beforeAll(async () => {
    ada = await person('customer', unique('ada'))
    ben = await person('customer', unique('ben'))
    olga = await person('operator', 'olga')
  })

  test('the shop sells a course without limit, a workshop with one place, and an hour with a mentor', async () => {
    const price = (amount: number) => ({ amount, currency: 'USD' })
    // The course and user services know them as well: whoever orders is checked there (O-03).
    for (const [id, amount] of [
      [course, 9900],
      [capped, 4900],
    ] as const) {
      await outside().put(`/control/courses/${id}`, { title: id, price: price(amount), is_published: true })
    }
    await olga.sets(`/offerings/${course}`, {
      profile: 'course',
      name: 'TypeScript',
      price: price(9900),
      capacity: null,
    })
    await olga.sets(`/offerings/${capped}`, { profile: 'course', name: 'Workshop', price: price(4900), capacity: 1 })
    await olga.sets(`/offerings/${mentor}`, { profile: 'course', name: 'An hour with Mo', price: price(8000) })
    const slot = { id: 'friday', kind: 'slot', start: inDays(4), end: inDays(4, 1), staff_id: 'mo', capacity: 1 }
    await olga.sets(`/offerings/${mentor}/units`, { units: [slot] })
  })

  test('O-01 Ada orders all three: one order, one payment', async () => {
    const items = [{ offering_id: course }, { offering_id: capped }, { offering_id: mentor, unit_id: 'friday' }]
    order = await ada.does('/bookings', { profile: 'course', items })
    expect(order).toMatchObject({ status: 'pending', amount: 22_800 })
    expect(order.items).toHaveLength(3)
  })

  test('O-01 Ben wants the course and the workshop, which is full: all or nothing', async () => {
    const items = [{ offering_id: course }, { offering_id: capped }]
    expect(await ben.isRefused('/bookings', { profile: 'course', items })).toMatchObject({ code: 'sold_out' })
    const alone = { profile: 'course', items: [{ offering_id: course }] }
    expect(await ben.does('/bookings', alone)).toMatchObject({ status: 'pending', amount: 9900 })
  })

  test('O-02 she pays once, and is enrolled in everything', async () => {
    await pays(order)
    order = await ada.waitsFor(order, { status: 'confirmed' })
    expect(await bankStatement(order)).toEqual({ taken: 22_800, given: 0 })
  })

  test('X-08 she gives the session back and keeps the courses', async () => {
    const session = order.items.find(({ offering_id }) => offering_id === mentor)
    await ada.does(`/bookings/${order.id}/cancel`, { item_ids: [session?.id], reason: 'no time' })
    await expect.poll(() => bankStatement(order), { timeout: 20_000 }).toEqual({ taken: 22_800, given: 8000 })
    expect(await ada.waitsFor(order, { status: 'confirmed' })).toMatchObject({ amount: 14_800 })
  })
})
