import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { kafkaOf } from '../../events/kafka.ts'
import { startRelay } from '../../events/relay.ts'
import { openBroker, type Broker } from '../support/broker.ts'
import { eventually } from '../support/eventually.ts'
import { openMuteBroker, type MuteBroker } from '../support/mute-broker.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { makeTopic, readAll, withAdmin, type Received } from '../support/topics.ts'
import { openWorld, type World } from '../support/world.ts'

const { brokers, reason } = inject('kafka')
const silent = pino({ level: 'silent' })

let world: World
const running: { stop(): Promise<unknown> }[] = []

describe.skipIf(brokers === null)(`the relay (needs Kafka${reason === null ? '' : `: ${reason}`})`, () => {
  const shared = brokers ?? ''
  beforeAll(async () => {
    world = await openWorld({ worker: false })
  })
  afterAll(() => world.close({ replay: false, audit: false }))
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()))
    await world.parts.database.$executeRaw`DELETE FROM outbox`
  })

  test('K-01 K-02 carries every fact to its topic, keyed by its booking and in order, as CloudEvents, once', async () => {
    const topics = [await makeTopic(shared), await makeTopic(shared)]
    const bookings = await write(topics, { bookings: 200, versions: 6 })
    relay(shared)
    await drained()
    const messages = await readAll(shared, topics)
    expect(messages).toHaveLength(1200)
    expectOnceAndInOrder(messages, bookings, 6)

    const [row] = await world.parts.database.outboxMessage.findMany({
      where: { bookingId: bookings[0] ?? '' },
      take: 1,
    })
    const message = messages.find(({ headers }) => headers['ce_id'] === row?.eventId)
    expect(message).toMatchObject({ key: row?.bookingId, topic: row?.topic })
    expect(JSON.parse(message?.value ?? '')).toEqual(row?.payload)
    expect(message?.headers).toEqual({
      ce_specversion: '1.0',
      ce_id: row?.eventId,
      ce_type: 'booking.test',
      ce_source: '/holdfast/ticketing',
      ce_subject: row?.bookingId,
      ce_sequence: String(row?.version).padStart(10, '0'),
      ce_time: row?.createdAt.toISOString(),
      ce_dataschema: 'urn:holdfast:schema:ticketing:booking.test',
      'content-type': 'application/json',
    })
  })

  test('K-01 two relays share the bookings, and each fact goes out once and in order', async () => {
    const topic = await makeTopic(shared)
    const [one, other] = [relay(shared), relay(shared)]
    await eventually(async () => {
      expect([await valueOf(one, 'holdfast_relay_shards'), await valueOf(other, 'holdfast_relay_shards')]).toEqual([
        8, 8,
      ])
    })
    const bookings: string[] = []
    for (let round = 0; round < 10; round += 1) bookings.push(...(await write([topic], { bookings: 100, versions: 5 })))
    await drained()
    expectOnceAndInOrder(await readAll(shared, [topic]), bookings, 5)
    for (const { registry } of [one, other]) {
      expect(await valueOf({ registry }, 'holdfast_relay_published_total')).toBeGreaterThan(1000)
    }
  })

  test('K-01 a relay whose connection to the database is cut goes on with a new one, and nothing is lost', async () => {
    const topic = await makeTopic(shared)
    relay(shared)
    relay(shared)
    const bookings: string[] = []
    for (let round = 0; round < 8; round += 1) {
      bookings.push(...(await write([topic], { bookings: 50, versions: 4 })))
      await cutSessions()
    }
    await drained()
    expectAllInOrder(await readAll(shared, [topic]), bookings, 4)
  })

  test('K-01 when one of two relay processes is killed, the other carries its bookings too, from where it was', async () => {
    const topic = await makeTopic(shared)
    const environment = { KAFKA_BROKERS: shared }
    const [one, other] = await Promise.all([
      startRelayProcess(world.config, environment),
      startRelayProcess(world.config, environment),
    ])
    running.push(one, other)
    const bookings: string[] = []
    for (let round = 0; round < 12; round += 1) {
      bookings.push(...(await write([topic], { bookings: 50, versions: 4 })))
      if (round === 6) await one.kill()
    }
    await drained()
    expectAllInOrder(await readAll(shared, [topic]), bookings, 4)
    expect(await other.metrics()).toContain('holdfast_relay_shards 16')
    expect(await other.stop()).toBe(0)
  })

  test('K-01 a fact that the broker refuses for its size stands in nobody’s way, is reported, and can be sent again', async () => {
    const topic = await makeTopic(shared)
    const [before, poisoned, after] = [
      await write([topic], { bookings: 40, versions: 3 }),
      await write([topic], { bookings: 1, versions: 3 }),
      await write([topic], { bookings: 40, versions: 3 }),
    ]
    const { database } = world.parts
    const large = { version: 2, text: 'x'.repeat(3_000_000) }
    await database.outboxMessage.updateMany({
      where: { bookingId: poisoned[0] ?? '', version: 2 },
      data: { payload: large },
    })
    const mine = relay(shared)
    await eventually(async () => {
      expect(await database.outboxMessage.count({ where: { publishedAt: null } })).toBe(1)
    }, 30)
    expectOnceAndInOrder(await readAll(shared, [topic]), [...before, ...after], 3, poisoned)
    const refused = await database.outboxMessage.findFirstOrThrow({ where: { refusal: { not: null } } })
    expect(refused).toMatchObject({ bookingId: poisoned[0], version: 2, publishedAt: null })
    expect(refused.refusal).toMatch(/larger than the max message size/)
    expect(await valueOf(mine, 'holdfast_outbox_attention_rows')).toBe(1)
    expect(await valueOf(mine, 'holdfast_outbox_waiting_rows')).toBe(0)

    await database.outboxMessage.update({ where: { id: refused.id }, data: { payload: { version: 2 }, refusal: null } })
    await drained()
    const ids = (await readAll(shared, [topic])).map(({ headers }) => headers['ce_id'])
    expect(ids.filter((id) => id === refused.eventId)).toHaveLength(1)
  })

  test('K-01 facts for a topic that is not there wait for it, and the others go on', async () => {
    const topic = await makeTopic(shared)
    const absent = `test-${randomUUID()}`
    const waiting = await write([absent], { bookings: 5, versions: 2 })
    const others = await write([topic], { bookings: 20, versions: 2 })
    relay(shared)
    await eventually(async () => {
      const waits = await world.parts.database.outboxMessage.groupBy({ by: ['topic'], where: { publishedAt: null } })
      expect(waits.map(({ topic: name }) => name)).toEqual([absent])
    }, 60)
    expectOnceAndInOrder(await readAll(shared, [topic]), others, 2)
    await withAdmin(shared, (admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic: absent }] }))
    await drained(60)
    expectOnceAndInOrder(await readAll(shared, [absent]), waiting, 2)
  })

  test('K-01 what was published long ago is pruned, and it is noted up to when', async () => {
    const { database } = world.parts
    const [old, young] = [
      await write(['any'], { bookings: 30, versions: 2 }),
      await write(['any'], { bookings: 3, versions: 2 }),
    ]
    await database.$executeRaw`UPDATE outbox SET published_at = now() - interval '169 hours' WHERE booking_id = ANY (${old}::uuid[])`
    await database.$executeRaw`UPDATE outbox SET published_at = now() - interval '167 hours' WHERE booking_id = ANY (${young}::uuid[])`
    relay(shared)
    await eventually(async () => {
      const left = await database.outboxMessage.groupBy({ by: ['bookingId'] })
      expect(left.map(({ bookingId }) => bookingId).toSorted()).toEqual(young.toSorted())
    })
    const { prunedUntil } = await database.outboxPruning.findFirstOrThrow()
    expect(Date.now() - prunedUntil.getTime()).toBeLessThan(60_000)
  })

  describe('when the answer of the broker is lost on the way', () => {
    let own: MuteBroker
    beforeAll(async () => {
      own = await openMuteBroker()
    })
    afterAll(() => own.close())

    test('K-01 the same facts are sent again under the same numbers, and are there once', async () => {
      const { topic } = await sentWithoutAnswer(own)
      const more = await write([topic], { bookings: 20, versions: 1 })
      own.heal()
      await drained(60)
      const messages = await readAll(own.brokers, [topic])
      expect(new Set(messages.map(({ headers }) => headers['ce_id'])).size).toBe(messages.length)
      expect(messages).toHaveLength(60)
      expect(messages.map(({ key }) => key)).toEqual(expect.arrayContaining(more))
    })

    test('K-01 and another relay has seen to them meanwhile: the facts that come after them are not taken for them', async () => {
      const { database } = world.parts
      const { topic, bookings } = await sentWithoutAnswer(own)
      // As many, to the same partitions: the broker would drop them if they came under the same numbers.
      await database.$executeRaw`UPDATE outbox SET published_at = now() WHERE published_at IS NULL`
      await database.$executeRaw`
        INSERT INTO outbox (booking_id, version, profile, fact_type, event_type, topic, payload)
        SELECT booking_id, 2, profile, fact_type, event_type, topic, '{"version": 2}' FROM outbox WHERE booking_id = ANY (${bookings}::uuid[]) ORDER BY id`
      await cutSessions()
      own.heal()
      await drained(60)
      expectAllInOrder(await readAll(own.brokers, [topic]), bookings, 2, [...before])
    })

    let before: string[] = []
    /** A relay that has sent facts which the broker has, and does not know of it. */
    async function sentWithoutAnswer({ brokers: direct, throughProxy, mute, refuse }: MuteBroker) {
      const topic = await makeTopic(direct, 2)
      const mine = relay(throughProxy)
      before = await write([topic], { bookings: 20, versions: 1 })
      await drained(60)
      mute()
      const bookings = await write([topic], { bookings: 20, versions: 1 })
      await eventually(async () => expect(await readAll(direct, [topic])).toHaveLength(40), 60)
      refuse()
      await eventually(async () => expect(await valueOf(mine, 'holdfast_relay_failures_total')).toBeGreaterThan(0), 60)
      return { topic, bookings }
    }
  })

  describe('while the broker is away', () => {
    let own: Broker
    beforeAll(async () => {
      own = await openBroker()
    })
    afterAll(() => own.close())

    test('K-06 the outbox keeps what happens, says how far behind it is, and drains in order, each fact once', async () => {
      const topic = await makeTopic(own.brokers)
      const mine = relay(own.brokers)
      const bookings = await write([topic], { bookings: 50, versions: 4 })
      await eventually(async () => expect((await readAll(own.brokers, [topic])).length).toBeGreaterThan(0))
      await own.crash()
      for (let round = 0; round < 10; round += 1)
        bookings.push(...(await write([topic], { bookings: 50, versions: 4 })))
      await eventually(async () => {
        expect(await valueOf(mine, 'holdfast_outbox_waiting_rows')).toBeGreaterThanOrEqual(2000)
        expect(await valueOf(mine, 'holdfast_outbox_oldest_seconds')).toBeGreaterThan(1)
        expect(await valueOf(mine, 'holdfast_relay_failures_total')).toBeGreaterThan(0)
      })
      await own.restart()
      await drained(60)
      expectOnceAndInOrder(await readAll(own.brokers, [topic]), bookings, 4)
      expect(await valueOf(mine, 'holdfast_outbox_waiting_rows')).toBe(0)
      expect(await valueOf(mine, 'holdfast_outbox_oldest_seconds')).toBe(0)
    })

    test('K-06 a relay can be stopped, and a relay process started: it waits until the broker is there', async () => {
      const topic = await makeTopic(own.brokers)
      await own.crash()
      const bookings = await write([topic], { bookings: 10, versions: 2 })
      const mine = relay(own.brokers)
      await eventually(async () => expect(await valueOf(mine, 'holdfast_relay_failures_total')).toBeGreaterThan(0))
      const asked = Date.now()
      await mine.stop()
      expect(Date.now() - asked).toBeLessThan(30_000)

      const later = await startRelayProcess(world.config, { KAFKA_BROKERS: own.brokers }, { wait: false })
      running.push(later)
      await eventually(async () => expect(await later.metrics()).toContain('process_cpu'), 60)
      await own.restart()
      await drained(60)
      expectAllInOrder(await readAll(own.brokers, [topic]), bookings, 2)
    })
  })
})

type Relay = { readonly registry: Registry; stop(): Promise<void> }

function relay(at: string): Relay {
  const registry = new Registry()
  const kafka = kafkaOf({ ...world.config, KAFKA_BROKERS: at.split(',') }, silent)
  const started = startRelay({ ...world.parts, log: silent, kafka, metrics: registry })
  running.push(started)
  return { registry, stop: () => started.stop() }
}

/** Writes facts of new bookings as the product does: each booking's versions one after the other. Returns the bookings' ids. */
async function write(
  topics: readonly string[],
  { bookings, versions }: { bookings: number; versions: number },
): Promise<string[]> {
  const ids = Array.from({ length: bookings }, () => randomUUID())
  await world.parts.database.$executeRaw`
    INSERT INTO outbox (booking_id, version, profile, fact_type, event_type, topic, payload)
    SELECT b.id, v, 'ticketing', 'held', 'booking.test', (${topics}::text[])[1 + abs(hashtext(b.id::text)) % ${topics.length}::int],
      jsonb_build_object('bookingId', b.id, 'version', v)
    FROM generate_series(1, ${versions}::int) v CROSS JOIN unnest(${ids}::uuid[]) AS b (id)
    ORDER BY v`
  return ids
}

/** Ends the sessions that hold the shards. */
async function cutSessions(): Promise<void> {
  await world.parts.database.$executeRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'holdfast relay' AND datname = current_database()`
}

function drained(withinSeconds = 30): Promise<void> {
  return eventually(async () => {
    expect(await world.parts.database.outboxMessage.count({ where: { publishedAt: null } })).toBe(0)
  }, withinSeconds)
}

async function valueOf({ registry }: Pick<Relay, 'registry'>, name: string): Promise<number> {
  const metric = await registry.getSingleMetric(name)?.get()
  // Counters and gauges with labels: the sum of all.
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? Number.NaN
}

/** Every fact is there; first sightings of a booking's facts are in order; what is there twice is there under the same event id. */
function expectAllInOrder(
  messages: readonly Received[],
  bookings: readonly string[],
  versions: number,
  besides: readonly string[] = [],
): void {
  const seen = new Map<string, number[]>()
  const ids = new Map<string, string>()
  for (const { key, value, headers, topic } of messages) {
    const { version } = JSON.parse(value) as { version: number }
    const fact = `${topic} ${key} ${version}`
    expect(ids.get(fact) ?? headers['ce_id']).toBe(headers['ce_id'])
    if (!ids.has(fact)) seen.set(key, [...(seen.get(key) ?? []), version])
    ids.set(fact, headers['ce_id'] ?? '')
  }
  for (const id of besides) seen.delete(id)
  const inOrder = Array.from({ length: versions }, (_, index) => index + 1)
  expect(seen.size).toBe(bookings.length)
  for (const booking of bookings) expect(seen.get(booking)).toEqual(inOrder)
}

function expectOnceAndInOrder(
  messages: readonly Received[],
  bookings: readonly string[],
  versions: number,
  besides: readonly string[] = [],
): void {
  expectAllInOrder(messages, bookings, versions, besides)
  expect(new Set(messages.map(({ headers }) => headers['ce_id'])).size).toBe(messages.length)
}
