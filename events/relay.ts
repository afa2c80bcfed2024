import { setTimeout } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Config } from '../config.ts'
import type { Database } from '../prisma/client.ts'
import type { Outgoing } from './envelope.ts'
import { relayMetrics, type RelayMetrics } from './lag.ts'
import { publisherOf, type Delivery, type Publisher } from './publisher.ts'
import { openSession, type Session } from './shards.ts'

export type RelayPorts = {
  readonly database: Database
  readonly kafka: Kafka
  readonly log: Logger
  readonly config: Pick<Config, 'DATABASE_URL'>
  readonly metrics: Registry
}

const BATCH_ROWS = 500

/** One partition's share of a batch is one record batch, and brokers take 1 MiB of that unless told otherwise. */
const BATCH_BYTES = 900_000

/** The pause is a twentieth of the time since the last fact, so it adds little to the wait that there was anyway. */
const PAUSE_MS = { shortest: 5, longest: 200, share: 0.05 } as const
const REBALANCE_MS = 1000
const CLOSED_TOPIC_MS = 5000
const DRAIN_MS = 5000

/**
 * Carries the outbox to Kafka until stopped (K-01): every row at least once, a booking's rows in order, while other relays do the same for other
 * bookings. A row is sent when all earlier rows of its booking were acknowledged, or together with them, so that nobody sees a later fact first
 * even where a row is sent twice. Broker or database away: it waits, and goes on where it was (K-06). `stop` finishes the batch in hand.
 */
export function startRelay(ports: RelayPorts): { stop(): Promise<void> } {
  const { database, kafka, log, config } = ports
  const metrics = relayMetrics(ports.metrics, database)
  const publisher = publisherOf(kafka, log, () => metrics.failures.inc())
  const [stopping, giveUp] = [new AbortController(), new AbortController()]
  const unmarked: string[] = []

  const relaying = (async () => {
    while (!stopping.signal.aborted) {
      let session: Session | null = null
      try {
        session = await openSession(config.DATABASE_URL, log)
        await work({ session, publisher, metrics, unmarked, stopping: stopping.signal, giveUp: giveUp.signal })
      } catch (error) {
        if (stopping.signal.aborted) break
        metrics.failures.inc()
        log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'the relay starts over')
        await pause(500, stopping.signal)
      } finally {
        metrics.shards.set(0)
        await session?.close()
      }
    }
  })()
  return {
    async stop() {
      stopping.abort(new Error('the relay is stopping'))
      const last = globalThis.setTimeout(() => giveUp.abort(stopping.signal.reason), DRAIN_MS)
      await relaying
      clearTimeout(last)
      await publisher.close()
    },
  }
}

type Work = {
  readonly session: Session
  readonly publisher: Publisher
  readonly metrics: RelayMetrics
  /** Acknowledged by the broker, and the database was gone before it heard: marked first, so that they are not sent again. */
  readonly unmarked: string[]
  readonly stopping: AbortSignal
  readonly giveUp: AbortSignal
}

/** Reads, sends and marks with one session, until it is lost or the relay is stopped. */
async function work({ session, publisher, metrics, unmarked, stopping, giveUp }: Work): Promise<void> {
  const abandon = AbortSignal.any([session.lost, giveUp])
  const closed = new Map<string, number>()
  let [lastFact, lastBalance] = [Date.now(), 0]
  let shards: readonly number[] = []
  await mark(session, metrics, unmarked)
  while (!stopping.aborted) {
    session.lost.throwIfAborted()
    const now = Date.now()
    if (now - lastBalance >= REBALANCE_MS) {
      lastBalance = now
      shards = await session.rebalance()
      metrics.shards.set(shards.length)
    }
    for (const [topic, until] of closed) if (until <= now) closed.delete(topic)
    const rows = shards.length === 0 ? [] : firstOf(await session.waiting(BATCH_ROWS, [...closed.keys()]))
    if (rows.length > 0) {
      const delivery = await publisher.publish(rows, abandon)
      lastFact = Date.now()
      unmarked.push(...delivery.acknowledged)
      await mark(session, metrics, unmarked)
      await seeTo(session, delivery, closed)
      const topics = new Map(rows.map(({ id, topic }) => [id, topic]))
      for (const id of delivery.acknowledged) metrics.published.inc({ topic: topics.get(id) ?? '' })
      if (rows.length === BATCH_ROWS) continue
    }
    const wanted = (Date.now() - lastFact) * PAUSE_MS.share
    await pause(Math.min(Math.max(wanted, PAUSE_MS.shortest), PAUSE_MS.longest), stopping)
  }
}

/** As many of the rows, from the first on, as a broker takes at once. */
function firstOf(rows: readonly Outgoing[]): readonly Outgoing[] {
  let bytes = 0
  const end = rows.findIndex(({ payload }, index) => {
    bytes += Buffer.byteLength(payload) + 500
    return bytes > BATCH_BYTES && index > 0
  })
  return end === -1 ? rows : rows.slice(0, end)
}

async function mark(session: Session, metrics: RelayMetrics, unmarked: string[]): Promise<void> {
  if (unmarked.length === 0) return
  for (const lag of await session.markPublished(unmarked)) metrics.lag.observe(lag)
  unmarked.length = 0
}

/** What did not go out: rows to be looked at by somebody, topics to be left alone for a while. */
async function seeTo(
  session: Session,
  { refused, closedTopics }: Delivery,
  closed: Map<string, number>,
): Promise<void> {
  for (const { id, reason } of refused) await session.putAside(id, reason)
  for (const topic of closedTopics) closed.set(topic, Date.now() + CLOSED_TOPIC_MS)
}

async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal: stopping }).catch(() => undefined)
}
