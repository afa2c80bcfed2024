import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { offerSeats, offerTables } from '../support/offers.ts'
import { cannotSkip, openSkippingWorld, type SkippingWorld } from '../support/skipping.ts'

describe.skipIf(cannotSkip)('how a hold ends (needs time-skipping server)', () => {
  let world: SkippingWorld
  let ada: Caller
  let ben: Caller
  beforeAll(async () => {
    world = await openSkippingWorld()
    ;[ada, ben] = [await world.as('customer', 'ada'), await world.as('customer', 'ben')]
  })
  afterAll(() => world?.close())

  test('E-02 X-03 H-20 unpaid it lasts its ten minutes, then the seat is free and the workflow over', async () => {
    const concert = await offerSeats(world)
    const booking = await hold(ada, concert.order())
    expect(booking).toMatchObject({ waiting_for: 'payment', next_deadline: booking.hold?.expires_at })
    expect(secondsBetween(booking.created_at, booking.hold?.expires_at)).toBe(600)

    await world.skipTo(booking.hold?.expires_at, -5)
    expect(await read(booking.id)).toMatchObject({ status: 'pending', waiting_for: 'payment' })
    expect(await ben.post('/bookings', concert.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })

    await world.skipTo(booking.hold?.expires_at, 1)
    const expired = await until(ada, booking.id, { status: 'expired' })
    expect(expired).toMatchObject({ waiting_for: null, next_deadline: null, cancellation: { reason: 'hold_expired' } })
    expect(secondsBetween(booking.hold?.expires_at, expired.cancellation?.at)).toBeLessThan(30)
    await hold(ben, concert.order())
    expect(await endOf(booking.id)).toMatchObject({ status: 'expired' })
  })

  test('H-02 X-03 a bank that takes 25 minutes: the hold is kept in steps within its grace, and confirmed', async () => {
    const concert = await offerSeats(world)
    const booking = await hold(ada, concert.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 1500, outcome: 'succeeded' })
    await until(ada, booking.id, { waiting_for: 'payment_outcome' })

    await world.skipTo(booking.hold?.expires_at, 60)
    const extended = await until(ada, booking.id, ({ hold: lease }) => {
      expect(secondsBetween(booking.hold?.expires_at, lease?.expires_at)).toBeGreaterThan(0)
    })
    // A quarter of the half hour that the profile gives a payment whose outcome is not known.
    expect(secondsBetween(booking.hold?.expires_at, extended.hold?.expires_at)).toBeGreaterThanOrEqual(450)
    expect(secondsBetween(booking.hold?.expires_at, extended.hold?.expires_at)).toBeLessThan(480)
    expect((await ben.post('/bookings', concert.order())).status).toBe(409)

    await world.skip(900)
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    expect(confirmed.ticket_reference).toMatch(/^TKT-/)
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: 4500 })
  })

  test('X-03 X-10 past the grace the seat is given up and a person is called; the void is tried on, and late money comes home', async () => {
    const concert = await offerSeats(world)
    const booking = await hold(ada, concert.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 2 * 86_400, outcome: 'succeeded' })
    await until(ada, booking.id, { waiting_for: 'payment_outcome' })

    await world.skipTo(booking.hold?.expires_at, 1800 - 60)
    expect(await read(booking.id)).toMatchObject({ status: 'pending', waiting_for: 'payment_outcome', attention: null })
    await world.skip(120)
    const expired = await until(ada, booking.id, { status: 'expired' })
    expect(expired).toMatchObject({ waiting_for: 'payment_void', attention: { reason: 'payment_outcome_unknown' } })
    expect(expired.next_deadline).not.toBeNull()
    expect(secondsBetween(booking.hold?.expires_at, expired.cancellation?.at)).toBeGreaterThanOrEqual(1800)
    const other = await hold(ben, concert.order())
    await pay(world, other)
    await until(ben, other.id, { status: 'confirmed' })

    await world.skip(2 * 86_400)
    const refunded = await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(refunded).toMatchObject({ status: 'expired', attention: null, waiting_for: null, refund: { amount: 4500 } })
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: 4500, refunded: 4500 })
    expect(await endOf(booking.id)).toMatchObject({ status: 'expired' })
  })

  test('X-13 a table whose card was declined is kept to the end of the hold, and not longer', async () => {
    const dinner = await offerTables(world)
    const booking = await hold(
      ada,
      dinner.order({ items: [{ offering_id: dinner.offeringId, start: world.inDays(3) }] }),
    )
    await pay(world, booking, 'pm_card_declined')
    await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('failed'))
    await world.skipTo(booking.hold?.expires_at, -5)
    expect(await read(booking.id)).toMatchObject({
      status: 'pending',
      available_actions: ['pay', 'cancel', 'extend', 'change'],
    })
    await world.skip(10)
    await until(ada, booking.id, { status: 'expired', waiting_for: null })
    expect(await ledgerOf(world, booking.id)).toEqual({})
  })

  async function read(id: string): Promise<object> {
    return (await ada.get(`/bookings/${id}`)).body
  }

  /** What the booking's workflow came to, once it is over. */
  function endOf(id: string): Promise<unknown> {
    return world.parts.temporal.workflow.getHandle(id).result()
  }
})

function secondsBetween(from: string | null | undefined, to: string | null | undefined): number {
  return (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000
}
