import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold } from '../support/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import { offerSeats, offerTutor } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { cancel, wait } from '../support/waitlist.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let [ada, ben, cleo, olga]: Caller[] = []
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  ben = await world.as('customer', 'ben')
  cleo = await world.as('customer', 'cleo')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

describe('what the waitlist refuses', () => {
  test('A-24 there is no waiting for what is free, nor twice for the same thing', async () => {
    const event = await offerSeats(world)
    const free = await ben!.post('/waitlist', event.order())
    expect(free).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    await hold(ada!, event.order())
    await wait(ben!, event.order())
    const twice = await ben!.post('/waitlist', event.order())
    expect(twice).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
  })

  test('A-24 an entry that waits cannot be accepted, and one that was withdrawn neither', async () => {
    const event = await offerSeats(world)
    await hold(ada!, event.order())
    const entry = await wait(ben!, event.order())
    const early = await ben!.post(`/waitlist/${entry.id}/accept`, {})
    expect(early).toMatchObject({ status: 409, body: { code: 'illegal_transition', legal: ['withdraw'] } })
    for (const _ of [1, 2]) {
      expect(await ben!.delete(`/waitlist/${entry.id}`)).toMatchObject({ status: 200, body: { status: 'withdrawn' } })
    }
    const late = await ben!.post(`/waitlist/${entry.id}/accept`, {})
    expect(late).toMatchObject({ status: 409, body: { code: 'illegal_transition', legal: [] } })
  })

  test('A-30 the same key gives the same entry, and another body under it is refused', async () => {
    const event = await offerSeats(world, 2)
    await hold(ada!, event.order({}, 'A-1'))
    await hold(ada!, event.order({}, 'A-2'))
    const key = { 'idempotency-key': 'wait-for-it' }
    const answers = await Promise.all(Array.from({ length: 4 }, () => ben!.post('/waitlist', event.order(), key)))
    expect(new Set(answers.map(({ status, body }) => `${status} ${String(body['id'])}`)).size).toBe(1)
    expect(await ben!.post('/waitlist', event.order({}, 'A-2'), key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
  })

  test('A-34 what is another customer’s is not there, a provider sees their own offerings’, an operator acts for the customer', async () => {
    const tutor = await offerTutor(world, { hold_seconds: 600 })
    const event = await offerSeats(world)
    const [lesson, seat] = [
      await hold(await world.as('student', 'ada'), tutor.order()),
      await hold(ada!, event.order()),
    ]
    const forLesson = await wait(await world.as('student', 'ben'), tutor.order())
    const forSeat = await wait(ben!, event.order())
    for (const answer of [
      await cleo!.get(`/waitlist/${forSeat.id}`),
      await cleo!.post(`/waitlist/${forSeat.id}/accept`, {}),
      await cleo!.delete(`/waitlist/${forSeat.id}`),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
    const provider = await world.as('provider', tutor.offeringId)
    expect((await provider.get<{ entries: { id: string }[] }>('/waitlist')).body.entries.map(({ id }) => id)).toEqual([
      forLesson.id,
    ])
    expect((await provider.get(`/waitlist/${forSeat.id}`)).status).toBe(404)
    expect((await provider.delete(`/waitlist/${forLesson.id}`)).status).toBe(403)
    const { body: own } = await cleo!.get<{ entries: object[] }>('/waitlist?customer_id=ben')
    expect(own.entries).toEqual([])

    await cancel(ada!, seat)
    await cancel(ada!, lesson)
    const accepted = await olga!.post<BookingBody>(`/waitlist/${forSeat.id}/accept`, {})
    expect(accepted).toMatchObject({ status: 201, body: { customer: { id: 'ben' } } })
  })

  test('A-24 the list goes page by page, newest first, without gap or repetition', async () => {
    const event = await offerSeats(world)
    await hold(ada!, event.order())
    const made: string[] = []
    for (let n = 0; n < 5; n += 1) made.push((await wait(await world.as('customer', `page-${n}`), event.order())).id)
    const listed: string[] = []
    type Page = { entries: { id: string }[]; next_cursor: string | null }
    let cursor: string | null = ''
    while (cursor !== null) {
      const path: string = `/waitlist?offering_id=${event.offeringId}&limit=2${cursor && `&cursor=${cursor}`}`
      const answer: { body: Page } = await olga!.get<Page>(path)
      listed.push(...answer.body.entries.map(({ id }) => id))
      cursor = answer.body.next_cursor
    }
    expect(listed).toEqual(made.toReversed())
  })
})

describe('bad input to the waitlist', () => {
  const WISHES: [pointer: string, wrong: object][] = [
    ['/items', { items: [] }],
    ['/items/0/offering_id', { items: [{ offering_id: 'nothing' }] }],
    ['/items/0/quantity', { items: [{ offering_id: 'event', unit_id: 'A-1', quantity: 0 }] }],
    ['/status', { status: 'offered' }],
    ['/position', { position: 1 }],
    ['/party_size', { party_size: 2 }],
    ['/profile', { profile: 'theatre' }],
  ]
  test.each(WISHES)('A-24 A-32 a wish with a wrong %s is a 422 that points at it', async (pointer, wrong) => {
    const event = await offerSeats(world)
    await hold(ada!, event.order())
    const ask = () => ben!.post('/waitlist', event.order(wrong as Record<string, unknown>))
    expectFaultAt(await expectRefused(world, ask, 'validation_failed'), pointer)
  })

  const REQUESTS: [string, (who: Caller) => Promise<Answer>, 'validation_failed' | 'not_found' | 'malformed'][] = [
    ['an id that is none', (who) => who.get('/waitlist/one'), 'validation_failed'],
    ['an id that nobody has', (who) => who.get(`/waitlist/${NOBODY}`), 'not_found'],
    ['an acceptance of nothing', (who) => who.post(`/waitlist/${NOBODY}/accept`, {}), 'not_found'],
    [
      'an acceptance with more in it',
      (who) => who.post(`/waitlist/${NOBODY}/accept`, { price: 1 }),
      'validation_failed',
    ],
    ['an acceptance that cannot be read', (who) => who.post(`/waitlist/${NOBODY}/accept`, '{'), 'malformed'],
    ['a withdrawal of nothing', (who) => who.delete(`/waitlist/${NOBODY}`), 'not_found'],
    ['a withdrawal of no id', (who) => who.delete('/waitlist/%00'), 'validation_failed'],
    ['a status that there is not', (who) => who.get('/waitlist?status=sold'), 'validation_failed'],
    ['a limit beyond the limit', (who) => who.get('/waitlist?limit=101'), 'validation_failed'],
    ['a cursor of nobody’s', (who) => who.get('/waitlist?cursor=abc'), 'validation_failed'],
  ]
  test.each(REQUESTS)('A-24 A-32 %s is refused and changes nothing', async (_, ask, code) => {
    await expectRefused(world, () => ask(ben!), code)
  })

  test('A-34 T-05 a provider waits for nothing, and nobody without a token', async () => {
    const event = await offerSeats(world)
    const provider = await world.as('provider', 'somebody')
    await expectRefused(world, () => provider.post('/waitlist', event.order()), 'forbidden')
    await expectRefused(world, () => world.withToken(null).post('/waitlist', event.order()), 'unauthenticated')
    await expectRefused(world, () => world.withToken(null).delete(`/waitlist/${NOBODY}`), 'unauthenticated')
  })
})

const NOBODY = '00000000-0000-4000-8000-000000000000'
