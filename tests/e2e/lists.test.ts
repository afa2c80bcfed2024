import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, until } from '../support/booking.ts'
import { inDays, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

type Page = { bookings: BookingBody[]; next_cursor: string | null; limit: number; page?: number; total?: number }

let world: World
let ada: Caller
let bob: Caller
let olga: Caller

/** Four bookings: Ada's lesson, table and cancelled seat, and Bob's slot. */
let lesson: BookingBody
let table: BookingBody
let seat: BookingBody
let slot: BookingBody
let tutor: Offer
let tables: Offer

beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('student', 'ada')
  bob = await world.as('customer', 'bob')
  olga = await world.as('operator', 'olga')
  tutor = await offerTutor(world)
  tables = await offerTables(world)
  lesson = await hold(ada, tutor.order())
  table = await hold(
    ada,
    tables.order({ items: [{ offering_id: tables.offeringId, start: inDays(8), end: inDays(8, 1) }] }),
  )
  seat = await hold(ada, (await offerSeats(world)).order())
  slot = await hold(bob, (await offerSlots(world, { more: { provider: { id: 'vet' } } })).order())
  await ada.post(`/bookings/${seat.id}/cancel`, {})
  await until(ada, seat.id, { waiting_for: null })
})
afterAll(() => world.close())

async function list(somebody: Caller, query = '', path = '/bookings'): Promise<Page> {
  const answer = await somebody.get<Page>(`${path}?${query}`)
  expect(answer).toMatchObject({ status: 200 })
  return answer.body
}

async function ids(somebody: Caller, query = '', path = '/bookings'): Promise<string[]> {
  return (await list(somebody, query, path)).bookings.map(({ id }) => id)
}

/** So many bookings of one new customer, oldest first. */
async function several(count: number): Promise<{ customer: Caller; offer: Offer; made: string[] }> {
  const customer = await world.as('customer', `customer-${randomUUID()}`)
  const offer = await offerSeats(world, 20)
  const made: string[] = []
  for (const unit of offer.unitIds.slice(0, count)) made.push((await hold(customer, offer.order({}, unit))).id)
  return { customer, offer, made }
}

describe('the list of bookings', () => {
  test('A-04 is newest first, and each is as it is read alone', async () => {
    expect(await ids(olga)).toEqual([slot.id, seat.id, table.id, lesson.id])
    const { bookings } = await list(ada)
    for (const booking of bookings) expect((await ada.get(`/bookings/${booking.id}`)).body).toEqual(booking)
  })

  test('A-04 C-14 can be narrowed by each of its filters, and by several together', async () => {
    for (const [query, expected] of [
      ['status=cancelled', [seat.id]],
      ['status=pending', [slot.id, table.id, lesson.id]],
      ['status=pending,cancelled', [slot.id, seat.id, table.id, lesson.id]],
      ['status=confirmed', []],
      ['profile=venue', [table.id]],
      ['customer_id=bob', [slot.id]],
      ['customer_id=nobody', []],
      [`venue_id=${table.venue?.id}`, [table.id]],
      ['provider_id=vet', [slot.id]],
      [`provider_id=${tutor.offeringId}`, [lesson.id]],
      [`offering_id=${tables.offeringId}`, [table.id]],
      [`from=${inDays(8)}`, [seat.id, table.id]],
      [`to=${inDays(8)}`, [slot.id, lesson.id]],
      [`from=${inDays(8)}&to=${inDays(8, 1)}`, [table.id]],
      ['customer_id=ada&status=pending&profile=tutoring', [lesson.id]],
      [`customer_id=bob&offering_id=${tables.offeringId}`, []],
    ] as const) {
      expect({ query, ids: await ids(olga, query) }).toEqual({ query, ids: expected })
    }
  })

  test('A-04 A-34 shows customers their own and providers those of their offerings, whatever they ask for', async () => {
    expect(await ids(ada)).toEqual([seat.id, table.id, lesson.id])
    expect(await ids(ada, 'customer_id=bob')).toEqual([])
    expect(await ids(ada, 'provider_id=vet')).toEqual([])
    const vet = await world.as('provider', 'vet')
    expect(await ids(vet)).toEqual([slot.id])
    expect(await ids(vet, 'customer_id=ada')).toEqual([])
    expect(await ids(vet, `provider_id=${tutor.offeringId}`)).toEqual([])
    expect(await ids(await world.as('service', 'reports'))).toHaveLength(4)
  })

  test.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1.5',
    'page=0',
    'page=10001',
    'page=-1',
    'cursor=garbage',
    'cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiJd',
    'status=paid',
    'status=pending,',
    'profile=hotel',
    'from=yesterday',
    'from=2027-03-01T09:00:00',
    'to=9999-01-01T00:00:00Z',
    'customer_id=',
    'customer_id=%00',
  ])('A-04 A-32 %s cannot be asked for', async (query) => {
    const parameter = query.split('=')[0] ?? ''
    expect(await olga.get(`/bookings?${query}`)).toMatchObject({
      status: 422,
      body: { code: 'validation_failed', errors: [{ pointer: expect.stringMatching(`^/${parameter}`) as string }] },
    })
  })
})

describe('a page of bookings', () => {
  test('A-04 by cursor misses none and repeats none, while others are made and changed', async () => {
    const { customer, offer, made } = await several(7)
    const seen: string[] = []
    let cursor: string | null = null
    for (let turn = 0; turn < 10; turn += 1) {
      const page: Page = await list(customer, `limit=3${cursor === null ? '' : `&cursor=${cursor}`}`)
      seen.push(...page.bookings.map(({ id }) => id))
      cursor = page.next_cursor
      if (cursor === null) break
      await hold(customer, offer.order({}, `A-${10 + turn}`))
      await customer.post(`/bookings/${made[0]}/cancel`, {})
    }
    expect(seen).toEqual(made.toReversed())
    expect(cursor).toBeNull()
  })

  test('A-04 C-14 by cursor shows each row once to every reader, while many are made at once', async () => {
    const { customer, offer, made } = await several(6)
    const story = { isOver: false }
    const making = Promise.all(
      offer.unitIds.slice(6).map(async (unit) => hold(customer, offer.order({}, unit))),
    ).finally(() => {
      story.isOver = true
    })
    const readAll = async (limit: number) => {
      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Page = await list(customer, `limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`)
        seen.push(...page.bookings.map(({ id }) => id))
        cursor = page.next_cursor
      }
      return seen
    }
    const readings: string[][] = []
    do readings.push(...(await Promise.all([1, 2, 5].map(readAll))))
    while (!story.isOver)
    await making
    for (const seen of readings) {
      expect(new Set(seen).size).toBe(seen.length)
      // What was there before is there, in its order, whatever came in front of it meanwhile.
      expect(seen.filter((id) => made.includes(id))).toEqual(made.toReversed())
    }
    expect((await readAll(7)).length).toBe(20)
    expect(readings.length).toBeGreaterThan(2)
  })

  test('A-04 by cursor keeps to its filters', async () => {
    const { customer, made } = await several(5)
    await customer.post(`/bookings/${made[1]}/cancel`, {})
    const first = await list(customer, 'limit=2&status=pending')
    const second = await list(customer, `limit=2&status=pending&cursor=${first.next_cursor}`)
    expect([...first.bookings, ...second.bookings].map(({ id }) => id)).toEqual([made[4], made[3], made[2], made[0]])
  })

  test('A-04 A-34 a cursor of somebody else’s list shows no more than one’s own', async () => {
    const { customer } = await several(3)
    const { next_cursor } = await list(customer, 'limit=1')
    expect(await ids(bob, `cursor=${next_cursor}`)).toEqual([slot.id])
  })

  test('A-04 C-14 by number has the total and as many as its limit, and none beyond the last', async () => {
    const { customer, made } = await several(7)
    const newest = made.toReversed()
    expect(await list(customer, 'page=1&limit=3')).toMatchObject({ page: 1, limit: 3, total: 7 })
    expect(await ids(customer, 'page=1&limit=3')).toEqual(newest.slice(0, 3))
    expect(await ids(customer, 'page=2&limit=3')).toEqual(newest.slice(3, 6))
    expect(await ids(customer, 'page=3&limit=3')).toEqual(newest.slice(6))
    expect(await list(customer, 'page=4&limit=3')).toMatchObject({ bookings: [], page: 4, total: 7, next_cursor: null })
    expect(await list(customer, 'page=1&limit=3&status=cancelled')).toMatchObject({ bookings: [], total: 0 })
  })

  test('A-04 has 20 bookings unless asked for others, and at most 100', async () => {
    expect(await list(olga)).toMatchObject({ limit: 20 })
    expect((await list(olga)).total).toBeUndefined()
    expect(await list(olga, 'limit=100')).toMatchObject({ limit: 100 })
    expect((await list(olga, 'limit=1')).bookings).toHaveLength(1)
  })
})

describe('the scoped lists', () => {
  test('A-05 are those of a guest and those of a venue, with the same filters', async () => {
    expect(await ids(olga, '', '/bookings/guest/bob')).toEqual([slot.id])
    expect(await ids(olga, 'status=cancelled', '/bookings/guest/ada')).toEqual([seat.id])
    expect(await ids(olga, 'customer_id=bob', '/bookings/guest/ada')).not.toContain(slot.id)
    expect(await ids(olga, '', `/bookings/venue/${table.venue?.id}`)).toEqual([table.id])
    expect(await list(olga, 'page=1&limit=2', '/bookings/guest/ada')).toMatchObject({ total: 3, limit: 2 })
  })

  test('A-05 A-34 show a guest nobody else’s, and a venue’s are not for customers', async () => {
    expect(await ids(ada, '', '/bookings/guest/ada')).toHaveLength(3)
    expect(await ids(bob, '', '/bookings/guest/ada')).toEqual([])
    expect(await ada.get(`/bookings/venue/${table.venue?.id}`)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
    const stranger = await world.as('provider', 'stranger')
    expect(await ids(stranger, '', `/bookings/venue/${table.venue?.id}`)).toEqual([])
  })
})
