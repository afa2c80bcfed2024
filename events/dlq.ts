import { randomUUID } from 'node:crypto'
import { Partitioners, type Kafka, type KafkaMessage } from 'kafkajs'
import { deadLetterOf, markOfReplay, originalOf, replayedBy, type DeadLetter } from './consumers/dead-letters.ts'
import { DEAD_LETTERS } from './topics.ts'

/** A dead letter where it lies: `id` is its partition and offset on the dead letters' topic. */
export type Listed = DeadLetter & { readonly id: string; readonly at: string | null; readonly isReplayed: boolean }

const READ_MS = 60_000

/** Every dead letter that is still kept, the oldest first, and which of them were replayed. Throws when they cannot all be read in a minute. */
export async function listDeadLetters(kafka: Kafka): Promise<Listed[]> {
  const letters: Omit<Listed, 'isReplayed'>[] = []
  const replayed = new Set<string>()
  await readTopic(kafka, DEAD_LETTERS, (partition, message) => {
    const mark = replayedBy(message)
    if (mark === null) letters.push({ ...deadLetterOf(message), id: `${partition}-${message.offset}` })
    else replayed.add(mark)
  })
  return letters
    .map((letter) => ({ ...letter, isReplayed: replayed.has(letter.id) }))
    .toSorted((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1))
}

/**
 * Sends dead letters to the topics they came from, as they were or with another value, and marks them as replayed. Stopped in between, one may be
 * replayed again, which is as harmless as any repeated message.
 */
export async function replayDeadLetters(kafka: Kafka, letters: readonly Listed[], value?: string): Promise<void> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  try {
    for (const letter of letters) {
      if (letter.topic === '') throw new Error(`The dead letter ${letter.id} does not say where it came from.`)
      const message = { ...originalOf(letter), ...(value !== undefined && { value }) }
      // To its own partition, so that it comes after what was sent under its key before.
      const messages = [{ ...message, ...(letter.partition >= 0 && { partition: letter.partition }) }]
      await producer.send({ topic: letter.topic, acks: -1, messages })
      await producer.send({ topic: DEAD_LETTERS, acks: -1, messages: [markOfReplay(letter.id, new Date())] })
    }
  } finally {
    await producer.disconnect()
  }
}

/** Reads a topic from its beginning to its present end, in a group of its own that is taken away again. */
async function readTopic(
  kafka: Kafka,
  topic: string,
  onMessage: (partition: number, message: KafkaMessage) => void,
): Promise<void> {
  const admin = kafka.admin()
  const groupId = `holdfast-reader-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 200 })
  await admin.connect()
  try {
    const ends = await admin.fetchTopicOffsets(topic)
    const open = new Map(
      ends
        .filter(({ low, high }) => BigInt(high) > BigInt(low))
        .map(({ partition, high }) => [partition, BigInt(high)]),
    )
    if (open.size === 0) return
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${topic} could not be read within a minute`)), READ_MS)
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      const eachBatch = async ({
        batch,
      }: {
        batch: { partition: number; messages: KafkaMessage[]; lastOffset(): string }
      }) => {
        const end = open.get(batch.partition)
        if (end === undefined) return
        for (const message of batch.messages) if (BigInt(message.offset) < end) onMessage(batch.partition, message)
        if (BigInt(batch.lastOffset()) + 1n >= end) open.delete(batch.partition)
        if (open.size === 0) done()
      }
      consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) reject(error)
      })
      consumer.run({ autoCommit: false, eachBatch }).catch(reject)
    })
  } finally {
    await consumer.disconnect().catch(() => undefined)
    await admin.deleteGroups([groupId]).catch(() => undefined)
    await admin.disconnect()
  }
}
