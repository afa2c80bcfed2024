import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { confirmed, hold, ledgerOf, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { at, change, claimsOf, payChange } from '../support/changes.ts'
import { inDays, offerTables, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let ben: Caller
beforeAll(async () => {
  world = await openWorld()
  ;[ada, ben] = [await world.as('customer', 'ada'), await world.as('customer', 'ben')]
})
afterAll(() => world.close())

/** A paid dinner for two at 25 dollars a head, in a week. */
const booked = (dinner: Offer, guest = ada, more = {}) => confirmed(world, guest, dinner, more)

describe('a change that costs more', () => {
  test('H-11 holds the new table beside the old one until the supplement is paid, and then swaps them', async () => {
    const dinner = await offerTables(world, [4])
    const before = await booked(dinner)
    const { body: asked } = await change(ada, before, { items: at(dinner, inDays(8)), party_size: 4 })
    expect(asked).toMatchObject({
      status: 'confirmed',
      start: before.start,
      amount: 5000,
      waiting_for: 'change_payment',
      change: { start: inDays(8), party_size: 4, amount: 10_000, supplement: 5000 },
    })
    expect(asked.next_deadline).toBe(asked.change?.expires_at)
    expect(asked.available_actions).toContain('pay')
    // Both are taken: nobody else gets either.
    for (const start of [inDays(7), inDays(8)]) {
      expect(await ben.post('/bookings', dinner.order({ items: at(dinner, start) }))).toMatchObject({ status: 409 })
    }
    const payable = await until(ada, asked.id, (seen) => expect(seen.change?.payment).not.toBeNull())
    const again = await change(ada, payable, { items: at(dinner, inDays(9)) })
    expect(again).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })

    await payChange(world, ada, asked.id)
    const after = await until(ada, asked.id, { start: inDays(8), change: null, amount: 10_000, party_size: 4 })
    expect(after).toMatchObject({ status: 'confirmed', refund: null, attention: null })
    expect(await ledgerOf(world, asked.id)).toEqual({ authorized: 10_000, captured: 10_000 })
    await hold(ben, dinner.order())
    // All of it is the price now: cancelling gives back both payments.
    await ada.post(`/bookings/${after.id}/cancel`, { expected_version: after.version })
    await until(ada, after.id, ({ refund }) => expect(refund).toMatchObject({ amount: 10_000, status: 'completed' }))
  })

  test('H-11 of two who change to the last table one gets it, and the other keeps what they had', async () => {
    const dinner = await offerTables(world, [4, 4, 4, 4])
    const [theirs, hers] = await Promise.all([booked(dinner, ben), booked(dinner)])
    const target = { items: at(dinner, inDays(9), 'T4') }
    const answers = await Promise.all([change(ben, theirs, target), change(ada, hers, target)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    for (const [index, guest] of [ben, ada].entries()) {
      const { status, body } = answers[index]!
      const booking = await until(guest, index === 0 ? theirs.id : hers.id, { status: 'confirmed' })
      if (status === 200) expect(booking.start).toBe(inDays(9))
      else expect({ ...body, start: booking.start }).toMatchObject({ code: 'sold_out', start: inDays(7) })
      const live = (await claimsOf(world, booking.id)).filter(({ state }) => state !== 'released')
      expect(live).toHaveLength(1)
    }
  })

  test('H-11 whose supplement is declined leaves the booking as it was, and gives the new table back', async () => {
    const dinner = await offerTables(world, [4], { on_payment_failed: 'cancel' })
    const before = await booked(dinner)
    const { body: asked } = await change(ada, before, { items: at(dinner, inDays(8)), party_size: 3 })
    await payChange(world, ada, asked.id, 'pm_card_declined')
    const after = await until(ada, asked.id, { change: null })
    expect(after).toMatchObject({ status: 'confirmed', start: before.start, amount: before.amount, party_size: 2 })
    expect(await ledgerOf(world, asked.id)).toMatchObject({ captured: 5000 })
    await hold(ben, dinner.order({ items: at(dinner, inDays(8)) }))
  })

  test('H-11 X-02 whose supplement comes too late gets it back in full, and the booking stands', async () => {
    const dinner = await offerTables(world, [4], { hold_seconds: 4, processing_grace_seconds: 1 })
    const before = await booked(dinner)
    const { body: asked } = await change(ada, before, { items: at(dinner, inDays(8)), party_size: 3 })
    await payChange(world, ada, asked.id, 'pm_bank_slow', { processing_seconds: 9, outcome: 'succeeded' })
    const fallen = await until(ada, asked.id, { change: null }, 30)
    expect(fallen).toMatchObject({ status: 'confirmed', start: before.start })
    const after = await until(ada, asked.id, ({ refund }) => expect(refund?.status).toBe('completed'), 30)
    expect(after).toMatchObject({
      status: 'confirmed',
      amount: 5000,
      refund: { amount: 2500, reason: 'change_fell_through' },
    })
    expect(await ledgerOf(world, asked.id)).toMatchObject({ captured: 7500, refunded: 2500 })
  })

  test('H-11 that is pending ends with the booking: both tables are free, and the money is back', async () => {
    const dinner = await offerTables(world, [4])
    const before = await booked(dinner)
    await change(ada, before, { items: at(dinner, inDays(8)), party_size: 3 })
    const asked = await until(ada, before.id, ({ change: pending }) => expect(pending?.payment).not.toBeNull())
    const cancelled = await ada.post<BookingBody>(`/bookings/${asked.id}/cancel`, { expected_version: asked.version })
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', change: null } })
    await until(ada, asked.id, ({ refund }) => expect(refund).toMatchObject({ amount: 5000, status: 'completed' }))
    for (const start of [inDays(7), inDays(8)]) await hold(ben, dinner.order({ items: at(dinner, start) }))
    await until(ada, asked.id, { waiting_for: null })
  })
})
