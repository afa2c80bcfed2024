import { randomUUID } from 'node:crypto'
import { Kafka, logLevel, Partitioners, type Consumer } from 'kafkajs'
import { Client } from 'pg'
import { publishedTopics } from '../../events/catalogue.ts'
import type { Stack } from '../stories/stack.ts'
import { caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { withAdmin } from '../support/topics.ts'
import { tokenOf } from './client.ts'
import type { Door, DoorName, Message } from './door.ts'

type Received = Message & { readonly id: string; readonly source: string; readonly place: string }

/** A door at the root of its own port, with plain clients of HTTP and Kafka around it. */
export async function openDoorOfStack(name: DoorName, stack: Stack): Promise<Door> {
  const { sandbox, api, databaseUrl, kafkaBrokers: brokers } = stack
  if (brokers === undefined) throw new Error('the doors need a stack with Kafka')
  const service = caller(sandbox, 'sandbox', null)
  const kafka = new Kafka({ clientId: 'doors', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  const consumer = kafka.consumer({ groupId: `doors-${randomUUID()}` })
  const database = new Client({ connectionString: databaseUrl })
  await Promise.all([producer.connect(), consumer.connect(), database.connect()])
  const received = await read(consumer)
  const source = `/holdfast/${name}`
  const outside = { service, as: (...who: Parameters<Door['as']>) => person(...who) }
  const person: Door['as'] = async (role, sub) => caller(`${api}/api/v1`, sub, await tokenOf(outside, role, sub))
  return {
    ...outside,
    name,
    url: stack.doors?.[name]?.replace('grpc://', '') ?? '',
    // Complete once everything that the outbox has now came; what stands there is not looked at.
    async told() {
      const { rows } = await database.query<{ event_id: string }>(
        'SELECT event_id FROM outbox WHERE profile = $1 ORDER BY id',
        [name],
      )
      return eventually(async () => {
        const own = received.filter((message) => message.source === source)
        const arrived = new Map(own.map((message) => [message.id, message]))
        return inOrder(
          rows.map(({ event_id: id }) => arrived.get(id) ?? fail(`event ${id} did not arrive`)),
          own,
        )
      })
    },
    async tell(topic, value) {
      const [sent] = await producer.send({ topic, messages: [{ value: JSON.stringify(value) }] })
      const { partition, baseOffset } = sent!
      await eventually(async () => {
        const next = await committed(brokers, topic, partition)
        if (next <= Number(baseOffset)) throw new Error(`${topic} was read up to ${next}, and not beyond ${baseOffset}`)
      })
    },
    async close() {
      await service.put('/control/faults', { rules: [] })
      await Promise.all([producer.disconnect(), consumer.disconnect(), database.end()])
    },
  }
}

/** Everything on the product's topics, from the first message on; the list grows. A message that comes again is dropped, as readers do. */
async function read(consumer: Consumer): Promise<readonly Received[]> {
  const received: Received[] = []
  const seen = new Set<string>()
  await consumer.subscribe({ topics: publishedTopics(), fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ topic, partition, message: { key, value, headers = {} } }) => {
      const id = String(headers['ce_id'])
      if (seen.has(id)) return
      seen.add(id)
      received.push({
        id,
        source: String(headers['ce_source']),
        type: String(headers['ce_type']),
        key: String(key),
        value: String(value),
        place: `${topic} ${partition}`,
      })
    },
  })
  return received
}

/** The messages as they were written: each partition must have brought those of a booking in that order. */
function inOrder(written: readonly Received[], brought: readonly Received[]): Message[] {
  const wanted = new Set(written)
  const came = Map.groupBy(
    brought.filter((message) => wanted.has(message)),
    partitionAndKey,
  )
  for (const [where, own] of Map.groupBy(written, partitionAndKey)) {
    if (own.some((message, n) => message !== came.get(where)?.[n])) fail(`the messages of ${where} came out of order`)
  }
  return written.map(({ key, type, value }) => ({ key, type, value }))
}

function partitionAndKey({ place, key }: Received): string {
  return `${place} ${key}`
}

/** Up to where the product's consumers have read a partition. */
function committed(brokers: string, topic: string, partition: number): Promise<number> {
  return withAdmin(brokers, async (admin) => {
    const { groups } = await admin.listGroups()
    const group = groups.find(({ groupId }) => groupId.endsWith('.consumers')) ?? fail('nobody consumes')
    const [read] = await admin.fetchOffsets({ groupId: group.groupId, topics: [topic] })
    return Number(read?.partitions.find((each) => each.partition === partition)?.offset ?? -1)
  })
}

function fail(why: string): never {
  throw new Error(why)
}
