import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { hold } from '../support/booking.ts'
import { inDays, offerSeats, offerSlots, offerTables, offerTutor } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
})
afterAll(() => world.close())

type Price = { amount: number; currency: string }
type Conflict = { unit_id: string; start: string | null; end: string | null; quantity: number }
type Item = {
  offering_id: string
  unit_id: string | null
  available: boolean
  conflicts: Conflict[]
  price: Price | null
}
type Availability = { available: boolean; items: Item[] }

/** What was asked of PostgreSQL meanwhile, by the functions asked, each as often as it was; the worker's pollers left out. */
async function statementsDuring(operation: () => Promise<unknown>): Promise<string[]> {
  const { database } = world.parts
  await database.$executeRaw`CREATE EXTENSION IF NOT EXISTS pg_stat_statements`
  await database.$executeRaw`SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)`
  await operation()
  const rows = await database.$queryRaw<{ query: string; calls: number }[]>`
    SELECT query, calls::int FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname = current_database() AND query !~ 'pg_stat_statements|processed_events|displacements|expire_offer|close_entries|waitlist_entries'`
  const names = rows.flatMap(({ query, calls }) =>
    Array.from({ length: calls }, () => /FROM (\w+)\(/.exec(query)?.[1] ?? query),
  )
  return names.toSorted()
}

async function check(...items: object[]): Promise<Availability> {
  const answer = await ada.post<Availability>('/bookings/availability/check', { items })
  expect(answer).toMatchObject({ status: 200 })
  return answer.body
}

describe('is it free', () => {
  test('A-10 says what is free, which unit fits and what it would cost', async () => {
    const tables = await offerTables(world, [2, 4])
    expect(await check({ offering_id: tables.offeringId, start: inDays(7), party_size: 3 })).toEqual({
      available: true,
      items: [
        {
          offering_id: tables.offeringId,
          unit_id: 'T2',
          available: true,
          conflicts: [],
          price: { amount: 7500, currency: 'USD' },
        },
      ],
    })
  })

  test('A-10 names what stands in the way, and never whose it is', async () => {
    const tutor = await offerTutor(world)
    const booking = await hold(await world.as('student', 'secret-student'), tutor.order())
    const answer = await check({ offering_id: tutor.offeringId, start: inDays(7), end: inDays(7, 2) })
    expect(answer).toMatchObject({
      available: false,
      items: [
        {
          available: false,
          conflicts: [{ unit_id: tutor.offeringId, start: inDays(7), end: inDays(7, 1), quantity: 1 }],
        },
      ],
    })
    expect(JSON.stringify(answer)).not.toContain('secret-student')
    expect(JSON.stringify(answer)).not.toContain(booking.id)
    // Half-open: what touches is free.
    expect(await check({ offering_id: tutor.offeringId, start: inDays(7, 1), end: inDays(7, 2) })).toMatchObject({
      available: true,
    })
  })

  test('A-10 names the parties in the way with their buffers, of seats and slots who holds how many', async () => {
    const tables = await offerTables(world, [4])
    await hold(ada, tables.order())
    const slots = await offerSlots(world, { capacity: 2 })
    await hold(ada, slots.order({ items: [{ offering_id: slots.offeringId, unit_id: 'slot-1', quantity: 2 }] }))
    const seats = await offerSeats(world)
    await hold(ada, seats.order())
    const { items } = await check(
      { offering_id: tables.offeringId, start: inDays(7, 1), party_size: 2 },
      { offering_id: slots.offeringId, unit_id: 'slot-1' },
      { offering_id: seats.offeringId, unit_id: 'A-1' },
    )
    const until = new Date(Date.parse(inDays(7)) + 105 * 60_000).toISOString()
    expect(items.map(({ conflicts }) => conflicts)).toEqual([
      [{ unit_id: 'T1', start: inDays(7), end: until, quantity: 1 }],
      [{ unit_id: 'slot-1', start: null, end: null, quantity: 2 }],
      [{ unit_id: 'A-1', start: null, end: null, quantity: 1 }],
    ])
  })

  test('A-10 promises nothing: what is free here can be gone at the booking', async () => {
    const seats = await offerSeats(world)
    const question = { offering_id: seats.offeringId, unit_id: 'A-1' }
    expect(await check(question)).toMatchObject({ available: true })
    expect(await check(question)).toMatchObject({ available: true })
    await hold(ada, seats.order())
    expect(await check(question)).toMatchObject({ available: false })
  })

  test('A-10 what does not exist, has passed or is beyond the lead is not available, and that is no error', async () => {
    const tables = await offerTables(world)
    const { available, items } = await check(
      { offering_id: 'nothing' },
      { offering_id: tables.offeringId, unit_id: 'T99', start: inDays(7), party_size: 2 },
      { offering_id: tables.offeringId, start: inDays(-1), party_size: 2 },
      { offering_id: tables.offeringId, start: inDays(400), party_size: 2 },
      { offering_id: tables.offeringId, party_size: 2 },
      { offering_id: tables.offeringId, start: inDays(7), end: inDays(6), party_size: 2 },
    )
    expect(available).toBe(false)
    expect(items.map((item) => item.available)).toEqual([false, false, false, false, false, false])
    expect(items[0]).toMatchObject({ price: null, conflicts: [] })
  })
})

describe('a batch of questions', () => {
  test('A-10 of a hundred is answered in order, at once, with one estimate per profile, currency and party', async () => {
    const tables = await offerTables(world, [2, 4, 6])
    await hold(ada, tables.order())
    const seats = await offerSeats(world, 10)
    await hold(ada, seats.order())
    const items = Array.from({ length: 100 }, (_, n) =>
      n % 2 === 0
        ? { offering_id: tables.offeringId, start: inDays(7), party_size: 1 + (n % 8) }
        : { offering_id: seats.offeringId, unit_id: seats.unitIds[((n - 1) / 2) % 10] },
    )
    await check(...items)

    await world.service.put('/control/faults', {
      rules: [{ service: 'pricing', operation: 'estimate', probability: 0, status: 500 }],
    })
    const startedAt = performance.now()
    const answer = await check(...items)
    const milliseconds = performance.now() - startedAt
    const faults = await world.service.get<{ rules: { matched: number }[] }>('/control/faults')
    await world.service.put('/control/faults', { rules: [] })

    // A few milliseconds on a machine of its own; here others are at work too.
    expect(milliseconds).toBeLessThan(1000)
    // Seats, and parties of 1, 3, 5 and 7.
    expect(faults.body.rules[0]?.matched).toBe(5)
    expect(answer.items).toHaveLength(100)
    for (const [n, item] of answer.items.entries()) {
      const party = 1 + (n % 8)
      const expected =
        n % 2 === 0
          ? { offering_id: tables.offeringId, available: party <= 6, price: { amount: party * 2500, currency: 'USD' } }
          : { offering_id: seats.offeringId, available: (n - 1) % 20 !== 0 }
      expect(item).toMatchObject(expected)
    }
  })

  test('A-10 of a hundred costs PostgreSQL as much as one: a look at the items, and one at what is in the way', async () => {
    const tables = await offerTables(world, [2, 4])
    await hold(ada, tables.order())
    await hold(ada, tables.order())
    const seats = await offerSeats(world, 50)
    const free = seats.unitIds.map((unit_id) => ({ offering_id: seats.offeringId, unit_id }))
    const taken = free.map(() => ({ offering_id: tables.offeringId, start: inDays(7), party_size: 2 }))
    expect(await statementsDuring(() => check(...free))).toEqual(['look_up_items'])
    expect(await statementsDuring(() => check(...free.slice(0, 1), ...taken.slice(0, 1)))).toEqual([
      'find_conflicts',
      'look_up_items',
    ])
    expect(await statementsDuring(() => check(...free, ...taken))).toEqual(['find_conflicts', 'look_up_items'])
  })

  test('A-10 of a hundred and one is too long, and of none too short', async () => {
    const item = { offering_id: 'nothing' }
    for (const length of [0, 101]) {
      expect(
        await ada.post('/bookings/availability/check', { items: Array.from({ length }, () => item) }),
      ).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ pointer: '/items' }] } })
    }
  })

  test('A-10 has the right price for each currency and each size of a party', async () => {
    const euros = await offerTutor(world, {}, { amount: 9000, currency: 'EUR' })
    const dollars = await offerTutor(world)
    const tables = await offerTables(world, [4])
    const lesson = { start: inDays(9), end: inDays(9, 2) }
    const { items } = await check(
      { offering_id: euros.offeringId, ...lesson },
      { offering_id: dollars.offeringId, ...lesson },
      { offering_id: tables.offeringId, start: inDays(9), party_size: 2 },
      { offering_id: tables.offeringId, start: inDays(9), party_size: 4 },
      { offering_id: tables.offeringId, start: inDays(9) },
    )
    expect(items.map(({ price }) => price)).toEqual([
      { amount: 18_000, currency: 'EUR' },
      { amount: 12_000, currency: 'USD' },
      { amount: 5000, currency: 'USD' },
      { amount: 10_000, currency: 'USD' },
      null,
    ])
  })

  test('A-10 E-03 T-03 has the catalogue’s price of a seat and the directory’s rate of a tutor, as a booking would', async () => {
    const seats = await offerSeats(world, 2, {}, 19.99)
    const tutor = await offerTutor(world)
    const { status } = await world.service.put(`/control/tutors/${tutor.offeringId}`, {
      name: 'Tess Tutor',
      email: 'tess@example.test',
      hourly_rate: { amount: 7777, currency: 'USD' },
      subjects: [],
    })
    expect(status).toBe(200)
    const { items } = await check(
      { offering_id: seats.offeringId, unit_id: 'A-2' },
      { offering_id: tutor.offeringId, start: inDays(7), end: inDays(7, 1) },
    )
    expect(items.map(({ price }) => price?.amount)).toEqual([1999, 7777])
    expect(await hold(ada, seats.order({}, 'A-2'))).toMatchObject({ amount: 1999 })
    expect(await hold(ada, tutor.order())).toMatchObject({ amount: 7777 })
  })

  test('A-10 S-02 is a 503 with Retry-After while prices cannot be had, and works again afterwards', async () => {
    const tables = await offerTables(world)
    const question = { items: [{ offering_id: tables.offeringId, start: inDays(7), party_size: 2 }] }
    await world.service.put('/control/faults', {
      rules: [{ service: 'pricing', operation: 'estimate', status: 500, times: 1 }],
    })
    const answer = await ada.post('/bookings/availability/check', question)
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    await world.service.put('/control/faults', { rules: [] })
    expect(await ada.post('/bookings/availability/check', question)).toMatchObject({ status: 200 })
  })
})
