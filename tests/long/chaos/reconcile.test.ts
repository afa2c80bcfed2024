import type { Client } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import type { Config } from '../../../config.ts'
import { auditInvariants } from '../../../prisma/invariants.ts'
import { findReport } from '../../../prisma/reconciliation.ts'
import { startTemporal } from '../../../stack/temporal.ts'
import { openTemporalClient } from '../../../temporal/connect.ts'
import { reconcileNow } from '../../../temporal/reconciliation.ts'
import { registerSearchAttributes } from '../../../temporal/search-attributes.ts'
import { followupId, RECONCILE_TYPE } from '../../../workflows/contract.ts'
import { hold, ledgerOf, pay, until } from '../../support/booking.ts'
import type { Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSeats, offerTables } from '../../support/offers.ts'
import { sendWebhook } from '../../support/webhooks.ts'
import { startWorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

const TAKEN = ['authorized', 'captured']
const GIVEN_BACK = [...TAKEN, 'refunded']

/** Where a booking may be when its workflow is taken from it, and how it is to end. */
const ENDS = {
  unasked: { status: 'pending', money: [] },
  pending: { status: 'pending', money: [] },
  expiring: { status: 'expired', money: [] },
  paid_untold: { status: 'confirmed', money: TAKEN },
  mid_capture: { status: 'confirmed', money: TAKEN },
  /** Nothing is ahead of a seat, and a no-show may be of a table. */
  at_rest: { status: 'confirmed', money: TAKEN },
  visit: { status: 'confirmed', money: TAKEN },
  mid_refund: { status: 'cancelled', money: GIVEN_BACK },
  refunded: { status: 'cancelled', money: GIVEN_BACK },
} as const
type State = keyof typeof ENDS
const STATES = Object.keys(ENDS) as State[]

/** So long a hold of `expiring` lasts. */
const SHORT_SECONDS = 20

let world: World
let ada: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
})
afterAll(() => world.close())

async function strike(...rules: object[]): Promise<void> {
  expect((await world.service.put('/control/faults', { rules })).status).toBe(200)
}

const cancel = async (id: string) => expect((await ada.post(`/bookings/${id}/cancel`, {})).status).toBe(200)

/** Takes a new booking so far, on a unit of its own; the outer world is as each state needs it, one after the other. */
async function bring(states: readonly State[]): Promise<Map<string, State>> {
  const event = await offerSeats(world, states.length)
  const brief = await offerSeats(world, states.length, { hold_seconds: SHORT_SECONDS })
  const dinner = await offerTables(
    world,
    states.map(() => 4),
  )
  const units = [...event.unitIds]
  const all: { state: State; booking: BookingBody }[] = []
  const holdOne = async (state: State) => {
    const offer = state === 'expiring' ? brief : state === 'visit' ? dinner : event
    const booking = await hold(ada, offer.order({}, units.pop()))
    all.push({ state, booking })
  }
  const of = (...wanted: State[]) => all.filter(({ state }) => wanted.includes(state)).map(({ booking }) => booking)
  for (const state of states.filter((each) => each !== 'unasked' && each !== 'expiring')) await holdOne(state)

  const settled = of('at_rest', 'visit', 'mid_refund', 'refunded')
  for (const booking of settled) await pay(world, booking)
  for (const { id } of settled) await until(ada, id, { status: 'confirmed' })
  for (const { id } of of('refunded')) await cancel(id)
  for (const { id } of of('refunded')) await until(ada, id, ({ refund }) => expect(refund?.status).toBe('completed'))

  const away = ['create_intent', 'capture', 'refund'].map((operation) => ({
    service: 'payments',
    operation,
    status: 503,
  }))
  await strike({ service: 'webhooks', drop: true }, ...away)
  for (const { id } of of('mid_refund')) await cancel(id)
  for (const booking of of('paid_untold', 'mid_capture')) await pay(world, booking)
  for (const booking of of('mid_capture')) await sendWebhook(world, booking, 'payment_intent.authorized')
  for (const state of states.filter((each) => each === 'unasked')) await holdOne(state)
  await strike({ service: 'webhooks', drop: true }, ...away.slice(1))
  for (const state of states.filter((each) => each === 'expiring')) await holdOne(state)
  return new Map(all.map(({ booking, state }) => [booking.id, state]))
}

/** Ends every run of these bookings, as somebody in the Temporal UI does. */
async function terminate(ids: Iterable<string>): Promise<void> {
  for (const id of ids) {
    for (const workflowId of [id, followupId(id)]) {
      await world.parts.temporal.workflow
        .getHandle(workflowId)
        .terminate('a test')
        .catch(() => undefined)
    }
  }
}

/** The payment service answers again, and our circuit to it is closed. */
async function healed(): Promise<void> {
  await strike()
  await eventually(() => world.parts.payments.listIntents('healed'))
}

async function expectEnds(bookings: ReadonlyMap<string, State>): Promise<void> {
  for (const [id, state] of bookings) {
    const { status, money } = ENDS[state]
    const { amount } = await until(ada, id, { status }, 30)
    const once = Object.fromEntries(money.map((kind) => [kind, amount]))
    await eventually(async () => expect({ state, money: await ledgerOf(world, id) }).toEqual({ state, money: once }))
  }
  expect(await auditInvariants(world.parts.database)).toEqual([])
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

describe('H-25 workflows that are taken away', () => {
  test('H-25 A-21 fifty of them terminated in random states: one reconciliation, and each booking ends as it should', async () => {
    const random = seeded(20_261_121)
    const states = Array.from({ length: 50 }, (_, n) => STATES[n] ?? STATES[Math.floor(random() * STATES.length)]!)
    const bookings = await bring(states)
    await terminate(bookings.keys())
    const expiring = [...bookings].filter(([, state]) => state === 'expiring').map(([id]) => id)
    await eventually(async () => {
      const lapsed = { id: { in: expiring }, holdExpiresAt: { lt: new Date() } }
      expect(await world.parts.database.booking.count({ where: lapsed })).toBe(expiring.length)
    }, SHORT_SECONDS + 10)
    await healed()

    const looked = await reconcileNow(world.parts.temporal, world.config.TASK_QUEUE, {
      repairs: false,
      graceSeconds: 0,
    })
    const missing = [...bookings.values()].filter((state) => state !== 'refunded' && state !== 'at_rest').length
    expect(looked).toMatchObject({ repaired: 0, attention: 0, open: missing })
    const { id, ...done } = await reconcileNow(world.parts.temporal, world.config.TASK_QUEUE, {
      repairs: true,
      graceSeconds: 0,
    })
    expect(done).toMatchObject({ repaired: missing, attention: 0, open: 0 })
    const report = await findReport(world.parts.database, id)
    expect(report?.discrepancies.filter(({ kind }) => kind === 'no_run')).toHaveLength(missing)
    await expectEnds(bookings)
  }, 240_000)

  test('H-25 a Temporal that has lost its store: a new one goes on with the bookings of the same database, and charges nobody twice', async () => {
    const bookings = await bring(STATES.filter((state) => state !== 'expiring'))
    await terminate(bookings.keys())
    await healed()
    await onNewTemporal(async (client, config) => {
      const worker = await startWorkerProcess(config)
      try {
        await reconcileNow(client, config.TASK_QUEUE, { repairs: true, graceSeconds: 0 })
        await expectEnds(bookings)
      } finally {
        await worker.stop()
      }
    })
  }, 120_000)

  test('H-25 H-21 a worker that is killed while it reconciles: what it had repaired stays, the next run does the rest, and nothing is done twice', async () => {
    const states = STATES.filter((state) => state !== 'expiring')
    const bookings = await bring([...states, ...states, ...states])
    await terminate(bookings.keys())
    await healed()
    await onNewTemporal(async (client, config) => {
      const first = await startWorkerProcess(config)
      const cut = reconcileNow(client, config.TASK_QUEUE, { repairs: true, graceSeconds: 0 })
      const ended = cut.then(() => 'done').catch(() => 'cut')
      await eventually(async () => expect(await started(client, bookings.keys())).toBeGreaterThan(0), 60)
      await first.kill()
      // Some had a run by then, and some had not; whoever is asked for the rest of it by Temporal would do it in minutes.
      expect(await started(client, bookings.keys())).toBeLessThan(bookings.size)
      const { executions } = await client.workflowService.listOpenWorkflowExecutions({
        namespace: client.options.namespace,
        typeFilter: { name: RECONCILE_TYPE },
      })
      for (const { execution } of executions) {
        await client.workflow.getHandle(execution?.workflowId ?? '').terminate('a test')
      }
      expect(await ended).toBe('cut')
      const second = await startWorkerProcess(config)
      try {
        await reconcileNow(client, config.TASK_QUEUE, { repairs: true, graceSeconds: 0 })
        await expectEnds(bookings)
      } finally {
        await second.stop()
      }
    })
  }, 180_000)
})

/** Does something with a Temporal that knows nothing, on the world's database. */
async function onNewTemporal(work: (client: Client, config: Config) => Promise<void>): Promise<void> {
  const quiet = { dataFile: null, port: 0, uiPort: null, namespace: 'default', log: () => undefined }
  const server = await startTemporal(quiet)
  try {
    const config = { ...world.config, TEMPORAL_ADDRESS: server.address, RECONCILE_EVERY_SECONDS: 0 }
    await registerSearchAttributes(config)
    const client = await openTemporalClient(config)
    try {
      await work(client, config)
    } finally {
      await client.connection.close()
    }
  } finally {
    await server.stop()
  }
}

/** How many of these bookings have a run there. */
async function started(client: Client, ids: Iterable<string>): Promise<number> {
  const known = await Promise.all(
    [...ids].map((id) =>
      client.workflow
        .getHandle(followupId(id))
        .describe()
        .then(() => 1)
        .catch(() => 0),
    ),
  )
  return known.filter((one) => one === 1).length
}
