import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerCourse, offerSeats, offerSlots, offerTables } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld({ environment: { SERVICE_DEADLINE_MS: '800' } })
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

type Key = { 'idempotency-key': string }

function newKey(): Key {
  return { 'idempotency-key': randomUUID() }
}

/** As if the API had died between the operation and writing its answer down: the one thing here that HTTP cannot bring about. */
async function forgetAnswer({ 'idempotency-key': key }: Key): Promise<void> {
  const forgotten = await world.parts.database.$executeRaw`
    UPDATE idempotency_keys SET status = NULL, answer = NULL, answered_at = NULL WHERE key = ${key}`
  expect(forgotten).toBeGreaterThan(0)
}

describe('a refusal under a key', () => {
  test('A-30 as sold out is final: it is repeated although the seat is free again', async () => {
    const offer = await offerSeats(world)
    const bob = await world.as('customer', 'bob')
    const taken = await hold(bob, offer.order())
    const key = newKey()
    const refused = await ada.post('/bookings', offer.order(), key)
    expect(refused).toMatchObject({ status: 409, body: { code: 'sold_out' } })
    await bob.post(`/bookings/${taken.id}/cancel`, {})
    const again = await ada.post('/bookings', offer.order(), key)
    expect(again).toMatchObject({ status: 409, body: refused.body })
    expect(again.headers.get('content-type')).toBe('application/problem+json')
    expect(await hold(ada, offer.order(), newKey())).toMatchObject({ status: 'pending' })
  })

  test('A-30 by the catalogue or by policy is final too', async () => {
    const offer = await offerSlots(world, { more: { is_available: false } })
    const key = newKey()
    const refused = await ada.post('/bookings', offer.order(), key)
    expect(refused).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    await olga.put(`/offerings/${offer.offeringId}`, {
      profile: 'clinic',
      name: 'Open',
      price: { amount: 1, currency: 'IDR' },
    })
    expect(await ada.post('/bookings', offer.order(), key)).toMatchObject({ status: 409, body: refused.body })
    expect(await hold(ada, offer.order(), newKey())).toMatchObject({ status: 'pending' })
  })

  test('A-30 for want of a token or of the right is not: the key is as good as new', async () => {
    const offer = await offerSeats(world)
    const key = newKey()
    expect(await world.withToken(null).post('/bookings', offer.order(), key)).toMatchObject({ status: 401 })
    expect(await world.withToken('garbage').post('/bookings', offer.order(), key)).toMatchObject({ status: 401 })
    const provider = await world.as('provider', 'ada')
    expect(await provider.post('/bookings', offer.order(), key)).toMatchObject({ status: 403 })
    expect(await hold(ada, offer.order(), key)).toMatchObject({ status: 'pending' })
  })

  test('A-30 H-24 for an outage is not: the same key makes the booking when the service is back', async () => {
    const offer = await offerTables(world)
    const key = newKey()
    await world.service.put('/control/faults', {
      rules: [{ service: 'pricing', operation: 'calculate', status: 500 }],
    })
    const failed = await ada.post('/bookings', offer.order(), key)
    expect(failed).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(Number(failed.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await ada.post('/bookings', offer.order({ party_size: 3 }), key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
    await world.service.put('/control/faults', { rules: [] })
    const booking = await hold(ada, offer.order(), key)
    expect(await hold(ada, offer.order(), key)).toEqual(booking)
    expect(await ada.post('/bookings', offer.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })
  })

  test('A-30 H-24 a pricing service that is slow, hangs up or is overloaded is an outage too', async () => {
    const offer = await offerTables(world)
    const key = newKey()
    for (const fault of [{ delay_ms: 1500, executed: true }, { reset: true }, { status: 429 }]) {
      await world.service.put('/control/faults', {
        rules: [{ service: 'pricing', operation: 'calculate', ...fault }],
      })
      expect(await ada.post('/bookings', offer.order(), key)).toMatchObject({
        status: 503,
        body: { code: 'unavailable' },
      })
      await world.service.put('/control/faults', { rules: [] })
      // A success closes the circuit again before it opens for good.
      await hold(ada, offer.order({ items: [{ offering_id: offer.offeringId, start: inDays(30) }] })).then(({ id }) =>
        ada.post(`/bookings/${id}/cancel`, { expected_version: 2 }),
      )
    }
    expect(await hold(ada, offer.order(), key)).toMatchObject({ status: 'pending' })
  })
})

describe('after a lost answer', () => {
  test('A-30 H-22 a client that hung up and asks again gets the booking it had made', async () => {
    const offer = await offerSeats(world)
    const key = newKey()
    const { body: token } = await world.service.post<{ access_token: string }>('/oauth/token', {
      sub: 'ada',
      role: 'customer',
    })
    const hangUp = new AbortController()
    const lost = fetch(`${world.apiUrl}/api/v1/bookings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.access_token}`, 'content-type': 'application/json', ...key },
      body: JSON.stringify(offer.order()),
      signal: hangUp.signal,
    })
    // The seat is taken: the request is under way, or its answer on its way.
    await eventually(async () => {
      const { body } = await ada.get<{ seats: { status: string }[] }>(`/events/${offer.offeringId}/seats`)
      expect(body.seats[0]?.status).toBe('booked')
    })
    hangUp.abort()
    await lost.then((response) => response.text()).catch(() => undefined)
    const booking = await hold(ada, offer.order(), key)
    const { body } = await ada.get<{ bookings: BookingBody[] }>(`/bookings?offering_id=${offer.offeringId}`)
    expect(body.bookings.map(({ id }) => id)).toEqual([booking.id])
  })

  test('A-30 H-22 that the API could not even store, it is the same booking', async () => {
    const offer = await offerSeats(world)
    const key = newKey()
    const booking = await hold(ada, offer.order(), key)
    await forgetAnswer(key)
    expect(await hold(ada, offer.order(), key)).toEqual(booking)
  })

  test('A-30 H-22 it is the same booking, when it has ended meanwhile', async () => {
    const course = await offerCourse(world)
    const key = newKey()
    const booking = await hold(ada, course.order(), key)
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await until(ada, booking.id, { status: 'cancelled', waiting_for: null })
    await forgetAnswer(key)
    expect(await hold(ada, course.order(), key)).toMatchObject({ id: booking.id })
  })

  test('A-30 H-22 it is the same booking, when it could not be made any more', async () => {
    const offer = await offerSlots(world)
    const key = newKey()
    const booking = await hold(ada, offer.order(), key)
    await forgetAnswer(key)
    await olga.put(`/offerings/${offer.offeringId}`, {
      profile: 'clinic',
      name: 'Closed for good',
      price: { amount: 1, currency: 'IDR' },
      is_available: false,
    })
    expect(await hold(ada, offer.order(), key)).toMatchObject({ id: booking.id })
  })

  test('A-30 H-22 a cancellation is the same, when the booking has come to rest since', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    const key = newKey()
    const cancel = () => ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, { reason: 'ill' }, key)
    expect(await cancel()).toMatchObject({ status: 200 })
    await forgetAnswer(key)
    expect(await cancel()).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    await forgetAnswer(key)
    expect(await cancel()).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    expect(await ledgerOf(world, booking.id)).toMatchObject({ refunded: 15_000_000 })
  })

  test('A-30 H-22 a change of status is the same, named by the action or by the status', async () => {
    for (const change of [{ action: 'approve' }, { status: 'confirmed' }]) {
      const booking = await hold(ada, (await offerSlots(world, { more: { requires_approval: true } })).order())
      await pay(world, booking)
      await until(ada, booking.id, { status: 'awaiting_approval' })
      const key = newKey()
      const approve = () => olga.post<BookingBody>(`/bookings/${booking.id}/status`, change, key)
      expect(await approve()).toMatchObject({ status: 200 })
      await until(ada, booking.id, { status: 'confirmed' })
      await forgetAnswer(key)
      expect(await approve()).toMatchObject({ status: 200, body: { status: 'confirmed' } })
    }
  })
})
