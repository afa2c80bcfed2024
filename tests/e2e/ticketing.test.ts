import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, insist, ledgerOf, pay, until } from '../support/booking.ts'
import { inDays, offerSeats, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
})
afterAll(() => world.close())

/** An order of several seats of one event. */
function seats(offer: Offer, ...unitIds: string[]): Record<string, unknown> {
  return offer.order({ items: unitIds.map((unit_id) => ({ offering_id: offer.offeringId, unit_id })) })
}

/** The seats of an event by id, as everybody sees them. */
async function statusOf(offer: Offer): Promise<Record<string, string>> {
  const { body } = await ada.get<{ seats: { id: string; status: string }[] }>(`/events/${offer.offeringId}/seats`)
  return Object.fromEntries(body.seats.map(({ id, status }) => [id, status]))
}

/** Changes what the catalogue says about an event. */
async function inCatalogue(offer: Offer, more: object): Promise<void> {
  const { status } = await world.service.put(`/control/events/${offer.offeringId}`, {
    name: 'Concert',
    venue: { id: 'hall', name: 'Hall' },
    starts_at: inDays(30),
    ends_at: inDays(30, 3),
    on_sale: true,
    currency: 'USD',
    seats: offer.unitIds.map((id) => ({ id, price: 45 })),
    ...more,
  })
  expect(status).toBeLessThan(300)
}

describe('numbered seats', () => {
  test('E-01 several are held in one booking, and shown as booked', async () => {
    const offer = await offerSeats(world, 4)
    const booking = await hold(ada, seats(offer, 'A-3', 'A-1'))
    expect(booking.items).toMatchObject([
      { unit_id: 'A-3', quantity: 1, status: 'active' },
      { unit_id: 'A-1', quantity: 1, status: 'active' },
    ])
    expect(await statusOf(offer)).toEqual({
      'A-1': 'booked',
      'A-2': 'available',
      'A-3': 'booked',
      'A-4': 'available',
    })
  })

  test('E-01 are had all or not at all: one taken seat refuses the order, naming its item, and holds nothing', async () => {
    const offer = await offerSeats(world, 4)
    await hold(ada, seats(offer, 'A-3'))
    expect(await ada.post('/bookings', seats(offer, 'A-1', 'A-2', 'A-3', 'A-4'))).toMatchObject({
      status: 409,
      body: { code: 'sold_out', item_ids: ['3'] },
    })
    expect(await statusOf(offer)).toMatchObject({ 'A-1': 'available', 'A-2': 'available', 'A-4': 'available' })
  })

  test('E-01 A-36 of sixty buyers who want overlapping pairs at once, no two get the same seat', async () => {
    const offer = await offerSeats(world, 12)
    const buyers = await Promise.all(Array.from({ length: 60 }, (_, n) => world.as('customer', `buyer-${n}`)))
    const pairs = buyers.map((_, n) => {
      const [one = '', two = ''] = [offer.unitIds[n % 12], offer.unitIds[(n + 1) % 12]]
      // Half of them name the later seat first: whoever locks in the order asked for would wait in a circle.
      return n % 2 === 0 ? [one, two] : [two, one]
    })
    const answers = await Promise.all(buyers.map((buyer, n) => insist(buyer, seats(offer, ...pairs[n]!))))
    const won = answers.filter(({ status }) => status === 201).flatMap(({ body }) => body.items)
    expect(new Set(won.map(({ unit_id }) => unit_id)).size).toBe(won.length)
    expect(won.length).toBeGreaterThanOrEqual(8)
    expect(
      new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => (body as { code?: string }).code)),
    ).toEqual(new Set(['sold_out']))
    const booked = Object.entries(await statusOf(offer)).filter(([, status]) => status === 'booked')
    expect(booked.map(([id]) => id)).toEqual(won.map(({ unit_id }) => unit_id).toSorted(bySeat(offer)))
  })

  test('E-01 the same seat of two events is two seats', async () => {
    const [one, two] = [await offerSeats(world), await offerSeats(world)]
    for (const event of [one, two]) expect(await hold(ada, event.order())).toMatchObject({ status: 'pending' })
  })
})

function bySeat({ unitIds }: Offer): (a: string, b: string) => number {
  const order = unitIds.toSorted()
  return (a, b) => order.indexOf(a) - order.indexOf(b)
}

describe('what seats cost', () => {
  test('E-03 is what the catalogue says, seat by seat, and adds up in dollars', async () => {
    const offer = await offerSeats(world, 3)
    const priced = [
      { id: 'A-1', price: 19.99 },
      { id: 'A-2', price: 45.5 },
      { id: 'A-3', price: 0.1 },
    ]
    await inCatalogue(offer, { seats: priced })
    const booking = await hold(ada, seats(offer, 'A-1', 'A-2', 'A-3'))
    expect(booking).toMatchObject({
      currency: 'USD',
      amount: 6559,
      items: [{ amount: 1999 }, { amount: 4550 }, { amount: 10 }],
      price: { subtotal: 6559, fees: 0, tax: 0, total: 6559 },
      payment: { amount: 6559 },
    })
  })

  test('E-03 X-01 stays as it was at the hold, whatever the catalogue says later', async () => {
    const offer = await offerSeats(world)
    const booking = await hold(ada, offer.order())
    await inCatalogue(offer, { seats: [{ id: 'A-1', price: 999 }] })
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed', amount: 4500 })
    expect(await ledgerOf(world, booking.id)).toMatchObject({ captured: 4500 })
  })

  test('E-03 events are sold in dollars unless they say otherwise', async () => {
    const olga = await world.as('operator', 'olga')
    expect(
      await olga.put('/offerings/event-default', { profile: 'ticketing', name: 'Play', price: { amount: 100 } }),
    ).toMatchObject({ status: 200, body: { price: { amount: 100, currency: 'USD' } } })
  })

  test('E-03 a seat that costs nothing is confirmed at once, with a ticket and without a payment', async () => {
    const offer = await offerSeats(world)
    await inCatalogue(offer, { seats: [{ id: 'A-1', price: 0 }] })
    const booking = await hold(ada, offer.order())
    expect(booking).toMatchObject({ status: 'confirmed', amount: 0, payment: null })
    expect(booking.ticket_reference).toMatch(/^TKT-/)
  })
})

describe('what is on sale', () => {
  test('E-03 an event that the catalogue does not know cannot be booked', async () => {
    const offer = await offerSeats(world)
    const olga = await world.as('operator', 'olga')
    const id = `${offer.offeringId}-unlisted`
    await olga.put(`/offerings/${id}`, { profile: 'ticketing', name: 'Rumour', price: { amount: 1, currency: 'USD' } })
    await olga.put(`/offerings/${id}/units`, { units: [{ id: 'A-1', kind: 'seat' }] })
    expect(
      await ada.post('/bookings', { profile: 'ticketing', items: [{ offering_id: id, unit_id: 'A-1' }] }),
    ).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ pointer: '/items/0' }] } })
  })

  test('E-03 an event that is not on sale, or not yet, or no longer, cannot be booked', async () => {
    const offer = await offerSeats(world)
    await inCatalogue(offer, { on_sale: false })
    const refused = { status: 409, body: { code: 'policy_forbids' } }
    expect(await ada.post('/bookings', offer.order())).toMatchObject(refused)
    await inCatalogue(offer, { on_sale: true })

    const olga = await world.as('operator', 'olga')
    const event = { profile: 'ticketing', name: 'Concert', price: { amount: 4500, currency: 'USD' } }
    for (const window of [{ on_sale_from: inDays(1) }, { on_sale_until: inDays(-1) }]) {
      await olga.put(`/offerings/${offer.offeringId}`, { ...event, ...window })
      expect(await ada.post('/bookings', offer.order())).toMatchObject(refused)
    }
    await olga.put(`/offerings/${offer.offeringId}`, { ...event, on_sale_from: inDays(-1), on_sale_until: inDays(1) })
    await hold(ada, offer.order())
  })

  test('E-03 a seat that the catalogue has no price for cannot be booked, and a seat that does not exist is named', async () => {
    const offer = await offerSeats(world, 2)
    await inCatalogue(offer, { seats: [{ id: 'A-1', price: 45 }] })
    expect(await ada.post('/bookings', seats(offer, 'A-2'))).toMatchObject({
      status: 422,
      body: { code: 'validation_failed' },
    })
    expect(await ada.post('/bookings', seats(offer, 'A-1', 'Z-9'))).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/items/1/unit_id' }] },
    })
    expect(await statusOf(offer)).toEqual({ 'A-1': 'available', 'A-2': 'available' })
  })
})

describe('a ticket', () => {
  test('E-04 E-08 comes with the confirmation and is unique', async () => {
    const offer = await offerSeats(world, 2)
    const tickets: (string | null)[] = []
    for (const unit of offer.unitIds) {
      const booking = await hold(ada, offer.order({}, unit))
      expect(booking.ticket_reference).toBeNull()
      await pay(world, booking)
      tickets.push((await until(ada, booking.id, { status: 'confirmed' })).ticket_reference)
    }
    expect(tickets).toEqual([expect.stringMatching(/^TKT-\w+$/), expect.stringMatching(/^TKT-\w+$/)])
    expect(new Set(tickets).size).toBe(2)
  })

  test('E-08 that is cancelled gives the money back in full, and its seat to whoever comes next', async () => {
    const offer = await offerSeats(world)
    const ben = await world.as('customer', 'ben')
    const booking = await hold(ada, offer.order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    expect(await ben.post('/bookings', offer.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })

    expect(await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'ill' })).toMatchObject({
      status: 200,
      body: { status: 'cancelled', cancellation: { reason: 'ill', by: { role: 'customer', id: 'ada' } } },
    })
    await until(ada, booking.id, ({ refund }) => expect(refund).toMatchObject({ amount: 4500, status: 'completed' }))
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 4500, captured: 4500, refunded: 4500 })
    expect(await statusOf(offer)).toEqual({ 'A-1': 'available' })
    const next = await hold(ben, offer.order())
    await pay(world, next)
    const { ticket_reference: ticket } = await until(ben, next.id, { status: 'confirmed' })
    expect(ticket).not.toBe((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body.ticket_reference)
  })
})
