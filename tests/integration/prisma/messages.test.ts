import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instantOf, plusSeconds } from '../../../domain/time.ts'
import { messagesOf } from '../../../events/mapping.ts'
import { BOOKING_CHANGED } from '../../../events/payloads/changed.ts'
import { anOrder, factsFor, openDesk, type Desk } from './desk.ts'

const START = instantOf(Date.now() + 86_400_000)
const TABLE = { kind: 'table', offering: 'tables', start: START, end: plusSeconds(START, 3600) } as const

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.offer(
    'table',
    ['the "best" one', 'T2', 'T3', 'T4', 'T5'].map((id, index) => ({ id, minParty: 1, maxParty: 2 + index })),
    'tables',
  )
})
afterAll(() => desk.close())

/** The messages of a booking in its profile's own words, as the outbox keeps them. */
async function outboxOf(id: string): Promise<{ event_id: string; event_type: string; payload: object }[]> {
  const { rows } = await desk.sql.query<{ event_id: string; event_type: string; payload: object }>(
    `SELECT event_id::text, event_type, payload FROM outbox WHERE booking_id = $1 AND event_type <> $2 ORDER BY id`,
    [id, BOOKING_CHANGED],
  )
  return rows
}

describe('K-02 the messages of a booking in the outbox', () => {
  test('N-40 name the units that PostgreSQL picked for it, each for its item', async () => {
    const order = anOrder([
      { ...TABLE, id: 'first' },
      { ...TABLE, id: 'second' },
      { ...TABLE, id: 'named', unit: 'T5' },
    ])
    const { units } = await desk.hold(order)
    expect(units.toSorted((a, b) => (a.itemId < b.itemId ? -1 : 1))).toEqual([
      { itemId: 'first', unitId: 'the "best" one' },
      { itemId: 'named', unitId: 'T5' },
      { itemId: 'second', unitId: 'T2' },
    ])
    expect(await outboxOf(order.bookingId)).toMatchObject([
      { payload: { units: [{ unit_id: 'the "best" one' }, { unit_id: 'T2' }, { unit_id: 'T5' }] } },
    ])
    const { rows } = await desk.sql.query<{ payload: object }>(
      'SELECT payload FROM outbox WHERE booking_id = $1 AND event_type = $2',
      [order.bookingId, BOOKING_CHANGED],
    )
    // N-40: so does the event of the version.
    expect(rows).toMatchObject([
      { payload: { booking: { items: [{ unit_id: 'the "best" one' }, { unit_id: 'T2' }, { unit_id: 'T5' }] } } },
    ])
  })

  test('leave alone what a customer wrote, whatever it looks like', async () => {
    const order = { ...anOrder([TABLE]), customer: { id: 'null:1', name: null, email: null, phone: null } }
    await desk.hold(order)
    expect(await outboxOf(order.bookingId)).toMatchObject([
      { payload: { guest_id: 'null:1', units: [{ unit_id: 'T3' }] } },
    ])
  })

  test('C-12 K-01 are those that its facts make, under the ids that these always have', async () => {
    const booking = await desk.held(anOrder([{ ...TABLE, unit: 'T4' }]))
    const { requested, captured, confirmed } = factsFor(booking)
    await desk.record(booking, [requested(), captured(), confirmed()])
    const rows = await outboxOf(booking.id)
    expect(rows.map(({ event_type }) => event_type)).toEqual([
      'booking.created',
      'booking.confirmed',
      'booking.status_changed',
      'payment.processed',
    ])
    const held = { type: 'held', at: booking.createdAt, by: { role: 'customer', id: 'ada' } } as const
    expect(messagesOf('venue', held, null, booking)).toMatchObject([
      { eventId: rows[0]?.event_id, payload: rows[0]?.payload },
      { eventType: BOOKING_CHANGED },
    ])
  })
})
