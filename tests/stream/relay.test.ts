import { pruneOnce } from '../../prisma/retention.ts'
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import {
  cutSessions,
  drained,
  expectAllInOrder,
  expectOnceAndInOrder,
  runRelay,
  valueOf,
  write,
  type Relay,
} from '../support/outbox.ts'
import { createWithLeaders } from '../../events/topics.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { makeTopic, readAll, withAdmin } from '../support/topics.ts'
import { openWorld, type World } from '../support/world.ts'

const { brokers, reason } = inject('kafka')

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
    const bookings = await write(world, topics, { bookings: 200, versions: 6 })
    relay(shared)
    await drained(world)
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
    for (let round = 0; round < 10; round += 1)
      bookings.push(...(await write(world, [topic], { bookings: 100, versions: 5 })))
    await drained(world)
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
      bookings.push(...(await write(world, [topic], { bookings: 50, versions: 4 })))
      await cutSessions(world)
    }
    await drained(world)
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
      bookings.push(...(await write(world, [topic], { bookings: 50, versions: 4 })))
      if (round === 6) await one.kill()
    }
    await drained(world)
    expectAllInOrder(await readAll(shared, [topic]), bookings, 4)
    expect(await other.metrics()).toContain('holdfast_relay_shards 16')
    expect(await other.stop()).toBe(0)
  })

  test('K-01 a fact that the broker refuses for its size stands in nobody’s way, is reported, and can be sent again', async () => {
    const topic = await makeTopic(shared)
    const [before, poisoned, after] = [
      await write(world, [topic], { bookings: 40, versions: 3 }),
      await write(world, [topic], { bookings: 1, versions: 3 }),
      await write(world, [topic], { bookings: 40, versions: 3 }),
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
    await drained(world)
    const ids = (await readAll(shared, [topic])).map(({ headers }) => headers['ce_id'])
    expect(ids.filter((id) => id === refused.eventId)).toHaveLength(1)
  })

  test('K-01 facts for a topic that is not there wait for it, and the others go on', async () => {
    const topic = await makeTopic(shared)
    const absent = `test-${randomUUID()}`
    const waiting = await write(world, [absent], { bookings: 5, versions: 2 })
    const others = await write(world, [topic], { bookings: 20, versions: 2 })
    relay(shared)
    await eventually(async () => {
      const waits = await world.parts.database.outboxMessage.groupBy({ by: ['topic'], where: { publishedAt: null } })
      expect(waits.map(({ topic: name }) => name)).toEqual([absent])
    }, 60)
    expectOnceAndInOrder(await readAll(shared, [topic]), others, 2)
    await withAdmin(shared, (admin) => createWithLeaders(admin, [{ topic: absent }]))
    await drained(world, 60)
    expectOnceAndInOrder(await readAll(shared, [absent]), waiting, 2)
  })

  test('K-01 what was published long ago is pruned, and it is noted up to when', async () => {
    const { database } = world.parts
    const [old, young] = [
      await write(world, ['any'], { bookings: 30, versions: 2 }),
      await write(world, ['any'], { bookings: 3, versions: 2 }),
    ]
    await database.$executeRaw`UPDATE outbox SET published_at = now() - interval '169 hours' WHERE booking_id = ANY (${old}::uuid[])`
    await database.$executeRaw`UPDATE outbox SET published_at = now() - interval '167 hours' WHERE booking_id = ANY (${young}::uuid[])`
    await pruneOnce(database, world.config)
    const left = await database.outboxMessage.groupBy({ by: ['bookingId'] })
    expect(left.map(({ bookingId }) => bookingId).toSorted()).toEqual(young.toSorted())
    const { prunedUntil } = await database.outboxPruning.findFirstOrThrow()
    expect(Date.now() - prunedUntil.getTime()).toBeLessThan(60_000)
  })
})

function relay(at: string): Relay {
  const started = runRelay(world, at)
  running.push(started)
  return started
}
