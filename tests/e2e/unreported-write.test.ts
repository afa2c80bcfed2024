import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { onPaymentEvent } from '../../domain/decide.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { offerSlots } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'
import { activitiesOf } from '../../runtime/wire.ts'

let world: World
let ada: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world?.close())

/**
 * A visit that waits for approval by the database's word, while its workflow does not know that it was paid for: as if a worker had died after the write and before it could
 * report it, and nobody had told the fact again.
 */
async function paidUnreported(): Promise<BookingBody> {
  await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
  const visit = await offerSlots(world, { more: { requires_approval: true } })
  const booking = await hold(ada, visit.order())
  const { id: intentId, amount } = await pay(world, booking)
  const activities = activitiesOf(world.parts)
  const before = await activities.load(booking.id)
  if (before === null) throw new Error('held, and not there')
  const at = new Date().toISOString()
  const paymentEvent = {
    id: randomUUID(),
    type: 'authorized',
    method: 'card',
    currency: booking.currency,
    failureCode: null,
    refundKey: null,
  } as const
  const { facts } = onPaymentEvent(
    before,
    { ...paymentEvent, intentId: String(intentId), amount: Number(amount), at },
    { now: at },
  )
  await activities.record({ before, facts })
  return until(ada, booking.id, { status: 'awaiting_approval' })
}

test('H-21 a command that the database allows is not refused by a workflow that does not know yet', async () => {
  const booking = await paidUnreported()
  const answer = await olga.post(`/bookings/${booking.id}/status`, { action: 'decline', reason: 'fully booked' })
  expect(answer).toMatchObject({ status: 200, body: { status: 'cancelled' } })
  await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('cancelled'))
  expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 15_000_000, voided: 15_000_000 })
})

test('H-21 nor is one that names the version that the database has', async () => {
  const booking = await paidUnreported()
  const wish = { expected_version: booking.version }
  expect(await ada.post(`/bookings/${booking.id}/cancel`, wish)).toMatchObject({
    status: 200,
    body: { status: 'cancelled' },
  })
  await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('cancelled'))
})

test('H-21 and what the database refuses is still refused', async () => {
  const booking = await paidUnreported()
  const wish = { expected_version: booking.version - 1 }
  expect(await ada.post(`/bookings/${booking.id}/cancel`, wish)).toMatchObject({
    status: 409,
    body: { code: 'version_conflict' },
  })
  expect((await olga.post(`/bookings/${booking.id}/status`, { action: 'decline' })).status).toBe(200)
})
