import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PaymentNotice } from '../../../domain/facts.ts'
import { instantOf } from '../../../domain/time.ts'
import { claimDueNotices, markDelivered, storeNotice } from '../../../prisma/notices.ts'
import { anOrder, openDesk, type Desk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.offer('slot', [{ id: 'slot', capacity: 100 }])
})
afterAll(() => desk.close())

function notice(id: string, type: PaymentNotice['type'] = 'authorized'): PaymentNotice {
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
      Array.from({ length: 20 }, (_, n) => storeNotice(desk.db, 'test', null, { ...notice('evt-1'), amount: n })),
    )
    expect(new Set(stored.map(({ notice }) => notice.amount)).size).toBe(1)
    expect(await desk.db.processedEvent.count({ where: { eventId: 'evt-1' } })).toBe(1)
  })

  test.each(['processing', 'authorized'] as const)(
    'X-14 bars the units from takeover in the transaction that stores %s',
    async (type) => {
      const { id } = await desk.held(anOrder([{ kind: 'slot', unit: 'slot' }]))
      expect(await isPaying(id)).toBe(false)
      await storeNotice(desk.db, 'test', id, notice(`evt-${type}`, type))
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
    await storeNotice(desk.db, 'test', id, notice(`evt-${type}`, type))
    expect(await isPaying(id)).toBe(false)
  })

  test('H-07 hands each fact that is due to one of ten sweeps at once, and none that was delivered', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `due-${n}`)
    await Promise.all(ids.map((id) => storeNotice(desk.db, 'test', null, notice(id))))
    await Promise.all(ids.slice(0, 10).map((id) => markDelivered(desk.db, id, 'applied')))
    await desk.sql.query(
      `UPDATE processed_events SET next_try_at = now() - interval '1 second' WHERE event_id LIKE 'due-%'`,
    )
    const sweeps = await Promise.all(Array.from({ length: 10 }, () => claimDueNotices(desk.db, 20)))
    const claimed = sweeps.flat().map(({ eventId }) => eventId)
    expect(new Set(claimed).size).toBe(claimed.length)
    const left = await claimDueNotices(desk.db, 100)
    expect([...claimed, ...left.map(({ eventId }) => eventId)].toSorted()).toEqual(ids.slice(10).toSorted())
  })
})
