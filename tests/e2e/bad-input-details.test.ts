import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { inDays, offerCourse, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { expectRefused, json, NO_INSTANTS, NO_TEXTS, type Code } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

type Body = Record<string, unknown>

let world: World
let ada: Caller
let tutor: Offer
let slots: Offer
let tables: Offer
let course: Offer
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('student', 'ada')
  tutor = await offerTutor(world)
  slots = await offerSlots(world, { capacity: 5 })
  tables = await offerTables(world)
  course = await offerCourse(world)
})
afterAll(() => world.close())

function expectRefusal(body: Body, code: Code = 'validation_failed') {
  return expectRefused(world, () => ada.post('/bookings', json(body)), code)
}

/** An order of an offering with one item as given. */
function of(offer: Offer, item: Body): Body {
  return offer.order({ items: [{ offering_id: offer.offeringId, ...item }] })
}

function expectPointer({ body }: { body: Body }, pointer: string): void {
  expect(body).toMatchObject({ errors: [{ pointer }] })
}

describe('an order for a time', () => {
  test.each(NO_INSTANTS)('T-02 A-32 that begins at %s is refused', async (_, start) => {
    for (const [offer, end] of [
      [tutor, inDays(7, 1)],
      [tables, undefined],
      [slots, undefined],
    ] as const) {
      expectPointer(await expectRefusal(of(offer, { start, end })), '/items/0/start')
    }
  })

  test.each(NO_INSTANTS)('T-02 A-32 that ends at %s is refused', async (_, end) => {
    expectPointer(await expectRefusal(of(tutor, { start: inDays(7), end })), '/items/0/end')
  })

  test('T-02 A-32 that has begun, ends before it begins, or takes no time, is refused', async () => {
    expectPointer(await expectRefusal(of(tutor, { start: inDays(-1), end: inDays(-1, 1) })), '/items/0/start')
    expectPointer(await expectRefusal(of(tutor, { start: inDays(-1), end: inDays(7) })), '/items/0/end')
    expectPointer(await expectRefusal(of(tables, { start: inDays(-400) })), '/items/0/start')
    for (const end of [inDays(7), inDays(6), inDays(-1)]) {
      expectPointer(await expectRefusal(of(tutor, { start: inDays(7), end })), '/items/0/end')
      expectPointer(await expectRefusal(of(tables, { start: inDays(7), end })), '/items/0/end')
    }
  })

  test('T-02 A-32 without its beginning or its end is refused where one is needed', async () => {
    expectPointer(await expectRefusal(of(tutor, {})), '/items/0/start')
    expectPointer(await expectRefusal(of(tutor, { start: inDays(7) })), '/items/0/end')
    expectPointer(await expectRefusal(of(tutor, { end: inDays(7) })), '/items/0/start')
    expectPointer(await expectRefusal(of(tables, {})), '/items/0/start')
    expectPointer(await expectRefusal(of(slots, {})), '/items/0/start')
  })

  test('C-01 A-32 that is not the slot’s own is refused', async () => {
    expectPointer(await expectRefusal(of(slots, { unit_id: 'slot-1', start: inDays(7, 1) })), '/items/0/start')
    expectPointer(await expectRefusal(of(slots, { unit_id: 'slot-1', end: inDays(8) })), '/items/0/end')
  })

  test('V-01 A-32 beyond the year to come, or longer than sixty days, is refused', async () => {
    await expectRefusal(of(tables, { start: inDays(366) }), 'policy_forbids')
    expectPointer(await expectRefusal(of(tables, { start: inDays(1), end: inDays(62) })), '/items/0/end')
    expectPointer(await expectRefusal(of(tables, { start: inDays(1), end: inDays(1, 0.2) })), '/items/0/end')
  })
})

describe('an order by somebody', () => {
  test.each([
    ['text', 'ada', '/customer'],
    ['null', null, '/customer'],
    ['a list', [], '/customer'],
    ['without a name', { name: '' }, '/customer/name'],
    ['with a name of 201 characters', { name: 'x'.repeat(201) }, '/customer/name'],
    ['with half a character in the name', { name: 'A\ud800' }, '/customer/name'],
    ['with a NUL in the id', { id: 'ada\u0000' }, '/customer/id'],
    ['with an id that is a number', { id: 1 }, '/customer/id'],
    ['with an address that is none', { email: 'ada' }, '/customer/email'],
    ['with an address with a line break', { email: 'ada@example.test\r\nbcc: eve@example.test' }, '/customer/email'],
    ['with an address of 330 characters', { email: `${'x'.repeat(318)}@example.test` }, '/customer/email'],
    ['with a number of two digits', { phone: '12' }, '/customer/phone'],
    ['with a role', { role: 'operator' }, '/customer/role'],
  ])('A-32 whose customer is %s is refused', async (_, customer, pointer) => {
    expectPointer(await expectRefusal(course.order({ customer })), pointer)
  })

  test('C-03 A-32 for a pet that does not exist, or is somebody else’s, is refused', async () => {
    await world.service.put('/control/pets/rex', { owner_id: 'bob', name: 'Rex', species: 'dog' })
    for (const pet_id of ['nobody', 'rex', '', 'a\u0000', 1, null]) {
      expectPointer(await expectRefusal(slots.order({ pet_id })), '/pet_id')
    }
  })

  test('A-34 A-32 in another’s name is forbidden', async () => {
    await expectRefusal(course.order({ customer: { id: 'bob' } }), 'forbidden')
  })
})

describe('an order with words', () => {
  test.each(NO_TEXTS)('T-02 A-32 whose subject, notes or metadata are %s is refused', async (_, value) => {
    expectPointer(await expectRefusal(tutor.order({ subject: value })), '/subject')
    expectPointer(await expectRefusal(tutor.order({ notes: value })), '/notes')
    expectPointer(await expectRefusal(course.order({ metadata: { note: value } })), '/metadata/note')
    expectPointer(await expectRefusal(course.order({ payment_method: value })), '/payment_method')
  })

  test('T-02 A-32 of too many of them is refused, counted as people count', async () => {
    expectPointer(await expectRefusal(tutor.order({ notes: 'x'.repeat(501) })), '/notes')
    expectPointer(await expectRefusal(tutor.order({ subject: 'x'.repeat(101) })), '/subject')
    expectPointer(await expectRefusal(course.order({ notes: 'x'.repeat(2001) })), '/notes')
  })

  test.each([
    ['a list', []],
    ['text', 'a=b'],
    ['null', null],
    ['numbers', { a: 1 }],
    ['nested', { a: { b: 'c' } }],
    ['a list inside', { a: ['b'] }],
    ['twenty-one of them', Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`key-${n}`, 'x']))],
    ['a name of 41 characters', { ['k'.repeat(41)]: 'x' }],
    ['a name that is empty', { '': 'x' }],
    ['a name with a NUL', { 'a\u0000': 'x' }],
    ['a value of 501 characters', { a: 'x'.repeat(501) }],
  ])('A-32 whose metadata are %s is refused', async (_, metadata) => {
    const { body } = await expectRefusal(course.order({ metadata }))
    expect(body).toMatchObject({ errors: [{ pointer: expect.stringMatching(/^\/metadata/) as string }] })
  })

  test('A-01 text of all the world is kept as it was written', async () => {
    const notes = 'Zürich 東京 ‮rtl‬ e\u0301 👩‍👩‍👧 =HYPERLINK("x") <script> \'; DROP TABLE bookings; -- \n\t$1 %s {{x}}'
    const metadata = { 'ключ ☃': '', 'a.b': '</script>' }
    const { status, body } = await ada.post<Body>('/bookings', course.order({ notes, metadata }))
    expect({ status, notes: body['notes'], metadata: body['metadata'] }).toEqual({ status: 201, notes, metadata })
  })
})
