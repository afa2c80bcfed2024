import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { Partitioners, type Batch, type Consumer, type EachBatchPayload, type Kafka, type KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Config } from '../../config.ts'
import { countMessages, hasDueMessages, storeMessages, type IncomingMessage } from '../../prisma/consumed.ts'
import type { Database } from '../../prisma/client.ts'
import type { Forget } from '../../services/cached.ts'
import type { Payments } from '../../services/ports.ts'
import type { BookingWorkflows } from '../../temporal/bookings.ts'
import { CONSUMED_TOPICS } from '../topics.ts'
import { startBacklog } from './backlog.ts'
import { storedHeaders } from './dead-letters.ts'
import { applyMasterData } from './master-data.ts'
import { applyPayment } from './payments.ts'

export type ConsumerPorts = {
  readonly database: Database
  readonly workflows: BookingWorkflows
  readonly payments: Payments
  readonly forget: Forget
  readonly kafka: Kafka
  readonly log: Logger
  readonly config: Pick<Config, 'TASK_QUEUE' | 'KAFKA_GROUP_ID' | 'PAYMENT_TRUSTED_SOURCES'>
  readonly metrics: Registry
  /** How long a message is tried that cannot be processed yet; a day. */
  readonly patienceMs?: number
}

const DAY_MS = 86_400_000
/** More than this due at once, and the broker keeps the rest: it is the better place for a queue. */
const ENOUGH_DUE = 2000
/** A killed process's partitions are with another one after this. */
const SESSION_MS = 10_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000

/**
 * Reads what others tell us (K-04) until stopped: every message is stored first, then its offset is committed, then it is processed, so that
 * nothing is lost or skipped whenever the process dies; what is read twice is effective once. The topics must be there; while the broker is away it
 * goes on asking. `stop` leaves the group and resolves when what is in hand is done.
 */
export async function startConsumers(ports: ConsumerPorts): Promise<{ stop(): Promise<void> }> {
  const { database, kafka, log, config, patienceMs = DAY_MS } = ports
  // Not the idempotent one: after a failure it may pass a message off as one the broker has (events/publisher.ts). Twice does no harm here.
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner })
  const groupId = groupOf(config)
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_MS,
    heartbeatInterval: 2000,
    maxWaitTimeInMs: 1000,
    allowAutoTopicCreation: false,
    // The client gives up on some failures, such as a login that was refused; we never do, so all of them are ours.
    retry: { restartOnFailure: async () => false },
  })
  const stopping = new AbortController()
  const backlog = startBacklog({
    database,
    log,
    producer,
    counted: counterOf(ports),
    patienceMs,
    group: groupId,
    apply: async (message) =>
      (await applyPayment(ports, message)) ?? (await applyMasterData(database, message, ports.forget)) ?? 'ignored',
  })
  const run = async () => {
    await producer.connect()
    await consumer.connect()
    await consumer.subscribe({ topics: [...CONSUMED_TOPICS], fromBeginning: true })
    await consumer.run({
      // What is committed is what was stored, and nothing else.
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: (payload) => storeBatch({ database, log, stopping: stopping.signal, stored: backlog.wake }, payload),
    })
  }
  const consuming = keepRunning(consumer, run, log, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await consuming
      await backlog.stop()
      await producer.disconnect()
    },
  }
}

/** The consumer group of a deployment: all its processes share the work. */
export function groupOf({ TASK_QUEUE, KAFKA_GROUP_ID }: Pick<Config, 'TASK_QUEUE' | 'KAFKA_GROUP_ID'>): string {
  return KAFKA_GROUP_ID ?? `${TASK_QUEUE}.consumers`
}

type StorePorts = {
  readonly database: Database
  readonly log: Logger
  readonly stopping: AbortSignal
  readonly stored: () => void
}

/** Stores a batch, as long as it takes: while the database is away the partition stays ours, and nothing is committed. */
async function storeBatch({ database, log, stopping, stored }: StorePorts, payload: EachBatchPayload): Promise<void> {
  const { batch } = payload
  const messages = batch.messages.map((message) => incoming(batch, message))
  for (
    let pause = 100;
    payload.isRunning() && !payload.isStale() && !stopping.aborted;
    pause = Math.min(2000, pause * 2)
  ) {
    try {
      if (!(await hasDueMessages(database, ENOUGH_DUE))) {
        await storeMessages(database, messages)
        payload.resolveOffset(batch.lastOffset())
        stored()
        return
      }
    } catch (error) {
      log.error({ err: error, topic: batch.topic }, 'messages could not be stored')
    }
    await payload.heartbeat()
    await setTimeout(pause)
  }
}

/** Runs the consumer until stopped, and again after every crash. Resolves when it has left its group. */
async function keepRunning(
  consumer: Consumer,
  run: () => Promise<void>,
  log: Logger,
  stopping: AbortSignal,
): Promise<void> {
  let crashed = () => {}
  const stopped = new Promise<void>((resolve) => {
    stopping.addEventListener('abort', () => resolve(), { once: true })
  })
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => {
    log.error({ err: error }, 'the consumer stopped')
    crashed()
  })
  for (let pause = FIRST_PAUSE_MS; !stopping.aborted; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    const crash = new Promise<void>((resolve) => {
      crashed = resolve
    })
    try {
      await run()
      pause = FIRST_PAUSE_MS
      await Promise.race([crash, stopped])
    } catch (error) {
      log.error({ err: error }, 'the consumer could not be started')
    }
    await consumer.disconnect().catch((error: unknown) => log.warn({ err: error }, 'the consumer could not leave'))
    await setTimeout(pause, undefined, { signal: stopping }).catch(() => undefined)
  }
}

function incoming({ topic, partition }: Batch, message: KafkaMessage): IncomingMessage {
  const { key, value, offset, headers } = message
  return {
    topic,
    partition,
    offset,
    sentAt: timeOf(message),
    lane: laneOf(topic, partition, key ?? offset),
    key,
    value,
    headers: storedHeaders(headers),
  }
}

/** A lane per key, so that its messages keep their order; one without a key has a lane of its own. Hashed, because a key may be any bytes of any length. */
function laneOf(topic: string, partition: number, key: Buffer | string): string {
  const kind = typeof key === 'string' ? 'offset' : 'key'
  return createHash('sha256').update(`${topic}/${partition}/${kind}/`).update(key).digest('base64url')
}

/** Whoever sends a message may put any number there. */
function timeOf({ timestamp }: KafkaMessage): Date {
  const milliseconds = Number(timestamp)
  return new Date(milliseconds > 0 && milliseconds < 4_102_444_800_000 ? milliseconds : 0)
}

function counterOf({ database, metrics }: ConsumerPorts): (topic: string, outcome: string) => void {
  const messages = new Counter({
    name: 'holdfast_consumed_messages_total',
    help: 'Messages processed, by topic and outcome.',
    labelNames: ['topic', 'outcome'],
    registers: [metrics],
  })
  // The registry asks it for its value whenever it is read.
  void new Gauge({
    name: 'holdfast_consumed_messages_waiting',
    help: 'Messages that are stored and not done yet.',
    registers: [metrics],
    async collect() {
      this.set(await countMessages(database).catch(() => Number.NaN))
    },
  })
  return (topic, outcome) => messages.inc({ topic, outcome })
}
