import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instantOf, plusSeconds } from '../../../domain/time.ts'
import { pruneOnce, RULES } from '../../../prisma/retention.ts'
import { anOrder, openDesk, type Desk } from './desk.ts'

/** Ages in hours, short enough to live through three of them. */
const CONFIG = {
  KAFKA_BROKERS: undefined,
  OUTBOX_RETENTION_HOURS: 168,
  IDEMPOTENCY_RETENTION_HOURS: 72,
  INBOX_RETENTION_HOURS: 168,
  NOTIFICATION_RETENTION_HOURS: 168,
  WEBHOOK_LOG_HOURS: 168,
}

/** For each rule rows of an age in hours: `old` is what goes, `kept` what stays beside it however old it is. */
const ROWS: Record<string, { table: string; old: string; kept?: string }> = {
  'published events': {
    table: 'outbox',
    old: `INSERT INTO outbox (booking_id, version, profile, fact_type, event_type, topic, payload, created_at, published_at)
          SELECT gen_random_uuid(), 1, 'p', 'held', 'e', 't', '{}', $1, $1 FROM generate_series(1, $2)`,
    kept: `INSERT INTO outbox (booking_id, version, profile, fact_type, event_type, topic, payload, created_at, refusal)
          SELECT gen_random_uuid(), 1, 'p', 'held', 'e', 't', '{}', $1, 'too large' FROM generate_series(1, $2)`,
  },
  'events that nobody publishes': {
    table: 'outbox',
    old: `INSERT INTO outbox (booking_id, version, profile, fact_type, event_type, topic, payload, created_at)
          SELECT gen_random_uuid(), 1, 'p', 'held', 'e', 't', '{}', $1 FROM generate_series(1, $2)`,
  },
  'idempotency keys': {
    table: 'idempotency_keys',
    old: `INSERT INTO idempotency_keys (caller, route, target, key, fingerprint, created_at)
          SELECT 'ada', 'r', '', gen_random_uuid()::text, 'f', $1 FROM generate_series(1, $2)`,
  },
  'delivered facts of the inbox': {
    table: 'processed_events',
    old: `INSERT INTO processed_events (event_id, source, type, payment_event, received_at, delivered_at)
          SELECT gen_random_uuid()::text, 's', 't', '{}', $1, $1 FROM generate_series(1, $2)`,
    kept: `INSERT INTO processed_events (event_id, source, type, payment_event, received_at)
          SELECT gen_random_uuid()::text, 's', 't', '{}', $1 FROM generate_series(1, $2)`,
  },
  'read notifications': {
    table: 'notifications',
    old: `INSERT INTO notifications (id, user_id, user_role, booking_id, type, title, content, metadata, is_read, read_at, delivery_status, delivery_attempts, next_try_at, created_at)
          SELECT gen_random_uuid(), 'ada', 'customer', (SELECT id FROM bookings LIMIT 1), 't', 't', 'c', '{}', true, $1, 'sent', '[]', $1, $1 FROM generate_series(1, $2)`,
  },
  'notifications that nobody read': {
    table: 'notifications',
    old: `INSERT INTO notifications (id, user_id, user_role, booking_id, type, title, content, metadata, is_read, delivery_status, delivery_attempts, next_try_at, created_at)
          SELECT gen_random_uuid(), 'ada', 'customer', (SELECT id FROM bookings LIMIT 1), 't', 't', 'c', '{}', false, 'sent', '[]', $1, $1 FROM generate_series(1, $2)`,
  },
  'entries of the waitlist that are over': {
    table: 'waitlist_entries',
    old: `INSERT INTO waitlist_entries (id, profile, status, caller_id, customer_id, offering_ids, body, fingerprint, wanted, claims, offer_seconds, created_at, updated_at)
          SELECT gen_random_uuid(), 'venue', 'expired', 'ada', 'ada', '{}', '{}', 'f', gen_random_uuid()::text, '[]', 60, $1, $1 FROM generate_series(1, $2)`,
    kept: `INSERT INTO waitlist_entries (id, profile, status, caller_id, customer_id, offering_ids, body, fingerprint, wanted, claims, offer_seconds, created_at, updated_at)
          SELECT gen_random_uuid(), 'venue', 'waiting', 'ada', 'ada', '{}', '{}', 'f', gen_random_uuid()::text, '[]', 60, $1, $1 FROM generate_series(1, $2)`,
  },
  'displacements that were told': {
    table: 'displacements',
    old: `INSERT INTO displacements (offering_id, unit_id, action, reason, actor_role, actor_id, created_at, delivered_at, outcome)
          SELECT 'tables', 'T1', 'look_again', 'r', 'operator', 'olga', $1, $1, 'told' FROM generate_series(1, $2)`,
    kept: `INSERT INTO displacements (offering_id, unit_id, action, reason, actor_role, actor_id, created_at)
          SELECT 'tables', 'T1', 'look_again', 'r', 'operator', 'olga', $1 FROM generate_series(1, $2)`,
  },
  'contact data that nobody took': {
    table: 'withheld',
    old: `INSERT INTO withheld (id, data, created_at) SELECT gen_random_uuid()::text, '{}', $1 FROM generate_series(1, $2)`,
  },
  'settled webhooks': {
    table: 'webhook_deliveries',
    old: `INSERT INTO webhook_deliveries (endpoint_id, event_id, payload, status, created_at, settled_at)
          SELECT (SELECT id FROM webhook_endpoints WHERE status = 'enabled'), gen_random_uuid(), '{}', 'delivered', $1, $1 FROM generate_series(1, $2)`,
    kept: `INSERT INTO webhook_deliveries (endpoint_id, event_id, payload, created_at)
          SELECT (SELECT id FROM webhook_endpoints WHERE status = 'enabled'), gen_random_uuid(), '{}', $1 FROM generate_series(1, $2)`,
  },
  'webhooks of endpoints that are gone or were left disabled': {
    table: 'webhook_deliveries',
    old: `INSERT INTO webhook_deliveries (endpoint_id, event_id, payload, created_at)
          SELECT (SELECT id FROM webhook_endpoints WHERE status = 'disabled'), gen_random_uuid(), '{}', $1 FROM generate_series(1, $2)`,
  },
}

const START = instantOf(Date.now() + 86_400_000)

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.offer('table', [{ id: 'T1', minParty: 1, maxParty: 9 }], 'tables')
  await desk.held(anOrder([{ kind: 'table', offering: 'tables', start: START, end: plusSeconds(START, 3600) }]))
  await desk.sql.query(`
    INSERT INTO webhook_endpoints (id, owner_id, owner_role, url, events, secret, status, disabled_reason)
    VALUES (gen_random_uuid(), 'ada', 'customer', 'https://a.example', '{}', 's', 'enabled', NULL),
      (gen_random_uuid(), 'ada', 'customer', 'https://b.example', '{}', 's', 'disabled', 'gone')`)
  await desk.sql.query('DELETE FROM outbox')
})
afterAll(() => desk.close())

const count = async (table: string): Promise<number> =>
  Number((await desk.sql.query<{ count: string }>(`SELECT count(*) FROM ${table}`)).rows[0]?.count)

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)

async function prune(config: typeof CONFIG = CONFIG): Promise<void> {
  while (await pruneOnce(desk.db, config, 50)) continue
}

test('N-62 every rule has rows here', () => {
  expect(Object.keys(ROWS)).toEqual(RULES.map(({ rows }) => rows))
})

describe.each(RULES)('$rows', ({ rows, hours }) => {
  const { table, old, kept } = ROWS[rows]!
  const age = hours(CONFIG)

  test('N-62 go when they are older than their age, in as many batches as it takes, and not before', async () => {
    await desk.sql.query(`DELETE FROM ${table}`)
    await desk.sql.query(old, [hoursAgo(age + 1), 120])
    await desk.sql.query(old, [hoursAgo(age - 1), 7])
    await prune()
    expect(await count(table)).toBe(7)
  })

  test('N-60 go whatever lies beside them, and that stays', async () => {
    await desk.sql.query(`DELETE FROM ${table}`)
    if (kept !== undefined) await desk.sql.query(kept, [hoursAgo(10 * age), 60])
    await desk.sql.query(old, [hoursAgo(age + 1), 120])
    await prune()
    expect(await count(table)).toBe(kept === undefined ? 0 : 60)
  })

  test('N-62 stay as many as they are once their age is reached, however long it goes on', async () => {
    await desk.sql.query(`DELETE FROM ${table}`)
    const sizes: number[] = []
    const step = Math.ceil(age / 7)
    // Time goes on by making all that is there older.
    for (let n = 0; n < 24; n += 1) {
      await desk.sql.query(old, [hoursAgo(0), 10])
      await prune()
      sizes.push(await count(table))
      const columns =
        { outbox: ['created_at', 'published_at'], processed_events: ['received_at', 'delivered_at'] }[table] ??
        {
          notifications: ['created_at', 'read_at'],
          webhook_deliveries: ['created_at', 'settled_at'],
          idempotency_keys: ['created_at'],
          waitlist_entries: ['created_at', 'updated_at'],
          displacements: ['created_at', 'delivered_at'],
          withheld: ['created_at'],
        }[table]!
      const older = columns.map((column) => `${column} = ${column} - make_interval(hours => ${step})`).join(', ')
      await desk.sql.query(`UPDATE ${table} SET ${older}`)
    }
    expect(Math.max(...sizes.slice(12))).toBe(Math.min(...sizes.slice(12)))
    expect(sizes.at(-1)).toBeLessThanOrEqual(80)
  })
})

test('N-62 with Kafka, or while a relay runs, what waits for it is not pruned', async () => {
  const waiting = ROWS['events that nobody publishes']!.old
  await desk.sql.query('DELETE FROM outbox')
  await desk.sql.query(waiting, [hoursAgo(1000), 5])
  await prune({ ...CONFIG, KAFKA_BROKERS: ['kafka:9092'] as never })
  expect(await count('outbox')).toBe(5)
  const relay = await desk.sql.connect()
  try {
    await relay.query('SELECT pg_advisory_lock_shared($1, $2)', [0x48_6f_6c_64, 1000])
    await prune()
    expect(await count('outbox')).toBe(5)
  } finally {
    await relay.query('SELECT pg_advisory_unlock_all()')
    relay.release()
  }
  await prune()
  expect(await count('outbox')).toBe(0)
})
