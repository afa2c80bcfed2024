import { setTimeout } from 'node:timers/promises'
import { Partitioners, type Kafka, type Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { messageOf, type Outgoing } from './envelope.ts'

/** What became of rows that were handed to the broker. Those in none of the lists wait: their topic takes nothing at present. */
export type Delivery = {
  readonly acknowledged: readonly string[]
  readonly refused: readonly { readonly id: string; readonly reason: string }[]
  readonly closedTopics: readonly string[]
}

export type Publisher = {
  /**
   * Sends rows, in order, and returns when the broker has answered for each. While it is away the very same batch is tried again, at most 3 s
   * apart, until the signal ends it; then it throws.
   */
  publish(rows: readonly Outgoing[], signal: AbortSignal): Promise<Delivery>
  close(): Promise<void>
}

/** The broker's refusals that are about a message, and not about a topic or the moment. */
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'CORRUPT_MESSAGE']

/** Refusals of a producer whose numbering the broker does not know or expect: a new producer gets a new one. */
const NUMBERING = [
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]

class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/**
 * An idempotent producer that may be trusted with an unknown outcome. kafkajs takes its numbering back when a send fails, so another batch sent
 * after a failure could carry the numbers of one that the broker has after all, and be dropped as its duplicate. Therefore a batch whose outcome
 * is unknown is sent again as it was, on the same producer, or its producer is thrown away.
 */
export function publisherOf(kafka: Kafka, log: Logger, onFailure: () => void): Publisher {
  let producer: Producer | null = null

  async function connected(): Promise<Producer> {
    if (producer !== null) return producer
    const made = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      // After a few it comes back to us, who know whether the shards are still ours.
      retry: { retries: 3 },
    })
    try {
      await made.connect()
    } catch (error) {
      await made.disconnect().catch(() => undefined)
      throw error
    }
    producer = made
    return made
  }

  async function discard(): Promise<void> {
    const old = producer
    producer = null
    await old?.disconnect().catch(() => undefined)
  }

  async function send(rows: readonly Outgoing[], signal: AbortSignal): Promise<void> {
    const topicMessages = [...Map.groupBy(rows, ({ topic }) => topic)].map(([topic, own]) => ({
      topic,
      messages: own.map(messageOf),
    }))
    for (let attempt = 0; ; attempt += 1) {
      if (signal.aborted) {
        await discard()
        signal.throwIfAborted()
      }
      try {
        const sender = await connected()
        await sender.sendBatch({ acks: -1, topicMessages })
        return
      } catch (error) {
        onFailure()
        const type = refusalOf(error)
        const reason = error instanceof Error ? error.message : String(error)
        if (type !== null) await discard()
        if (type !== null && !NUMBERING.includes(type)) throw new Refusal(type, reason)
        log.warn({ rows: rows.length, attempt: attempt + 1, reason }, 'the broker did not answer')
        await setTimeout(Math.min(100 * 2 ** attempt, 3000), undefined, { signal }).catch(() => undefined)
      }
    }
  }

  /** Sends all of it, or finds out what in it is refused: topic by topic, then half by half. */
  async function publish(rows: readonly Outgoing[], signal: AbortSignal): Promise<Delivery> {
    try {
      await send(rows, signal)
      return { acknowledged: rows.map(({ id }) => id), refused: [], closedTopics: [] }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const byTopic = [...Map.groupBy(rows, ({ topic }) => topic).values()]
      if (byTopic.length > 1) return publishAll(byTopic, signal)
      const [first] = rows
      if (first === undefined) throw error
      if (!TOO_LARGE.includes(error.type)) {
        log.error({ topic: first.topic, reason: error.message }, 'the topic takes nothing')
        return { acknowledged: [], refused: [], closedTopics: [first.topic] }
      }
      if (rows.length > 1) {
        const half = Math.ceil(rows.length / 2)
        return publishAll([rows.slice(0, half), rows.slice(half)], signal)
      }
      return { acknowledged: [], refused: [{ id: first.id, reason: error.message }], closedTopics: [] }
    }
  }

  async function publishAll(parts: readonly (readonly Outgoing[])[], signal: AbortSignal): Promise<Delivery> {
    const deliveries: Delivery[] = []
    for (const part of parts) deliveries.push(await publish(part, signal))
    return {
      acknowledged: deliveries.flatMap(({ acknowledged }) => acknowledged),
      refused: deliveries.flatMap(({ refused }) => refused),
      closedTopics: deliveries.flatMap(({ closedTopics }) => closedTopics),
    }
  }

  return { publish, close: discard }
}

/** The broker's own word, when it was the broker that refused for good; null for everything that may pass. A missing topic is for good. */
function refusalOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const type: unknown = Reflect.get(cause, 'type')
    if (typeof type !== 'string') continue
    return Reflect.get(cause, 'retriable') === true && type !== 'UNKNOWN_TOPIC_OR_PARTITION' ? null : type
  }
  return null
}
