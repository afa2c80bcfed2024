import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, pay, until } from '../support/booking.ts'
import { offerSeats, offerSlots, offerTables } from '../support/offers.ts'
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

type Line = {
  version: number
  action: string
  previous_status: string | null
  status: string
  actor: { role: string; id: string }
  reason: string | null
  data: Record<string, unknown>
  at: string
}

async function historyOf(id: string): Promise<Line[]> {
  const { status, body } = await ada.get<{ history: Line[] }>(`/bookings/${id}/history`)
  expect(status).toBe(200)
  return body.history
}

describe('the history of a booking', () => {
  test('A-13 V-06 C-10 has every change with who, why and when, version by version', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'moved away' })
    const last = await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))

    const history = await historyOf(booking.id)
    expect(history.map(({ version }) => version)).toEqual(Array.from({ length: last.version }, (_, n) => n + 1))
    expect(history.map(({ action }) => action)).toEqual([
      'held',
      'payment_requested',
      'payment_authorized',
      'payment_captured',
      'confirmed',
      'ended',
      'refund_requested',
      'refund_succeeded',
    ])
    for (const [index, line] of history.entries()) {
      expect(line.previous_status).toBe(history[index - 1]?.status ?? null)
      expect(line.at >= (history[index - 1]?.at ?? '')).toBe(true)
    }
    expect(history[0]).toMatchObject({ status: 'pending', actor: { role: 'customer', id: 'ada' } })
    expect(history[3]).toMatchObject({ actor: { role: 'service', id: 'payments' }, data: { amount: 15_000_000 } })
    expect(history[4]).toMatchObject({ status: 'confirmed', actor: { role: 'system' } })
    expect(history[5]).toMatchObject({
      previous_status: 'confirmed',
      status: 'cancelled',
      actor: { role: 'customer', id: 'ada' },
      reason: 'moved away',
    })
    expect(history.at(-1)?.at).toBe(last.updated_at)
    expect(JSON.stringify(history)).not.toContain(booking.payment?.client_secret)
  })

  test('A-13 says who made the booking, when that was not the customer', async () => {
    const makers = [olga, await world.as('service', 'call-centre')]
    for (const [maker, role] of [
      [makers[0], 'operator'],
      [makers[1], 'service'],
    ] as const) {
      if (maker === undefined) throw new Error('nobody is there')
      const booking = await hold(maker, (await offerSeats(world)).order({ customer: { id: 'ada' } }))
      expect(booking.customer.id).toBe('ada')
      expect((await historyOf(booking.id))[0]).toMatchObject({ action: 'held', actor: { role, id: maker.id } })
    }
  })
})

describe('at all times a booking says', () => {
  type Standing = Pick<BookingBody, 'status' | 'waiting_for'> & { customer: string[]; operator: string[] }

  /** What may be done now and what is waited for, as customer and operator see it; and when it must have moved. */
  async function standing(id: string): Promise<Standing & { deadline: string | null }> {
    const { body } = await ada.get<BookingBody>(`/bookings/${id}`)
    const seen = await olga.get<BookingBody>(`/bookings/${id}`)
    const { status, waiting_for } = body
    const [customer, operator] = [body.available_actions, seen.body.available_actions]
    return { status, waiting_for, customer, operator, deadline: body.next_deadline }
  }

  test('A-33 what may be done, what it waits for and until when: from hold to completion', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    expect(await standing(booking.id)).toEqual({
      status: 'pending',
      waiting_for: 'payment',
      customer: ['pay', 'cancel', 'extend', 'change'],
      operator: ['pay', 'cancel', 'extend', 'confirm_by_hand', 'force_release', 'change'],
      deadline: booking.hold?.expires_at,
    })
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 1 })
    await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('processing'))
    expect(await standing(booking.id)).toMatchObject({
      status: 'pending',
      waiting_for: 'payment_outcome',
      customer: ['cancel', 'extend'],
      deadline: booking.hold?.expires_at,
    })
    const { end } = await until(ada, booking.id, { status: 'confirmed' })
    const dayAfter = new Date(Date.parse(end ?? '') + 86_400_000).toISOString()
    expect(await standing(booking.id)).toEqual({
      status: 'confirmed',
      waiting_for: 'visit',
      customer: ['cancel', 'change'],
      operator: ['start', 'complete', 'no_show', 'cancel', 'change'],
      deadline: dayAfter,
    })
    await olga.post(`/bookings/${booking.id}/status`, { action: 'start', reason: 'came early' })
    expect(await standing(booking.id)).toEqual({
      status: 'in_progress',
      waiting_for: 'completion',
      customer: ['cancel'],
      operator: ['complete', 'cancel'],
      deadline: dayAfter,
    })
    await olga.post(`/bookings/${booking.id}/status`, { action: 'complete', reason: 'came early' })
    expect(await standing(booking.id)).toEqual({
      status: 'completed',
      waiting_for: null,
      customer: [],
      operator: [],
      deadline: null,
    })
  })

  test('A-33 C-04 that it waits for approval, until the approval’s deadline', async () => {
    const booking = await hold(ada, (await offerSlots(world, { more: { requires_approval: true } })).order())
    await pay(world, booking)
    const { updated_at } = await until(ada, booking.id, { status: 'awaiting_approval' })
    expect(await standing(booking.id)).toEqual({
      status: 'awaiting_approval',
      waiting_for: 'approval',
      customer: ['cancel'],
      operator: ['cancel', 'approve', 'decline', 'force_release'],
      deadline: new Date(Date.parse(updated_at) + 86_400_000).toISOString(),
    })
  })

  test('A-33 X-07 that it waits for a refund, and then for nothing', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await pay(world, booking, 'pm_refund_fails', { times: 1 })
    await until(ada, booking.id, { status: 'confirmed' })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    const waiting = await standing(booking.id)
    expect(waiting).toMatchObject({ status: 'cancelled', waiting_for: 'refund', customer: [] })
    // From its first try on, so that nobody has to wait for the service to give up (N-15).
    expect(waiting.operator).toEqual(['retry', 'settle_refund', 'stop_refund'])
    expect(Date.parse(waiting.deadline ?? '')).toBeGreaterThan(Date.now())
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(await standing(booking.id)).toMatchObject({ status: 'cancelled', waiting_for: null, deadline: null })
  })

  test('A-33 that it waits for its payment intent while the payment service is slow', async () => {
    const offer = await offerSeats(world)
    const rules = [{ service: 'payments', operation: 'create_intent', delay_ms: 1500, times: 1 }]
    await world.service.put('/control/faults', { rules })
    const booking = await hold(ada, offer.order())
    expect(booking).toMatchObject({ status: 'pending', payment: null, waiting_for: 'payment_intent' })
    expect(booking.available_actions).toEqual(['cancel', 'extend', 'change'])
    expect(booking.next_deadline).toBe(booking.hold?.expires_at)
    await world.service.put('/control/faults', { rules: [] })
    const payable = await until(ada, booking.id, { waiting_for: 'payment' })
    expect(payable.available_actions).toEqual(['pay', 'cancel', 'extend', 'change'])
    await pay(world, payable)
    await until(ada, booking.id, { status: 'confirmed' })
  })

  test('A-33 V-07 of a venue, that it is a no-show some time after its start', async () => {
    const booking = await hold(ada, (await offerTables(world)).order())
    await pay(world, booking)
    const { start } = await until(ada, booking.id, { status: 'confirmed' })
    expect(await standing(booking.id)).toMatchObject({
      waiting_for: 'visit',
      operator: ['check_in', 'no_show', 'cancel', 'change'],
      deadline: new Date(Date.parse(start ?? '') + 3_600_000).toISOString(),
    })
  })
})
