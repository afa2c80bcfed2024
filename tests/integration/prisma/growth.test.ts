import { afterAll, beforeAll, expect, test } from 'vitest'
import { instantOf, plusSeconds } from '../../../domain/time.ts'
import { beginSession } from '../../../prisma/console-sessions.ts'
import { closeReport } from '../../../prisma/reconciliation.ts'
import { pruneOnce } from '../../../prisma/retention.ts'
import { anOrder, openDesk, type Desk } from './desk.ts'

/** The ages that can be set, in hours: a week at the most, so that a month has room for them; and in days what follows for each table. */
const CONFIG = {
  KAFKA_BROKERS: undefined,
  OUTBOX_RETENTION_HOURS: 168,
  IDEMPOTENCY_RETENTION_HOURS: 72,
  INBOX_RETENTION_HOURS: 168,
  NOTIFICATION_RETENTION_HOURS: 96,
  WEBHOOK_LOG_HOURS: 168,
}
const PER_DAY = 12
const DAYS = 45

/** Every table that grows with the traffic and has an age: a day's rows, and for how many days they are there. */
const GROWING: Record<string, { days: number; sql: string }> = {
  outbox: {
    days: 7,
    sql: `INSERT INTO outbox (booking_id, version, profile, fact_type, event_type, topic, payload, published_at)
          SELECT gen_random_uuid(), 1, 'p', 'held', 'e', 't', '{}', CASE WHEN n % 2 = 0 THEN now() END FROM generate_series(1, $1) n`,
  },
  idempotency_keys: {
    days: 3,
    sql: `INSERT INTO idempotency_keys (caller, route, target, key, fingerprint) SELECT 'ada', 'r', '', gen_random_uuid()::text, 'f' FROM generate_series(1, $1)`,
  },
  processed_events: {
    days: 7,
    sql: `INSERT INTO processed_events (event_id, source, type, payment_event, delivered_at)
          SELECT gen_random_uuid()::text, 's', 't', '{}', now() FROM generate_series(1, $1)`,
  },
  notifications: {
    // Half of them are never read.
    days: 16,
    sql: `INSERT INTO notifications (id, user_id, user_role, booking_id, type, title, content, metadata, is_read, read_at, next_try_at, created_at)
          SELECT gen_random_uuid(), 'ada', 'customer', (SELECT id FROM bookings LIMIT 1), 't', 't', 'c', '{}', n % 2 = 0, CASE WHEN n % 2 = 0 THEN now() END, now(), now()
          FROM generate_series(1, $1) n`,
  },
  waitlist_entries: {
    days: 4,
    sql: `INSERT INTO waitlist_entries (id, profile, status, caller_id, customer_id, offering_ids, body, fingerprint, wanted, claims, offer_seconds)
          SELECT gen_random_uuid(), 'venue', 'withdrawn', 'ada', 'ada', '{}', '{}', 'f', gen_random_uuid()::text, '[]', 60 FROM generate_series(1, $1)`,
  },
  displacements: {
    days: 7,
    sql: `INSERT INTO displacements (offering_id, unit_id, action, reason, actor_role, actor_id, delivered_at, outcome)
          SELECT 'tables', 'T1', 'look_again', 'r', 'operator', 'olga', now(), 'told' FROM generate_series(1, $1)`,
  },
  withheld: {
    days: 7,
    sql: `INSERT INTO withheld (id, data) SELECT gen_random_uuid()::text, '{}' FROM generate_series(1, $1)`,
  },
  webhook_deliveries: {
    days: 7,
    sql: `INSERT INTO webhook_deliveries (endpoint_id, event_id, payload, status, settled_at)
          SELECT (SELECT id FROM webhook_endpoints), gen_random_uuid(), '{}', 'delivered', now() FROM generate_series(1, $1)`,
  },
  reconciliations: {
    days: 30,
    sql: `INSERT INTO reconciliations (id, repairs, restored, since, finished_at) SELECT gen_random_uuid()::text, true, false, now(), now() FROM generate_series(1, $1)`,
  },
  reconciliation_discrepancies: {
    days: 30,
    sql: `INSERT INTO reconciliation_discrepancies (reconciliation_id, kind, subject, detail, outcome)
          SELECT (SELECT id FROM reconciliations ORDER BY started_at DESC LIMIT 1), 'k', gen_random_uuid()::text, 'd', 'open' FROM generate_series(1, $1)`,
  },
  console_sessions: {
    days: 1,
    sql: `INSERT INTO console_sessions (id, token, expires_at) SELECT uuid_send(gen_random_uuid()), '', now() FROM generate_series(1, $1)`,
  },
}

const WITH_BOOKINGS = 'the record of what was sold and paid: for good, so many rows a booking (docs/operations.md)'
const AS_LOADED = 'as much as somebody has loaded or set up'
const A_FEW = 'so many rows, whatever the traffic'

/** Every other table, and why it needs no age. */
const OTHERS: Record<string, string> = {
  bookings: WITH_BOOKINGS,
  booking_items: WITH_BOOKINGS,
  booking_history: WITH_BOOKINGS,
  booking_reminders: WITH_BOOKINGS,
  booking_attachments: WITH_BOOKINGS,
  claims: WITH_BOOKINGS,
  payments: WITH_BOOKINGS,
  refunds: WITH_BOOKINGS,
  ledger: WITH_BOOKINGS,
  financial_entries: WITH_BOOKINGS,
  reviews: WITH_BOOKINGS,
  offerings: AS_LOADED,
  units: AS_LOADED,
  venue_providers: AS_LOADED,
  webhook_endpoints: AS_LOADED,
  master_data: 'one row a person, pet, clinic or service that others have told of',
  consumed_messages: 'what waits to be processed: each is deleted with its effect, or as a dead letter',
  waitlist_wishes: 'of entries that wait: deleted when they no longer do',
  outbox_pruning: A_FEW,
  report_refreshes: A_FEW,
  installation: A_FEW,
  payload_keys: A_FEW,
  sql_definitions: A_FEW,
  _prisma_migrations: A_FEW,
}

let desk: Desk
let tables: string[]
beforeAll(async () => {
  desk = await openDesk()
  await desk.offer('table', [{ id: 'T1', minParty: 1, maxParty: 9 }], 'tables')
  const start = instantOf(Date.now() + 86_400_000)
  await desk.held(anOrder([{ kind: 'table', offering: 'tables', start, end: plusSeconds(start, 3600) }]))
  await desk.sql.query(`
    INSERT INTO webhook_endpoints (id, owner_id, owner_role, url, events, secret) VALUES (gen_random_uuid(), 'ada', 'customer', 'https://a.example', '{}', 's')`)
  await desk.sql.query('DELETE FROM outbox')
  const { rows } = await desk.sql.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`,
  )
  tables = rows.map(({ name }) => name)
})
afterAll(() => desk.close())

const count = async (table: string): Promise<number> =>
  Number((await desk.sql.query<{ count: string }>(`SELECT count(*) FROM ${table}`)).rows[0]?.count)

const PAGE = 8192
const bytesOf = async (table: string): Promise<number> =>
  Number((await desk.sql.query<{ size: string }>(`SELECT pg_total_relation_size($1) AS size`, [table])).rows[0]?.size)

/** A day goes by: all that is there is a day older. */
async function aDayLater(table: string): Promise<void> {
  const { rows } = await desk.sql.query<{ column: string }>(
    `SELECT attname AS column FROM pg_attribute WHERE attrelid = $1::regclass AND atttypid = 'timestamptz'::regtype AND NOT attisdropped`,
    [table],
  )
  const older = rows.map(({ column }) => `${column} = ${column} - interval '1 day'`)
  await desk.sql.query(`UPDATE ${table} SET ${older.join(', ')}`)
}

test('N-62 every table of the database has its age, or the reason why it needs none', () => {
  expect([...Object.keys(GROWING), ...Object.keys(OTHERS)].toSorted()).toEqual(tables)
})

test('N-62 in a month and a half of traffic each table that grows stays as large as it is once its age is reached, in rows and on the disk', async () => {
  const sizes: Record<string, number[]> = {}
  const bytes: Record<string, number[]> = {}
  const kinds = Object.entries(GROWING)
  for (let day = 0; day < DAYS; day += 1) {
    for (const [, { sql }] of kinds) await desk.sql.query(sql, [PER_DAY])
    while (await pruneOnce(desk.db, CONFIG, 50)) continue
    await closeReport(desk.db, 'none')
    await beginSession(desk.db, 'token', Date.now())
    for (const [table] of kinds) (sizes[table] ??= []).push(await count(table))
    for (const [table] of kinds) await aDayLater(table)
    // As the server does by itself.
    await desk.sql.query(`VACUUM ${kinds.map(([table]) => table).join(', ')}`)
    for (const [table] of kinds) (bytes[table] ??= []).push(await bytesOf(table))
  }
  for (const [table, { days }] of kinds) {
    const [grown, flat] = [sizes[table]!.slice(0, days - 1), sizes[table]!.slice(days + 2)]
    // It grew until then, or nothing would have been shown.
    expect(grown, table).toEqual(grown.toSorted((one, other) => one - other))
    expect(Math.max(...flat), table).toBe(Math.min(...flat))
    expect(flat[0], table).toBeLessThanOrEqual((PER_DAY + 1) * (days + 1))
    // On the disk, with its indexes: the last days took no page that the days before had not.
    const [before, last] = [bytes[table]!.slice(0, -10), bytes[table]!.slice(-10)]
    expect(Math.max(...last), table).toBeLessThanOrEqual(Math.max(...before) + PAGE)
  }
}, 120_000)
