import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { offerSeats } from '../support/offers.ts'
import { cannotSkip, openSkippingWorld, type SkippingWorld } from '../support/skipping.ts'

const DAY = 86_400

describe.skipIf(cannotSkip)('money that does not get back at once (needs time-skipping server)', () => {
  let world: SkippingWorld
  let ada: Caller
  beforeAll(async () => {
    world = await openSkippingWorld()
    ada = await world.as('customer', 'ada')
  })
  afterAll(() => world?.close())

  test('X-07 H-06 a refund is tried for a day and a half under one key, and done once when the bank is back', async () => {
    const booking = await cancelledWhileDown({ status: 503 })
    await world.skip(1.5 * DAY)
    expect(await read(booking)).toMatchObject({
      status: 'cancelled',
      waiting_for: 'refund',
      refund: { status: 'pending' },
      attention: null,
    })
    await bankIsBack()
    // Tries are never more than an hour apart.
    await world.skip(3600)
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 4500, captured: 4500, refunded: 4500 })
    expect(await world.parts.database.refund.count({ where: { bookingId: booking.id } })).toBe(1)
  })

  test('X-07 X-10 H-06 after three days it is failed and a person is called, who has it tried again under the same key', async () => {
    const booking = await cancelledWhileDown({ status: 503 })
    // Temporal gives up when the next try would be too late: up to an hour before the three days are over.
    await world.skip(3 * DAY - 2 * 3600)
    expect(await read(booking)).toMatchObject({ attention: null, refund: { status: 'pending' } })
    await world.skip(2 * 3600)
    const failed = await until(ada, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    expect(failed).toMatchObject({ status: 'cancelled', waiting_for: 'refund', refund: { status: 'failed' } })
    const before = await refundOf(booking)
    await bankIsBack()
    await world.parts.workflows.command(booking.id, 'retry', BY_OLGA, `retry-${booking.id}`)
    const back = await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(back).toMatchObject({ attention: null, waiting_for: null })
    expect((await refundOf(booking)).key).toBe(before.key)
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 4500, captured: 4500, refunded: 4500 })
  })

  test('X-03 X-10 a bank that cannot let go of an authorisation is asked for days, and a person is called', async () => {
    const concert = await offerSeats(world)
    const booking = await hold(ada, concert.order())
    await pay(world, booking, 'pm_card_capture_fails')
    await world.service.post('/control/webhooks/flush', {})
    await fault('cancel', { status: 503 })
    await until(ada, booking.id, { status: 'cancelled', waiting_for: 'payment_void' })
    await world.skip(3 * DAY + 60)
    await until(ada, booking.id, ({ attention }) => expect(attention?.reason).toBe('void_overdue'))
    await bankIsBack()
    await world.skip(3600)
    await until(ada, booking.id, { attention: null, waiting_for: null })
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 4500, voided: 4500 })
  })

  const BY_OLGA = { by: { role: 'operator', id: 'olga' }, reason: null, expectedVersion: null } as const

  async function fault(operation: string, effect: object): Promise<void> {
    await world.service.put('/control/faults', { rules: [{ service: 'payments', operation, ...effect }] })
  }

  async function bankIsBack(): Promise<void> {
    await world.service.put('/control/faults', { rules: [] })
  }

  /** A seat, paid for and cancelled in time, while the bank gives nothing back. */
  async function cancelledWhileDown(effect: object): Promise<BookingBody> {
    const booking = await hold(ada, (await offerSeats(world)).order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    await fault('refund', effect)
    expect((await ada.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
    return until(ada, booking.id, { status: 'cancelled', waiting_for: 'refund' })
  }

  async function read({ id }: BookingBody): Promise<BookingBody> {
    return (await ada.get<BookingBody>(`/bookings/${id}`)).body
  }

  function refundOf({ id }: BookingBody) {
    return world.parts.database.refund.findFirstOrThrow({ where: { bookingId: id } })
  }
})
