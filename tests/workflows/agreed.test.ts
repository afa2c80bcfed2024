import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { inDays, offerSeats, offerTables, type Offer } from '../support/offers.ts'
import { cannotSkip, openSkippingWorld, type SkippingWorld } from '../support/skipping.ts'

type Preview = { refund: { amount: number; percent: number }; valid_until: string | null }

describe.skipIf(cannotSkip)('what was agreed at the hold stays (needs time-skipping server)', () => {
  let world: SkippingWorld
  let ada: Caller
  beforeAll(async () => {
    world = await openSkippingWorld()
    ada = await world.as('customer', 'ada')
  })
  afterAll(() => world?.close())

  test('X-01 a hold is as long as it was promised, whatever its offering says by now', async () => {
    const concert = await offerSeats(world, 2)
    const promised = await hold(ada, concert.order({}, 'A-1'))
    await edit(concert, { name: 'Concert', price: { amount: 4500, currency: 'USD' }, policy: { hold_seconds: 60 } })
    const later = await hold(ada, concert.order({}, 'A-2'))
    await world.skipTo(later.hold?.expires_at, 5)
    await until(ada, later.id, { status: 'expired' })
    expect(await read(promised)).toMatchObject({ status: 'pending', hold: promised.hold })
    await world.skipTo(promised.hold?.expires_at, -5)
    expect((await read(promised)).status).toBe('pending')
    await world.skip(10)
    await until(ada, promised.id, { status: 'expired' })
  })

  test('H-16 the price is that of the hold: it is what is charged, kept and given back when the catalogue has another', async () => {
    const concert = await offerSeats(world, 2)
    const booking = await hold(ada, concert.order({}, 'A-1'))
    const seats = concert.unitIds.map((id) => ({ id, price: 99 }))
    const event = {
      name: 'Concert',
      venue: { id: 'hall', name: 'Hall' },
      starts_at: inDays(30),
      ends_at: inDays(30, 3),
    }
    const dearer = { ...event, on_sale: true, currency: 'USD', seats }
    expect((await world.service.put(`/control/events/${concert.offeringId}`, dearer)).status).toBe(200)
    await edit(concert, { name: 'Concert', price: { amount: 9900, currency: 'USD' } })
    expect((await hold(ada, concert.order({}, 'A-2'))).amount).toBe(9900)

    await world.skipTo(booking.hold?.expires_at, -60)
    await pay(world, booking)
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    expect(confirmed).toMatchObject({ amount: 4500, price: booking.price, payment: { amount: 4500 } })
    expect((await previewOf(booking)).refund).toMatchObject({ amount: 4500, percent: 100 })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await until(ada, booking.id, ({ refund }) => expect(refund).toMatchObject({ amount: 4500, status: 'completed' }))
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 4500, captured: 4500, refunded: 4500 })
  })

  test('X-01 V-07 a no-show is one after the grace that was agreed, with the fee that was agreed', async () => {
    const dinner = await offerTables(world, [4], { no_show_grace_seconds: 1800, no_show_fee_percent: 40 })
    const start = world.inDays(2)
    const booking = await confirmed(dinner.order({ items: [{ offering_id: dinner.offeringId, start }] }))
    const venue = { venue: { id: `bistro-${dinner.offeringId}`, type: 'restaurant', name: 'Bistro' } }
    const terms = { price: { amount: 2500, currency: 'USD' }, price_unit: 'person', duration_minutes: 90 }
    const harder = { no_show_grace_seconds: null, no_show_fee_percent: 100 }
    await edit(dinner, { profile: 'venue', name: 'Dinner', ...venue, ...terms, policy: harder })
    await world.skipTo(start, 1800 - 30)
    expect((await read(booking)).status).toBe('confirmed')
    await world.skip(60)
    const missed = await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(missed).toMatchObject({ status: 'no_show', refund: { amount: 3000 } })
  })

  test('H-17 X-01 X-06 the refund goes by the tiers of the day of booking, to the second where they end', async () => {
    const concert = await offerSeats(world, 3)
    const [first, second] = [await confirmed(concert.order({}, 'A-1')), await confirmed(concert.order({}, 'A-2'))]
    await edit(concert, { name: 'Concert', price: { amount: 4500, currency: 'USD' }, policy: { refund_tiers: [] } })
    const later = await confirmed(concert.order({}, 'A-3'))
    expect((await previewOf(later)).refund).toMatchObject({ amount: 0, percent: 0 })

    const full = await previewOf(first)
    expect(full).toMatchObject({ refund: { amount: 4500, percent: 100 } })
    expect(secondsBetween(full.valid_until, first.start)).toBe(168 * 3600)
    await world.skipTo(full.valid_until, -60)
    expect(await previewOf(first)).toEqual(full)
    await world.skip(61)
    const half = await previewOf(first)
    expect(half).toMatchObject({ refund: { amount: 2250, percent: 50 } })
    expect(secondsBetween(half.valid_until, first.start)).toBe(48 * 3600)
    await world.skipTo(half.valid_until, -60)
    expect((await ada.post(`/bookings/${first.id}/cancel`, {})).status).toBe(200)
    await until(ada, first.id, ({ refund }) => expect(refund).toMatchObject({ amount: 2250, status: 'completed' }))

    await world.skip(61)
    expect(await previewOf(second)).toMatchObject({ refund: { amount: 0, percent: 0 }, valid_until: null })
    expect((await ada.post(`/bookings/${second.id}/cancel`, {})).status).toBe(200)
    await until(ada, second.id, { status: 'cancelled', refund: null, waiting_for: null })
    expect(await ledgerOf(world, second.id)).toEqual({ authorized: 4500, captured: 4500 })
  })

  async function confirmed(order: object): Promise<BookingBody> {
    const booking = await hold(ada, order)
    await pay(world, booking)
    return until(ada, booking.id, { status: 'confirmed' })
  }

  async function edit(offer: Offer, body: object): Promise<void> {
    const operator = await world.as('operator', 'olga')
    const { status } = await operator.put(`/offerings/${offer.offeringId}`, { profile: 'ticketing', ...body })
    expect(status).toBeLessThan(300)
  }

  async function read({ id }: BookingBody): Promise<BookingBody> {
    return (await ada.get<BookingBody>(`/bookings/${id}`)).body
  }

  async function previewOf({ id }: BookingBody): Promise<Preview> {
    return (await ada.get<Preview>(`/bookings/${id}/cancellation`)).body
  }
})

function secondsBetween(from: string | null | undefined, to: string | null | undefined): number {
  return (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000
}
