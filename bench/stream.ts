import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Partitioners, type Kafka, type Producer } from 'kafkajs'
import { Client } from 'pg'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { messageOf, type Outgoing } from '../events/envelope.ts'
import { kafkaOf } from '../events/kafka.ts'
import { startRelay } from '../events/relay.ts'
import { createWithLeaders } from '../events/topics.ts'
import { openDatabase } from '../prisma/client.ts'
import { migrate } from '../prisma/migrate.ts'
import { startKafka } from '../stack/kafka.ts'
import { say, step } from '../stack/launcher/progress.mjs'
import { startPostgres } from '../stack/postgres.ts'
import { median, quantile } from './measure.ts'
import { table } from './report.ts'

const TOPIC = 'bench'
const BATCH = 500
const log = pino({ level: 'silent' })

type Stage = {
  readonly kafka: Kafka
  readonly producer: Producer
  readonly sql: Client
  readonly relay: () => { stop(): Promise<void> }
  /** Resolves with the moment at which a reader saw the event. */
  readonly seen: (id: string) => Promise<number>
}

/** `npm run bench -- --kafka`: the way of a fact to its topic, beside a bare producer that knows of no database, in the same run. */
export async function benchStream(rounds: number, size: number): Promise<void> {
  const undo: (() => Promise<unknown>)[] = []
  try {
    const stage = await step('PostgreSQL, Kafka and a reader', () => setUp(undo))
    const figures: Figures = { facts: [], sends: [], acknowledgements: [], relayed: [], bare: [] }
    for (let round = 1; round <= rounds; round += 1) {
      await step(`Round ${round} of ${rounds}`, async () => {
        figures.facts.push(...(await timeFacts(stage, 100 * size)))
        const timed = await timeSends(stage, 100 * size)
        figures.sends.push(...timed.seen)
        figures.acknowledgements.push(...timed.acknowledged)
        figures.relayed.push(await relayRate(stage, 10_000 * size))
        figures.bare.push(await bareRate(stage, 10_000 * size))
      })
    }
    report(rounds, figures)
  } finally {
    for (const each of undo.toReversed()) await each()
  }
}

type Figures = Record<'facts' | 'sends' | 'acknowledgements' | 'relayed' | 'bare', number[]>

function report(rounds: number, { facts, sends, acknowledgements, relayed, bare }: Figures): void {
  const row = (what: string, ms: readonly number[]) => [what, median(ms).toFixed(1), quantile(ms, 0.99).toFixed(1)]
  say(`\n${cpus().length} cores, Node ${process.version}, ${rounds} rounds, everything on this machine.\n`)
  say(
    table([
      ['one fact at a time, 0 to 200 ms apart', 'p50 ms', 'p99 ms'],
      row('from its commit to a reader of the topic', facts),
      row('bare kafkajs: from send to a reader', sends),
      row('bare kafkajs: from send to the acknowledgement', acknowledgements),
    ]),
  )
  const [ours, theirs] = [median(relayed), median(bare)]
  say(
    `\nfacts per second: the relay ${ours.toFixed(0)}, a bare producer in batches of ${BATCH} ${theirs.toFixed(0)}, ratio ${(ours / theirs).toFixed(2)}`,
  )
  say(`commit to reader / bare send to reader, p50: ${(median(facts) / median(sends)).toFixed(1)}`)
}

async function setUp(undo: (() => Promise<unknown>)[]): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  undo.push(() => rm(home, { recursive: true, force: true }))
  const silent = { port: 0, log: () => undefined }
  const postgres = await startPostgres({ dataDir: join(home, 'postgres'), ...silent })
  undo.push(() => postgres.stop())
  const broker = await startKafka({ dataDir: join(home, 'kafka'), ...silent })
  undo.push(() => broker.stop())
  const url = await postgres.ensure('bench')
  await migrate(url)
  const sql = new Client({ connectionString: url })
  await sql.connect()
  undo.push(() => sql.end())
  const database = openDatabase(url, 4)
  undo.push(() => database.$disconnect())

  const kafka = kafkaOf({ KAFKA_BROKERS: broker.brokers.split(','), KAFKA_SSL: false }, log)
  const admin = kafka.admin()
  await admin.connect()
  await createWithLeaders(admin, [{ topic: TOPIC, numPartitions: 6 }])
  await admin.disconnect()
  const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  undo.push(() => producer.disconnect())
  const { seen, stop } = await startReader(kafka)
  undo.push(stop)
  return {
    kafka,
    producer,
    sql,
    seen,
    relay: () =>
      startRelay({
        database,
        kafka,
        log,
        config: { DATABASE_URL: url },
        metrics: new Registry(),
      }),
  }
}

async function startReader(kafka: Kafka): Promise<Pick<Stage, 'seen'> & { readonly stop: () => Promise<void> }> {
  const waiting = new Map<string, (at: number) => void>()
  const reader = kafka.consumer({ groupId: 'bench' })
  await reader.connect()
  await reader.subscribe({ topic: TOPIC, fromBeginning: true })
  const joined = new Promise<void>((resolve) => reader.on('consumer.group_join', () => resolve()))
  await reader.run({
    eachBatch: async ({ batch }) => {
      const now = performance.now()
      for (const { headers } of batch.messages) waiting.get(String(headers?.['ce_id']))?.(now)
    },
  })
  await joined
  return {
    seen: (id) =>
      new Promise((resolve) => {
        waiting.set(id, (at) => {
          waiting.delete(id)
          resolve(at)
        })
      }),
    stop: () => reader.disconnect(),
  }
}

/** One fact after the other, as bookings come: from the commit on. */
async function timeFacts({ relay, sql, seen }: Stage, facts: number): Promise<number[]> {
  const running = relay()
  const times: number[] = []
  // The relay takes its shards before the clock runs.
  await setTimeout(1500)
  for (let n = 0; n < facts; n += 1) {
    await setTimeout(Math.random() * 200)
    const row = rowOf()
    const sighted = seen(row.eventId)
    await write(sql, [row])
    const committed = performance.now()
    times.push((await sighted) - committed)
  }
  await running.stop()
  return times
}

async function timeSends(
  { producer, seen }: Stage,
  messages: number,
): Promise<{ seen: number[]; acknowledged: number[] }> {
  const [sightings, acknowledged]: [number[], number[]] = [[], []]
  for (let n = 0; n < messages; n += 1) {
    await setTimeout(Math.random() * 200)
    const row = rowOf()
    const sighted = seen(row.eventId)
    const began = performance.now()
    await producer.send({ topic: TOPIC, messages: [messageOf(row)] })
    acknowledged.push(performance.now() - began)
    sightings.push((await sighted) - began)
  }
  return { seen: sightings, acknowledged }
}

/** How fast a backlog drains, from the relay's start to the mark of the last row. */
async function relayRate({ relay, sql }: Stage, facts: number): Promise<number> {
  for (let n = 0; n < facts; n += BATCH) await write(sql, Array.from({ length: BATCH }, rowOf))
  await sql.query('ANALYZE outbox')
  const began = performance.now()
  const running = relay()
  for (;;) {
    const { rows } = await sql.query('SELECT FROM outbox WHERE published_at IS NULL AND refusal IS NULL LIMIT 1')
    if (rows.length === 0) break
    await setTimeout(20)
  }
  const elapsed = performance.now() - began
  await running.stop()
  await sql.query('DELETE FROM outbox')
  return (1000 * facts) / elapsed
}

async function bareRate({ producer }: Stage, messages: number): Promise<number> {
  const rows = Array.from({ length: messages }, rowOf)
  const began = performance.now()
  for (let n = 0; n < messages; n += BATCH) {
    await producer.send({ topic: TOPIC, messages: rows.slice(n, n + BATCH).map(messageOf) })
  }
  return (1000 * messages) / (performance.now() - began)
}

/** A fact as long as the middle one of the profiles'. */
function rowOf(): Outgoing {
  const [eventId, bookingId] = [randomUUID(), randomUUID()]
  const payload = { event_type: 'booking.confirmed', booking_id: bookingId, notes: 'x'.repeat(400) }
  return {
    id: '0',
    eventId,
    bookingId,
    version: 1,
    profile: 'venue',
    eventType: 'booking.confirmed',
    topic: TOPIC,
    payload: JSON.stringify(payload),
    createdAt: new Date(),
  }
}

async function write(sql: Client, rows: readonly Outgoing[]): Promise<void> {
  await sql.query(
    `INSERT INTO outbox (event_id, booking_id, version, profile, fact_type, event_type, topic, payload)
     SELECT "eventId", "bookingId", version, profile, 'confirmed', "eventType", topic, payload::jsonb
     FROM jsonb_to_recordset($1) AS r ("eventId" uuid, "bookingId" uuid, version int, profile text, "eventType" text, topic text, payload text)`,
    [JSON.stringify(rows)],
  )
}
