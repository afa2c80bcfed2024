import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { openBroker, type Broker } from '../../support/broker.ts'
import { eventually } from '../../support/eventually.ts'
import { openMuteBroker, type MuteBroker } from '../../support/mute-broker.ts'
import {
  cutSessions,
  drained,
  expectAllInOrder,
  expectOnceAndInOrder,
  runRelay,
  valueOf,
  write,
  type Relay,
} from '../../support/outbox.ts'
import { startRelayProcess } from '../../support/relay-process.ts'
import { makeTopic, readAll } from '../../support/topics.ts'
import { openWorld, type World } from '../../support/world.ts'

const { brokers, reason } = inject('kafka')

let world: World
const running: { stop(): Promise<unknown> }[] = []

describe.skipIf(brokers === null)(`the relay in an outage (needs Kafka${reason === null ? '' : `: ${reason}`})`, () => {
  beforeAll(async () => {
    world = await openWorld({ worker: false })
  })
  afterAll(() => world.close({ replay: false, audit: false }))
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()))
    await world.parts.database.$executeRaw`DELETE FROM outbox`
  })

  describe('when the answer of the broker is lost on the way', () => {
    let own: MuteBroker
    beforeAll(async () => {
      own = await openMuteBroker()
    })
    afterAll(() => own.close())

    test('K-01 the same facts are sent again under the same numbers, and are there once', async () => {
      const { topic } = await sentWithoutAnswer(own)
      const more = await write(world, [topic], { bookings: 20, versions: 1 })
      own.heal()
      await drained(world, 60)
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
      await cutSessions(world)
      own.heal()
      await drained(world, 60)
      expectAllInOrder(await readAll(own.brokers, [topic]), bookings, 2, [...before])
    })

    let before: string[] = []
    /** A relay that has sent facts which the broker has, and does not know of it. */
    async function sentWithoutAnswer({ brokers: direct, throughProxy, mute, refuse }: MuteBroker) {
      const topic = await makeTopic(direct, 2)
      const mine = relay(throughProxy)
      before = await write(world, [topic], { bookings: 20, versions: 1 })
      await drained(world, 60)
      mute()
      const bookings = await write(world, [topic], { bookings: 20, versions: 1 })
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
      const bookings = await write(world, [topic], { bookings: 50, versions: 4 })
      await eventually(async () => expect((await readAll(own.brokers, [topic])).length).toBeGreaterThan(0))
      await own.crash()
      for (let round = 0; round < 10; round += 1)
        bookings.push(...(await write(world, [topic], { bookings: 50, versions: 4 })))
      await eventually(async () => {
        expect(await valueOf(mine, 'holdfast_outbox_waiting_rows')).toBeGreaterThanOrEqual(2000)
        expect(await valueOf(mine, 'holdfast_outbox_oldest_seconds')).toBeGreaterThan(1)
        expect(await valueOf(mine, 'holdfast_relay_failures_total')).toBeGreaterThan(0)
      })
      await own.restart()
      await drained(world, 60)
      expectOnceAndInOrder(await readAll(own.brokers, [topic]), bookings, 4)
      expect(await valueOf(mine, 'holdfast_outbox_waiting_rows')).toBe(0)
      expect(await valueOf(mine, 'holdfast_outbox_oldest_seconds')).toBe(0)
    })

    test('K-06 a relay can be stopped, and a relay process started: it waits until the broker is there', async () => {
      const topic = await makeTopic(own.brokers)
      await own.crash()
      const bookings = await write(world, [topic], { bookings: 10, versions: 2 })
      const mine = relay(own.brokers)
      await eventually(async () => expect(await valueOf(mine, 'holdfast_relay_failures_total')).toBeGreaterThan(0))
      const asked = Date.now()
      await mine.stop()
      expect(Date.now() - asked).toBeLessThan(30_000)

      const later = await startRelayProcess(world.config, { KAFKA_BROKERS: own.brokers }, { wait: false })
      running.push(later)
      await eventually(async () => expect(await later.metrics()).toContain('process_cpu'), 60)
      await own.restart()
      await drained(world, 60)
      expectAllInOrder(await readAll(own.brokers, [topic]), bookings, 2)
    })
  })
})

function relay(at: string): Relay {
  const started = runRelay(world, at)
  running.push(started)
  return started
}
