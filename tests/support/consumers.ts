import { randomUUID } from 'node:crypto'
import { Partitioners, type IHeaders, type Kafka, type Producer } from 'kafkajs'
import { Registry } from 'prom-client'
import { inject } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { groupOf, startConsumers } from '../../events/consumers/start.ts'
import { listDeadLetters, type Listed } from '../../events/dlq.ts'
import { kafkaOf } from '../../events/kafka.ts'
import { CONSUMED_TOPICS, createTopics, DEAD_LETTERS } from '../../events/topics.ts'
import { eventually } from './eventually.ts'
import type { World } from './world.ts'

/** A message as the other systems send theirs; `value` as JSON unless it is text or bytes already. */
export type Sent = {
  readonly topic: string
  readonly key: string | null
  readonly value: unknown
  readonly headers?: IHeaders
}

/** Kafka as a world's other systems see it, and the product's consumers beside it. */
export type Stream = {
  readonly kafka: Kafka
  readonly producer: Producer
  readonly metrics: Registry
  send(...messages: readonly Sent[]): Promise<void>
  /** The world's dead letters whose key begins so; what other worlds could not read is on the same topic. */
  deadLetters(keyPrefix: string): Promise<Listed[]>
  close(): Promise<void>
}

/** The environment of a world with the broker that the tests share. */
export function withKafka(): Record<string, string> {
  return { KAFKA_BROKERS: inject('kafka').brokers ?? '' }
}

/** Opens the stream; close it before the world. Without `consumers`, for tests that run their own. */
export async function openStream(
  world: World,
  { patienceMs, consumers: isConsuming = true }: { patienceMs?: number; consumers?: boolean } = {},
): Promise<Stream> {
  const kafka = kafkaOf(world.config, world.parts.log)
  await createTopics(kafka, world.config)
  await untilLed(kafka)
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const metrics = new Registry()
  const consumers = isConsuming
    ? await startConsumers({ ...world.parts, kafka, metrics, ...(patienceMs !== undefined && { patienceMs }) })
    : null
  return {
    kafka,
    producer,
    metrics,
    async send(...messages) {
      const byTopic = Map.groupBy(messages, ({ topic }) => topic)
      await producer.sendBatch({
        topicMessages: [...byTopic].map(([topic, own]) => ({
          topic,
          messages: own.map(({ key, value, headers = {} }) => ({ key, value: bodyOf(value), headers })),
        })),
      })
    },
    async deadLetters(keyPrefix) {
      const letters = await listDeadLetters(kafka)
      const own = letters.filter(({ group }) => group === groupOf(world.config))
      return own.filter(({ key }) => key !== null && Buffer.from(key).toString('utf8').startsWith(keyPrefix))
    },
    async close() {
      await consumers?.stop()
      await producer.disconnect()
    },
  }
}

/** Until the broker leads every partition: for a moment after it made a topic it answers that somebody else does. */
async function untilLed(kafka: Kafka): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    await eventually(
      () => Promise.all([...CONSUMED_TOPICS, DEAD_LETTERS].map((topic) => admin.fetchTopicOffsets(topic))),
      60,
    )
  } finally {
    await admin.disconnect()
  }
}

/** A message of the ticketing system's payment service about a booking. */
export function ticketing(
  topic: 'payment.success' | 'payment.failed',
  booking: Pick<BookingBody, 'id' | 'payment'>,
  more: object = {},
): Sent {
  return {
    topic,
    key: booking.id,
    value: {
      eventId: randomUUID(),
      eventType: topic,
      payload: { bookingId: booking.id, transactionId: booking.payment?.intent_id, ...more },
    },
  }
}

function bodyOf(value: unknown): Buffer | string | null {
  return value === null || typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)
}
