import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { inDays } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

/** What is ordered: units of it (undefined: any), and what else goes into the order. */
type Asked = { items: (string | undefined)[]; start?: string; pet_id?: string }
type Loaded = { warnings: { code: string }[]; errors?: { pointer: string }[] }

const [start, end] = [inDays(9), inDays(9, 1)]
const PAST = '2020-01-01T00:00:00Z'
const usd = (amount: number) => ({ amount, currency: 'USD' })
const concert = { profile: 'ticketing', name: 'Concert', price: usd(4500) }
const course = { profile: 'course', name: 'TypeScript', price: usd(9900) }
const seat = { id: 'A-1', kind: 'seat', start, end }
const slot = { id: 'ten', kind: 'slot', start, end }

let world: World
let olga: Caller
let ada: Caller

/** Loads an offering and its units, and answers with both. */
async function load(body: object, units: object[] = [], id = `own-${randomUUID().slice(0, 8)}`) {
  const offering = await olga.put<Loaded>(`/offerings/${id}`, body)
  const answer = units.length === 0 ? offering : await olga.put<Loaded>(`/offerings/${id}/units`, { units })
  return { id, offering, answer, codes: answer.body.warnings?.map(({ code }) => code) }
}

describe('without a catalogue, a directory or a course service', () => {
  beforeAll(async () => {
    const none = { CATALOG_SERVICE_URL: '', DIRECTORY_SERVICE_URL: '', PRICING_SERVICE_URL: '' }
    world = await openWorld({ environment: none })
    ;[olga, ada] = [await world.as('operator', 'olga'), await world.as('customer', 'ada')]
  })
  afterAll(() => world.close())

  test.each<[string, object, object[], Asked, number]>([
    ['an event’s seats', concert, [seat, { ...seat, id: 'A-2', price: usd(9000) }], { items: ['A-1', 'A-2'] }, 13_500],
    ['a slot', { ...concert, profile: 'clinic' }, [slot], { items: ['ten'], pet_id: 'rex' }, 4500],
    ['a course of any number of places', course, [], { items: [undefined] }, 9900],
    ['a session of a course', course, [slot], { items: [undefined], start }, 9900],
  ])(
    'N-05 %s: what was loaded is its price, to ask and to book',
    async (_, body, units, { items, start: at, ...more }, costs) => {
      const { id, codes } = await load(body, units)
      expect(codes).toEqual([])
      const asked = items.map((unit_id) => ({ offering_id: id, unit_id, start: at }))
      const check = await ada.post<{ items: { price: { amount: number } }[] }>('/bookings/availability/check', {
        items: asked,
      })
      expect(check.body.items.reduce((sum, { price }) => sum + price.amount, 0)).toBe(costs)
      const { profile } = body as { profile: string }
      const booked = await ada.post('/bookings', { profile, items: asked, ...more })
      expect(booked).toMatchObject({ status: 201, body: { amount: costs } })
    },
  )

  test('N-05 slots take the place of places without a number, but not of those that are booked', async () => {
    const { id } = await load(course, [slot])
    expect(await ada.post('/bookings', { profile: 'course', items: [{ offering_id: id, unit_id: id }] })).toMatchObject(
      {
        status: 422,
      },
    )
    expect((await load(course, [], id)).codes).toEqual([])
    const other = await load(course)
    expect(await ada.post('/bookings', { profile: 'course', items: [{ offering_id: other.id }] })).toMatchObject({
      status: 201,
    })
    expect((await load(course, [slot], other.id)).codes).toEqual(['several_kinds'])
  })

  test.each<[string, object, object[], string[]]>([
    ['no_units', concert, [], ['no_units']],
    ['no_units of a tutor without a name', { ...concert, profile: 'tutoring' }, [], ['no_units']],
    ['all_blocked', concert, [{ ...seat, status: 'blocked' }], ['all_blocked']],
    ['all_past', concert, [{ ...seat, start: PAST, end: PAST.replace('00Z', '01Z') }], ['all_past']],
    ['no_places', concert, [{ ...slot, capacity: 0 }], ['no_places']],
    ['no_places of a course', { ...course, capacity: 0 }, [], ['no_places']],
    ['no_price', { ...concert, price: usd(0) }, [seat], ['no_price']],
    [
      'no_price of one of two seats',
      { ...concert, price: usd(0) },
      [seat, { ...seat, id: 'A-2', price: usd(1) }],
      ['no_price'],
    ],
    ['nothing, when each seat has its price', { ...concert, price: usd(0) }, [{ ...seat, price: usd(1) }], []],
    ['not_available', { ...concert, is_available: false }, [seat], ['not_available']],
    ['sale_over', { ...concert, on_sale_until: PAST }, [seat], ['sale_over']],
    ['several_kinds', concert, [seat, slot], ['several_kinds']],
    [
      'other_length',
      { ...concert, profile: 'tutoring', provider: { id: 'tess' }, duration_minutes: 10 },
      [],
      ['other_length'],
    ],
  ])('N-05 whoever loads it is warned: %s', async (_, body, units, codes) => {
    expect((await load(body, units)).codes).toEqual(codes)
  })

  test.each<[string, object, object[], string]>([
    [
      'a sale that ends before it begins',
      { ...concert, on_sale_from: start, on_sale_until: start },
      [],
      '/on_sale_until',
    ],
    [
      'a notice longer than the lead',
      { ...concert, policy: { min_notice_minutes: 2880, max_lead_days: 2 } },
      [],
      '/policy/min_notice_minutes',
    ],
    ['places by the hour', { ...course, price_unit: 'hour' }, [], '/price_unit'],
    [
      'a seat without a time by the night',
      { ...concert, price_unit: 'night' },
      [{ id: 'A-1', kind: 'seat' }],
      '/units/0/start',
    ],
  ])('N-05 what no order could buy is refused: %s', async (_, body, units, pointer) => {
    const { answer } = await load(body, units)
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
  })
})

describe('with a catalogue', () => {
  const event = {
    name: 'Concert',
    venue: { id: 'hall', name: 'Hall' },
    starts_at: start,
    ends_at: end,
    currency: 'USD',
  }
  const inCatalogue = (id: string, more: object) =>
    world.service.put(`/control/events/${id}`, { ...event, on_sale: true, seats: [{ id: 'A-1', price: 45 }], ...more })
  const order = (id: string) => ({ profile: 'ticketing', items: [{ offering_id: id, unit_id: 'A-1' }] })

  describe.each(['authority', 'advisor'] as const)('that is an %s', (role) => {
    beforeAll(async () => {
      world = await openWorld({ environment: { ADVISORY_SERVICES: role === 'advisor' ? 'catalogue' : '' } })
      ;[olga, ada] = [await world.as('operator', 'olga'), await world.as('customer', 'ada')]
    })
    afterAll(() => world.close())

    test('N-05 E-03 an event that it does not know is sold by an advisor’s leave only', async () => {
      const { id, codes } = await load({ ...concert, price: usd(1000) }, [seat])
      expect(codes).toEqual(role === 'advisor' ? [] : ['unknown_elsewhere'])
      const check = await ada.post<{ items: object[] }>('/bookings/availability/check', { items: order(id).items })
      expect(check.body.items).toMatchObject([{ price: role === 'advisor' ? usd(1000) : null }])
      const answer = await ada.post('/bookings', order(id))
      expect(answer).toMatchObject(
        role === 'advisor'
          ? { status: 201, body: { amount: 1000 } }
          : { status: 422, body: { errors: [{ pointer: '/items/0' }] } },
      )
    })

    test.each<[string, object, string[], object]>([
      ['its price', {}, [], { status: 201, body: { amount: 4500 } }],
      ['that it is not on sale', { on_sale: false }, ['not_on_sale_elsewhere'], { status: 409 }],
      ['its currency', { currency: 'EUR' }, ['other_currency'], { status: 422 }],
      ['that there is no such seat', { seats: [] }, [], { status: 422 }],
    ])('N-05 E-03 what it knows it decides: %s', async (_, known, expected, answer) => {
      const id = `known-${randomUUID().slice(0, 8)}`
      await inCatalogue(id, known)
      expect((await load({ ...concert, price: usd(1000) }, [seat], id)).codes).toEqual(expected)
      expect(await ada.post('/bookings', order(id))).toMatchObject(answer)
    })

    test('N-05 E-05 while it is down nothing is sold in its place, and loading says so', async () => {
      expect(
        (await world.service.put('/control/faults', { rules: [{ service: 'catalog', status: 503 }] })).status,
      ).toBe(200)
      const { id, codes } = await load(concert, [seat])
      expect(codes).toEqual(['not_asked'])
      expect(await ada.post('/bookings', order(id))).toMatchObject({ status: 503 })
      await world.service.put('/control/faults', { rules: [] })
    })
  })
})
