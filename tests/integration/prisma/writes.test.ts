import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Booking } from '../../../domain/booking.ts'
import { isOutage } from '../../../prisma/client.ts'
import { auditInvariants } from '../../../prisma/invariants.ts'
import { AnotherWriter, SoldOut, UnitsLost } from '../../../prisma/writes.ts'
import { eventually } from '../../support/eventually.ts'
import { anOrder, factsFor, openDesk, PRICE, type Desk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.sql.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
})
afterAll(() => desk.close())
beforeEach(async () => {
  // Past the triggers that keep it (N-17).
  await desk.sql.query(
    `SET session_replication_role = replica; TRUNCATE ${TABLES.join(', ')}, units, offerings, refunds, ledger, processed_events CASCADE; SET session_replication_role = DEFAULT`,
  )
  await desk.offer('slot', [
    { id: 'slot', capacity: 3 },
    { id: 'other', capacity: 1 },
  ])
})

const TABLES = ['bookings', 'booking_items', 'claims', 'booking_history', 'outbox', 'payments'] as const
const SLOT = { kind: 'slot', unit: 'slot' } as const

type Rows = Record<(typeof TABLES)[number], number> & { claimed: number }

/** How many rows there are of everything a booking writes, and how much of the slot is taken. */
async function rows(): Promise<Rows> {
  const counts = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ')
  const { rows } = await desk.sql.query<Rows>(
    `SELECT ${counts}, (SELECT claimed FROM units WHERE id = 'slot') AS claimed`,
  )
  return rows[0]!
}

const NOTHING = { ...Object.fromEntries(TABLES.map((table) => [table, 0])), claimed: 0 }

/** Every statement that reached PostgreSQL from the product meanwhile, with how often it did. */
async function statementsDuring(operation: () => Promise<unknown>): Promise<{ query: string; calls: number }[]> {
  // Of this database alone: other test files count as well.
  await desk.sql.query(
    'SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)',
  )
  await operation()
  const { rows } = await desk.sql.query<{ query: string; calls: number }>(`
    SELECT query, calls::int FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname = current_database() AND query NOT LIKE '%pg_stat_statements%'
      -- What the triggers of the transaction's end ask (N-17).
      AND query NOT LIKE '%CROSS JOIN LATERAL%'`)
  return rows
}

/** The transactions that wrote the rows of these tables last. */
async function transactions(tables: readonly string[]): Promise<Set<string>> {
  const { rows } = await desk.sql.query<{ by: string }>(
    tables.map((table) => `SELECT xmin::text AS by FROM ${table}`).join(' UNION ALL '),
  )
  return new Set(rows.map(({ by }) => by))
}

/** Until a transaction of this database waits for another one's lock. */
async function untilOneWaits(): Promise<void> {
  await eventually(async () => {
    const { rows } = await desk.sql.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    expect(rows[0]?.waiting).toBeGreaterThan(0)
  })
}

/** A message of the same type twice: the second row is refused. */
const twiceTheSame = () => {
  const message = { eventId: randomUUID(), eventType: 'booking.created', topic: 'venue.events', payload: {} }
  return [message, message]
}

describe('H-01 holding a booking', () => {
  test('is one statement in one transaction: booking, items, claims, counter, history and outbox', async () => {
    const statements = await statementsDuring(() => desk.hold(anOrder([SLOT, { ...SLOT, quantity: 2 }])))
    expect(statements).toMatchObject([{ query: expect.stringContaining('hold_booking'), calls: 1 }])
    const written = ['bookings', 'booking_items', 'claims', 'booking_history', 'outbox']
    expect((await transactions([...written, `(SELECT xmin FROM units WHERE id = 'slot') u`])).size).toBe(1)
    expect(await rows()).toMatchObject({ bookings: 1, booking_items: 2, claims: 2, booking_history: 1, claimed: 3 })
  })

  test('C-12 K-01 leaves nothing when its message cannot be written', async () => {
    await expect(desk.hold(anOrder([SLOT]), twiceTheSame)).rejects.toThrow(/outbox|unique/i)
    expect(await rows()).toEqual(NOTHING)
  })

  test('E-01 leaves nothing when one of its units is not to be had, and names the item', async () => {
    await desk.hold(anOrder([{ kind: 'slot', unit: 'other' }]))
    const before = await rows()
    const refused = desk.hold(anOrder([SLOT, { kind: 'slot', unit: 'other', id: 'second' }]))
    await expect(refused).rejects.toThrow(SoldOut)
    await expect(refused).rejects.toMatchObject({ itemId: 'second' })
    expect(await rows()).toEqual(before)
  })

  test('H-22 twenty times at once makes one booking, and says so to the others', async () => {
    const order = anOrder([SLOT])
    const answers = await Promise.all(Array.from({ length: 20 }, () => desk.hold(order)))
    expect(answers.filter(({ repeated }) => !repeated)).toEqual([
      { repeated: false, units: [{ itemId: '1', unitId: 'slot' }] },
    ])
    expect(await rows()).toMatchObject({ bookings: 1, booking_items: 1, claims: 1, booking_history: 1, claimed: 1 })
  })

  test('H-22 however often it is made at one instant, none of the tries fails', async () => {
    await desk.offer('slot', [{ id: 'busy', capacity: null }], 'busy')
    for (let round = 0; round < 40; round += 1) {
      const order = anOrder([{ kind: 'slot', unit: 'busy', offering: 'busy' }])
      const answers = await Promise.all(Array.from({ length: 20 }, () => desk.hold(order)))
      expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1)
    }
  })

  test('H-22 a reference that is another booking’s is a fault, and nothing is held', async () => {
    const first = anOrder([SLOT])
    await desk.hold(first)
    const before = await rows()
    await expect(desk.hold({ ...anOrder([SLOT]), reference: first.reference })).rejects.toThrow('has this reference')
    expect(await rows()).toEqual(before)
  })

  test('H-22 once more after it has ended brings nothing back to life', async () => {
    const order = anOrder([SLOT])
    const booking = await desk.held(order)
    await desk.record(booking, [factsFor(booking).expired()])
    const before = await rows()
    expect(before.claimed).toBe(0)
    expect(await desk.hold(order)).toEqual({ repeated: true, units: [] })
    expect(await rows()).toEqual(before)
  })
})

describe('H-09 writing what facts made of a booking', () => {
  let booking: Booking
  beforeEach(async () => {
    booking = await desk.held(anOrder([SLOT]))
  })

  test('is one statement in one transaction: state, claims, money, history and outbox', async () => {
    const { requested, captured, confirmed } = factsFor(booking)
    const facts = [requested(), captured(), confirmed()]
    const statements = await statementsDuring(() => desk.record(booking, facts))
    expect(statements).toMatchObject([{ query: expect.stringContaining('record_change'), calls: 1 }])
    const later = ['booking_history', 'outbox'].map((table) => `(SELECT xmin FROM ${table} WHERE version > 1) t`)
    expect((await transactions(['bookings', 'claims', 'payments', 'ledger', ...later])).size).toBe(1)
    expect(await rows()).toMatchObject({ bookings: 1, booking_history: 4, payments: 1, claimed: 1 })
    expect(await auditInvariants(desk.db)).toEqual([])
  })

  test('C-12 K-01 leaves everything as it was when its message cannot be written', async () => {
    const before = await rows()
    await expect(desk.record(booking, [factsFor(booking).cancelled()], twiceTheSame)).rejects.toThrow(/outbox|unique/i)
    expect(await rows()).toEqual(before)
    const { rows: found } = await desk.sql.query('SELECT status, version FROM bookings')
    expect(found).toEqual([{ status: 'pending', version: 1 }])
    expect(await auditInvariants(desk.db)).toEqual([])
  })

  test('H-09 of twenty writers at once who saw the same version, one gets through', async () => {
    const { cancelled } = factsFor(booking)
    const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => desk.record(booking, [cancelled(n)])))
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(refused.map((reason) => reason instanceof AnotherWriter)).toEqual(refused.map(() => true))
    expect(await rows()).toMatchObject({ booking_history: 2, claimed: 0 })
  })

  test('H-21 the same operation twenty times at once is done once, and the others are told so', async () => {
    const { requested } = factsFor(booking)
    const answers = await Promise.all(Array.from({ length: 20 }, () => desk.record(booking, [requested()])))
    expect(answers.filter((answer) => answer === 'applied')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'repeated')).toHaveLength(19)
    expect(await rows()).toMatchObject({ booking_history: 2, payments: 1 })
  })

  test('H-21 and so is one that is written again long after others followed it', async () => {
    const { requested, processing } = factsFor(booking)
    const asked = await desk.after(booking, requested())
    await desk.record(asked, [processing()])
    const before = await rows()
    expect(await desk.record(booking, [requested()])).toBe('repeated')
    expect(await rows()).toEqual(before)
  })

  test('X-05 leaves everything as it was when the units to be committed are somebody else’s', async () => {
    await desk.sql.query(`UPDATE claims SET lapses_at = now() - interval '1 hour'`)
    for (let n = 0; n < 3; n += 1) await desk.hold(anOrder([SLOT]))
    const { requested, authorized } = factsFor(booking)
    const asked = await desk.after(booking, requested())
    const before = await rows()
    await expect(desk.record(asked, [authorized()])).rejects.toThrow(UnitsLost)
    expect(await rows()).toEqual(before)
    expect(before.claimed).toBe(3)
  })

  test('H-24 that waits in a circle with somebody’s hold is broken off as an outage, and done when it is tried again', async () => {
    const both = await desk.held(anOrder([SLOT, { kind: 'slot', unit: 'other' }]))
    await desk.sql.query(`UPDATE claims SET lapses_at = now() - interval '1 hour' WHERE lock_id = $1`, [both.id])
    const buyer = await desk.sql.connect()
    const claim = (unit: string) =>
      buyer.query(`SELECT claim_units($1, now() + interval '1 hour', now() + interval '1 hour', $2::jsonb)`, [
        randomUUID(),
        JSON.stringify([{ item_id: unit, offering_id: 'o', unit_id: unit, quantity: 1 }]),
      ])
    try {
      // The buyer has the counter of one slot and then wants to take the other one over; the booking gives both up meanwhile.
      await buyer.query('BEGIN')
      await buyer.query(`SET LOCAL deadlock_timeout = '1min'`)
      await claim('slot')
      const cancelled = desk.record(both, [factsFor(both).cancelled()]).catch((error: unknown) => error)
      await untilOneWaits()
      await claim('other')
      await buyer.query('COMMIT')
      expect(isOutage(await cancelled)).toBe(true)
    } finally {
      buyer.release(true)
    }
    expect(await desk.record(both, [factsFor(both).cancelled()])).toBe('applied')
    expect(await rows()).toMatchObject({ claimed: 2 })
    const { rows: live } = await desk.sql.query(`SELECT unit_id FROM claims WHERE state <> 'released' ORDER BY 1`)
    expect(live).toEqual([{ unit_id: 'other' }, { unit_id: 'slot' }, { unit_id: 'slot' }])
  })

  test('C-05 H-06 refuses refunds beyond what was captured, even from a writer that knows no better', async () => {
    const { requested, captured, confirmed, cancelled, refundRequested } = factsFor(booking)
    const ended = await desk.after(booking, requested(), captured(), confirmed(), cancelled())
    const paymentId = ended.payments[0]?.id ?? ''
    const tooMuch = { ...refundRequested(paymentId), amount: PRICE + 1 }
    const before = await rows()
    await expect(desk.record(ended, [tooMuch])).rejects.toThrow(/payments_refund_within_capture/)
    expect(await rows()).toEqual(before)
    expect(await desk.record(ended, [refundRequested(paymentId)])).toBe('applied')
  })
})
