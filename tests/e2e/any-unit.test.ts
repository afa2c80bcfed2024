import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { change } from '../support/changes.ts'
import { eventually } from '../support/eventually.ts'
import { grpcAs, type GrpcCaller } from '../support/grpc.ts'
import { inDays } from '../support/offers.ts'
import { cancel, see, wait } from '../support/waitlist.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let olga: Caller
let ada: Caller
let ben: Caller
let remote: GrpcCaller
beforeAll(async () => {
  world = await openWorld({ environment: { ADVISORY_SERVICES: 'catalogue' } })
  ;[olga, ada, ben] = [
    await world.as('operator', 'olga'),
    await world.as('customer', 'ada'),
    await world.as('customer', 'ben'),
  ]
  remote = await grpcAs(world, 'customer', 'ada')
})
afterAll(() => world.close())

const [start, end] = [inDays(9), inDays(9, 1)]
const [later, laterEnd] = [inDays(9, 5), inDays(9, 6)]
/** The offering asks so much, its only unit another price: what nobody named has to be chosen before it is priced. */
const LIST = 1000
const PRICE = 7000

/** Something of a profile with one unit that can be had once, how to order it with and without its name, and at another time. */
type Kind = {
  readonly offering: object
  readonly units: (id: string) => readonly object[]
  readonly unit: (id: string) => string
  readonly more?: object
  /** When to have it, where the order says so. */
  readonly time?: object
  readonly elsewhen?: object
}

const own = { price: { amount: PRICE } }
const KINDS: Record<string, Kind> = {
  'a tutor’s calendar': {
    offering: { profile: 'tutoring', provider: { id: 'tess' } },
    units: () => [{ id: 'tess', kind: 'calendar', ...own }],
    unit: () => 'tess',
    more: { subject: 'Sums' },
    time: { start, end },
    elsewhen: { start: later, end: laterEnd },
  },
  'a clinic’s slot': {
    offering: { profile: 'clinic', duration_minutes: 60 },
    units: () => [{ id: 'ten', kind: 'slot', start, end, ...own }],
    unit: () => 'ten',
    time: { start },
  },
  'a seat': {
    offering: { profile: 'ticketing' },
    units: () => [{ id: 'A-1', kind: 'seat', start, end, ...own }],
    unit: () => 'A-1',
  },
  'a table': {
    offering: { profile: 'venue', duration_minutes: 60 },
    units: () => [{ id: 'T1', kind: 'table', max_party: 4, ...own }],
    unit: () => 'T1',
    more: { party_size: 2 },
    time: { start },
    elsewhen: { start: later },
  },
  'a room': {
    offering: { profile: 'venue', duration_minutes: 60 },
    units: () => [{ id: 'R1', kind: 'room', max_party: 4, ...own }],
    unit: () => 'R1',
    more: { party_size: 2 },
    time: { start },
    elsewhen: { start: later },
  },
  'a place in a course': {
    offering: { profile: 'course', capacity: 1 },
    units: (id) => [{ id, kind: 'enrolment', capacity: 1, ...own }],
    unit: (id) => id,
  },
  'a session of a course': {
    offering: { profile: 'course', duration_minutes: 60 },
    units: () => [{ id: 'live', kind: 'slot', start, end, ...own }],
    unit: () => 'live',
    time: { start },
  },
}

type Ordered = {
  readonly unit: string
  readonly items: { offering_id: string; unit_id?: string }[]
  readonly order: Record<string, unknown> & { profile: string; items: { offering_id: string }[] }
  readonly moved: object[]
}

/** Loads one of a kind, and orders it, its unit named or not. */
async function ordered(kind: Kind, isNamed: boolean): Promise<Ordered> {
  const id = `any-${randomUUID().slice(0, 8)}`
  const { profile, provider } = kind.offering as { profile: string; provider?: { id: string } }
  // A person’s calendar is theirs in every offering: each needs a person of its own.
  const rename = (text: string) => (provider?.id === text ? `${text}-${id}` : text)
  const offering = {
    name: 'One',
    price: { amount: LIST, currency: 'USD' },
    ...kind.offering,
    ...(provider !== undefined && { provider: { id: rename(provider.id) } }),
  }
  expect((await olga.put(`/offerings/${id}`, offering)).status).toBe(200)
  const units = kind.units(id).map((unit) => ({ ...unit, id: rename((unit as { id: string }).id) }))
  expect((await olga.put(`/offerings/${id}/units`, { units })).status).toBe(200)
  const unit = rename(kind.unit(id))
  const item = { offering_id: id, ...(isNamed && { unit_id: unit }) }
  const items = [{ ...item, ...kind.time }]
  return { unit, items, order: { profile, items, ...kind.more }, moved: [{ ...item, ...(kind.elsewhen ?? kind.time) }] }
}

const CELLS = Object.keys(KINDS).flatMap((kind) => [
  { kind, named: 'named', isNamed: true },
  { kind, named: 'left open', isNamed: false },
])

describe.each(CELLS)('$kind, $named', ({ kind, isNamed }) => {
  const one = () => ordered(KINDS[kind]!, isNamed)
  const of = (unit: string) => ({ status: 201, body: { amount: PRICE, items: [{ unit_id: unit }] } })

  test('R-07 N-31 availability names the unit and its price, over HTTP and gRPC; then it is gone', async () => {
    const { unit, items, order } = await one()
    const asked = items.map((item) => ({ ...item, party_size: order['party_size'] as number | undefined }))
    const free = { available: true, items: [{ unit_id: unit, available: true, price: { amount: PRICE } }] }
    expect((await ada.post('/bookings/availability/check', { items: asked })).body).toMatchObject(free)
    expect(await remote.availability.check({ items: asked })).toMatchObject(free)
    await hold(ben, order)
    const taken = { available: false, items: [{ available: false }] }
    expect((await ada.post('/bookings/availability/check', { items: asked })).body).toMatchObject(taken)
    expect(await ada.post('/bookings', order)).toMatchObject({ status: 409, body: { code: 'sold_out' } })
  })

  test('R-07 N-31 can be booked, and paid for', async () => {
    const { unit, order } = await one()
    const answer = await ada.post<BookingBody>('/bookings', order)
    expect(answer).toMatchObject(of(unit))
    await pay(world, answer.body)
    expect(await until(ada, answer.body.id, { status: 'confirmed' })).toMatchObject({ items: [{ unit_id: unit }] })
  })

  test('R-07 N-31 can be reserved, over HTTP and gRPC', async () => {
    const [here, there] = [await one(), await one()]
    expect(await ada.post('/reservations', here.order)).toMatchObject({
      status: 201,
      body: { booking: { items: [{ unit_id: here.unit }] } },
    })
    const { reservation } = await remote.reservations.create({ ...there.order, idempotency_key: randomUUID() })
    expect(reservation).toMatchObject({ items: [{ unit_id: there.unit }] })
  })

  test('R-07 N-31 can be booked over gRPC', async () => {
    const { unit, order } = await one()
    const { booking } = await remote.bookings.create({ ...order, idempotency_key: randomUUID() })
    expect(booking).toMatchObject({ items: [{ unit_id: unit, amount: PRICE }] })
  })

  test('R-07 N-31 a booking can be changed to it, over HTTP and gRPC', async () => {
    const { unit, order, moved } = await one()
    const held = await hold(ada, order)
    const answer = await change(ada, held, { items: moved })
    expect({ ...answer, status: answer.status + 1 }).toMatchObject(of(unit))
    const { version } = answer.body
    const { booking } = await remote.bookings.update({
      id: held.id,
      items: order.items,
      expected_version: version,
      idempotency_key: randomUUID(),
    })
    expect(booking).toMatchObject({ items: [{ unit_id: unit, amount: PRICE }] })
  })

  test('R-07 N-31 X-11 can be waited for, offered and accepted', async () => {
    const { unit, order } = await one()
    const owner = await hold(ben, order)
    const entry = await wait(ada, order)
    expect(await cancel(ben, owner)).toMatchObject({ status: 200 })
    await eventually(async () => {
      expect(await see(ada, entry)).toMatchObject({ status: 'offered', items: [{ unit_id: unit }] })
    })
    const accepted = await ada.post<BookingBody>(`/waitlist/${entry.id}/accept`, {})
    expect(accepted).toMatchObject(of(unit))
    await pay(world, accepted.body)
    await until(ada, accepted.body.id, { status: 'confirmed' })
  })
})

describe('several seats that nobody named', () => {
  async function hall(rows: Record<string, number>) {
    const id = `hall-${randomUUID().slice(0, 8)}`
    const body = { profile: 'ticketing', name: 'Concert', price: { amount: LIST, currency: 'USD' } }
    expect((await olga.put(`/offerings/${id}`, body)).status).toBe(200)
    const units = Object.entries(rows).flatMap(([row, seats]) =>
      Array.from({ length: seats }, (_, n) => ({
        id: `${row}-${n + 1}`,
        kind: 'seat',
        row,
        section: row === 'A' ? 'stalls' : 'balcony',
        start,
        end,
        price: { amount: row === 'A' ? 500 : 300 },
      })),
    )
    expect((await olga.put(`/offerings/${id}/units`, { units })).status).toBe(200)
    return (more: object = {}) => ({ profile: 'ticketing', items: [{ offering_id: id, ...more }] })
  }
  const seatsOf = ({ items }: BookingBody) => items.map(({ unit_id }) => unit_id)

  test('R-07 are chosen side by side, each an item with its own price and time, and one can be given back', async () => {
    const order = await hall({ A: 1, B: 4 })
    const check = await ada.post<{ items: object[] }>('/bookings/availability/check', {
      items: order({ quantity: 3 }).items,
    })
    expect(check.body.items).toMatchObject([{ available: true, unit_id: 'B-1', price: { amount: 900 } }])
    const booking = await hold(ada, order({ quantity: 2 }))
    expect(booking).toMatchObject({ amount: 600, start, items: [{ quantity: 1, start }, { quantity: 1 }] })
    expect(seatsOf(booking)).toEqual(['B-1', 'B-2'])
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    const gone = await ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, { item_ids: [booking.items[1]?.id] })
    expect(gone).toMatchObject({ status: 200, body: { amount: 300 } })
  })

  test('R-07 go apart where they may, and are refused where they may not', async () => {
    const order = await hall({ A: 1, B: 1 })
    const asked = order({ quantity: 2, adjacent: true })
    expect(await ada.post('/bookings', asked)).toMatchObject({ status: 409, body: { code: 'sold_out' } })
    const check = await ada.post('/bookings/availability/check', { items: asked.items })
    expect(check.body).toMatchObject({ available: false, items: [{ available: false, price: null }] })
    const booking = await hold(ada, order({ quantity: 2 }))
    expect([seatsOf(booking), booking.amount]).toEqual([['B-1', 'A-1'], 800])
  })

  test('R-07 in a section only', async () => {
    const order = await hall({ A: 2, B: 2 })
    expect(seatsOf(await hold(ada, order({ quantity: 2, section: 'balcony' })))).toEqual(['B-1', 'B-2'])
    expect(await ada.post('/bookings', order({ section: 'balcony' }))).toMatchObject({ status: 409 })
  })

  test('R-07 beside seats that are named, in one order', async () => {
    const order = await hall({ A: 3 })
    const { items, ...rest } = order({ quantity: 2 })
    const named = { ...items[0], quantity: undefined, unit_id: 'A-1' }
    const booking = await hold(ada, { ...rest, items: [...items, named] })
    expect(seatsOf(booking)).toEqual(['A-2', 'A-3', 'A-1'])
  })

  test('R-07 A-06 a change keeps the seats that it can keep, and moves both where only so they sit together', async () => {
    const order = await hall({ A: 4, B: 2 })
    const booking = await hold(ada, order())
    expect(seatsOf(booking)).toEqual(['A-1'])
    const two = await change(ada, booking, { items: order({ quantity: 2 }).items })
    expect([two.status, seatsOf(two.body), two.body.amount]).toEqual([200, ['A-1', 'A-2'], 1000])
    await hold(ben, order({ quantity: 2, section: 'stalls' }))
    // The first change still brings news of its payments: whoever is told that the booking has changed reads it again.
    const moved = await eventually(async () => {
      const { body: now } = await ada.get<BookingBody>(`/bookings/${booking.id}`)
      const answer = await change(ada, now, { items: order({ section: 'balcony', quantity: 2 }).items })
      expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 })
      return answer
    })
    expect(seatsOf(moved.body)).toEqual(['B-1', 'B-2'])
  })

  test('R-07 X-11 two adjacent seats are waited for until two adjacent ones are free', async () => {
    const order = await hall({ A: 4 })
    const owners = await Promise.all(['A-1', 'A-2', 'A-3', 'A-4'].map((unit_id) => hold(ben, order({ unit_id }))))
    const entry = await wait(ada, order({ quantity: 2, adjacent: true }))
    await cancel(ben, owners[0]!)
    await cancel(ben, owners[2]!)
    expect(await see(ada, entry)).toMatchObject({ status: 'waiting' })
    await cancel(ben, owners[3]!)
    await eventually(async () => {
      expect(await see(ada, entry)).toMatchObject({
        status: 'offered',
        items: [{ unit_id: 'A-3' }, { unit_id: 'A-4' }],
      })
    })
    expect(await ada.post(`/waitlist/${entry.id}/accept`, {})).toMatchObject({ status: 201, body: { amount: 1000 } })
  })

  test.each<[string, object, string]>([
    ['adjacent for a seat that is named', { unit_id: 'A-1', adjacent: true }, '/items/0/adjacent'],
    ['a section for a seat that is named', { unit_id: 'A-1', section: 'stalls' }, '/items/0/section'],
    ['several of a seat that is named', { unit_id: 'A-1', quantity: 2 }, '/items/0/quantity'],
    ['more than an order may have', { quantity: 11 }, '/items'],
  ])('R-07 is refused: %s', async (_, more, pointer) => {
    const order = await hall({ A: 20 })
    expect(await ada.post('/bookings', order(more))).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
  })

  test('R-07 what cannot be priced gives its seats back at once', async () => {
    const order = await hall({ A: 1 })
    const fault = { rules: [{ service: 'pricing', status: 422, times: 1 }] }
    expect((await world.service.put('/control/faults', fault)).status).toBe(200)
    expect(await ada.post('/bookings', order())).toMatchObject({ status: 422 })
    await world.service.put('/control/faults', { rules: [] })
    expect(seatsOf(await hold(ada, order()))).toEqual(['A-1'])
  })
})
