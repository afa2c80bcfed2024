import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { openStream, ticketing, withKafka, type Sent, type Stream } from '../support/consumers.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats, offerSlots, offerTutor } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

describe.skipIf(inject('kafka').brokers === null)('payment facts from Kafka (needs Kafka)', () => {
  let world: World
  let stream: Stream
  beforeAll(async () => {
    world = await openWorld({ environment: withKafka() })
    stream = await openStream(world)
    // Here the payment service tells by Kafka alone.
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
  })
  afterAll(async () => {
    await stream.close()
    await world.close()
  })

  test('E-04 K-04 payment.success confirms with a ticket, once, whatever is repeated; payment.failed after it changes nothing', async () => {
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerSeats(world)).order())
    await pay(world, booking, 'pm_bank_immediate')
    const success = ticketing('payment.success', booking)
    await stream.send(success, success, ticketing('payment.success', booking))
    const confirmed = await until(ada, booking.id, { status: 'confirmed' }, 60)
    expect(confirmed.ticket_reference).toMatch(/^TKT-/)

    const failed = ticketing('payment.failed', booking)
    await stream.send(failed, failed)
    await dealtWith(failed)
    expect(await confirmations(booking.id)).toBe(1)
    expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body.status).toBe('confirmed')
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: 4500 })
  })

  test('E-04 X-13 X-02 payment.failed cancels; a success after it brings the booking back, or the money when the seat is gone', async () => {
    const [ada, ben] = [await world.as('customer', 'ada'), await world.as('customer', 'ben')]
    for (const isTaken of [false, true]) {
      const event = await offerSeats(world)
      const booking = await hold(ada, event.order())
      await stream.send(ticketing('payment.failed', booking))
      const cancelled = await until(ada, booking.id, { status: 'cancelled' }, 60)
      expect(cancelled.cancellation?.reason).toBe('payment_failed')
      if (isTaken) await hold(ben, event.order())

      const intentId = await payLate(booking.id, 4500)
      await stream.send(ticketing('payment.success', booking, { transactionId: intentId }))
      if (isTaken) {
        await until(ada, booking.id, ({ status, refund }) => {
          expect({ status, refund }).toMatchObject({
            status: 'cancelled',
            refund: { status: 'completed', amount: 4500 },
          })
        })
        expect(await ledgerOf(world, booking.id)).toEqual({ captured: 4500, refunded: 4500 })
      } else {
        await until(ada, booking.id, { status: 'confirmed' }, 60)
        expect(await ledgerOf(world, booking.id)).toEqual({ captured: 4500 })
      }
    }
  })

  test('K-04 T-07 PaymentSucceeded confirms a lesson: its amount is a number in major units', async () => {
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerTutor(world)).order())
    await pay(world, booking, 'pm_bank_immediate')
    await stream.send({
      topic: 'PaymentSucceeded',
      key: booking.id,
      value: {
        event_id: randomUUID(),
        // A number, as the document has it; the UUID would do.
        booking_id: booking.number,
        payment_id: booking.payment?.intent_id,
        amount: 60.0,
        // As Python writes the time, without an offset.
        occurred_at: new Date().toISOString().replace('Z', ''),
      },
    })
    const confirmed = await until(ada, booking.id, { status: 'confirmed' }, 60)
    expect(confirmed.meeting_url).not.toBeNull()
    expect(confirmed.payment).toMatchObject({ status: 'succeeded', amount: 6000 })
  })

  test('K-04 C-05 payment.status_changed finds the booking by the payment’s id or reference, and asks the payment service for the amount', async () => {
    const ada = await world.as('customer', 'ada')
    const slots = await offerSlots(world, { slots: 2 })
    for (const [index, method] of (['pm_bank_immediate', 'pm_card_visa'] as const).entries()) {
      const booking = await hold(ada, slots.order({}, slots.unitIds[index]))
      const { id: paymentId, intent_id: intentId } = booking.payment ?? {}
      const ids = index === 0 ? { payment_id: paymentId } : { payment_id: 'p-1', external_reference: intentId }
      const change = (previous_status: string, new_status: string): Sent => ({
        topic: 'payment.status_changed',
        key: booking.id,
        value: { event_type: 'payment.status_changed', ...ids, previous_status, new_status, changed_at: new Date() },
      })
      await stream.send(change('pending', 'pending'), change('pending', 'processing'))
      await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('processing'))
      await pay(world, booking, method)
      await stream.send(change('processing', 'success'), change('success', 'refunded'))
      await until(ada, booking.id, { status: 'confirmed' }, 60)
      expect((await ledgerOf(world, booking.id))['captured']).toBe(15_000_000)
    }
  })

  test('K-05 what waits for its booking or for the payment service holds up its own key, in order, and no other', async () => {
    const ada = await world.as('customer', 'ada')
    const event = await offerSeats(world, 2)
    const [first, second] = [await hold(ada, event.order({}, 'A-1')), await hold(ada, event.order({}, 'A-2'))]
    await pay(world, second, 'pm_bank_immediate')
    // A long queue behind one that waits is no reason to read no more.
    const nobody = { id: randomUUID(), payment: null }
    await stream.send(...Array.from({ length: 2500 }, () => ticketing('payment.failed', nobody)))
    // Not paid yet, says the payment service; what was sent after it under the key has to wait.
    const [early, later] = [ticketing('payment.success', first), ticketing('payment.success', first)]
    await stream.send(early, later, ticketing('payment.success', second))
    await until(ada, second.id, { status: 'confirmed' }, 60)
    await eventually(async () => {
      const waiting = await world.parts.database.consumedMessage.findMany({ orderBy: { position: 'asc' } })
      const own = waiting.filter(({ key }) => key !== null && Buffer.from(key).toString() === first.id)
      expect(own.map(({ attempts }) => attempts > 0)).toEqual([true, false])
      expect(own[0]?.lastError).toMatch(/The payment service says that pi_\w+ is requires_payment_method/)
    })
    await pay(world, first, 'pm_bank_immediate')
    await until(ada, first.id, { status: 'confirmed' }, 30)
    await dealtWith(early, later)
  })

  test('K-04 K-05 an event id that comes again with another fact is not taken for the first', async () => {
    const ada = await world.as('customer', 'ada')
    const event = await offerSeats(world, 2)
    const [first, second] = [await hold(ada, event.order({}, 'A-1')), await hold(ada, event.order({}, 'A-2'))]
    for (const booking of [first, second]) await pay(world, booking, 'pm_bank_immediate')
    const success = ticketing('payment.success', first)
    await stream.send(success)
    await until(ada, first.id, { status: 'confirmed' }, 60)
    const eventId = (success.value as { eventId: string }).eventId
    const again = { ...ticketing('payment.success', second), key: `again-${second.id}` }
    await stream.send({ ...again, value: { ...(again.value as object), eventId } })
    await eventually(async () => {
      expect((await stream.deadLetters(again.key)).map(({ reason }) => reason)).toEqual([
        `The event id ${eventId} was used before, for another fact.`,
      ])
    }, 30)
    await stream.send(ticketing('payment.success', second))
    await until(ada, second.id, { status: 'confirmed' }, 60)
  })

  test('K-05 whatever bytes a message is made of, it is dead-lettered as it came, and those after it are read', async () => {
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerSeats(world)).order())
    await pay(world, booking, 'pm_bank_immediate')
    const prefix = `bytes-${randomUUID()}`
    const values = [Buffer.from([0xff, 0xfe, 0]), Buffer.from('{"eventId": "a\\u0000b"}'), Buffer.alloc(0)]
    const binary = Buffer.from([0, 0xff, 0x80])
    for (const [index, value] of values.entries()) {
      const key = Buffer.concat([Buffer.from(`${prefix}-${index}-`), Buffer.alloc(5000, 0)])
      const headers = { binary, 'with\u0000nul': 'x', empty: '' }
      await stream.producer.send({ topic: 'payment.success', messages: [{ partition: 0, key, value, headers }] })
    }
    const good = ticketing('payment.success', booking)
    await stream.producer.send({
      topic: 'payment.success',
      messages: [{ partition: 0, value: JSON.stringify(good.value) }],
    })
    await until(ada, booking.id, { status: 'confirmed' }, 60)
    const letters = await eventually(async () => {
      const dead = await stream.deadLetters(prefix)
      expect(dead.map(({ reason }) => reason).toSorted()).toEqual([
        'The message is not JSON.',
        'The message is not UTF-8.',
        expect.stringMatching(/^The message is not as agreed: eventId: /),
      ])
      return dead
    }, 30)
    for (const { value, headers } of letters) {
      expect(values.some((sent) => sent.equals(value ?? Buffer.alloc(1)))).toBe(true)
      expect(headers['binary']).toEqual([binary.toString('base64')])
    }
  })

  /** A payment for a booking that it did not ask for itself, made when it is too late. */
  async function payLate(bookingId: string, amount: number): Promise<string> {
    const { body } = await world.service.post(
      '/api/v1/payments/intents',
      { booking_id: bookingId, amount, currency: 'USD', capture: 'manual' },
      { 'idempotency-key': randomUUID() },
    )
    const answer = await world.service.post(`/api/v1/payments/intents/${String(body['id'])}/confirm`, {
      client_secret: body['client_secret'],
      payment_method: 'pm_bank_immediate',
    })
    expect(answer.status).toBe(200)
    return String(body['id'])
  }

  /** Until these messages were processed, whatever came of it. */
  function dealtWith(...messages: readonly Sent[]): Promise<void> {
    return eventually(async () => {
      for (const { topic, value } of messages) {
        const eventId = `${topic}:${(value as { eventId: string }).eventId}`
        const row = await world.parts.database.processedEvent.findUnique({ where: { eventId } })
        expect(row?.deliveredAt).toBeInstanceOf(Date)
      }
    }, 30)
  }

  async function confirmations(bookingId: string): Promise<number> {
    return world.parts.database.historyEntry.count({ where: { bookingId, factType: 'confirmed' } })
  }
})
