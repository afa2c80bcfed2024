import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hold, ledgerOf, until } from '../support/booking.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats } from '../support/offers.ts'
import { sendWebhook } from '../support/webhooks.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

describe('a webhook about a booking that nobody knows', () => {
  test('A-19 H-07 is kept and acknowledged with 202, whether it names a booking or not', async () => {
    const about = { payment: null, currency: 'USD', amount: 4500 }
    for (const id of [randomUUID(), null]) {
      const data = { intent_id: 'pi_nobody', booking_id: id }
      const answer = await sendWebhook(world, { ...about, id: id ?? '' }, 'payment_intent.succeeded', { data })
      expect(answer).toMatchObject({ status: 202, body: { outcome: 'parked' } })
      const stored = await world.parts.database.processedEvent.findUniqueOrThrow({ where: { eventId: answer.id } })
      expect(stored).toMatchObject({ bookingId: id, deliveredAt: null, outcome: null })
    }
  })

  test('A-19 H-07 is told to the booking once there is one: paid before it was made, it is confirmed', async () => {
    // A request that fails for want of a price has its booking's id all the same, as the Temporal UI shows; repeated, it makes that booking.
    const key = { 'idempotency-key': randomUUID() }
    const ada = await world.as('customer', 'ada')
    const order = (await offerSeats(world)).order()
    await world.service.put('/control/faults', { rules: [{ service: 'pricing', status: 500 }] })
    expect(await ada.post('/bookings', order, key)).toMatchObject({ status: 503 })
    await world.service.put('/control/faults', { rules: [] })
    const id = await eventually(async () => {
      const query = `TaskQueue = '${world.config.TASK_QUEUE}' AND ExecutionStatus = 'Failed'`
      for await (const { workflowId } of world.parts.temporal.workflow.list({ query })) return workflowId
      throw new Error('no workflow has failed yet')
    })

    // The payment service has the booking's money before this world has the booking, and says so.
    const intent = await world.service.post(
      '/api/v1/payments/intents',
      { booking_id: id, amount: 4500, currency: 'USD', capture: 'manual' },
      { 'idempotency-key': randomUUID() },
    )
    await world.service.post(`/api/v1/payments/intents/${String(intent.body['id'])}/confirm`, {
      client_secret: intent.body['client_secret'],
      payment_method: 'pm_bank_immediate',
    })
    await eventually(async () => {
      const parked = await world.parts.database.processedEvent.findFirst({ where: { bookingId: id } })
      expect(parked).toMatchObject({ type: 'succeeded', deliveredAt: null, lastError: expect.any(String) as string })
    })

    const booking = await hold(ada, order, key)
    expect(booking).toMatchObject({ id, status: 'pending' })
    const confirmed = await until(ada, id, { status: 'confirmed' })
    expect(confirmed.payment).toMatchObject({ intent_id: intent.body['id'], status: 'succeeded' })
    expect(await ledgerOf(world, id)).toEqual({ captured: 4500 })
    // The intent that the booking asked for itself is not needed any more.
    await eventually(async () => {
      const own = await world.service.get(`/api/v1/payments/intents/${booking.payment?.intent_id}`)
      expect(own.body['status']).toBe('cancelled')
    })
  })
})
