import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { inDays, offerSlots, type Offer } from '../support/offers.ts'
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

const PRICE = 15_000_000

async function confirmed(offer: Offer, unitId?: string, method?: string, more?: Record<string, unknown>) {
  const booking = await hold(ada, offer.order({}, unitId))
  await pay(world, booking, method, more)
  return until(ada, booking.id, { status: 'confirmed' })
}

/** A slot of the service that begins between so many hours from now and an hour later. */
async function slotInHours(offer: Offer, hours: number): Promise<string> {
  const id = `in-${hours}-hours`
  const unit = { id, kind: 'slot', start: inDays(0, hours), end: inDays(0, hours + 1), staff_id: 'vet-1' }
  const { status } = await olga.put(`/offerings/${offer.offeringId}/units`, { units: [unit] })
  expect(status).toBe(200)
  return id
}

describe('the payment of a visit', () => {
  test('C-05 is pending at first, in rupiah, with the payment service’s reference', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    expect(booking).toMatchObject({
      amount: PRICE,
      currency: 'IDR',
      payment: { status: 'pending', amount: PRICE, amount_refunded: 0, method: null, paid_at: null },
      refund: null,
      waiting_for: 'payment',
    })
    const intent = await world.service.get(`/api/v1/payments/intents/${booking.payment?.intent_id}`)
    expect(intent.body).toMatchObject({ booking_id: booking.id, amount: PRICE, currency: 'IDR' })
  })

  test('C-05 is processing while the bank is at work, then it has succeeded, with method and time', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 1 })
    const processing = await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('processing'))
    expect(processing).toMatchObject({ status: 'pending', waiting_for: 'payment_outcome' })

    const paid = await until(ada, booking.id, { status: 'confirmed' })
    expect(paid.payment).toMatchObject({
      status: 'succeeded',
      method: 'pm_bank_slow',
      intent_id: booking.payment?.intent_id,
      amount: PRICE,
      amount_refunded: 0,
    })
    expect(Date.parse(paid.payment?.paid_at ?? '')).toBeGreaterThan(Date.parse(booking.created_at))
  })

  test('C-05 X-13 that was declined has failed, may be tried again on the same intent, and is taken once', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_card_declined')
    const failed = await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('failed'))
    expect(failed).toMatchObject({ status: 'pending', waiting_for: 'payment', hold: booking.hold })
    expect(failed.available_actions).toContain('pay')

    await pay(world, booking, 'pm_card_declined')
    await pay(world, booking, 'pm_card_visa')
    const paid = await until(ada, booking.id, { status: 'confirmed' })
    expect(paid.payment).toMatchObject({
      intent_id: booking.payment?.intent_id,
      status: 'succeeded',
      method: 'pm_card_visa',
    })
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: PRICE, captured: PRICE })
  })

  test('X-13 a slow payment that fails in the end may be tried again too', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 0.2, outcome: 'failed' })
    await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('failed'))
    await pay(world, booking, 'pm_bank_immediate')
    const paid = await until(ada, booking.id, { status: 'confirmed' })
    expect(paid.payment).toMatchObject({ status: 'succeeded', method: 'pm_bank_immediate' })
  })

  test('X-13 a service whose policy says cancel ends with the first declined payment', async () => {
    const offer = await offerSlots(world, { policy: { on_payment_failed: 'cancel' } })
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_card_declined')
    const ended = await until(ada, booking.id, { status: 'cancelled', waiting_for: null })
    expect(ended.cancellation).toMatchObject({ reason: 'payment_failed', by: { role: 'system' } })
    expect(ended.payment?.status).toBe('cancelled')
    await hold(ada, offer.order())
  })

  test('X-13 tried until the hold ends, it expires then and the slot is free', async () => {
    const offer = await offerSlots(world, { policy: { hold_seconds: 2 } })
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_card_declined')
    await until(ada, booking.id, { status: 'expired' })
    expect(await hold(ada, offer.order())).toMatchObject({ status: 'pending' })
  })
})

describe('the refund of a visit', () => {
  test('C-05 goes from pending to completed, and the payment is then refunded', async () => {
    const offer = await offerSlots(world)
    const booking = await confirmed(offer, undefined, 'pm_refund_fails', { times: 1 })
    const { status, body } = await ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, { reason: 'well again' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'cancelled',
      waiting_for: 'refund',
      refund: { amount: PRICE, status: 'pending', refunded_at: null },
      payment: { status: 'succeeded', amount_refunded: 0 },
    })
    const refunded = await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(refunded).toMatchObject({
      status: 'cancelled',
      waiting_for: null,
      next_deadline: null,
      payment: { status: 'refunded', amount_refunded: PRICE },
    })
    expect(Date.parse(refunded.refund?.refunded_at ?? '')).toBeGreaterThanOrEqual(Date.parse(body.updated_at))
  })

  test('C-05 X-06 is half between 24 and 4 hours before, and the payment keeps the rest', async () => {
    const offer = await offerSlots(world)
    const booking = await confirmed(offer, await slotInHours(offer, 6))
    const preview = await ada.get(`/bookings/${booking.id}/cancellation`)
    expect(preview.body).toMatchObject({ refund: { amount: PRICE / 2, currency: 'IDR', percent: 50 } })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    const refunded = await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(refunded).toMatchObject({
      refund: { amount: PRICE / 2 },
      payment: { status: 'succeeded', amount: PRICE, amount_refunded: PRICE / 2 },
    })
  })

  test('C-05 is nothing within 4 hours', async () => {
    const offer = await offerSlots(world)
    const booking = await confirmed(offer, await slotInHours(offer, 2))
    const { body } = await ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, {})
    expect(body).toMatchObject({ status: 'cancelled', refund: null, payment: { amount_refunded: 0 } })
  })

  test('C-05 never exceeds what was paid, whoever cancels and however many do so at once', async () => {
    const offer = await offerSlots(world)
    const booking = await confirmed(offer)
    const answers = await Promise.all(
      [ada, olga, ada, olga].map((somebody) => somebody.post(`/bookings/${booking.id}/cancel`, {})),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409])
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(await ledgerOf(world, booking.id)).toMatchObject({ captured: PRICE, refunded: PRICE })
  })
})
