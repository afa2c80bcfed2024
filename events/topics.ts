import { setTimeout } from 'node:timers/promises'
import type { Admin, ITopicConfig, Kafka, KafkaJSProtocolError } from 'kafkajs'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { publishedTopics } from './catalogue.ts'

/** What others tell us (K-04). The topics are theirs; they are made when they are not there yet, because nobody can subscribe to a missing one. */
export const CONSUMED_TOPICS = [
  'payment.success',
  'payment.failed',
  'payment.status_changed',
  'PaymentSucceeded',
  'user.updated',
  'pet.updated',
  'clinic.updated',
  'service.updated',
] as const

/** Where a message goes that cannot be processed (K-05), or that the broker does not take. */
export const DEAD_LETTERS = 'holdfast.dead-letters'

export type Topic = { readonly topic: string; readonly partitions: number; readonly retentionMs: number }

type TopicSettings = Pick<Config, 'KAFKA_PARTITIONS' | 'KAFKA_RETENTION_HOURS' | 'KAFKA_REPLICATION'>

const HOUR_MS = 3_600_000

/** Every topic that the product writes or reads, with its partitions and retention (K-03). */
export function topicsOf(config: TopicSettings): Topic[] {
  const names = new Set<string>([...publishedTopics(), ...CONSUMED_TOPICS, DEAD_LETTERS])
  return [...names].map((topic) => ({
    topic,
    partitions: config.KAFKA_PARTITIONS,
    retentionMs: config.KAFKA_RETENTION_HOURS * HOUR_MS,
  }))
}

/** Makes the topics that are not there yet. Those that are stay as they are, whoever made them; asked again it does nothing. */
export async function createTopics(kafka: Kafka, config: TopicSettings): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const there = new Set(await admin.listTopics())
    const missing = topicsOf(config).filter(({ topic }) => !there.has(topic))
    if (missing.length === 0) return
    await createWithLeaders(
      admin,
      missing.map(({ topic, partitions, retentionMs }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: config.KAFKA_REPLICATION,
        configEntries: [{ name: 'retention.ms', value: String(retentionMs) }],
      })),
    )
  } finally {
    await admin.disconnect()
  }
}

/** How long new topics may be without leaders, and the pause between two looks, in milliseconds. */
const LEADERS_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 100

/**
 * Makes topics and waits until each partition has a leader. The client's own waiting fails when the broker that it asks has not heard of the topic yet,
 * which happens with KRaft.
 */
export async function createWithLeaders(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics })
  const names = topics.map(({ topic }) => topic)
  const deadline = Date.now() + LEADERS_WITHIN_MS
  while (!(await haveLeaders(admin, names))) {
    if (Date.now() > deadline) throw new Error(`no leaders after ${LEADERS_WITHIN_MS / 1000} s: ${names.join(', ')}`)
    await setTimeout(LOOK_EVERY_MS)
  }
}

async function haveLeaders(admin: Admin, names: string[]): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: names })
    return topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0))
  } catch (error) {
    if (NOT_YET.has((error as Partial<KafkaJSProtocolError>).type)) return false
    throw error
  }
}

const NOT_YET: ReadonlySet<string | undefined> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'])

/** Makes the topics as soon as the broker is there. False when the signal ended the waiting. */
export async function createTopicsWhenUp(
  kafka: Kafka,
  config: TopicSettings,
  log: Logger,
  stopping: AbortSignal,
): Promise<boolean> {
  for (let attempt = 0; !stopping.aborted; attempt += 1) {
    try {
      await createTopics(kafka, config)
      return true
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ attempt: attempt + 1, reason }, 'waiting for Kafka')
      await setTimeout(Math.min(500 * 2 ** attempt, 5000), undefined, { signal: stopping }).catch(() => undefined)
    }
  }
  return false
}
