import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM, type Booking } from '../../../domain/booking.ts'
import type { Fact } from '../../../domain/facts.ts'
import { instantOf, plusSeconds } from '../../../domain/time.ts'
import { openDatabase, type Database } from '../../../prisma/client.ts'
import { lookAtBookings, type BookingFigures } from '../../../prisma/figures.ts'
import { auditInvariants } from '../../../prisma/invariants.ts'
import { bookingsWithMoney, pageOfOpenBookings, releaseOrphanedClaims } from '../../../prisma/reconciliation.ts'
import { pruneOnce } from '../../../prisma/retention.ts'
import { anOrder, factsFor, openDesk, PRICE, type Desk } from '../../integration/prisma/desk.ts'
import { writeManyBookings } from '../../support/many-bookings.ts'

/** `SCALE_BOOKINGS=10000000`: ten minutes of writing on a busy machine and 19 GB, before the indexes are made. */
const BOOKINGS = Number(process.env['SCALE_BOOKINGS'] ?? 200_000)
/** The reconciliation comes every five minutes (RECONCILE_EVERY_SECONDS), pruning once a minute. */
const AUDIT_SECONDS = 300
const PRUNE_SECONDS = 60
/** As many as the reconciliation takes at once. */
const PAGE = 200
/** Prometheus gives up after ten. */
const SCRAPE_SECONDS = 5
const PRUNING = {
  KAFKA_BROKERS: undefined,
  OUTBOX_RETENTION_HOURS: 168,
  IDEMPOTENCY_RETENTION_HOURS: 72,
  INBOX_RETENTION_HOURS: 720,
  NOTIFICATION_RETENTION_HOURS: 2160,
  WEBHOOK_LOG_HOURS: 720,
}

let desk: Desk
/** The two that the others are copies of. */
let kinds: Booking[]
/** With the patience of the worker's audit. */
let patient: Database
beforeAll(async () => {
  desk = await openDesk()
  patient = openDatabase(String(desk.sql.options.connectionString), 1, 120_000)
  await desk.offer('table', [{ id: 'T1', minParty: 1, maxParty: 9 }], 'tables')
  const [over, ahead] = [await paid(1), await paid(2)]
  const done = await desk.after(over, moved('check_in'), moved('complete'))
  kinds = [done, ahead]
  const client = await desk.sql.connect()
  try {
    await writeManyBookings(client, { over: over.id, ahead: ahead.id }, BOOKINGS)
  } finally {
    client.release(true)
  }
}, 7_200_000)
afterAll(async () => {
  await patient?.$disconnect()
  await desk?.close()
}, 600_000)

const moved = (trigger: 'check_in' | 'complete'): Fact => ({
  type: 'moved',
  trigger,
  reason: null,
  at: instantOf(Date.now()),
  by: SYSTEM,
})

async function paid(day: number): Promise<Booking> {
  const start = instantOf(Date.now() + day * 86_400_000)
  const held = await desk.held(anOrder([{ kind: 'table', offering: 'tables', start, end: plusSeconds(start, 3600) }]))
  const { requested, captured, confirmed } = factsFor(held)
  return desk.after(held, requested(), captured(), confirmed())
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const say = (what: string, took: number) =>
  process.stdout.write(`${BOOKINGS.toLocaleString('en')} bookings: ${what} took ${took.toFixed(2)} s\n`)

describe(`with ${BOOKINGS.toLocaleString('en')} bookings`, () => {
  const scope = () => ({ since: new Date(Date.now() - AUDIT_SECONDS * 1000), now: new Date(), named: [] })

  test('N-61 the audit of a reconciliation is done within its period, and finds nothing', async () => {
    expect(kinds).toMatchObject([
      { status: 'completed', payments: [{ captured: PRICE }] },
      { status: 'confirmed', payments: [{ captured: PRICE }] },
    ])
    const { rows } = await desk.sql.query<{ count: string }>('SELECT count(*) FROM bookings')
    expect(Number(rows[0]?.count)).toBe(BOOKINGS + 2)
    const took = await seconds(async () => expect(await auditInvariants(patient, [], scope())).toEqual([]))
    say('the audit', took)
    expect(took).toBeLessThan(AUDIT_SECONDS / 5)
  }, 600_000)

  test('N-61 and it finds what is wrong, of what is open and of what has changed', async () => {
    const { rows: ahead } = await desk.sql.query<{ id: string }>(
      `UPDATE claims SET state = 'released' WHERE id = (SELECT max(id) FROM claims) RETURNING lock_id AS id`,
    )
    // The last of those that are over; it ended some days ago.
    const { rows: over } = await desk.sql.query<{ id: string }>(
      `UPDATE bookings SET version = version + 1 WHERE reference = $1 RETURNING id`,
      [`V${BOOKINGS - Math.floor(BOOKINGS / 100)}`],
    )
    const now = new Date()
    const found = await auditInvariants(patient, [], {
      since: new Date(now.getTime() - 4 * 86_400_000),
      now,
      named: [],
    })
    expect(new Set(found.map(({ subject }) => subject))).toEqual(new Set([ahead[0]?.id, over[0]?.id]))
  }, 600_000)

  test('N-61 what is open is gone through page by page within the period, and claims that nothing stands behind are looked for', async () => {
    let [pages, open] = [0, 0]
    const took = await seconds(async () => {
      for (let after: string | null = null, isMore = true; isMore; pages += 1) {
        const page = await pageOfOpenBookings(patient, { after, limit: PAGE, graceSeconds: 60 })
        open += page.length
        after = page.at(-1)?.id ?? null
        isMore = page.length === PAGE
      }
    })
    say(`${pages} pages of ${open} open bookings`, took)
    expect(open).toBeGreaterThanOrEqual(Math.floor(BOOKINGS / 100) - 100)
    expect(took).toBeLessThan(AUDIT_SECONDS / 5)
    const looked = await seconds(async () => expect(await releaseOrphanedClaims(patient, 60, 100)).toEqual([]))
    say('the look for orphaned claims', looked)
    expect(looked).toBeLessThan(AUDIT_SECONDS / 5)
  }, 600_000)

  test('N-61 what a scrape of the metrics asks is answered in time for it', async () => {
    let figures: BookingFigures | null = null
    const took = await seconds(async () => {
      figures = await lookAtBookings(desk.db)
    })
    say('the figures of a scrape', took)
    const ahead = Math.floor(BOOKINGS / 100)
    expect(figures).toMatchObject({
      byStatus: expect.arrayContaining([
        { profile: 'venue', status: 'completed', count: BOOKINGS - ahead + 1 },
        { profile: 'venue', status: 'confirmed', count: ahead + 1 },
      ]) as unknown,
    })
    expect(took).toBeLessThan(SCRAPE_SECONDS)
  }, 600_000)

  test('N-61 the choice of those whose money is compared with the payment service is done within it, too', async () => {
    let chosen: string[] = []
    const took = await seconds(async () => {
      chosen = await bookingsWithMoney(patient, scope(), { graceSeconds: 60, limit: 200 })
    })
    say(`the choice of ${chosen.length}`, took)
    expect(chosen.length).toBeGreaterThan(0)
    expect(took).toBeLessThan(AUDIT_SECONDS / 5)
  }, 600_000)

  test('N-62 pruning goes through as many rows as bookings in batches that stay short', async () => {
    await desk.sql.query(
      `INSERT INTO idempotency_keys (caller, route, target, key, fingerprint, created_at)
       SELECT 'ada', 'r', '', n::text, 'f', now() - random() * interval '80 hours' FROM generate_series(1, ${BOOKINGS}) n`,
    )
    await desk.sql.query('ANALYZE idempotency_keys')
    const batches: number[] = []
    const took = await seconds(async () => {
      for (let isMore = true; isMore;) {
        const began = performance.now()
        isMore = await pruneOnce(desk.db, PRUNING)
        batches.push((performance.now() - began) / 1000)
      }
    })
    const slowest = Math.max(...batches)
    const { rows } = await desk.sql.query<{ old: string }>(
      `SELECT count(*) AS old FROM idempotency_keys WHERE created_at < now() - interval '73 hours'`,
    )
    expect(rows).toEqual([{ old: '0' }])
    say(`pruning ${batches.length} batches, the slowest ${slowest.toFixed(2)} s,`, took)
    expect(slowest).toBeLessThan(PRUNE_SECONDS / 12)
  }, 3_600_000)
})
