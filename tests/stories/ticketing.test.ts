import { beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { bankStatement, inDays, outside, pays, person, unique, type Person } from './cast.ts'

describe('A ticket shop: four seats for a concert, and more than four people', () => {
  const concert = unique('concert')
  const seats = ['A-1', 'A-2', 'A-3', 'A-4']
  let ada: Person
  let ben: Person
  let cleo: Person
  let olga: Person
  let tickets: BookingBody
  let waiting: { id: string; status: string }
  beforeAll(async () => {
    ada = await person('customer', unique('ada'))
    ben = await person('customer', unique('ben'))
    cleo = await person('customer', unique('cleo'))
    olga = await person('operator', 'olga')
  })

  const order = (...ids: string[]) => ({
    profile: 'ticketing',
    items: ids.map((unit_id) => ({ offering_id: concert, unit_id })),
  })

  test('the concert goes on sale', async () => {
    const [starts_at, ends_at] = [inDays(30), inDays(30, 3)]
    await outside().put(`/control/events/${concert}`, {
      name: 'Concert',
      venue: { id: 'hall', name: 'Hall' },
      starts_at,
      ends_at,
      on_sale: true,
      currency: 'USD',
      seats: seats.map((id) => ({ id, price: 45 })),
    })
    await olga.sets(`/offerings/${concert}`, {
      profile: 'ticketing',
      name: 'Concert',
      price: { amount: 4500, currency: 'USD' },
      policy: { refund_tiers: [{ hours_before: 48, percent: 50 }] },
    })
    const units = seats.map((id) => ({ id, kind: 'seat', label: id, row: 'A', start: starts_at, end: ends_at }))
    await olga.sets(`/offerings/${concert}/units`, { units })
  })

  test('E-01 E-02 Ada takes three seats at once, and has ten minutes to pay', async () => {
    tickets = await ada.does('/bookings', order('A-1', 'A-2', 'A-3'))
    expect(tickets).toMatchObject({ status: 'pending', amount: 13_500 })
    const minutes = (Date.parse(tickets.hold?.expires_at ?? '') - Date.parse(tickets.created_at)) / 60_000
    expect(minutes).toBe(10)
  })

  test('E-01 Ben wants two, of which one is taken: he gets neither', async () => {
    expect(await ben.isRefused('/bookings', order('A-3', 'A-4'))).toMatchObject({ code: 'sold_out' })
    const plan = await ben.sees<{ seats: { id: string; status: string }[] }>(`/events/${concert}/seats`)
    expect(plan.seats.find(({ id }) => id === 'A-4')).toMatchObject({ status: 'available' })
  })

  test('E-04 she pays, and has a ticket', async () => {
    await pays(tickets)
    tickets = await ada.waitsFor(tickets, { status: 'confirmed' })
    expect(tickets.ticket_reference).toBeTruthy()
    expect(await bankStatement(tickets)).toEqual({ taken: 13_500, given: 0 })
  })

  test('A-24 X-11 Cleo would take A-3, which is sold: she waits for it', async () => {
    waiting = await cleo.does<typeof waiting>('/waitlist', order('A-3'))
    expect(waiting).toMatchObject({ status: 'waiting' })
  })

  test('X-08 H-12 H-19 a friend falls ill: Ada gives one seat back, gets half its price, and Cleo is offered it', async () => {
    const ill = tickets.items.find(({ unit_id }) => unit_id === 'A-3')
    const reduced = await ada.does(`/bookings/${tickets.id}/cancel`, { item_ids: [ill?.id], reason: 'a friend is ill' })
    expect(reduced).toMatchObject({ status: 'confirmed' })
    await expect.poll(() => bankStatement(tickets), { timeout: 20_000 }).toEqual({ taken: 13_500, given: 2250 })
    await expect
      .poll(() => cleo.sees(`/waitlist/${waiting.id}`), { timeout: 20_000 })
      .toMatchObject({ status: 'offered' })
    expect(await ben.isRefused('/bookings', order('A-3'))).toMatchObject({ code: 'sold_out' })
  })

  test('X-11 she accepts, pays, and sits beside them', async () => {
    const booking = await cleo.does(`/waitlist/${waiting.id}/accept`)
    await pays(booking)
    expect(await cleo.waitsFor(booking, { status: 'confirmed' })).toMatchObject({ amount: 4500 })
  })
})
