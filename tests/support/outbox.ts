import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect } from 'vitest'
import { kafkaOf } from '../../events/kafka.ts'
import { startRelay } from '../../events/relay.ts'
import { eventually } from './eventually.ts'
import type { Received } from './topics.ts'
import type { World } from './world.ts'

const silent = pino({ level: 'silent' })

export type Relay = { readonly registry: Registry; stop(): Promise<void> }

/** Runs a relay in this process, to the brokers named. */
export function runRelay(world: World, at: string): Relay {
  const registry = new Registry()
  const kafka = kafkaOf({ ...world.config, KAFKA_BROKERS: at.split(',') }, silent)
  const started = startRelay({ ...world.parts, log: silent, kafka, metrics: registry })
  return { registry, stop: () => started.stop() }
}

/** Writes facts of new bookings as the product does: each booking's versions one after the other. Returns the bookings' ids. */
export async function write(
  world: World,
  topics: readonly string[],
  { bookings, versions }: { bookings: number; versions: number },
): Promise<string[]> {
  const ids = Array.from({ length: bookings }, () => randomUUID())
  await world.parts.database.$executeRaw`
    INSERT INTO outbox (booking_id, version, profile, fact_type, event_type, topic, payload)
    SELECT b.id, v, 'ticketing', 'held', 'booking.test', (${topics}::text[])[1 + abs(hashtext(b.id::text)) % ${topics.length}::int],
      jsonb_build_object('bookingId', b.id, 'version', v)
    FROM generate_series(1, ${versions}::int) v CROSS JOIN unnest(${ids}::uuid[]) AS b (id)
    ORDER BY v`
  return ids
}

/** Ends the sessions that hold the shards. */
export async function cutSessions(world: World): Promise<void> {
  await world.parts.database.$executeRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'holdfast relay' AND datname = current_database()`
}

/** Resolves when nothing waits in the outbox any more. */
export function drained(world: World, withinSeconds = 30): Promise<void> {
  return eventually(async () => {
    expect(await world.parts.database.outboxMessage.count({ where: { publishedAt: null } })).toBe(0)
  }, withinSeconds)
}

/** What a relay's metric says. */
export async function valueOf({ registry }: Pick<Relay, 'registry'>, name: string): Promise<number> {
  const metric = await registry.getSingleMetric(name)?.get()
  // Counters and gauges with labels: the sum of all.
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? Number.NaN
}

/** Every fact is there; first sightings of a booking's facts are in order; what is there twice is there under the same event id. */
export function expectAllInOrder(
  messages: readonly Received[],
  bookings: readonly string[],
  versions: number,
  besides: readonly string[] = [],
): void {
  const seen = new Map<string, number[]>()
  const ids = new Map<string, string>()
  for (const { key, value, headers, topic } of messages) {
    const { version } = JSON.parse(value) as { version: number }
    const fact = `${topic} ${key} ${version}`
    expect(ids.get(fact) ?? headers['ce_id']).toBe(headers['ce_id'])
    if (!ids.has(fact)) seen.set(key, [...(seen.get(key) ?? []), version])
    ids.set(fact, headers['ce_id'] ?? '')
  }
  for (const id of besides) seen.delete(id)
  const inOrder = Array.from({ length: versions }, (_, index) => index + 1)
  expect(seen.size).toBe(bookings.length)
  for (const booking of bookings) expect(seen.get(booking)).toEqual(inOrder)
}

/** And nothing is there twice. */
export function expectOnceAndInOrder(
  messages: readonly Received[],
  bookings: readonly string[],
  versions: number,
  besides: readonly string[] = [],
): void {
  expectAllInOrder(messages, bookings, versions, besides)
  expect(new Set(messages.map(({ headers }) => headers['ce_id'])).size).toBe(messages.length)
}
