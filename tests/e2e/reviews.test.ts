import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { entryOf } from '../../events/catalogue.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { offerSeats, offerSlots, type Offer } from '../support/offers.ts'
import { expectFaultAt, expectRefused, NO_COUNTS, json } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let [ada, eve, vet, otherVet, olga]: Caller[] = []
let offer: Offer
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  eve = await world.as('customer', 'eve')
  vet = await world.as('provider', 'vet')
  otherVet = await world.as('provider', 'other-vet')
  olga = await world.as('operator', 'olga')
  offer = await offerSlots(world, { capacity: 50, more: { provider: { id: 'vet', name: 'Dr. Vet' } } })
})
afterAll(() => world.close())

type Body = Record<string, unknown>
type Review = { id: string; rating: number; is_published: boolean; user_id: string | null } & Body
type Reviews = { reviews: Review[]; average: number | null; count: number; next_cursor: string | null }

async function confirmed(from = offer): Promise<BookingBody> {
  const booking = await hold(ada!, from.order())
  await pay(world, booking)
  return until(ada!, booking.id, { status: 'confirmed' })
}

async function completed(from = offer): Promise<BookingBody> {
  const booking = await confirmed(from)
  for (const action of ['start', 'complete']) {
    await olga!.post(`/bookings/${booking.id}/status`, { action, reason: 'came early' })
  }
  return until(ada!, booking.id, { status: 'completed' })
}

test('N-45 nobody reviews what has not begun: it is completed early by an operator only, and the reason stays', async () => {
  const { id } = await confirmed()
  const early = { status: 409, body: { code: 'policy_forbids', start: expect.any(String) as string } }
  for (const action of ['start', 'complete', 'no_show']) {
    expect(await vet!.post(`/bookings/${id}/status`, { action, reason: 'in a hurry' })).toMatchObject(early)
    expect(await olga!.post(`/bookings/${id}/status`, { action })).toMatchObject(early)
  }
  expect(await ada!.post(`/bookings/${id}/reviews`, { rating: 5 })).toMatchObject({ status: 409 })
  const reason = 'seen a week before'
  expect((await olga!.post(`/bookings/${id}/status`, { action: 'complete', reason })).status).toBe(200)
  const { body } = await olga!.get<{ history: object[] }>(`/bookings/${id}/history`)
  expect(body.history.at(-1)).toMatchObject({ status: 'completed', reason, actor: { role: 'operator', id: 'olga' } })
  expect((await ada!.post(`/bookings/${id}/reviews`, { rating: 5 })).status).toBe(201)
})

const reviewsOf = async (somebody: Caller, { offeringId }: Offer, query = '') =>
  (await somebody.get<Reviews>(`/services/${offeringId}/reviews${query}`)).body

const GOOD = { rating: 5, ratings_breakdown: { friendliness: 5, waiting_time: 3 }, comment: 'Rex was brave.' }

describe('a review', () => {
  test('A-16 C-07 is written after the visit, verified, seen by few until it is published, then by everybody', async () => {
    const own = await offerSlots(world, { capacity: 5, more: { provider: { id: 'vet' } } })
    const { id } = await completed(own)
    const { status, body } = await ada!.post<Review>(`/bookings/${id}/reviews`, GOOD)
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        ...GOOD,
        booking_id: id,
        user_id: 'ada',
        clinic_id: 'clinic-1',
        service_id: own.offeringId,
        is_verified: true,
        is_published: false,
      },
    })
    expect(await reviewsOf(eve!, own)).toMatchObject({ reviews: [], average: null, count: 0 })
    for (const insider of [vet!, olga!])
      expect((await reviewsOf(insider, own)).reviews).toMatchObject([{ id: body.id }])
    expect((await reviewsOf(otherVet!, own)).reviews).toEqual([])

    for (const round of [1, 2]) {
      const published = await vet!.post<Review>(`/reviews/${body.id}/publish`, {})
      expect({ round, ...published }).toMatchObject({ status: 200, body: { is_published: true } })
    }
    const seen = await reviewsOf(eve!, own)
    // Whose it is, is nobody else's business.
    expect(seen).toMatchObject({ average: 5, count: 1, reviews: [{ ...GOOD, user_id: null, booking_id: null }] })
    await olga!.post(`/reviews/${body.id}/publish`, { is_published: false })
    expect(await reviewsOf(eve!, own)).toMatchObject({ reviews: [], average: null, count: 0 })
  })

  test('C-07 C-11 leaves as review.submitted, exactly as the clinic’s document has it, in order', async () => {
    const { id } = await completed()
    const { body } = await ada!.post<Review>(`/bookings/${id}/reviews`, GOOD)
    const rows = await world.parts.database.outboxMessage.findMany({ where: { bookingId: id }, orderBy: { id: 'asc' } })
    const last = rows.at(-1)
    const entry = entryOf('clinic', 'review.submitted')
    expect(last).toMatchObject({ eventType: 'review.submitted', topic: entry.topic, profile: 'clinic' })
    expect(last?.version).toBe(Math.max(...rows.map(({ version }) => version)))
    expect(entry.schema.parse(last?.payload)).toEqual({
      event_type: 'review.submitted',
      review_id: body.id,
      booking_id: id,
      user_id: 'ada',
      clinic_id: 'clinic-1',
      service_id: offer.offeringId,
      rating: 5,
      submitted_at: body['created_at'],
    })
  })

  test('C-07 A-30 is one per booking, however often and at once it is sent; the same key gets the same answer', async () => {
    const { id } = await completed()
    const send = (key?: string) =>
      ada!.post<Review>(`/bookings/${id}/reviews`, GOOD, key === undefined ? {} : { 'idempotency-key': key })
    const first = await send('mine')
    expect(first.status).toBe(201)
    const others = await Promise.all([send('mine'), send('mine'), send('another'), send()])
    expect(others.slice(0, 2).map(({ body }) => body)).toEqual([first.body, first.body])
    for (const refused of others.slice(2)) {
      expect(refused).toMatchObject({ status: 409, body: { code: 'policy_forbids', review_id: first.body.id } })
    }
    expect(await world.parts.database.review.count({ where: { bookingId: id } })).toBe(1)
    expect(await ada!.post(`/bookings/${id}/reviews`, { rating: 1 }, { 'idempotency-key': 'mine' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
  })

  test('A-16 is refused before the completion and after another end, and for what has no completion', async () => {
    const visit = await confirmed()
    const ask = () => ada!.post(`/bookings/${visit.id}/reviews`, GOOD)
    expect((await expectRefused(world, ask, 'illegal_transition')).body).toMatchObject({ booking_status: 'confirmed' })
    await ada!.post(`/bookings/${visit.id}/cancel`, {})
    await until(ada!, visit.id, {
      status: 'cancelled',
      refund: expect.objectContaining({ status: 'completed' }) as never,
    })
    await expectRefused(world, ask, 'illegal_transition')
    const concert = await confirmed(await offerSeats(world))
    await expectRefused(world, () => ada!.post(`/bookings/${concert.id}/reviews`, GOOD), 'illegal_transition')
  })

  test('A-34 is its customer’s alone to write, and its provider’s or an operator’s to publish', async () => {
    const { id } = await completed()
    await expectRefused(world, () => eve!.post(`/bookings/${id}/reviews`, GOOD), 'not_found')
    for (const other of [vet!, olga!]) {
      await expectRefused(world, () => other.post(`/bookings/${id}/reviews`, GOOD), 'forbidden')
    }
    const { body } = await ada!.post<Review>(`/bookings/${id}/reviews`, GOOD)
    const publish = (somebody: Caller) => () => somebody.post(`/reviews/${body.id}/publish`, {})
    await expectRefused(world, publish(ada!), 'forbidden')
    await expectRefused(world, publish(otherVet!), 'not_found')
    await expectRefused(
      world,
      () => olga!.post('/reviews/00000000-0000-4000-8000-000000000000/publish', {}),
      'not_found',
    )
  })

  test('A-32 with bad input is refused with a pointer, and nothing is written', async () => {
    const { id } = await completed()
    const bad: [string, unknown][] = [
      ...NO_COUNTS.map(([, rating]): [string, unknown] => ['/rating', { ...GOOD, rating }]),
      ['/rating', { comment: 'x' }],
      ['/rating', { rating: 6 }],
      ['/ratings_breakdown', { rating: 1, ratings_breakdown: { friendliness: 6 } }],
      ['/ratings_breakdown', { rating: 1, ratings_breakdown: { 'Friendly Vet': 5 } }],
      ['/ratings_breakdown', { rating: 1, ratings_breakdown: [5] }],
      [
        '/ratings_breakdown',
        { rating: 1, ratings_breakdown: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, 1])) },
      ],
      ['/comment', { rating: 1, comment: 'x'.repeat(4001) }],
      ['/comment', { rating: 1, comment: 'a\u0000b' }],
      ['/attachments/0', { rating: 1, attachments: ['x'] }],
      ['/attachments/0', { rating: 1, attachments: [id] }],
      ['/is_published', { rating: 1, is_published: true }],
      ['/is_verified', { rating: 1, is_verified: true }],
    ]
    for (const [pointer, body] of bad) {
      expectFaultAt(
        await expectRefused(world, () => ada!.post(`/bookings/${id}/reviews`, json(body)), 'validation_failed'),
        pointer,
      )
    }
    const list = (query: string) => () => ada!.get(`/services/${offer.offeringId}/reviews${query}`)
    expectFaultAt(await expectRefused(world, list('?cursor=x'), 'validation_failed'), '/cursor')
    expectFaultAt(await expectRefused(world, list('?limit=0'), 'validation_failed'), '/limit')
    await expectRefused(world, () => ada!.get('/services/nothing/reviews'), 'not_found')
  })

  test('A-16 A-04 are listed newest first, page by page', async () => {
    const own = await offerSlots(world, { capacity: 5, more: { provider: { id: 'vet' } } })
    for (const rating of [1, 2, 4]) {
      const { id } = await completed(own)
      const { body } = await ada!.post<Review>(`/bookings/${id}/reviews`, { rating })
      await vet!.post(`/reviews/${body.id}/publish`, {})
    }
    const first = await reviewsOf(eve!, own, '?limit=2')
    expect(first).toMatchObject({ reviews: [{ rating: 4 }, { rating: 2 }], count: 3, average: 2.33 })
    const second = await reviewsOf(eve!, own, `?limit=2&cursor=${first.next_cursor}`)
    expect(second).toMatchObject({ reviews: [{ rating: 1 }], next_cursor: null })
  })
})
