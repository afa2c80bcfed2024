import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { confirmed, hold, lastLine, ledgerOf, pay, until } from '../support/booking.ts'
import { eventually } from '../support/eventually.ts'
import { offerSlots, type Offer } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { sendWebhook } from '../support/webhooks.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let ben: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  ben = await world.as('customer', 'ben')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

const operate = (id: string, body: object, headers = {}) =>
  olga.post<BookingBody>(`/bookings/${id}/operations`, body, headers)

const paid = (offer: Offer, who = ada, unitId?: string) => confirmed(world, who, offer, {}, unitId)

describe('an operator, by hand', () => {
  test('X-12 A-34 is an operator, and says what and why', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await until(ada, booking.id, { waiting_for: 'payment' })
    const path = `/bookings/${booking.id}/operations`
    const operation = { operation: 'force_release', reason: 'because' }
    for (const who of [ada, await world.as('provider', 'vet'), await world.as('service', 'robot')]) {
      await expectRefused(world, () => who.post(path, operation), 'forbidden')
    }
    await expectRefused(world, () => olga.post(`/bookings/${randomUUID()}/operations`, operation), 'not_found')
    const faults: [object, string][] = [
      [{ operation: 'force_release' }, '/reason'],
      [{ ...operation, reason: '   ' }, '/reason'],
      [{ ...operation, operation: 'explode' }, '/operation'],
      [{ ...operation, amount: 5 }, '/amount'],
      [{ operation: 'settle_refund', reason: 'x' }, '/refund_key'],
      [{ operation: 'confirm_by_hand', reason: 'x', amount: -1 }, '/amount'],
    ]
    for (const [body, pointer] of faults) {
      expectFaultAt(await expectRefused(world, () => olga.post(path, body), 'validation_failed'), pointer)
    }
    const short = { operation: 'confirm_by_hand', reason: 'x', amount: booking.amount - 1 }
    await expectRefused(world, () => olga.post(path, short), 'policy_forbids')
    const unknown = { operation: 'settle_refund', reason: 'x', refund_key: 'refund:1' }
    await expectRefused(world, () => olga.post(path, unknown), 'illegal_transition')
  })

  test('X-12 confirms what was paid at the desk: once, in the ledger, with who and why', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const operation = { operation: 'confirm_by_hand', reason: 'cash, receipt 17', amount: booking.amount }
    const key = { 'idempotency-key': randomUUID() }
    for (const { status, body } of [
      await operate(booking.id, operation, key),
      await operate(booking.id, operation, key),
    ]) {
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { status: 'confirmed', payment: { method: 'manual' } },
      })
    }
    const entries = await world.parts.database.ledgerEntry.findMany({ where: { bookingId: booking.id } })
    expect(entries).toMatchObject([{ kind: 'captured', amount: BigInt(booking.amount) }])
    expect(await lastLine(olga, booking.id, 'payment_captured')).toMatchObject({
      actor: { role: 'operator', id: 'olga' },
      reason: 'cash, receipt 17',
    })
    await eventually(async () => {
      const { body } = await world.service.get(`/api/v1/payments/intents/${booking.payment?.intent_id}`)
      expect(body).toMatchObject({ status: 'cancelled' })
    })
    expect(await operate(booking.id, operation)).toMatchObject({ status: 409, body: { code: 'illegal_transition' } })
  })

  test('X-12 H-06 gives back by hand what was paid by hand: attention until it is settled', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await operate(booking.id, { operation: 'confirm_by_hand', reason: 'cash' })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await until(ada, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    const { key } = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    const settled = await operate(booking.id, { operation: 'settle_refund', refund_key: key, reason: 'cash back, 18' })
    expect(settled.body).toMatchObject({ attention: null, refund: { status: 'completed' }, waiting_for: null })
    expect(await lastLine(olga, booking.id, 'refund_succeeded')).toMatchObject({ reason: 'cash back, 18' })
  })

  test('X-10 X-07 A-04 A-25 finds those that need a person, whose refund failed, and who was told of one', async () => {
    const found = async (query: string) => {
      const { body } = await olga.get<{ bookings: BookingBody[] }>(`/bookings?customer_id=zoe&${query}`)
      return body.bookings.map(({ id }) => id)
    }
    const zoe = await world.as('customer', 'zoe')
    const calm = await paid(await offerSlots(world), zoe)
    const booking = await hold(zoe, (await offerSlots(world)).order())
    await operate(booking.id, { operation: 'confirm_by_hand', reason: 'cash' })
    await zoe.post(`/bookings/${booking.id}/cancel`, {})
    await until(zoe, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    expect(await found('attention=true')).toEqual([booking.id])
    expect(await found('attention=false')).toEqual([calm.id])
    expect(await found('refund=failed')).toEqual([booking.id])
    expect(await found('refund=pending')).toEqual([])
    expect(await found('overdue=true')).toEqual([])
    await world.parts.database.booking.update({
      where: { id: calm.id },
      data: { nextDeadline: new Date(Date.now() - 120_000) },
    })
    expect(await found('overdue=true')).toEqual([calm.id])
    await world.parts.database.booking.update({
      where: { id: calm.id },
      data: { nextDeadline: calm.next_deadline },
    })
    expectFaultAt(await expectRefused(world, () => olga.get('/bookings?refund=late'), 'validation_failed'), '/refund')

    type Told = { notifications: { user_id: string; booking_id: string }[] }
    const path = `/notifications?booking_id=${booking.id}`
    const { notifications } = (await olga.get<Told>(path)).body
    expect(notifications.map(({ user_id }) => user_id)).toContain('zoe')
    expect(new Set(notifications.map(({ booking_id }) => booking_id))).toEqual(new Set([booking.id]))
    expect((await ada.get<Told>(path)).body.notifications).toEqual([])
  })

  test('X-12 X-02 frees the units of a booking whose payment nobody can tell; paid later, it is there again', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 4, outcome: 'succeeded' })
    await until(ada, booking.id, { waiting_for: 'payment_outcome' })
    const freed = await operate(booking.id, { operation: 'force_release', reason: 'bank is silent' })
    expect(freed).toMatchObject({
      status: 200,
      body: { status: 'expired', cancellation: { reason: 'bank is silent' } },
    })
    await until(ada, booking.id, { status: 'confirmed' }, 30)
  })

  test('X-12 X-02 and when the units went to somebody else meanwhile, the money goes back', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 4, outcome: 'succeeded' })
    await until(ada, booking.id, { waiting_for: 'payment_outcome' })
    expect((await operate(booking.id, { operation: 'force_release', reason: 'bank is silent' })).status).toBe(200)
    await paid(offer, ben)
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'), 30)
  })

  test('X-12 X-07 has a failed refund tried again, with the reason in the history', async () => {
    const booking = await paid(await offerSlots(world))
    await world.service.put('/control/faults', {
      rules: [{ service: 'payments', operation: 'refund', status: 422, code: 'amount_too_large' }],
    })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    const failed = await until(olga, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    expect(failed.available_actions).toEqual(['retry', 'settle_refund'])
    await world.service.put('/control/faults', { rules: [] })
    expect(await operate(booking.id, { operation: 'retry', reason: 'bank called' })).toMatchObject({ status: 200 })
    await until(ada, booking.id, { attention: null, waiting_for: null })
    expect(await lastLine(olga, booking.id, 'refund_requested')).toMatchObject({ reason: 'bank called' })
  })

  test('X-07 X-12 H-08 settles a refund that bounced later: once, and the ledger stays', async () => {
    const booking = await paid(await offerSlots(world))
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    const { key } = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    const bounce = { timestamp: new Date(Date.now() + 12 * 3_600_000), data: { refund_key: key } }
    for (const _ of [1, 2]) expect((await sendWebhook(world, booking, 'refund.failed', bounce)).status).toBe(200)
    const bounced = await until(olga, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_bounced'))
    expect(bounced).toMatchObject({
      status: 'cancelled',
      waiting_for: 'refund',
      refund: { status: 'failed', refunded_at: null },
      available_actions: ['settle_refund'],
    })
    const operation = { operation: 'settle_refund', refund_key: key, reason: 'sent to another account' }
    expect((await operate(booking.id, operation)).body).toMatchObject({
      attention: null,
      refund: { status: 'completed' },
      waiting_for: null,
    })
    expect(await lastLine(olga, booking.id, 'bounce_settled')).toMatchObject({ reason: 'sent to another account' })
    const { amount } = booking
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: amount, captured: amount, refunded: amount })
    expect(await world.parts.database.ledgerEntry.count({ where: { bookingId: booking.id } })).toBe(2)
  })

  test('X-12 works from the form of the Temporal UI, and refuses there too', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const run = world.parts.temporal.workflow.getHandle(booking.id)
    await expect(run.executeUpdate('confirm_by_hand', { args: [{}] })).rejects.toThrow('Update failed')
    await run.executeUpdate('confirm_by_hand', { args: [{ reason: 'transfer seen' }] })
    expect(await lastLine(olga, booking.id, 'payment_captured')).toMatchObject({
      actor: { role: 'operator', id: 'temporal' },
    })
    await until(ada, booking.id, { status: 'confirmed', waiting_for: 'visit' })
  })
})
