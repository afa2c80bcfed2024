import { afterAll, beforeAll, expect, test } from 'vitest'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { offerCourse, offerSeats, offerSlots, offerTables, offerTutor } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

test('every profile holds, confirms and cancels through the same workflow', async () => {
  const ada = await world.as('customer', 'ada')
  for (const offer of [
    await offerTutor(world),
    await offerSlots(world),
    await offerSeats(world),
    await offerTables(world),
    await offerCourse(world),
  ]) {
    const booking = await hold(ada, offer.order())
    expect(booking).toMatchObject({ status: 'pending', waiting_for: 'payment', available_actions: ['pay', 'cancel'] })
    await pay(world, booking)
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: booking.amount, captured: booking.amount })
    const { status } = await ada.post(`/bookings/${booking.id}/cancel`, { expected_version: confirmed.version })
    expect(status).toBe(200)
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
  }
})
