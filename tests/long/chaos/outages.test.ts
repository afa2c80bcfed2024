import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { hold, pay, until } from '../../support/booking.ts'
import type { Answer, Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSeats, offerSlots, type Offer } from '../../support/offers.ts'
import { createDatabase, type ScratchDatabase } from '../../support/scratch.ts'
import { openTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

let database: ScratchDatabase
let postgres: TcpProxy
let temporal: TcpProxy
let world: World
let worker: WorkerProcess
let ada: Caller
beforeAll(async () => {
  database = await createDatabase()
  const databaseUrl = new URL(database.url)
  postgres = await openTcpProxy(databaseUrl.hostname, Number(databaseUrl.port))
  databaseUrl.host = `127.0.0.1:${postgres.port}`
  const engine = new URL(`http://${inject('shared').temporalAddress}`)
  temporal = await openTcpProxy(engine.hostname, Number(engine.port))
  world = await openWorld({
    worker: false,
    environment: {
      DATABASE_URL: databaseUrl.href,
      TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}`,
      TEMPORAL_DEADLINE_MS: '10000',
    },
  })
  worker = await startWorkerProcess(world.config)
  ada = await world.as('customer', 'ada')
})
afterEach(async () => {
  for (const proxy of [postgres, temporal]) proxy.heal()
  await eventually(async () => {
    if ((await readiness()).status !== 200) throw new Error('not ready again')
  }, 60)
})
afterAll(async () => {
  await world?.close()
  await worker?.stop()
  for (const proxy of [postgres, temporal]) await proxy?.close()
  await database?.drop()
})

/** Longer than any deadline of ours, on a slow machine too; shorter than waiting for ever. */
const PATIENCE_MS = 30_000

/** How the API answers when it cannot do what is asked: in time, with a 503 that says when to come back. */
async function expectUnavailable(ask: () => Promise<Answer>): Promise<void> {
  const late = setTimeout(PATIENCE_MS, 'late' as const, { ref: false })
  const answer = await Promise.race([ask(), late])
  if (answer === 'late') throw new Error(`no answer within ${PATIENCE_MS} ms`)
  const { status, body, headers } = answer
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
}

async function readiness(): Promise<{ status: number; checks: Record<string, string> }> {
  const response = await fetch(`${world.apiUrl}/ready`)
  const { checks } = (await response.json()) as { checks: Record<string, string> }
  return { status: response.status, checks }
}

/** The one booking of an offer: there is no other, and its money moved once. */
async function expectOnly(offer: Offer, { id }: BookingBody, ...money: string[]): Promise<void> {
  const { body } = await ada.get<{ bookings: BookingBody[] }>(`/bookings?offering_id=${offer.offeringId}`)
  expect(body.bookings.map((booking) => booking.id)).toEqual([id])
  const ledger = await world.service.get<{ kind: string; amount: number }[]>(`/ledger?booking_id=${id}`)
  expect(ledger.body.map(({ kind, amount }) => `${kind} ${amount}`)).toEqual(money)
}

function newKey(): Record<string, string> {
  return { 'idempotency-key': randomUUID() }
}

/** The same request, under the same key, until it is done. */
async function insist(ask: () => Promise<Answer<BookingBody>>, expected: number): Promise<BookingBody> {
  const { body } = await eventually(async () => {
    const answer = await ask()
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: expected })
    return answer
  }, 60)
  return body
}

describe.each(['cut', 'silence'] as const)('PostgreSQL out of reach (%s)', (how) => {
  test(`H-24 (${how}) every request gets a 503 in time, and the same key makes one booking when it is back`, async () => {
    const event = await offerSeats(world)
    const key = newKey()
    postgres[how]()
    await expectUnavailable(() => ada.post('/bookings', event.order(), key))
    await expectUnavailable(() => ada.get(`/bookings/${randomUUID()}`))
    expect(await readiness()).toMatchObject({ status: 503, checks: { database: 'down', temporal: 'up' } })
    expect((await fetch(`${world.apiUrl}/health`)).status).toBe(200)
    postgres.heal()
    const booking = await insist(() => ada.post('/bookings', event.order(), key), 201)
    await expectOnly(event, booking)
  }, 180_000)

  test(`H-24 (${how}) paid meanwhile: nothing is lost, and the money is taken once`, async () => {
    const event = await offerSeats(world)
    const booking = await hold(ada, event.order())
    postgres[how]()
    await pay(world, booking)
    await setTimeout(3000)
    postgres.heal()
    await until(ada, booking.id, { status: 'confirmed' }, 90)
    await expectOnly(event, booking, 'authorized 4500', 'captured 4500')
  }, 180_000)

  test(`H-24 H-20 (${how}) a hold that ends meanwhile ends when it is back, and its slot can be had again`, async () => {
    const visit = await offerSlots(world, { policy: { hold_seconds: 2, lapse_grace_seconds: 1 } })
    const booking = await hold(ada, visit.order())
    postgres[how]()
    await setTimeout(4000)
    postgres.heal()
    await until(ada, booking.id, { status: 'expired' }, 90)
    const next = await insist(() => ada.post('/bookings', visit.order()), 201)
    expect(next).toMatchObject({ status: 'pending' })
  }, 180_000)
})

describe.each(['cut', 'silence'] as const)('Temporal out of reach (%s)', (how) => {
  test(`H-24 (${how}) a create gets a 503 in time and reads go on; the same key makes one booking when it is back`, async () => {
    const event = await offerSeats(world, 2)
    const other = await hold(ada, event.order({}, event.unitIds[1]))
    const [key, cancelKey] = [newKey(), newKey()]
    temporal[how]()
    await expectUnavailable(() => ada.post('/bookings', event.order(), key))
    await expectUnavailable(() => ada.post(`/bookings/${other.id}/cancel`, {}, cancelKey))
    expect(await ada.get(`/bookings/${other.id}`)).toMatchObject({ status: 200, body: { status: 'pending' } })
    expect(await readiness()).toMatchObject({ status: 503, checks: { database: 'up', temporal: 'down' } })
    temporal.heal()
    const booking = await insist(() => ada.post('/bookings', event.order(), key), 201)
    await insist(() => ada.post(`/bookings/${other.id}/cancel`, {}, cancelKey), 200)
    const { body } = await ada.get<{ bookings: BookingBody[] }>(`/bookings?offering_id=${event.offeringId}`)
    expect(new Map(body.bookings.map(({ id, status }) => [id, status]))).toEqual(
      new Map([
        [booking.id, 'pending'],
        [other.id, 'cancelled'],
      ]),
    )
  }, 180_000)

  test(`H-24 (${how}) paid meanwhile: the fact waits in the inbox, and the money is taken once`, async () => {
    const event = await offerSeats(world)
    const booking = await hold(ada, event.order())
    temporal[how]()
    await pay(world, booking)
    await eventually(async () => {
      const stored = { bookingId: booking.id, deliveredAt: null }
      expect(await world.parts.database.processedEvent.count({ where: stored })).toBe(1)
    }, 30)
    temporal.heal()
    await until(ada, booking.id, { status: 'confirmed' }, 90)
    await expectOnly(event, booking, 'authorized 4500', 'captured 4500')
  }, 180_000)
})
