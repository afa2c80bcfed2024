import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { hold, ledgerOf, pay } from '../../support/booking.ts'
import { openStream, ticketing, withKafka, type Sent, type Stream } from '../../support/consumers.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSeats } from '../../support/offers.ts'
import { startRelayProcess } from '../../support/relay-process.ts'
import { openWorld, type World } from '../../support/world.ts'

const PAID = 60
const DECLINED = 60
const BOTH = 50
const BEFORE = 10
const MALFORMED = 50
const TIMES = 3

describe.skipIf(inject('kafka').brokers === null)('a storm of payment facts from Kafka (needs Kafka)', () => {
  let world: World
  let stream: Stream
  beforeAll(async () => {
    world = await openWorld({ environment: withKafka() })
    stream = await openStream(world, { consumers: false })
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
  })
  afterAll(async () => {
    await stream.close()
    await world.close()
  })

  test('E-04 X-02 X-13 H-07 K-04 K-05 500 facts, each sent three times, shuffled, some early, some malformed, while consumers are killed: every booking ends as it was paid, once', async () => {
    const ada = await world.as('customer', 'ada')
    const event = await offerSeats(world, PAID + DECLINED + BOTH + BEFORE)
    const bookings: BookingBody[] = []
    for (const seats of chunks(event.unitIds.slice(BEFORE), 10)) {
      bookings.push(...(await Promise.all(seats.map((seat) => hold(ada, event.order({}, seat))))))
    }
    const paid = bookings.slice(0, PAID)
    const declined = bookings.slice(PAID, PAID + DECLINED)
    const both = bookings.slice(PAID + DECLINED)
    for (const booking of [...paid, ...both]) await pay(world, booking, 'pm_bank_immediate')
    for (const booking of declined) await pay(world, booking, 'pm_card_declined')

    // The requests of these fail for want of a price; their ids are known, and their customers pay before the bookings are there.
    const early = await orderInVain(event.unitIds.slice(0, BEFORE).map((seat) => event.order({}, seat)))
    const success = (booking: Pick<BookingBody, 'id' | 'payment'>) => ticketing('payment.success', booking)
    const failed = (booking: BookingBody) => ticketing('payment.failed', booking)
    const facts = [
      ...paid.flatMap((booking) => [success(booking), success(booking)]),
      ...declined.flatMap((booking) => [failed(booking), failed(booking)]),
      ...both.flatMap((booking) => [success(booking), failed(booking), success(booking), failed(booking)]),
      ...early.intents.map(({ id, intentId }) =>
        ticketing('payment.success', { id, payment: null }, { transactionId: intentId }),
      ),
      ...malformed(),
    ]
    expect(facts).toHaveLength(500)

    const relays = [await startRelayProcess(world.config, {}), await startRelayProcess(world.config, {})]
    try {
      await stream.send(...shuffled(facts.flatMap((fact) => Array.from({ length: TIMES }, () => fact))))
      // Each is killed with some of its messages stored, some in hand and some not even read.
      await stored(40)
      await relays[0]?.kill()
      relays.push(await startRelayProcess(world.config, {}))
      await stored(150)
      await relays[1]?.kill()
      relays.push(await startRelayProcess(world.config, {}))
      await eventually(async () => {
        const { database } = world.parts
        const keys = keysOf(early.intents)
        const parked = await database.consumedMessage.findMany({
          where: { key: { in: keys }, lastError: { not: null } },
        })
        expect(new Set(parked.map(({ lastError }) => lastError))).toEqual(
          new Set(early.intents.map(({ id }) => `No booking ${id} is known here.`)),
        )
      }, 60)
      const late = await Promise.all(early.again())

      await eventually(async () => {
        expect(await statusesOf(paid)).toEqual({ confirmed: PAID })
        expect(await statusesOf(late)).toEqual({ confirmed: BEFORE })
        expect(await statusesOf(declined)).toEqual({ cancelled: DECLINED })
        expect(await world.parts.database.consumedMessage.count({ where: { key: { in: keysOf(bookings) } } })).toBe(0)
      }, 240)

      // Paid and declined in any order: the seat, or all of the money back. Nobody is confirmed twice.
      await eventually(async () => {
        for (const { id } of both) {
          const { body } = await ada.get<BookingBody>(`/bookings/${id}`)
          const { captured = 0, refunded = 0 } = await ledgerOf(world, id)
          const kept = body.status === 'confirmed' ? 4500 : 0
          expect({ id, captured, kept: captured - refunded }).toEqual({ id, captured: 4500, kept })
        }
      }, 60)
      const confirmations = await world.parts.database.historyEntry.groupBy({
        by: ['bookingId'],
        where: { factType: 'confirmed' },
        _count: true,
      })
      expect(confirmations.filter(({ _count }) => _count > 1)).toEqual([])

      // Of what a killed one had in hand the other deals with only when it may be taken over, and a burial may be repeated.
      const dead = await eventually(async () => {
        const letters = await stream.deadLetters('malformed-')
        expect(new Set(letters.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`)).size).toBe(
          MALFORMED * TIMES,
        )
        return letters
      }, 90)
      for (const { reason } of dead) expect(reason).toMatch(/^The message is (not JSON|not as agreed: .+|empty)\.$/)
      // One is asked to end, and does.
      expect(await Promise.all(relays.slice(2).map((relay) => relay.stop()))).toEqual([0, 0])
    } finally {
      for (const relay of relays) await relay.kill()
    }
  }, 600_000)

  /** Until the inbox has so many facts. */
  function stored(facts: number): Promise<void> {
    return eventually(async () => {
      expect(await world.parts.database.processedEvent.count()).toBeGreaterThanOrEqual(facts)
    }, 90)
  }

  /** Requests that fail after their bookings got an id, each with a payment that is made all the same; `again` repeats the requests. */
  async function orderInVain(orders: readonly Record<string, unknown>[]) {
    const ada = await world.as('customer', 'ada')
    const requests = orders.map((order) => ({ order, key: { 'idempotency-key': randomUUID() } }))
    await world.service.put('/control/faults', {
      rules: [
        { service: 'pricing', status: 500 },
        { service: 'webhooks', drop: true },
      ],
    })
    const answers = await Promise.all(requests.map(({ order, key }) => ada.post('/bookings', order, key)))
    expect(answers.map(({ status }) => status)).toEqual(orders.map(() => 503))
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
    const ids = await eventually(async () => {
      const found: string[] = []
      const query = `TaskQueue = '${world.config.TASK_QUEUE}' AND ExecutionStatus = 'Failed'`
      for await (const { workflowId } of world.parts.temporal.workflow.list({ query })) found.push(workflowId)
      expect(found).toHaveLength(orders.length)
      return found
    }, 60)
    const intents = await Promise.all(ids.map(async (id) => ({ id, intentId: await payUnasked(id) })))
    return { intents, again: () => requests.map(({ order, key }) => hold(ada, order, key)) }
  }

  async function payUnasked(bookingId: string): Promise<string> {
    const { body } = await world.service.post(
      '/api/v1/payments/intents',
      { booking_id: bookingId, amount: 4500, currency: 'USD', capture: 'manual' },
      { 'idempotency-key': randomUUID() },
    )
    const id = String(body['id'])
    await world.service.post(`/api/v1/payments/intents/${id}/confirm`, {
      client_secret: body['client_secret'],
      payment_method: 'pm_bank_immediate',
    })
    return id
  }

  async function statusesOf(bookings: readonly BookingBody[]): Promise<Record<string, number>> {
    const rows = await world.parts.database.booking.groupBy({
      by: ['status'],
      where: { id: { in: bookings.map(({ id }) => id) } },
      _count: true,
    })
    return Object.fromEntries(rows.map(({ status, _count }) => [status, _count]))
  }
})

function malformed(): Sent[] {
  const bodies = [
    '{"eventId": "e-1", "payload"',
    null,
    { eventId: 'e-1' },
    { eventId: 'e-1', payload: { transactionId: 't-1' } },
    { payload: { bookingId: randomUUID() } },
    { eventId: 'e-1', payload: { bookingId: randomUUID(), amount: '-1.00' } },
    [1, 2, 3],
  ]
  return Array.from({ length: MALFORMED }, (_, index) => ({
    topic: index % 2 === 0 ? 'payment.success' : 'payment.failed',
    key: `malformed-${index}-${randomUUID()}`,
    value: bodies[index % bodies.length],
  }))
}

function keysOf(bookings: readonly { readonly id: string }[]): Uint8Array<ArrayBuffer>[] {
  return bookings.map(({ id }) => new Uint8Array(Buffer.from(id)))
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

/** The same order in every run. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  let state = 20_261_121
  const order = items.map((item) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return { item, rank: state }
  })
  return order.toSorted((a, b) => a.rank - b.rank).map(({ item }) => item)
}
