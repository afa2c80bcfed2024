import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { shared } from '../observability/shared.ts'
import type { Database } from '../prisma/client.ts'

/** What the relay tells about itself. */
export type RelayMetrics = {
  readonly published: Counter<'topic'>
  readonly lag: Histogram
  readonly failures: Counter
  readonly shards: Gauge
}

/** Counting further than this tells an operator nothing more, and would cost. */
const COUNTED = 100_000

/** Registers the relay's metrics: what waits in the outbox is asked for when somebody scrapes. */
export function relayMetrics(registry: Registry, database: Database): RelayMetrics {
  const registers = [registry]
  const look = shared(() => lookAt(database))
  const gauge = (name: string, help: string, valueOf: (outbox: Outbox) => number) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const outbox = await look()
        if (outbox !== null) this.set(valueOf(outbox))
      },
    })
  gauge(
    'holdfast_outbox_waiting_rows',
    `Rows of the outbox that are not published yet, counted up to ${COUNTED}.`,
    ({ waiting }) => waiting,
  )
  gauge(
    'holdfast_outbox_oldest_seconds',
    'Age of the oldest row that is not published yet; 0 when there is none.',
    ({ oldest }) => oldest,
  )
  gauge(
    'holdfast_outbox_attention_rows',
    'Rows that the broker refuses and that somebody has to look at (outbox.refusal).',
    ({ refused }) => refused,
  )
  return {
    published: new Counter({
      name: 'holdfast_relay_published_total',
      help: 'Rows that a broker acknowledged.',
      labelNames: ['topic'],
      registers,
    }),
    lag: new Histogram({
      name: 'holdfast_relay_lag_seconds',
      help: 'Time from the transaction of a fact to its mark as published.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600, 3600],
      registers,
    }),
    failures: new Counter({
      name: 'holdfast_relay_failures_total',
      help: 'Attempts to read, send or mark that failed.',
      registers,
    }),
    shards: new Gauge({ name: 'holdfast_relay_shards', help: 'Shards this relay holds.', registers }),
  }
}

type Outbox = { waiting: number; oldest: number; refused: number }

/** Null when the database does not answer: then the gauges keep what they said. */
async function lookAt(database: Database): Promise<Outbox | null> {
  try {
    const [outbox] = await database.$queryRaw<Outbox[]>`
      SELECT
        (SELECT count(*)::int FROM (SELECT FROM outbox WHERE published_at IS NULL AND refusal IS NULL LIMIT ${COUNTED}) o) AS waiting,
        coalesce((SELECT extract(epoch FROM now() - o.created_at)::float8 FROM outbox o
          WHERE o.published_at IS NULL AND o.refusal IS NULL ORDER BY o.id LIMIT 1), 0) AS oldest,
        (SELECT count(*)::int FROM outbox WHERE refusal IS NOT NULL) AS refused`
    return outbox ?? null
  } catch {
    return null
  }
}
