import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, pay, until } from '../support/booking.ts'
import { offerTables } from '../support/offers.ts'
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

async function held(): Promise<BookingBody> {
  return hold(ada, (await offerTables(world)).order())
}

async function confirmed(): Promise<BookingBody> {
  const booking = await held()
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' })
}

describe('the version somebody looked at', () => {
  test('V-03 is needed to cancel a venue’s booking and to change its status', async () => {
    const booking = await confirmed()
    const needed = { status: 422, body: { code: 'validation_failed', errors: [{ pointer: '/expected_version' }] } }
    expect(await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'ill' })).toMatchObject(needed)
    for (const method of ['post', 'put'] as const) {
      expect(await olga[method](`/bookings/${booking.id}/status`, { action: 'check_in' })).toMatchObject(needed)
    }
    // A star matches whatever is there, which is to say that nobody looked.
    const star = await ada.post(`/bookings/${booking.id}/cancel`, {}, { 'if-match': '*' })
    expect(star).toMatchObject(needed)
    expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toEqual(booking)
  })

  test('V-03 A-31 when it is not the current one, the answer is 409 with the booking as it is', async () => {
    const booking = await confirmed()
    const stale = { expected_version: booking.version - 1 }
    for (const answer of [
      await ada.post(`/bookings/${booking.id}/cancel`, stale),
      await ada.post(`/bookings/${booking.id}/cancel`, { expected_version: booking.version + 1 }),
      await ada.post(`/bookings/${booking.id}/cancel`, { expected_version: 0 }),
    ]) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'version_conflict', booking } })
    }
    const { body } = await olga.get<BookingBody>(`/bookings/${booking.id}`)
    expect(await olga.put(`/bookings/${booking.id}/status`, { action: 'check_in', ...stale })).toMatchObject({
      status: 409,
      body: { code: 'version_conflict', booking: body },
    })
  })

  test('V-03 A-31 by If-Match, the answer is 412 with the booking as it is', async () => {
    const booking = await confirmed()
    const header = { 'if-match': `"${booking.version - 1}"` }
    const cancelled = await ada.post(`/bookings/${booking.id}/cancel`, {}, header)
    expect(cancelled).toMatchObject({ status: 412, body: { code: 'version_conflict', status: 412, booking } })
    expect(cancelled.headers.get('content-type')).toBe('application/problem+json')
    expect(await olga.post(`/bookings/${booking.id}/status`, { action: 'check_in' }, header)).toMatchObject({
      status: 412,
      body: { code: 'version_conflict' },
    })
  })

  test('V-03 A-02 as the current one lets it through, in the body or as the ETag', async () => {
    const booking = await confirmed()
    const seen = await ada.get(`/bookings/${booking.id}`)
    const etag = seen.headers.get('etag') ?? ''
    const arrived = await olga.post<BookingBody>(
      `/bookings/${booking.id}/status`,
      { action: 'check_in', reason: 'came early' },
      { 'if-match': etag },
    )
    expect(arrived).toMatchObject({ status: 200, body: { status: 'checked_in', version: booking.version + 1 } })
    expect(arrived.headers.get('etag')).toBe(`"${booking.version + 1}"`)
    const cancelled = await ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, {
      expected_version: booking.version + 1,
    })
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } })
  })

  test.each(['3', 'W/"x"', '""', '"-1"', '"99999999999"', '"1", "2"', 'nonsense'])(
    'V-03 an If-Match of %s is no ETag of ours',
    async (tag) => {
      const booking = await held()
      expect(await ada.post(`/bookings/${booking.id}/cancel`, {}, { 'if-match': tag })).toMatchObject({
        status: 422,
        body: { code: 'validation_failed' },
      })
    },
  )

  test('V-03 of ten who change the same version at once, one does', async () => {
    const booking = await confirmed()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        const change = {
          action: n % 2 === 0 ? 'check_in' : 'cancel',
          expected_version: booking.version,
          reason: 'came early',
        }
        return olga.post(`/bookings/${booking.id}/status`, change)
      }),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ body }) => body['code'] === 'version_conflict')).toHaveLength(9)
  })
})

describe('an idempotency key for a venue’s booking', () => {
  test('V-03 A-30 makes one booking of two requests, and one cancellation', async () => {
    const order = (await offerTables(world)).order()
    const key = { 'idempotency-key': randomUUID() }
    const first = await hold(ada, order, key)
    expect(await hold(ada, order, key)).toEqual(first)

    const cancellation = { reason: 'ill', expected_version: first.version }
    const cancelled = await ada.post<BookingBody>(`/bookings/${first.id}/cancel`, cancellation, key)
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    const again = await ada.post<BookingBody>(`/bookings/${first.id}/cancel`, cancellation, key)
    expect({ status: again.status, body: again.body }).toEqual({ status: 200, body: cancelled.body })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })

  test('V-03 A-30 gives a refused version the same refusal again, and a new key a new chance', async () => {
    const booking = await confirmed()
    const cancel = (key: string, version: number) =>
      ada.post(`/bookings/${booking.id}/cancel`, { expected_version: version }, { 'idempotency-key': key })
    const refused = await cancel('one', booking.version - 1)
    expect(refused).toMatchObject({ status: 409, body: { code: 'version_conflict' } })
    const again = await cancel('one', booking.version - 1)
    expect({ status: again.status, body: again.body }).toEqual({ status: 409, body: refused.body })
    expect(await cancel('one', booking.version)).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } })
    expect(await cancel('two', booking.version)).toMatchObject({ status: 200 })
  })
})
