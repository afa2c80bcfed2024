import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import { hold, insist, ledgerOf, pay, until } from '../support/booking.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerTables, type Offer } from '../support/offers.ts'
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

const SOLD_OUT = { status: 409, body: { code: 'sold_out' } }

/** An order for a party at a time so many minutes after a common beginning. */
function at(offer: Offer, minutes: number, party = 2, unitId?: string): Record<string, unknown> {
  const start = new Date(Date.parse(inDays(7)) + minutes * 60_000).toISOString()
  return offer.order({
    party_size: party,
    items: [{ offering_id: offer.offeringId, start, ...(unitId !== undefined && { unit_id: unitId }) }],
  })
}

/** Asks for a status, having seen the booking as it is now. */
async function move(id: string, change: object, somebody = olga): Promise<Answer<BookingBody>> {
  const { body } = await somebody.get<BookingBody>(`/bookings/${id}`)
  return somebody.post<BookingBody>(`/bookings/${id}/status`, { expected_version: body.version, ...change })
}

async function confirmed(order: Record<string, unknown>): Promise<BookingBody> {
  const booking = await hold(ada, order)
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' })
}

describe('a table for a party', () => {
  test('V-01 is the smallest that fits, then the next larger, until there is none', async () => {
    const offer = await offerTables(world, [8, 2, 4, 2])
    const tables: (string | undefined)[] = []
    for (const party of [2, 1, 2, 3]) tables.push((await hold(ada, at(offer, 0, party))).items[0]?.unit_id)
    expect(tables).toEqual(['T2', 'T4', 'T3', 'T1'])
    expect(await ada.post('/bookings', at(offer, 0, 1))).toMatchObject(SOLD_OUT)
  })

  test('V-01 is not had by a party that is too large for each, even when all are free', async () => {
    const offer = await offerTables(world, [2, 4])
    expect(await ada.post('/bookings', at(offer, 0, 5))).toMatchObject(SOLD_OUT)
    expect(await ada.post('/bookings', at(offer, 0, 3, 'T1'))).toMatchObject(SOLD_OUT)
    expect((await hold(ada, at(offer, 0, 4))).items).toMatchObject([{ unit_id: 'T2' }])
  })

  test('V-01 has guest, venue, time, length and party, and costs by the person', async () => {
    const offer = await offerTables(world)
    const booking = await hold(ada, at(offer, 0, 3))
    expect(booking).toMatchObject({
      customer: { id: 'ada', name: 'Ada', email: 'ada@example.test' },
      venue: { type: 'restaurant', name: 'Bistro' },
      start: inDays(7),
      end: new Date(Date.parse(inDays(7)) + 90 * 60_000).toISOString(),
      party_size: 3,
      amount: 7500,
      items: [{ kind: 'table', unit_id: 'T1' }],
    })
  })

  test('V-01 is kept free for 15 minutes after a party: to the minute, and touching is allowed', async () => {
    const offer = await offerTables(world, [4])
    await hold(ada, at(offer, 0))
    for (const minutes of [104, 0, -104])
      expect(await ada.post('/bookings', at(offer, minutes))).toMatchObject(SOLD_OUT)
    await hold(ada, at(offer, 105))
    await hold(ada, at(offer, -105))
  })

  test('V-01 keeps the buffers that its offering names, before and after', async () => {
    const offer = await offerTables(world, [4], { buffer_before_minutes: 10, buffer_after_minutes: 0 })
    await hold(ada, at(offer, 0))
    expect(await ada.post('/bookings', at(offer, 99))).toMatchObject(SOLD_OUT)
    expect(await ada.post('/bookings', at(offer, -99))).toMatchObject(SOLD_OUT)
    await hold(ada, at(offer, 100))
    await hold(ada, at(offer, -100))
  })

  test('V-01 two in one booking are two different ones', async () => {
    const offer = await offerTables(world, [4, 4])
    const item = { offering_id: offer.offeringId, start: inDays(7) }
    const booking = await hold(ada, offer.order({ items: [item, item] }))
    expect(booking.items.map(({ unit_id }) => unit_id).toSorted()).toEqual(['T1', 'T2'])
    expect(await ada.post('/bookings', offer.order())).toMatchObject(SOLD_OUT)
  })

  test('V-01 is had once, of thirty parties who want one of three at the same time', async () => {
    const offer = await offerTables(world, [2, 4, 6])
    const guests = await Promise.all(Array.from({ length: 30 }, (_, n) => world.as('customer', `guest-${n}`)))
    const answers = await Promise.all(guests.map((guest) => insist(guest, at(offer, 0))))
    const won = answers.filter(({ status }) => status === 201).map(({ body }) => body.items[0]?.unit_id)
    expect(new Set(won)).toEqual(new Set(['T1', 'T2', 'T3']))
    expect(won).toHaveLength(3)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(27)
  })
})

describe('a visit to a venue', () => {
  test('V-02 N-44 goes from pending to confirmed, checked in and completed; what is not legal is refused by name', async () => {
    const offer = await offerTables(world)
    const booking = await hold(ada, offer.order())
    const illegal = async (legal: string[], ...statuses: string[]) => {
      for (const status of statuses) {
        expect(await move(booking.id, { status })).toMatchObject({
          status: 409,
          body: { code: 'illegal_transition', legal },
        })
      }
    }
    await illegal(['cancel'], 'confirmed', 'checked_in', 'completed', 'no_show', 'in_progress', 'expired', 'refunded')
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    await illegal(['check_in', 'no_show', 'cancel'], 'completed', 'in_progress', 'expired', 'pending', 'confirmed')
    expect(await move(booking.id, { status: 'checked_in', reason: 'came early' })).toMatchObject({
      status: 200,
      body: { status: 'checked_in' },
    })
    await illegal(['complete', 'cancel'], 'no_show', 'confirmed')
    // N-44: another scanner reads the same ticket.
    const again = await move(booking.id, { action: 'check_in' })
    expect(again).toMatchObject({ status: 200, body: { status: 'checked_in', already: { by: { role: 'operator' } } } })
    expect(await move(booking.id, { action: 'complete', reason: 'came early' })).toMatchObject({
      status: 200,
      body: { status: 'completed' },
    })
    await illegal([], 'cancelled', 'checked_in', 'completed', 'no_show', 'confirmed')
  })

  test('V-02 can be cancelled while pending, confirmed and checked in', async () => {
    const pending = await hold(ada, (await offerTables(world)).order())
    const paid = await confirmed((await offerTables(world)).order())
    const seated = await confirmed((await offerTables(world)).order())
    await move(seated.id, { action: 'check_in', reason: 'came early' })
    for (const { id } of [pending, paid, seated]) {
      expect(await move(id, { status: 'cancelled', reason: 'closed today' })).toMatchObject({
        status: 200,
        body: { status: 'cancelled', cancellation: { reason: 'closed today', by: { role: 'operator', id: 'olga' } } },
      })
    }
  })

  test('V-02 expires while pending when nobody pays, and the table is free', async () => {
    const offer = await offerTables(world, [4], { hold_seconds: 1 })
    const booking = await hold(ada, offer.order())
    await until(ada, booking.id, { status: 'expired' })
    expect(await move(booking.id, { status: 'confirmed' })).toMatchObject({
      status: 409,
      body: { code: 'illegal_transition', booking_status: 'expired', legal: [] },
    })
    await hold(ada, offer.order())
  })

  test('V-02 V-07 becomes a no-show from confirmed, not before its start, and an operator can take that back', async () => {
    const offer = await offerTables(world)
    const early = await confirmed((await offerTables(world)).order())
    expect(await move(early.id, { action: 'no_show' })).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })

    const start = new Date(Date.now() + 8000).toISOString()
    const booking = await confirmed(offer.order({ items: [{ offering_id: offer.offeringId, start }] }))
    await eventually(async () => {
      expect(await move(booking.id, { action: 'no_show' })).toMatchObject({ status: 200, body: { status: 'no_show' } })
    })
    // The whole fee is kept, by the profile's policy.
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 5000, captured: 5000 })
    expect(await move(booking.id, { action: 'undo_no_show' })).toMatchObject({
      status: 200,
      body: { status: 'confirmed' },
    })
    expect(await move(booking.id, { action: 'check_in' })).toMatchObject({ status: 200 })
  })

  test('V-02 V-07 becomes a no-show by itself after start and grace, and gives back what the fee leaves', async () => {
    const offer = await offerTables(world, [4], { no_show_grace_seconds: 1, no_show_fee_percent: 40 })
    const start = new Date(Date.now() + 8000).toISOString()
    const booking = await hold(ada, offer.order({ items: [{ offering_id: offer.offeringId, start }] }))
    await pay(world, booking)
    const missed = await until(ada, booking.id, ({ status, refund }) => {
      expect({ status, refund: refund?.status }).toEqual({ status: 'no_show', refund: 'completed' })
    })
    expect(missed.refund?.amount).toBe(3000)
    expect(Date.parse(missed.updated_at)).toBeGreaterThanOrEqual(Date.parse(start) + 1000)
  })
})
