import { randomUUID } from 'node:crypto'
import { Kafka, logLevel, type Admin } from 'kafkajs'
import { createWithLeaders } from '../../events/topics.ts'

/** A plain client, as somebody else's program has it: nothing of the product's. */
function plainKafka(brokers: string): Kafka {
  return new Kafka({
    clientId: 'reader',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 15 },
  })
}

export type Received = {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** Runs work with an admin of the brokers. */
export async function withAdmin<Answer>(brokers: string, work: (admin: Admin) => Promise<Answer>): Promise<Answer> {
  const admin = plainKafka(brokers).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Makes a topic under a name that nobody else has. */
export async function makeTopic(brokers: string, partitions = 4): Promise<string> {
  const topic = `test-${randomUUID()}`
  await withAdmin(brokers, (admin) =>
    createWithLeaders(admin, [{ topic, numPartitions: partitions, replicationFactor: 1 }]),
  )
  return topic
}

/** Everything that is on the topics at this moment, each partition in its order. */
export async function readAll(brokers: string, topics: readonly string[]): Promise<Received[]> {
  const ends = await withAdmin(brokers, (admin) =>
    Promise.all(topics.map(async (topic) => ({ topic, partitions: await admin.fetchTopicOffsets(topic) }))),
  )
  const missing = new Map<string, number>()
  for (const { topic, partitions } of ends) {
    for (const { partition, low, high } of partitions) {
      if (Number(high) > Number(low)) missing.set(`${topic} ${partition}`, Number(high))
    }
  }
  const received: Received[] = []
  if (missing.size === 0) return received
  const consumer = plainKafka(brokers).consumer({ groupId: `reader-${randomUUID()}` })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => payload.restart || reject(payload.error))
      consumer
        .run({
          eachMessage: async ({ topic, partition, message }) => {
            const offset = Number(message.offset)
            const end = missing.get(`${topic} ${partition}`)
            if (end === undefined) return
            received.push({
              topic,
              partition,
              offset,
              key: message.key?.toString() ?? '',
              value: message.value?.toString() ?? '',
              headers: Object.fromEntries(
                Object.entries(message.headers ?? {}).map(([name, text]) => [name, String(text)]),
              ),
            })
            if (offset + 1 >= end) missing.delete(`${topic} ${partition}`)
            if (missing.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return received
}
