import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PaymentEvent } from '../../../domain/facts.ts'
import { instantOf } from '../../../domain/time.ts'
import { claimDuePaymentEvents, markDelivered, storePaymentEvent } from '../../../prisma/payment-events.ts'
import { anOrder, openDesk, type Desk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.offer('slot', [{ id: 'slot', capacity: 100 }])
})
afterAll(() => desk.close())

function paymentEvent(id: string, type: PaymentEvent['type'] = 'authorized'): PaymentEvent {
  const at = instantOf(Date.now())
  return {
    id,
    type,
    intentId: `pi_${id}`,
    amount: 100,
    currency: 'USD',
    method: null,
    failureCode: null,
    refundKey: null,
    at,
  }
}

async function isPaying(lock: string): Promise<boolean | undefined> {
  const { rows } = await desk.sql.query<{ paying: boolean }>('SELECT paying FROM claims WHERE lock_id = $1', [lock])
  return rows[0]?.paying
}

describe('K-04 the inbox of payment facts', () => {
  test('H-08 keeps one row of a fact that comes twenty times at once, the first', async () => {
    const stored = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        storePaymentEvent(desk.db, 'test', null, { ...paymentEvent('evt-1'), amount: n }),
      ),
    )
    expect(new Set(stored.map(({ paymentEvent }) => paymentEvent.amount)).size).toBe(1)
    expect(await desk.db.processedEvent.count({ where: { eventId: 'evt-1' } })).toBe(1)
  })

  test.each(['processing', 'authorized'] as const)(
    'X-14 bars the units from takeover in the transaction that stores %s',
    async (type) => {
      const { id } = await desk.held(anOrder([{ kind: 'slot', unit: 'slot' }]))
      expect(await isPaying(id)).toBe(false)
      await storePaymentEvent(desk.db, 'test', id, paymentEvent(`evt-${type}`, type))
      expect(await isPaying(id)).toBe(true)
      const { rows } = await desk.sql.query<{ same: boolean }>(
        `SELECT c.xmin = e.xmin AS same FROM claims c, processed_events e WHERE c.lock_id = $1 AND e.event_id = $2`,
        [id, `evt-${type}`],
      )
      expect(rows).toEqual([{ same: true }])
    },
  )

  test.each(['failed', 'cancelled', 'refund_succeeded'] as const)('X-14 does not for %s', async (type) => {
    const { id } = await desk.held(anOrder([{ kind: 'slot', unit: 'slot' }]))
    await storePaymentEvent(desk.db, 'test', id, paymentEvent(`evt-${type}`, type))
    expect(await isPaying(id)).toBe(false)
  })

  test('H-07 hands each fact that is due to one of ten pollers at once, and none that was delivered', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `due-${n}`)
    await Promise.all(ids.map((id) => storePaymentEvent(desk.db, 'test', null, paymentEvent(id))))
    await Promise.all(ids.slice(0, 10).map((id) => markDelivered(desk.db, id, 'applied')))
    await desk.sql.query(
      `UPDATE processed_events SET next_try_at = now() - interval '1 second' WHERE event_id LIKE 'due-%'`,
    )
    const polls = await Promise.all(Array.from({ length: 10 }, () => claimDuePaymentEvents(desk.db, 20)))
    const claimed = polls.flat().map(({ eventId }) => eventId)
    expect(new Set(claimed).size).toBe(claimed.length)
    const left = await claimDuePaymentEvents(desk.db, 100)
    expect([...claimed, ...left.map(({ eventId }) => eventId)].toSorted()).toEqual(ids.slice(10).toSorted())
  })
})
