import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { offerCourse, offerSeats, offerSlots, type Offer } from '../support/offers.ts'
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

const MISMATCH = { status: 422, body: { code: 'idempotency_mismatch' } }

function newKey(): { 'idempotency-key': string } {
  return { 'idempotency-key': randomUUID() }
}

/** What a client sees of an answer, but for the header that says it is a repeated one. */
function seen<Body>({ status, body, headers }: Answer<Body>) {
  return { status, body, etag: headers.get('etag'), type: headers.get('content-type') }
}

async function countOf(offer: Offer): Promise<number> {
  const { body } = await olga.get<{ total: number }>(`/bookings?offering_id=${offer.offeringId}&page=1`)
  return body.total
}

describe('the same key', () => {
  test('A-30 H-22 twenty times at once makes one booking, and all get the same answer', async () => {
    const course = await offerCourse(world)
    const key = newKey()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ada.post<BookingBody>('/bookings', course.order(), key)),
    )
    for (const answer of answers) expect(seen(answer)).toEqual(seen(answers[0]!))
    expect(answers[0]).toMatchObject({ status: 201, body: { status: 'pending', payment: { amount: 9900 } } })
    expect(await countOf(course)).toBe(1)
  })

  test('A-30 H-22 at once for the last seat is one booking too: nobody is sold out by themselves', async () => {
    const offer = await offerSeats(world)
    const key = newKey()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ada.post<BookingBody>('/bookings', offer.order(), key)),
    )
    for (const answer of answers) expect(seen(answer)).toEqual(seen(answers[0]!))
    expect(answers[0]?.status).toBe(201)
  })

  test('A-30 H-22 later, however the booking has fared meanwhile, has the first answer again', async () => {
    const offer = await offerSeats(world)
    const key = newKey()
    const first = await ada.post<BookingBody>('/bookings', offer.order(), key)
    const again = await ada.post<BookingBody>('/bookings', offer.order(), key)
    expect(seen(again)).toEqual(seen(first))
    expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true'])

    await pay(world, first.body)
    await until(ada, first.body.id, { status: 'confirmed' })
    expect(seen(await ada.post('/bookings', offer.order(), key))).toEqual(seen(first))
    await ada.post(`/bookings/${first.body.id}/cancel`, {})
    await until(ada, first.body.id, { waiting_for: null })
    expect(seen(await ada.post('/bookings', offer.order(), key))).toEqual(seen(first))
    expect(await countOf(offer)).toBe(1)
  })

  test('A-30 may come in the header or in the body, and the order of members does not matter', async () => {
    const course = await offerCourse(world)
    const key = newKey()
    const first = await ada.post('/bookings', course.order({ notes: 'a', metadata: { x: '1', y: '2' } }), key)
    const { items } = course.order()
    const other = {
      idempotency_key: key['idempotency-key'],
      metadata: { y: '2', x: '1' },
      notes: 'a',
      items,
      profile: 'course',
    }
    expect(seen(await ada.post('/bookings', other))).toEqual(seen(first))
    expect(await countOf(course)).toBe(1)
  })

  test('A-30 with another body is refused, at once and later', async () => {
    const course = await offerCourse(world)
    const key = newKey()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => ada.post('/bookings', course.order({ notes: `body ${n % 3}` }), key)),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(2)
    for (const answer of answers.filter(({ status }) => status !== 201)) expect(answer).toMatchObject(MISMATCH)
    expect(await ada.post('/bookings', course.order({ notes: 'more' }), key)).toMatchObject(MISMATCH)
    expect(await countOf(course)).toBe(1)
  })

  test('A-30 A-34 of another caller, at another route or for another booking is another key', async () => {
    const course = await offerCourse(world)
    const key = newKey()
    const bob = await world.as('customer', 'bob')
    const [one, two] = [await hold(ada, course.order(), key), await hold(bob, course.order(), key)]
    expect(one.id).not.toBe(two.id)
    expect(two.customer.id).toBe('bob')
    const three = await hold(ada, course.order())
    for (const [somebody, { id }] of [
      [ada, one],
      [bob, two],
      [ada, three],
    ] as const) {
      expect(await somebody.post(`/bookings/${id}/cancel`, {}, key)).toMatchObject({
        status: 200,
        body: { id, status: 'cancelled' },
      })
    }
    // Somebody else's key opens nothing.
    expect(await bob.post(`/bookings/${one.id}/cancel`, {}, key)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })
})

describe('without a key', () => {
  test('A-30 nothing is deduplicated: two requests are two bookings', async () => {
    const course = await offerCourse(world)
    const [one, two] = [await hold(ada, course.order()), await hold(ada, course.order())]
    expect(one.id).not.toBe(two.id)
    expect(await countOf(course)).toBe(2)
  })
})

describe('the same key on a change', () => {
  test('A-30 H-22 cancels once, however often and at once it is sent, with one refund', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    const key = newKey()
    const cancel = (body: object = { reason: 'ill' }) => ada.post(`/bookings/${booking.id}/cancel`, body, key)
    const answers = await Promise.all(Array.from({ length: 10 }, () => cancel()))
    for (const answer of answers) expect(seen(answer)).toEqual(seen(answers[0]!))
    expect(answers[0]).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(seen(await cancel())).toEqual(seen(answers[0]!))
    expect(await cancel({ reason: 'another' })).toMatchObject(MISMATCH)
    expect(await ledgerOf(world, booking.id)).toMatchObject({ captured: 15_000_000, refunded: 15_000_000 })
  })

  test('A-30 H-22 changes the status once, by POST or PUT, and a refusal is repeated as it was', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const start = (key: Record<string, string>, method: 'post' | 'put' = 'post') =>
      olga[method]<BookingBody>(`/bookings/${booking.id}/status`, { action: 'start', reason: 'came early' }, key)
    const [early, late] = [newKey(), newKey()]
    const refused = await start(early)
    expect(refused).toMatchObject({ status: 409, body: { code: 'illegal_transition', booking_status: 'pending' } })

    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    expect(seen(await start(early))).toEqual(seen(refused))
    const answers = await Promise.all([start(late), start(late, 'put'), start(late)])
    for (const answer of answers) expect(seen(answer)).toEqual(seen(answers[0]))
    expect(answers[0]).toMatchObject({ status: 200, body: { status: 'in_progress' } })
    await olga.post(`/bookings/${booking.id}/status`, { action: 'complete', reason: 'came early' })
    expect(seen(await start(late))).toEqual(seen(answers[0]))
    expect(await olga.post(`/bookings/${booking.id}/status`, { action: 'complete' }, late)).toMatchObject(MISMATCH)
  })
})

describe('a key', () => {
  test.each([
    ['empty', ''],
    ['longer than 255 characters', 'k'.repeat(256)],
    ['with a space in it', 'a b'],
    ['with letters beyond ASCII', 'schlüssel'],
    ['with a tab in it', 'a\tb'],
  ])('A-30 A-32 %s is refused', async (_, key) => {
    const course = await offerCourse(world)
    for (const answer of [
      await ada.post('/bookings', course.order(), { 'idempotency-key': key }),
      await ada.post('/bookings', course.order({ idempotency_key: key })),
    ]) {
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/idempotency_key' }] } })
    }
    expect(await countOf(course)).toBe(0)
  })

  test('A-30 A-32 that is no text is refused', async () => {
    const course = await offerCourse(world)
    for (const key of [1, null, {}, ['a'], 'a\u0000b', '\ud800']) {
      expect(await ada.post('/bookings', course.order({ idempotency_key: key }))).toMatchObject({
        status: 422,
        body: { code: 'validation_failed' },
      })
    }
    expect(await countOf(course)).toBe(0)
  })

  test('A-30 may have 255 characters of any printable kind', async () => {
    const course = await offerCourse(world)
    const key = { 'idempotency-key': `"${"~!%'|\\/<".repeat(31)}"`.slice(0, 255) }
    expect((await hold(ada, course.order(), key)).id).toBe((await hold(ada, course.order(), key)).id)
  })
})
