import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { ReservationBody } from '../../api/schemas/reservation.ts'
import type { Caller } from '../support/caller.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { offerSeats, offerSlots, offerTables, type Offer } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let ben: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  ben = await world.as('customer', 'ben')
})
afterAll(() => world.close())

const refusal = (code: string) => ({ status: 409, body: { code } })

const SHORT = { hold_seconds: 2, lapse_grace_seconds: 1 }

async function reserve(offer: Offer, more: object = {}): Promise<ReservationBody> {
  const { status, body } = await ada.post<ReservationBody>('/reservations', { ...offer.order(), ...more })
  expect({ status, body }).toMatchObject({ status: 201 })
  return body
}

async function read({ reservation_id: id }: ReservationBody): Promise<ReservationBody> {
  return (await ada.get<ReservationBody>(`/reservations/${id}`)).body
}

const confirm = ({ reservation_id: id }: ReservationBody, body: object = {}, headers = {}) =>
  ada.post<ReservationBody>(`/reservations/${id}/confirm`, body, headers)

describe('a booking in two steps', () => {
  test('A-11 A-34 is nobody else’s, and what is wrong with a request is named', async () => {
    const reservation = await reserve(await offerSlots(world))
    const path = `/reservations/${reservation.reservation_id}`
    await expectRefused(world, () => ben.get(path), 'not_found')
    await expectRefused(world, () => ben.post(`${path}/confirm`, {}), 'not_found')
    await expectRefused(world, () => ben.delete(path), 'not_found')
    await expectRefused(world, () => ada.get(`/reservations/${randomUUID()}`), 'not_found')
    const faults: [object, string][] = [
      [{ notes: 7 }, '/notes'],
      [{ notes: 'x'.repeat(2001) }, '/notes'],
      [{ payment_method: '' }, '/payment_method'],
      [{ amount: 1 }, '/amount'],
    ]
    for (const [body, pointer] of faults) {
      const refused = await expectRefused(world, () => ada.post(`${path}/confirm`, body), 'validation_failed')
      expectFaultAt(refused, pointer)
    }
    await expectRefused(world, () => ada.post('/reservations', { profile: 'clinic', items: [] }), 'validation_failed')
    await expectRefused(world, () => ada.get('/reservations/7'), 'validation_failed')
  })

  test('A-11 V-03 of a venue names the version that was looked at', async () => {
    const reservation = await reserve(await offerTables(world))
    expectFaultAt(await expectRefused(world, () => confirm(reservation), 'validation_failed'), '/expected_version')
    const stale = await confirm(reservation, {}, { 'if-match': '"7"' })
    expect(stale).toMatchObject({ status: 412, body: { code: 'version_conflict' } })
    expect(await confirm(reservation, { expected_version: 1 })).toMatchObject({ status: 200 })
  })

  test('A-11 C-02 is held first, with lock, expiry and reference, and nothing to pay', async () => {
    const offer = await offerSlots(world)
    const reservation = await reserve(offer)
    expect(reservation).toMatchObject({
      lock_id: reservation.reservation_id,
      status: 'pending',
      booking: { id: reservation.reservation_id, status: 'pending', payment: null, waiting_for: 'confirmation' },
    })
    expect(reservation.reference.length).toBeLessThanOrEqual(20)
    expect(reservation.expires_at).toBe(reservation.booking.hold?.expires_at)
    expect(reservation.booking.next_deadline).toBe(reservation.expires_at)
    expect(reservation.booking.available_actions).toContain('confirm_reservation')
    expect(await ben.post('/bookings', offer.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })
    const { body } = await world.service.get<unknown[]>(`/ledger?booking_id=${reservation.reservation_id}`)
    expect(body).toEqual([])
  })

  test('A-11 C-02 N-42 is confirmed into the booking of the same id, whose payment is asked for then', async () => {
    const reservation = await reserve(await offerSlots(world))
    const { status, body } = await confirm(reservation, { payment_method: 'pm_card_visa', notes: 'bites' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      reservation_id: reservation.reservation_id,
      reference: reservation.reference,
      // N-42: what the booking is, and not the step that was taken.
      status: 'pending',
      booking: { status: 'pending', waiting_for: 'payment', notes: 'bites', payment: { status: 'pending' } },
    })
    await pay(world, body.booking)
    const paid = await until(ada, reservation.reservation_id, { status: 'confirmed', notes: 'bites' })
    expect(paid.payment).toMatchObject({ status: 'succeeded', amount: paid.amount })
    expect(await read(reservation)).toMatchObject({ status: 'confirmed', expires_at: null })
  })

  test('A-11 A-30 confirmed twice, or by two at once, it is asked for one payment, and gets one answer', async () => {
    const reservation = await reserve(await offerSlots(world))
    const key = { 'idempotency-key': randomUUID() }
    const answers = await Promise.all([
      confirm(reservation, {}, key),
      confirm(reservation, {}, key),
      confirm(reservation),
    ])
    const again = [await confirm(reservation, {}, key), await confirm(reservation)]
    for (const { status, body } of [...answers, ...again]) {
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { status: 'pending', booking: { status: 'pending' } },
      })
    }
    await until(ada, reservation.reservation_id, { waiting_for: 'payment' })
    const intents = await world.parts.database.payment.findMany({ where: { bookingId: reservation.reservation_id } })
    expect(intents).toHaveLength(1)
    const mismatch = await confirm(reservation, { notes: 'other' }, key)
    expect(mismatch).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } })
  })

  test('A-11 made twice under one key it is one reservation, and no booking of the same key', async () => {
    const offer = await offerSlots(world, { capacity: 3 })
    const key = { 'idempotency-key': randomUUID() }
    const made = await Promise.all([1, 2].map(() => ada.post<ReservationBody>('/reservations', offer.order(), key)))
    expect(new Set(made.map(({ body }) => body.reservation_id)).size).toBe(1)
    const booking = await hold(ada, offer.order(), key)
    expect(booking.id).not.toBe(made[0]?.body.reservation_id)
  })

  test('A-11 A-32 unconfirmed it runs out: hold_expired, and its units are free', async () => {
    const offer = await offerSlots(world, { policy: SHORT })
    const reservation = await reserve(offer)
    await until(ada, reservation.reservation_id, { status: 'expired', payment: null, waiting_for: null })
    expect(await read(reservation)).toMatchObject({ status: 'expired', expires_at: null })
    const expired = { status: 409, body: { code: 'hold_expired' } }
    expect(await confirm(reservation)).toMatchObject(expired)
    expect(await ada.delete(`/reservations/${reservation.reservation_id}`)).toMatchObject(expired)
    await hold(ben, offer.order())
  })

  test('A-11 is let go of, once or twice, and its units are free; not after it was confirmed', async () => {
    const offer = await offerSlots(world)
    const reservation = await reserve(offer)
    for (const _ of ['once', 'twice']) {
      const { status, body } = await ada.delete<ReservationBody>(`/reservations/${reservation.reservation_id}`)
      expect({ status, body }).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    }
    expect(await confirm(reservation)).toMatchObject(refusal('illegal_transition'))
    const next = await reserve(offer)
    await confirm(next)
    expect(await ada.delete(`/reservations/${next.reservation_id}`)).toMatchObject(refusal('illegal_transition'))
  })

  test('A-11 that costs nothing is confirmed by the confirmation, and not before', async () => {
    const reservation = await reserve(await offerSeats(world, 1, {}, 0))
    expect(await read(reservation)).toMatchObject({ status: 'pending', booking: { waiting_for: 'confirmation' } })
    expect((await confirm(reservation)).body).toMatchObject({ status: 'confirmed', booking: { status: 'confirmed' } })
  })
})

describe('a longer hold', () => {
  const extend = (id: string, body: object = {}, headers = {}) =>
    ada.post<BookingBody>(`/bookings/${id}/extend`, body, headers)

  test('A-18 H-10 is given as often as the policy says, the lease of its units with it', async () => {
    const policy = { hold_seconds: 60, extend_seconds: 30, max_extensions: 2 }
    const booking = await hold(ada, (await offerSlots(world, { policy })).order())
    expect(booking.available_actions).toContain('extend')
    const later = (seconds: number) =>
      new Date(Date.parse(booking.hold?.expires_at ?? '') + seconds * 1000).toISOString()
    const key = { 'idempotency-key': randomUUID() }
    for (const headers of [key, key]) {
      expect(await extend(booking.id, {}, headers)).toMatchObject({
        status: 200,
        body: { hold: { expires_at: later(30) } },
      })
    }
    const twice = await extend(booking.id)
    expect(twice.body).toMatchObject({ hold: { expires_at: later(60) }, next_deadline: later(60) })
    expect(twice.body.available_actions).not.toContain('extend')
    const claim = await world.parts.database.claim.findFirstOrThrow({ where: { lockId: booking.id } })
    expect(claim).toMatchObject({ state: 'held', paying: false, expiresAt: new Date(later(60)) })
    expect(await extend(booking.id)).toMatchObject(refusal('policy_forbids'))
    await pay(world, twice.body)
    await until(ada, booking.id, { status: 'confirmed' })
    expect(await extend(booking.id)).toMatchObject(refusal('illegal_transition'))
  })

  test('H-10 ends two hours after it was made, however long a step is', async () => {
    const policy = { hold_seconds: 600, extend_seconds: 3600, max_extensions: 9 }
    const booking = await hold(ada, (await offerSlots(world, { policy })).order())
    const expiries = [await extend(booking.id), await extend(booking.id)].map(({ body }) => body.hold?.expires_at)
    const cap = new Date(Date.parse(booking.created_at) + 2 * 3_600_000).toISOString()
    expect(expiries[0]).not.toBe(cap)
    expect(expiries[1]).toBe(cap)
    expect(await extend(booking.id)).toMatchObject(refusal('policy_forbids'))
  })

  test('A-18 A-32 is not given once it has run out, nor when somebody else has the units by now', async () => {
    const expired = await hold(ada, (await offerSlots(world, { policy: SHORT })).order())
    await until(ada, expired.id, { status: 'expired' })
    expect(await extend(expired.id)).toMatchObject(refusal('hold_expired'))

    const offer = await offerSeats(world, 1, { hold_seconds: 60, lapse_grace_seconds: 0 })
    const lapsed = await hold(ada, offer.order())
    await world.parts.database.$executeRaw`
      UPDATE claims SET expires_at = now() - interval '2 seconds', lapses_at = now() - interval '1 second' WHERE lock_id = ${lapsed.id}::uuid`
    await hold(ben, offer.order())
    expect(await extend(lapsed.id)).toMatchObject(refusal('hold_expired'))
    expect((await ada.get(`/bookings/${lapsed.id}`)).body).toMatchObject({ status: 'pending', hold: lapsed.hold })
    await ada.post(`/bookings/${lapsed.id}/cancel`, {})
    await until(ada, lapsed.id, { status: 'cancelled', waiting_for: null })
  })

  test('A-18 A-34 is nobody else’s to ask for, and takes no wishes', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    expect((await ben.post(`/bookings/${booking.id}/extend`, {})).status).toBe(404)
    expect(await extend(booking.id, { seconds: 9999 })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/seconds' }] },
    })
    expect(await extend(booking.id, { expected_version: 1 })).toMatchObject({ body: { code: 'version_conflict' } })
    expect(await ledgerOf(world, booking.id)).toEqual({})
  })
})
