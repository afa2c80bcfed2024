import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { reconcileNow } from '../../temporal/reconciliation.ts'
import { confirmed, hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { offerCourse, type Offer } from '../support/offers.ts'
import { sendWebhook } from '../support/webhooks.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Caller
let offer: Offer
beforeAll(async () => {
  world = await openWorld({ environment: { PAYMENT_TRUSTED_SOURCES: 'service:till, payment.trusted' } })
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
  offer = await offerCourse(world)
})
// Money is told of here that the sandbox never took: its ledger cannot agree.
afterAll(() => world.close({ audit: false }))

/** A person is called for a booking, because of this. */
function called(id: string, reason: string): Promise<void> {
  return eventually(async () => {
    expect((await olga.get<BookingBody>(`/bookings/${id}`)).body.attention?.reason).toBe(reason)
  })
}

describe('N-19 nothing is no payment', () => {
  test.each(['processing', 'authorized', 'succeeded'])(
    'N-19 a signed %s of 0 is refused, and the booking goes on',
    async (type) => {
      const booking = await hold(ada, offer.order())
      const answer = await sendWebhook(world, booking, `payment_intent.${type}`, { data: { amount: 0 } })
      expect(answer.status).toBe(422)
      expect((await ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, {})).body).toMatchObject({
        status: 'cancelled',
      })
    },
  )

  test('N-19 and so is a service’s fact', async () => {
    const booking = await hold(ada, offer.order())
    const service = await world.as('service', 'payments')
    const fact = { event_id: randomUUID(), type: 'succeeded', amount: 0 }
    expect((await service.post(`/bookings/${booking.id}/payment-facts`, fact)).status).toBe(422)
    expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toMatchObject({
      status: 'pending',
      version: booking.version,
    })
  })
})

test.each([
  ['our own intent', {}],
  ['an intent made elsewhere', { intent_id: 'pi_elsewhere' }],
])('N-10 a signed success of %s in another currency confirms nothing, and calls a person', async (_, data) => {
  const booking = await hold(ada, offer.order())
  // The sandbox knows nothing of it: it cannot give it back.
  await sendWebhook(world, booking, 'payment_intent.succeeded', { data: { currency: 'EUR', ...data } })
  await called(booking.id, 'amount_mismatch')
  const { body } = await olga.get<BookingBody>(`/bookings/${booking.id}`)
  expect(body).toMatchObject({ status: 'cancelled' })
  const refunds = await world.parts.database.refund.findMany({ where: { bookingId: booking.id } })
  expect(refunds.map(({ amount, reason }) => [Number(amount), reason])).toEqual([[booking.amount, 'amount_mismatch']])
})

test('N-11 a service that claims that it was paid is not believed: the intent is asked', async () => {
  const booking = await hold(ada, offer.order())
  const service = await world.as('service', 'somebody')
  const fact = { event_id: randomUUID(), type: 'succeeded', amount: booking.amount, currency: booking.currency }
  expect((await service.post(`/bookings/${booking.id}/payment-facts`, fact)).status).toBe(503)
  expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toMatchObject({ status: 'pending' })
  await pay(world, booking)
  await until(ada, booking.id, { status: 'confirmed' })
})

test('N-11 a source that is configured as trusted is believed, in the price’s currency, until reconciliation finds that nobody took it', async () => {
  const till = await world.as('service', 'till')
  const booking = await hold(ada, offer.order())
  const fact = { event_id: randomUUID(), type: 'succeeded' }
  expect(await till.post(`/bookings/${booking.id}/payment-facts`, fact)).toMatchObject({ status: 200 })
  const { body } = await ada.get<BookingBody>(`/bookings/${booking.id}`)
  expect(body).toMatchObject({ status: 'confirmed', payment: { amount: booking.amount } })
  const other = await hold(ada, offer.order())
  const foreign = { event_id: randomUUID(), type: 'succeeded', amount: other.amount, currency: 'EUR' }
  expect((await till.post(`/bookings/${other.id}/payment-facts`, foreign)).status).toBe(422)
  expect((await ada.get<BookingBody>(`/bookings/${other.id}`)).body).toMatchObject({ status: 'pending' })

  const { temporal, config } = world.parts
  expect(await reconcileNow(temporal, config.TASK_QUEUE, { repairs: false, graceSeconds: 0 })).toMatchObject({
    open: 1,
  })
  const done = await reconcileNow(temporal, config.TASK_QUEUE, { repairs: true, graceSeconds: 0 })
  expect(done).toMatchObject({ open: 0, attention: 1 })
  await called(booking.id, 'payments_disagree')
}, 60_000)

describe('N-14 what happens at the payment service without us', () => {
  test('N-14 a refund in its dashboard lowers what is refundable, in the preview too, and the ledgers agree', async () => {
    const booking = await confirmed(world, ada, offer)
    const intent = String(booking.payment?.intent_id)
    await world.service.post(`/control/payments/${intent}/refund`, { amount: 1 })
    await called(booking.id, 'refunded_elsewhere')
    const preview = await olga.get<{ refund: { amount: number } }>(`/bookings/${booking.id}/cancellation`)
    expect(JSON.stringify(preview.body)).toContain(String(booking.amount - 1))
    await olga.post(`/bookings/${booking.id}/operations`, { operation: 'acknowledge', reason: 'a voucher' })
    await olga.post(`/bookings/${booking.id}/cancel`, { reason: 'closed' })
    const { body } = await olga.get<BookingBody>(`/bookings/${booking.id}`)
    expect(body).toMatchObject({ attention: null })
  })

  test('N-14 a dispute calls a person, holds back refunds, and is in the ledger when it is lost', async () => {
    const booking = await confirmed(world, ada, offer)
    const intent = String(booking.payment?.intent_id)
    const dispute = (event: string) =>
      world.service.post(`/control/payments/${intent}/dispute`, { dispute_id: 'dp_1', event, amount: booking.amount })
    await dispute('opened')
    await called(booking.id, 'disputed')
    await olga.post(`/bookings/${booking.id}/cancel`, { reason: 'closed' })
    for (const event of ['funds_withdrawn', 'lost']) await dispute(event)
    await called(booking.id, 'dispute_lost')
    const lines = await world.parts.database.ledgerEntry.findMany({
      where: { bookingId: booking.id },
      orderBy: { id: 'asc' },
    })
    expect(lines.map(({ kind, amount }) => [kind, Number(amount)])).toEqual([
      ['captured', booking.amount],
      ['disputed', -booking.amount],
    ])
  })
})
