import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { topicsOf } from '../../../events/topics.ts'
import { openBroker, type Broker } from '../../support/broker.ts'
import { crashingDatabase, type CrashingDatabase } from '../../support/crashing-database.ts'
import { eventually } from '../../support/eventually.ts'
import { ourTables, startHousekeeping, theirTables, type Housekeeping } from '../../support/housekeeping.ts'
import { inDays, offerCourse, offerSeats, offerSlots, offerTables, offerTutor } from '../../support/offers.ts'
import { startRelayProcess, type RelayProcess } from '../../support/relay-process.ts'
import { readAll } from '../../support/topics.ts'
import { openWorld, type World } from '../../support/world.ts'

const { brokers, reason } = inject('kafka')
const BOOKINGS = 2000
const CUSTOMERS_AT_ONCE = 16
/** No hold ends by itself, however slow the machine. */
const PATIENT = { hold_seconds: 7200 }

let folder: string
let broker: Broker
let database: CrashingDatabase
let world: World
let relays: RelayProcess[]
let housekeeping: Housekeeping

describe.skipIf(brokers === null)(`the stream (needs Kafka${reason === null ? '' : `: ${reason}`})`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-chaos-'))
    ;[broker, database] = await Promise.all([openBroker(), crashingDatabase(join(folder, 'postgres'))])
    world = await openWorld({ environment: { DATABASE_URL: database.url, KAFKA_BROKERS: broker.brokers } })
    const relay = () => startRelayProcess(world.config, {})
    relays = await Promise.all([relay(), relay()])
    housekeeping = startHousekeeping(broker.brokers, join(folder, 'housekeeping.sqlite'))
  })
  afterAll(async () => {
    await Promise.all([...relays.map((relay) => relay.stop()), housekeeping.kill()])
    await world.close({ replay: false })
    await Promise.all([broker.close(), database.close()])
    await rm(folder, { recursive: true, force: true })
  })

  test(`K-01 K-06 ${BOOKINGS} bookings while relays, broker, database and reader are killed: every fact arrives, in order, and the reader’s tables are right (W-04)`, async () => {
    const done = new AbortController()
    const havoc = wreak(done.signal)
    const expected = await book().finally(() => done.abort())
    const operations = await havoc
    for (const kind of Object.keys(DEEDS)) expect(operations).toContain(kind)

    const { database: db } = world.parts
    await eventually(async () => {
      const rows = await db.booking.groupBy({ by: ['status'], _count: true })
      const refunded = await db.refund.count({ where: { status: 'succeeded' } })
      const off = rows.filter(({ status }) => status === 'cancelled' || status === 'refunded')
      expect({
        held: rows.find(({ status }) => status === 'pending')?._count,
        confirmed: rows.find(({ status }) => status === 'confirmed')?._count,
        off: off.reduce((sum, { _count }) => sum + _count, 0),
        refunded,
      }).toEqual(expected)
    }, 180)
    await eventually(async () => expect(await db.outboxMessage.count({ where: { publishedAt: null } })).toBe(0), 120)

    const outbox = await db.outboxMessage.findMany({ select: { eventId: true } })
    const topics = topicsOf(world.config).map(({ topic }) => topic)
    const messages = await readAll(broker.brokers, topics)
    expect(new Set(messages.map(({ headers }) => headers['ce_id']))).toEqual(
      new Set(outbox.map(({ eventId }) => eventId)),
    )

    const seen = new Set<string>()
    const facts = new Map<string, string>()
    const last = new Map<string, string>()
    for (const { topic, key, headers } of messages) {
      const { ce_id: id = '', ce_type: type = '', ce_sequence: sequence = '' } = headers
      const fact = `${key} ${sequence} ${type}`
      // What is there twice is there under one id.
      expect(facts.get(fact) ?? id).toBe(id)
      facts.set(fact, id)
      if (seen.has(id)) continue
      seen.add(id)
      expect(sequence >= (last.get(`${topic} ${key}`) ?? '')).toBe(true)
      last.set(`${topic} ${key}`, sequence)
    }

    const ours = await ourTables(db)
    expect(ours).toHaveLength(BOOKINGS)
    const tables = new DatabaseSync(join(folder, 'housekeeping.sqlite'), { readOnly: true })
    try {
      await eventually(async () => expect(theirTables(tables)).toEqual(ours), 120)
    } finally {
      tables.close()
    }
  }, 1_200_000)
})

/** What may happen at any moment. */
const DEEDS: Record<string, () => Promise<void>> = {
  'first relay': () => killRelay(0),
  'second relay': () => killRelay(1),
  async broker() {
    await broker.crash()
    await setTimeout(1000 + Math.random() * 3000)
    await broker.restart()
  },
  async database() {
    await database.crash()
    await setTimeout(Math.random() * 1000)
    await database.restart()
  },
  async reader() {
    await housekeeping.kill()
    housekeeping = startHousekeeping(broker.brokers, join(folder, 'housekeeping.sqlite'))
  },
}

async function killRelay(index: number): Promise<void> {
  await relays[index]?.kill()
  relays[index] = await startRelayProcess(world.config, {}, { wait: false })
}

/** Does one thing after another, each kind once before any comes again, until told to stop. Answers with what was done. */
async function wreak(done: AbortSignal): Promise<string[]> {
  const operations: string[] = []
  while (!done.aborted) {
    for (const kind of Object.keys(DEEDS).toSorted(() => Math.random() - 0.5)) {
      await setTimeout(500 + Math.random() * 3000, undefined, { signal: done }).catch(() => undefined)
      if (done.aborted && operations.length >= Object.keys(DEEDS).length) break
      await DEEDS[kind]?.()
      operations.push(kind)
    }
  }
  return operations
}

type Ending = 'held' | 'off' | 'confirmed' | 'refunded'
const ENDINGS: readonly Ending[] = ['held', 'off', 'confirmed', 'confirmed', 'refunded']

/** Makes the bookings through the API, as people do who try again; answers with how many of each kind there must be in the end. */
async function book(): Promise<Record<Ending, number>> {
  const orders = await offerAll(BOOKINGS / 5)
  const customer = await world.as('customer', 'ada')
  const counts: Record<Ending, number> = { held: 0, off: 0, confirmed: 0, refunded: 0 }
  let next = 0
  const work = async () => {
    for (let index = next++; index < BOOKINGS; index = next++) {
      const order = orders[index % 5]?.(Math.floor(index / 5)) ?? {}
      const ending = ENDINGS[Math.floor(index / 5) % ENDINGS.length] ?? 'held'
      const key = randomUUID()
      const { id } = await insist(() => customer.post<BookingBody>('/bookings', order, { 'idempotency-key': key }))
      counts[ending] += 1
      if (ending === 'held') continue
      if (ending !== 'off') await payFor(id)
      if (ending === 'confirmed') continue
      if (ending === 'refunded') counts.off += 1
      await standsAt(id, ({ status }) => ending === 'off' || status === 'confirmed')
      await insist(async () => {
        const { body } = await customer.get<BookingBody>(`/bookings/${id}`)
        if (body.status === 'cancelled' || body.status === 'refunded') return { status: 200, body }
        return customer.post<BookingBody>(`/bookings/${id}/cancel`, { expected_version: body.version })
      })
    }
  }
  await Promise.all(Array.from({ length: CUSTOMERS_AT_ONCE }, work))
  return counts
}

/** For each profile, what orders its n-th unit. */
async function offerAll(each: number): Promise<((n: number) => object)[]> {
  const tutors = await Promise.all(Array.from({ length: 20 }, () => offerTutor(world, PATIENT)))
  const [slots, seats, tables, course] = [
    await offerSlots(world, { capacity: each, policy: PATIENT }),
    await offerSeats(world, each, PATIENT),
    await offerTables(
      world,
      Array.from({ length: 20 }, () => 4),
      PATIENT,
    ),
    await offerCourse(world, null, PATIENT),
  ]
  const day = (n: number) => inDays(7 + Math.floor(n / 20))
  return [
    (n) => {
      const tutor = tutors[n % 20]
      const start = Date.parse(day(n))
      return (
        tutor?.order({
          items: [{ offering_id: tutor.offeringId, start: day(n), end: new Date(start + 3_600_000).toISOString() }],
        }) ?? {}
      )
    },
    () => slots.order(),
    (n) => seats.order({}, seats.unitIds[n]),
    (n) => tables.order({ items: [{ offering_id: tables.offeringId, start: day(n) }] }),
    () => course.order(),
  ]
}

async function payFor(id: string): Promise<void> {
  const { payment } = await standsAt(id, (booking) => booking.payment !== null)
  const { status, body } = await world.service.post(`/api/v1/payments/intents/${payment?.intent_id}/confirm`, {
    client_secret: payment?.client_secret,
    payment_method: 'pm_card_visa',
  })
  expect({ status, body }).toMatchObject({ status: 200 })
}

async function standsAt(id: string, isSo: (booking: BookingBody) => boolean): Promise<BookingBody> {
  const customer = await world.as('customer', 'ada')
  return insist(async () => {
    const answer = await customer.get<BookingBody>(`/bookings/${id}`)
    return answer.status === 200 && isSo(answer.body) ? answer : { ...answer, status: 0 }
  }, 250)
}

/** Asks until it is done, as a program does whose other end comes and goes. */
async function insist<Body>(ask: () => Promise<{ status: number; body: Body }>, pauseMs = 500): Promise<Body> {
  const deadline = Date.now() + 240_000
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const answer = await ask()
      if (answer.status >= 200 && answer.status < 300) return answer.body
      last = answer
    } catch (error) {
      last = error
    }
    await setTimeout(pauseMs)
  }
  throw new Error(`it was never done: ${JSON.stringify(last)} ${String(last)}`)
}
