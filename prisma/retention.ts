import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { startPoller, type Poller } from '../runtime/poller.ts'
import type { Database } from './client.ts'

export type RetentionConfig = Pick<
  Config,
  | 'KAFKA_BROKERS'
  | 'OUTBOX_RETENTION_HOURS'
  | 'IDEMPOTENCY_RETENTION_HOURS'
  | 'INBOX_RETENTION_HOURS'
  | 'NOTIFICATION_RETENTION_HOURS'
  | 'WEBHOOK_LOG_HOURS'
>

/** Rows that grow with the traffic and have an age: deletes up to `limit` of those that are older, and answers how many. */
type Rule = {
  readonly rows: string
  readonly hours: (config: RetentionConfig) => number
  readonly prune: (db: Database, hours: number, limit: number) => Promise<number>
}

/** Longer than any outage after which a run still makes what it was asked for. */
const WITHHELD_HOURS = 7 * 24

/** Each finds what is old by an index on its age, whatever lies beside it (N-60). docs/operations.md says what is kept for good. */
export const RULES: readonly Rule[] = [
  {
    rows: 'published events',
    hours: ({ OUTBOX_RETENTION_HOURS: hours }) => hours,
    prune: (db, hours, limit) =>
      counted(db.$queryRaw`SELECT prune_outbox(make_interval(hours => ${hours}::int), ${limit}::int) AS pruned`),
  },
  {
    rows: 'events that nobody publishes',
    // With Kafka they wait until they are published.
    hours: ({ KAFKA_BROKERS, OUTBOX_RETENTION_HOURS: hours }) => (KAFKA_BROKERS === undefined ? hours : Infinity),
    prune: (db, hours, limit) =>
      counted(db.$queryRaw`SELECT prune_unpublished(make_interval(hours => ${hours}::int), ${limit}::int) AS pruned`),
  },
  {
    rows: 'idempotency keys',
    hours: ({ IDEMPOTENCY_RETENTION_HOURS: hours }) => hours,
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_keys WHERE created_at < now() - make_interval(hours => ${hours}::int) ORDER BY created_at LIMIT ${limit}::int))`,
  },
  {
    rows: 'delivered facts of the inbox',
    hours: ({ INBOX_RETENTION_HOURS: hours }) => hours,
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM processed_events WHERE event_id IN (
        SELECT event_id FROM processed_events WHERE delivered_at < now() - make_interval(hours => ${hours}::int) ORDER BY delivered_at LIMIT ${limit}::int)`,
  },
  {
    rows: 'read notifications',
    hours: ({ NOTIFICATION_RETENTION_HOURS: hours }) => hours,
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM notifications WHERE id IN (
        SELECT id FROM notifications WHERE is_read AND read_at < now() - make_interval(hours => ${hours}::int) ORDER BY read_at LIMIT ${limit}::int)`,
  },
  {
    rows: 'notifications that nobody read',
    hours: ({ NOTIFICATION_RETENTION_HOURS: hours }) => 4 * hours,
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM notifications WHERE id IN (
        SELECT id FROM notifications WHERE NOT is_read AND created_at < now() - make_interval(hours => ${hours}::int) ORDER BY created_at LIMIT ${limit}::int)`,
  },
  {
    rows: 'entries of the waitlist that are over',
    hours: ({ NOTIFICATION_RETENTION_HOURS: hours }) => hours,
    // Not under a notification about them, which has an age of its own.
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM waitlist_entries WHERE id IN (
        SELECT id FROM waitlist_entries e
        WHERE status NOT IN ('waiting', 'offered') AND updated_at < now() - make_interval(hours => ${hours}::int)
          AND NOT EXISTS (SELECT FROM notifications n WHERE n.waitlist_entry_id = e.id)
        ORDER BY updated_at LIMIT ${limit}::int)`,
  },
  {
    rows: 'displacements that were told',
    hours: ({ INBOX_RETENTION_HOURS: hours }) => hours,
    // While a unit is blocked, or has more bookings than room, they say whom an operator displaced (invariant 1).
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM displacements WHERE id IN (
        SELECT id FROM displacements d
        WHERE delivered_at IS NOT NULL AND delivered_at < now() - make_interval(hours => ${hours}::int)
          AND NOT EXISTS (SELECT FROM units u WHERE u.offering_id = d.offering_id AND u.id = d.unit_id AND (u.blocked OR u.overbooked > 0))
        ORDER BY delivered_at LIMIT ${limit}::int)`,
  },
  {
    // Unused: its order was refused, or its correction never made.
    rows: 'contact data that nobody took',
    hours: () => WITHHELD_HOURS,
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM withheld WHERE id IN (
        SELECT id FROM withheld WHERE created_at < now() - make_interval(hours => ${hours}::int) ORDER BY created_at LIMIT ${limit}::int)`,
  },
  {
    rows: 'settled webhooks',
    hours: ({ WEBHOOK_LOG_HOURS: hours }) => hours,
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM webhook_deliveries WHERE status <> 'pending' AND settled_at < now() - make_interval(hours => ${hours}::int)
        ORDER BY settled_at LIMIT ${limit}::int)`,
  },
  {
    rows: 'webhooks of endpoints that are gone or were left disabled',
    hours: ({ WEBHOOK_LOG_HOURS: hours }) => hours,
    prune: (db, hours, limit) => db.$executeRaw`
      DELETE FROM webhook_deliveries WHERE id IN (
        SELECT d.id FROM webhook_deliveries d LEFT JOIN webhook_endpoints e ON e.id = d.endpoint_id
        WHERE d.status = 'pending' AND (e.id IS NULL OR e.status = 'disabled' AND d.created_at < now() - make_interval(hours => ${hours}::int))
        LIMIT ${limit}::int)`,
  },
]

async function counted(asked: Promise<unknown>): Promise<number> {
  const [row] = (await asked) as { pruned: number }[]
  return row?.pruned ?? 0
}

/** Short transactions: 1,000 rows are some 20 ms. */
const BATCH = 1000
const EVERY_MS = 60_000

/** Deletes a batch of what is too old of each kind (N-62). True when there may be more. */
export async function pruneOnce(db: Database, config: RetentionConfig, batch = BATCH): Promise<boolean> {
  let isMore = false
  for (const { hours, prune } of RULES) {
    const age = hours(config)
    if (age === Infinity) continue
    if ((await prune(db, age, batch)) >= batch) isMore = true
  }
  return isMore
}

/** Keeps pruning until stopped; several processes may do so side by side. */
export function startRetention(ports: {
  readonly database: Database
  readonly config: RetentionConfig
  readonly log: Logger
}): Poller {
  return startPoller({
    round: () => pruneOnce(ports.database, ports.config),
    intervalMs: EVERY_MS,
    log: ports.log,
    trouble: 'what is too old could not be deleted',
  })
}
