import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka as Client, logLevel, type Admin } from 'kafkajs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findKafka, startKafka, type Kafka } from '../../../stack/kafka.ts'
import { folderForTest } from './folders.ts'

const found = await findKafka().catch(() => undefined)
const isOurs = found !== undefined && found.found !== 'address'
const limitMs = 180_000

async function start(dataDir: string, port = 0): Promise<Kafka & { service: NonNullable<Kafka['service']> }> {
  const kafka = await startKafka({ dataDir, port, log: () => undefined })
  onTestFinished(() => kafka.stop())
  const { service } = kafka
  if (service === undefined) throw new Error('it was not started by us')
  return { ...kafka, service }
}

const clientOf = ({ brokers }: Kafka, retry = {}): Client =>
  new Client({ clientId: 'test', brokers: [brokers], logLevel: logLevel.NOTHING, retry })

async function adminOf(client: Client): Promise<Admin> {
  const admin = client.admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  return admin
}

async function send(client: Client, topic: string, value: string): Promise<void> {
  const producer = client.producer({ idempotent: true })
  await producer.connect()
  await producer.send({ topic, acks: -1, messages: [{ key: 'k', value }] })
  await producer.disconnect()
}

/** The first messages of a topic, as text. */
async function read(client: Client, topic: string, count: number): Promise<string[]> {
  const consumer = client.consumer({ groupId: `test-${topic}` })
  await consumer.connect()
  onTestFinished(() => consumer.disconnect())
  await consumer.subscribe({ topic, fromBeginning: true })
  const seen: string[] = []
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      seen.push(String(message.value))
      if (seen.length === count) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  return seen
}

const portOf = ({ brokers }: Kafka): number => Number(brokers.split(':')[1])

describe.skipIf(!isOurs)('needs Kafka: the broker', { timeout: limitMs }, () => {
  it('K-01 keeps a message through kill -9, and comes back at the same address', async () => {
    const dataDir = join(folderForTest(), 'a folder, with a comma')
    const first = await start(dataDir)
    const admin = await adminOf(clientOf(first))
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 3, replicationFactor: 1 }] })
    await send(clientOf(first), 'kept', 'before')
    await admin.disconnect()
    process.kill(first.service.pid, 'SIGKILL')
    await first.service.exited

    const second = await start(dataDir, portOf(first))
    expect(second.brokers).toBe(first.brokers)
    const client = clientOf(second)
    await send(client, 'kept', 'after')
    expect((await read(client, 'kept', 2)).toSorted()).toEqual(['after', 'before'])
  })

  it('listens on this machine only, serves groups at once, makes no topic that nobody asked for, stops when asked and starts elsewhere', async () => {
    const dataDir = join(folderForTest(), 'kafka')
    const first = await start(dataDir)
    expect(first.brokers).toMatch(/^127\.0\.0\.1:\d+$/)
    const admin = await adminOf(clientOf(first, { retries: 0 }))
    const { brokers } = await admin.describeCluster()
    expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual([first.brokers])
    // The first question about a group that an impatient client asks.
    expect(await admin.fetchOffsets({ groupId: 'anybody' })).toEqual([])
    await expect(admin.fetchTopicMetadata({ topics: ['mistyped'] })).rejects.toThrow(/does not host this topic/)
    expect(await admin.listTopics()).toEqual(['__consumer_offsets'])
    await admin.createTopics({ topics: [{ topic: 'kept' }] })
    await admin.disconnect()
    await first.stop()
    // 128 + SIGTERM is how Java ends in good order.
    expect(first.service.ended()).toBe('exit code 143')

    const second = await start(dataDir)
    expect((await (await adminOf(clientOf(second))).listTopics()).toSorted()).toEqual(['__consumer_offsets', 'kept'])
  })

  it('waits for the one that an earlier run left behind on the same data', async () => {
    const dataDir = join(folderForTest(), 'kafka')
    const first = await start(dataDir)
    const [second] = await Promise.all([start(dataDir, portOf(first)), first.stop()])
    expect(second.brokers).toBe(first.brokers)
  })

  it('says in one sentence that its port is taken, and in its own last lines why else it did not start', async () => {
    const folder = folderForTest()
    const first = await start(join(folder, 'one'))
    const taken = startKafka({ dataDir: join(folder, 'two'), port: portOf(first), log: () => undefined })
    await expect(taken).rejects.toThrow(/^Port \d+ \(Kafka\) is taken by .* KAFKA_PORT=\d+ npm start$/)
    await first.stop()
    writeFileSync(join(folder, 'one', 'logs', 'meta.properties'), 'version=1\ncluster.id=another\nnode.id=2\n')
    const broken = startKafka({ dataDir: join(folder, 'one'), port: 0, log: () => undefined })
    await expect(broken).rejects.toThrow(/^Kafka did not start \(exit code 1\)\. Its last lines:\n.*node/s)
  })
})

describe('finding Kafka', () => {
  it('takes KAFKA_BROKERS before everything else, and starts nothing then', async () => {
    const there = await findKafka({ KAFKA_BROKERS: 'a.example:9092,b.example:9092' })
    expect(there).toEqual({ found: 'address', brokers: 'a.example:9092,b.example:9092' })
    const kafka = await startKafka({ found: there, dataDir: '/dev/null/kafka', port: 0, log: () => undefined })
    expect(kafka).toMatchObject({ brokers: 'a.example:9092,b.example:9092' })
    expect(kafka.service).toBeUndefined()
    await kafka.stop()
  })

  it('names what to install when there is no Java, one that is too old, or no Maven', async () => {
    const cache = { path: folderForTest(), fallback: false }
    const bin = folderForTest()
    const wayOut = /Install Java 17 or newer and Maven .* or set KAFKA_BROKERS to a Kafka that runs/
    const find = () => findKafka({ PATH: bin }, cache)
    await expect(find()).rejects.toThrow(/^Kafka cannot run: there is no Java 17 here\. /)
    const java = (told: string) => writeFileSync(join(bin, 'java'), `#!/bin/sh\necho '${told}'\n`, { mode: 0o755 })
    java('openjdk 11.0.2 2019-01-15')
    await expect(find()).rejects.toThrow(/^Kafka cannot run: the Java here is 11\. /)
    java('java 21 2023-09-19 LTS')
    await expect(find()).rejects.toThrow(/^Kafka is missing: Maven is not installed\. /)
    await expect(find()).rejects.toThrow(wayOut)
    const outOfReach = '#!/bin/sh\necho "[ERROR] repo.example: Unknown host repo.example"\nexit 1\n'
    writeFileSync(join(bin, 'mvn'), outOfReach, { mode: 0o755 })
    await expect(find()).rejects.toThrow(/^Kafka is missing: the repository that Maven uses is out of reach\. /)
  })
})
