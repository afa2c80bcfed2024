import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, pay, until } from '../support/booking.ts'
import { inDays, offerSeats, offerSlots, offerTutor, type Offer } from '../support/offers.ts'
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

async function confirmed(offer: Offer): Promise<BookingBody> {
  const booking = await hold(ada, offer.order())
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' })
}

describe('one booking', () => {
  test('A-02 is read with its version as the ETag', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    const answer = await ada.get<BookingBody>(`/bookings/${booking.id}`)
    expect(answer).toMatchObject({ status: 200, body: booking })
    expect(answer.headers.get('etag')).toBe(`"${booking.version}"`)
    expect(await ada.get('/bookings/00000000-0000-4000-8000-000000000000')).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })

  test('A-02 an id is the same in capital letters, for reading and for changing', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    const path = `/bookings/${booking.id.toUpperCase()}`
    expect((await ada.get<BookingBody>(path)).body).toEqual(booking)
    expect(await ada.post(`${path}/cancel`, {}, { 'idempotency-key': 'either' })).toMatchObject({ status: 200 })
    const again = await ada.post(`/bookings/${booking.id}/cancel`, {}, { 'idempotency-key': 'either' })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })

  test('A-02 a long poll is answered when the booking changes, and not before', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    let isAnswered = false
    const poll = ada.get<BookingBody>(`/bookings/${booking.id}?wait=20&after_version=${booking.version}`)
    const done = poll.finally(() => {
      isAnswered = true
    })
    await ada.get(`/bookings/${booking.id}`)
    expect(isAnswered).toBe(false)
    const startedAt = performance.now()
    await pay(world, booking)
    const { body, headers } = await poll
    await done
    expect(body.version).toBeGreaterThan(booking.version)
    expect(headers.get('etag')).toBe(`"${body.version}"`)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  test('A-02 a long poll that sees no change answers with the booking as it is when its time is up', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    const startedAt = performance.now()
    const { status, body } = await ada.get<BookingBody>(
      `/bookings/${booking.id}?wait=1&after_version=${booking.version}`,
    )
    const milliseconds = performance.now() - startedAt
    expect({ status, body }).toEqual({ status: 200, body: booking })
    expect(milliseconds).toBeGreaterThan(900)
    expect(milliseconds).toBeLessThan(5000)
  })

  test('A-02 nobody waits for a version that is there, or longer than 30 seconds', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    const startedAt = performance.now()
    await ada.get(`/bookings/${booking.id}?wait=30&after_version=${booking.version - 1}`)
    await ada.get(`/bookings/${booking.id}?wait=30`)
    expect(performance.now() - startedAt).toBeLessThan(5000)
    for (const query of ['wait=31', 'wait=-1', 'wait=x', 'wait=1.5', 'wait=1&after_version=-1', 'after_version=x']) {
      expect(await ada.get(`/bookings/${booking.id}?${query}`)).toMatchObject({
        status: 422,
        body: { code: 'validation_failed' },
      })
    }
  })

  test('A-03 is found by its reference, of at most 20 characters and its own', async () => {
    const offer = await offerSeats(world, 2)
    const [one, two] = [await hold(ada, offer.order()), await hold(ada, offer.order({}, 'A-2'))]
    expect(one.reference).toMatch(/^EVT-[0-9A-Z]{12}$/)
    expect(one.reference).not.toBe(two.reference)
    const answer = await ada.get<BookingBody>(`/bookings/reference/${one.reference}`)
    expect(answer).toMatchObject({ status: 200, body: one })
    expect(answer.headers.get('etag')).toBe(`"${one.version}"`)
    expect(await ada.get('/bookings/reference/EVT-000000000000')).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })
})

describe('the preview of a cancellation', () => {
  const preview = async (id: string, somebody = ada) => (await somebody.get(`/bookings/${id}/cancellation`)).body

  test('A-08 says what would come back and until when that holds, and cancelling then gives just that', async () => {
    const offer = await offerTutor(world)
    const student = await world.as('student', 'ada')
    const booking = await hold(student, offer.order())
    expect(await preview(booking.id)).toMatchObject({
      can_cancel: true,
      refund: { amount: 0, currency: 'USD' },
      version: booking.version,
    })
    await pay(world, booking)
    const paid = await until(ada, booking.id, { status: 'confirmed' })
    expect(await preview(booking.id)).toEqual({
      can_cancel: true,
      refund: { amount: 6000, currency: 'USD', percent: 100 },
      valid_until: inDays(6),
      forfeited: 0,
      version: paid.version,
    })
    const { body } = await ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, {})
    expect(body.refund?.amount).toBe(6000)
  })

  test('A-08 is nothing within 24 hours, but everything when the other side would cancel', async () => {
    const offer = await offerTutor(world)
    const student = await world.as('student', 'ada')
    const items = [{ offering_id: offer.offeringId, start: inDays(0, 2), end: inDays(0, 3) }]
    const booking = await hold(student, offer.order({ items }))
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    expect(await preview(booking.id)).toMatchObject({
      can_cancel: true,
      refund: { amount: 0, percent: 0 },
      valid_until: null,
    })
    const tutor = await world.as('provider', offer.offeringId)
    for (const other of [tutor, olga]) {
      expect(await preview(booking.id, other)).toMatchObject({ refund: { amount: 6000, percent: 100 } })
    }
  })

  test('A-08 of what cannot be cancelled any more is that nothing comes back', async () => {
    const booking = await confirmed(await offerSlots(world))
    await olga.post(`/bookings/${booking.id}/status`, { action: 'complete', reason: 'came early' })
    const gone = await confirmed(await offerSlots(world))
    await ada.post(`/bookings/${gone.id}/cancel`, {})
    for (const { id } of [booking, gone]) {
      expect(await preview(id)).toMatchObject({
        can_cancel: false,
        refund: { amount: 0, percent: 0 },
        valid_until: null,
      })
    }
  })
})

describe('a change of status', () => {
  test.each(['post', 'put'] as const)('A-09 by %s names the status to reach or the action', async (method) => {
    const booking = await confirmed(await offerSlots(world))
    const change = (body: object) => olga[method]<BookingBody>(`/bookings/${booking.id}/status`, body)
    for (const body of [{}, { status: 'in_progress', action: 'start' }]) {
      expect(await change(body)).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    }
    const started = await change({ status: 'in_progress', reason: 'early' })
    expect(started).toMatchObject({ status: 200, body: { status: 'in_progress', version: booking.version + 1 } })
    expect(started.headers.get('etag')).toBe(`"${booking.version + 1}"`)
    expect(await change({ action: 'no_show' })).toMatchObject({
      status: 409,
      body: { code: 'illegal_transition', booking_status: 'in_progress', legal: ['complete', 'cancel'] },
    })
    expect(await change({ action: 'complete', reason: 'came early' })).toMatchObject({
      status: 200,
      body: { status: 'completed' },
    })
  })

  test('A-09 C-04 approves and declines what waits for approval, and is not the customer’s to make', async () => {
    const service = { more: { requires_approval: true } }
    for (const [change, status] of [
      [{ action: 'approve' }, 'confirmed'],
      [{ status: 'confirmed' }, 'confirmed'],
      [{ action: 'decline', reason: 'fully booked' }, 'cancelled'],
      [{ status: 'cancelled' }, 'cancelled'],
    ] as const) {
      const booking = await hold(ada, (await offerSlots(world, service)).order())
      await pay(world, booking)
      await until(ada, booking.id, { status: 'awaiting_approval' })
      expect(await ada.post(`/bookings/${booking.id}/status`, change)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
      expect(await olga.put(`/bookings/${booking.id}/status`, change)).toMatchObject({ status: 200 })
      await until(ada, booking.id, { status })
    }
  })
})
