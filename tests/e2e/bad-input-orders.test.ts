import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { offerCourse, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import {
  expectFaultAt,
  expectRefused,
  json,
  NO_COUNTS,
  NO_TEXTS,
  rowsOf,
  type Bad,
  type Code,
} from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

type Body = Record<string, unknown>
type Offers = Record<'tutor' | 'slots' | 'seats' | 'tables' | 'course' | 'euros', Offer>

let world: World
let ada: Caller
let offers: Offers
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('student', 'ada')
  offers = {
    tutor: await offerTutor(world),
    slots: await offerSlots(world, { capacity: 5, slots: 2 }),
    seats: await offerSeats(world, 3),
    tables: await offerTables(world, [4]),
    course: await offerCourse(world, 10),
    euros: await offerSeats(world, 1),
  }
  const olga = await world.as('operator', 'olga')
  await olga.put(`/offerings/${offers.euros.offeringId}`, {
    profile: 'ticketing',
    name: 'Concert in euros',
    price: { amount: 4500, currency: 'EUR' },
  })
})
afterAll(() => world.close())

function expectRefusal(body: unknown, code: Code) {
  return expectRefused(world, () => ada.post('/bookings', typeof body === 'string' ? body : json(body)), code)
}

/** The order with its first item changed. */
function withItem(offer: Offer, more: Body, order: Body = {}): Body {
  const body = offer.order(order)
  const [first, ...others] = body['items'] as Body[]
  return { ...body, items: [{ ...first, ...more }, ...others] }
}

describe('an order that is no order', () => {
  test.each([
    ['an unfinished object', '{"profile": "course"'],
    ['nothing', ''],
    ['words', 'nope'],
    ['single quotes', "{'profile': 'course'}"],
    ['a comma too many', '{"profile": "course",}'],
    ['NaN', '{"profile": "course", "party_size": NaN}'],
    ['undefined', 'undefined'],
    ['two values', '{} {}'],
    ['a raw control character', '{"profile": "cou\nrse"}'],
    ['brackets that never close', '['.repeat(30_000)],
  ])('A-01 A-32 %s is malformed', async (_, body) => {
    await expectRefusal(body, 'malformed')
  })

  test.each([
    ['null', 'null'],
    ['an array', '[]'],
    ['a text', '"order"'],
    ['a number', '1'],
    ['an empty object', '{}'],
    ['very deep', `${'['.repeat(15_000)}${']'.repeat(15_000)}`],
    ['deep inside', `{"profile": "course", "items": ${'['.repeat(15_000)}${']'.repeat(15_000)}}`],
    ['of no profile', '{"items": []}'],
    ['of a profile nobody knows', '{"profile": "hotel", "items": []}'],
    ['of the profile constructor', '{"profile": "constructor", "items": []}'],
    ['of the profile __proto__', '{"profile": "__proto__", "items": []}'],
    ['of a profile that is a number', '{"profile": 1, "items": []}'],
    ['of a profile that is a list', '{"profile": ["course"], "items": []}'],
  ])('A-01 A-32 %s is not valid', async (_, body) => {
    await expectRefusal(body, 'validation_failed')
  })
})

describe('an order with a field too many', () => {
  test.each([
    'status',
    'price',
    'amount',
    'currency',
    'version',
    'paid',
    'hold',
    'expires_at',
    'tenant_id',
    'payment',
    'terms',
    'policy',
    'id',
    'customer_id',
    'Profile',
  ])('A-01 A-32 named %s is refused, and nothing of it believed', async (name) => {
    expectFaultAt(await expectRefusal(offers.course.order({ [name]: 1 }), 'validation_failed'), `/${name}`)
  })

  test.each(['price', 'unit_price', 'amount', 'status', 'id', 'party_size'])(
    'A-01 A-32 named %s in an item is refused',
    async (name) => {
      expectFaultAt(await expectRefusal(withItem(offers.seats, { [name]: 1 }), 'validation_failed'), `/items/0/${name}`)
    },
  )

  test('A-01 A-32 that belongs to another profile is refused', async () => {
    for (const more of [{ subject: 'Algebra' }, { party_size: 2 }, { pet_id: 'rex' }]) {
      await expectRefusal(offers.course.order(more), 'validation_failed')
    }
  })

  test.each(['__proto__', 'constructor', 'prototype'])('A-32 named %s is refused, at every depth', async (name) => {
    const polluted = `"${name}": {"isAdmin": true, "quantity": 7}`
    const item = `{"offering_id": "${offers.course.offeringId}"}`
    for (const body of [
      `{${polluted}, "profile": "course", "items": [${item}]}`,
      `{"profile": "course", "items": [{"offering_id": "${offers.course.offeringId}", ${polluted}}]}`,
      `{"profile": "course", "items": [${item}], "customer": {${polluted}}}`,
      `{"profile": "course", "items": [${item}], "metadata": {${polluted}}}`,
    ]) {
      await expectRefusal(body, 'validation_failed')
    }
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })
})

describe('an order of something', () => {
  test.each(NO_COUNTS)('A-32 whose quantity is %s is refused', async (_, quantity) => {
    expectFaultAt(await expectRefusal(withItem(offers.slots, { quantity }), 'validation_failed'), '/items/0/quantity')
  })

  test('A-32 of more than a hundred, or more than one of a seat or a table, is refused', async () => {
    for (const order of [
      withItem(offers.slots, { quantity: 101 }),
      withItem(offers.seats, { quantity: 2 }),
      withItem(offers.tables, { quantity: 2 }),
      withItem(offers.tutor, { quantity: 2 }),
    ]) {
      expectFaultAt(await expectRefusal(order, 'validation_failed'), '/items/0/quantity')
    }
  })

  test.each(NO_COUNTS)('V-01 A-32 for a party of %s is refused', async (_, party_size) => {
    expectFaultAt(await expectRefusal(offers.tables.order({ party_size }), 'validation_failed'), '/party_size')
  })

  test('V-01 A-32 for a party of 501, or of nobody knows how many, is refused', async () => {
    for (const party_size of [501, undefined]) {
      await expectRefusal(offers.tables.order({ party_size }), 'validation_failed')
    }
  })

  test.each<Bad>([
    ['absent', undefined],
    ['empty', ''],
    ['nobody’s', 'nothing-of-the-kind'],
    ['too long', 'x'.repeat(201)],
    ['with a space at its end', 'event '],
    ...NO_TEXTS,
  ])('A-32 whose offering is %s is refused', async (_, offering_id) => {
    expectFaultAt(
      await expectRefusal(withItem(offers.seats, { offering_id }), 'validation_failed'),
      '/items/0/offering_id',
    )
  })

  test.each<Bad>([['empty', ''], ['nobody’s', 'Z-99'], ['too long', 'x'.repeat(201)], ...NO_TEXTS])(
    'A-32 whose unit is %s is refused',
    async (_, unit_id) => {
      expectFaultAt(await expectRefusal(withItem(offers.seats, { unit_id }), 'validation_failed'), '/items/0/unit_id')
    },
  )

  test('A-32 of another profile’s offering is refused, whichever it is', async () => {
    const { tutor, slots, seats, tables, course } = offers
    for (const [offer, other] of [
      [course, seats],
      [seats, slots],
      [slots, course],
      [tables, tutor],
      [tutor, tables],
    ] as const) {
      expectFaultAt(
        await expectRefusal(withItem(offer, { offering_id: other.offeringId }), 'validation_failed'),
        '/items/0/offering_id',
      )
    }
  })

  test('E-01 A-32 that names a seat twice is refused, as is a unit of another offering', async () => {
    const { offeringId } = offers.seats
    const seat = { offering_id: offeringId, unit_id: 'A-1' }
    expectFaultAt(
      await expectRefusal(offers.seats.order({ items: [seat, seat] }), 'validation_failed'),
      '/items/1/unit_id',
    )
    await expectRefusal(withItem(offers.seats, { unit_id: 'slot-1' }), 'validation_failed')
  })

  test('T-03 E-03 A-32 in two currencies is refused: one booking, one currency', async () => {
    const items = [offers.seats, offers.euros].map(({ offeringId }) => ({ offering_id: offeringId, unit_id: 'A-1' }))
    expectFaultAt(await expectRefusal(offers.seats.order({ items }), 'validation_failed'), '/items')
    // Nor is a price in a currency believed that the catalogue does not sell in.
    await expectRefusal(offers.euros.order(), 'validation_failed')
  })

  test('N-82 A-32 of two offerings with other terms is refused, whichever comes first; where only times differ it is not', async () => {
    const policies = [{ refund_tiers: [] }, { no_show_fee_percent: 1 }, { min_notice_minutes: 5 }]
    const others = await Promise.all(policies.map((policy) => offerSeats(world, 1, policy)))
    const both = (a: Offer, b: Offer) => ({
      ...a.order(),
      items: [a, b].map(({ offeringId }) => ({ offering_id: offeringId, unit_id: 'A-1' })),
    })
    for (const other of others.slice(0, 2)) {
      for (const order of [both(offers.seats, other), both(other, offers.seats)]) {
        expectFaultAt(await expectRefusal(order, 'validation_failed'), '/items/1/offering_id')
      }
    }
    const { status, body } = await ada.post('/bookings', both(await offerSeats(world), others[2]!))
    expect({ status, body }).toMatchObject({ status: 201 })
  })

  test.each([
    ['nothing', []],
    ['an object', { offering_id: 'x' }],
    ['text', 'x'],
    ['null', null],
    ['a list with null', [null]],
    ['a list of lists', [[{ offering_id: 'x' }]]],
    ['a list of texts', ['x']],
    ['eleven seats', Array.from({ length: 11 }, (_, n) => ({ offering_id: 'x', unit_id: `A-${n}` }))],
  ])('A-32 whose items are %s is refused', async (_, items) => {
    expectFaultAt(await expectRefusal(offers.seats.order({ items }), 'validation_failed'), '/items')
  })
})

describe('what all of that was refused beside', () => {
  test('A-01 a good order of each is taken, so that it was refused for its fault alone', async () => {
    const before = await rowsOf(world)
    const good = [offers.tutor, offers.slots, offers.seats, offers.tables, offers.course].map((offer) => offer.order())
    for (const order of good) expect(await ada.post('/bookings', order)).toMatchObject({ status: 201 })
    expect((await rowsOf(world))['bookings']).toBe((before['bookings'] ?? 0) + good.length)
  })
})
