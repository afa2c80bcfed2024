import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { offerSeats } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let bob: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  bob = await world.as('customer', 'bob')
})
afterAll(() => world.close())

const SOLD_OUT = { status: 409, body: { code: 'sold_out' } }

function secondsBetween(from: string | undefined, to: string | undefined): number {
  return (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000
}

// Side by side: most of their time is waiting.
describe.concurrent('the hold on a seat', () => {
  test('E-02 lasts 600 seconds unless the event says otherwise', async () => {
    const offer = await offerSeats(world)
    const booking = await hold(ada, offer.order())
    expect(secondsBetween(booking.created_at, booking.hold?.expires_at)).toBe(600)
    expect(booking).toMatchObject({
      hold: { lock_id: booking.id },
      waiting_for: 'payment',
      next_deadline: booking.hold?.expires_at,
    })
    const short = await offerSeats(world, 1, { hold_seconds: 90 })
    const other = await hold(ada, short.order())
    expect(secondsBetween(other.created_at, other.hold?.expires_at)).toBe(90)
  })

  test('E-02 E-08 that runs out unpaid expires the booking, cancels its intent and frees its seats', async () => {
    const offer = await offerSeats(world, 2, { hold_seconds: 4 })
    const items = offer.unitIds.map((unit_id) => ({ offering_id: offer.offeringId, unit_id }))
    const booking = await hold(ada, offer.order({ items }))
    expect(await bob.post('/bookings', offer.order())).toMatchObject(SOLD_OUT)

    const expired = await until(ada, booking.id, { status: 'expired' })
    expect(expired).toMatchObject({
      hold: null,
      cancellation: { reason: 'hold_expired', by: { role: 'system' } },
      available_actions: [],
      waiting_for: null,
      next_deadline: null,
      items: [{ status: 'released' }, { status: 'released' }],
      refund: null,
    })
    expect(secondsBetween(booking.hold?.expires_at, expired.updated_at)).toBeGreaterThanOrEqual(0)
    const intent = await world.service.get(`/api/v1/payments/intents/${booking.payment?.intent_id}`)
    expect(intent.body['status']).toBe('cancelled')
    await hold(bob, offer.order({ items }))
  })

  test('E-02 X-13 a declined card cancels the booking and frees the seat before the hold is over', async () => {
    const offer = await offerSeats(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_card_declined')
    await until(ada, booking.id, { status: 'cancelled' })
    expect(await hold(bob, offer.order())).toMatchObject({ status: 'pending' })
  })

  test('E-02 X-03 is extended while a payment is processing, so that nobody else gets the seat', async () => {
    const offer = await offerSeats(world, 1, { hold_seconds: 2, lapse_grace_seconds: 0, processing_grace_seconds: 60 })
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 3 })
    const extended = await until(ada, booking.id, ({ hold: current }) => {
      expect(secondsBetween(booking.hold?.expires_at, current?.expires_at)).toBeGreaterThan(0)
    })
    expect(extended).toMatchObject({ status: 'pending', waiting_for: 'payment_outcome' })
    expect(await bob.post('/bookings', offer.order())).toMatchObject(SOLD_OUT)
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    expect(confirmed.ticket_reference).not.toBeNull()
  })

  test('E-02 X-03 H-10 is extended up to a cap: then it expires with attention, and late money takes the seat again', async () => {
    const offer = await offerSeats(world, 1, { hold_seconds: 2, lapse_grace_seconds: 0, processing_grace_seconds: 2 })
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 7 })
    let longest = 0
    const expired = await until(ada, booking.id, ({ status, hold: current }) => {
      if (current !== null) longest = Math.max(longest, secondsBetween(booking.hold?.expires_at, current.expires_at))
      expect(status).toBe('expired')
    })
    expect(expired).toMatchObject({ attention: { reason: 'payment_outcome_unknown' } })
    expect(secondsBetween(booking.hold?.expires_at, expired.cancellation?.at)).toBeGreaterThanOrEqual(2)
    // However late a busy machine is: what was promised never went beyond the cap.
    expect(longest).toBeLessThanOrEqual(2)

    const revived = await until(ada, booking.id, { status: 'confirmed' })
    expect(revived).toMatchObject({ attention: null, payment: { status: 'succeeded' } })
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: 4500 })
  })

  test('E-02 X-02 late money for a seat that was sold meanwhile goes back in full', async () => {
    const offer = await offerSeats(world, 1, { hold_seconds: 2, lapse_grace_seconds: 0, processing_grace_seconds: 1 })
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 6 })
    await until(ada, booking.id, { status: 'expired' })
    await pay(world, await hold(bob, offer.order()))
    await until(ada, booking.id, ({ refund }) => expect(refund).toMatchObject({ amount: 4500, status: 'completed' }))
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: 4500, refunded: 4500 })
  })
})

describe('a hold that nobody has cleaned up', () => {
  test('X-14 is taken over within a second of its lapse', async () => {
    const offer = await offerSeats(world, 1, { hold_seconds: 1, lapse_grace_seconds: 0 })
    const booking = await hold(ada, offer.order())
    await setTimeout(Math.max(0, Date.parse(booking.hold?.expires_at ?? '') - Date.now()))
    const deadline = Date.now() + 1000
    for (;;) {
      const { status } = await bob.post('/bookings', offer.order())
      if (status === 201) break
      expect(Date.now()).toBeLessThan(deadline)
    }
    await until(ada, booking.id, { status: 'expired' })
  })
})
