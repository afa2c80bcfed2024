import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { findReport } from '../../prisma/reconciliation.ts'
import { keepReconciling, reconcileNow, scheduleId } from '../../temporal/reconciliation.ts'
import { followupId } from '../../workflows/contract.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats, offerTables } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

const reconcile = () => reconcileNow(world.parts.temporal, world.config.TASK_QUEUE, { repairs: true, graceSeconds: 0 })
const runOf = (id: string) => world.parts.temporal.workflow.getHandle(id)

/** A table that was paid for: its run waits for the visit. */
async function dinner(): Promise<BookingBody> {
  const booking = await hold(ada, (await offerTables(world)).order())
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' })
}

async function actionsOf(id: string): Promise<string[]> {
  const { body } = await olga.get<{ history: { action: string }[] }>(`/bookings/${id}/history`)
  return body.history.map(({ action }) => action)
}

describe('H-25 a run that an operator resets', () => {
  test('H-25 H-09 to its beginning does nothing twice: the same history, one charge, and one refund when it is cancelled afterwards', async () => {
    const { id, version, amount } = await dinner()
    const before = await actionsOf(id)
    const { temporal, config } = world.parts
    const { events } = await runOf(id).fetchHistory()
    const first = events?.find(({ workflowTaskCompletedEventAttributes: done }) => done != null)
    await temporal.workflowService.resetWorkflowExecution({
      namespace: config.TEMPORAL_NAMESPACE,
      workflowExecution: { workflowId: id },
      reason: 'a test',
      workflowTaskFinishEventId: first?.eventId ?? null,
      requestId: randomUUID(),
    })
    await eventually(async () => {
      const status = await runOf(id).query<{ version: number }>('status')
      expect(status.version).toBeGreaterThan(0)
    })
    expect(await reconcile()).toMatchObject({ open: 0, attention: 0 })
    expect(await actionsOf(id)).toEqual(before)
    expect((await ada.get<BookingBody>(`/bookings/${id}`)).body).toMatchObject({ status: 'confirmed', version })
    expect(await ledgerOf(world, id)).toEqual({ authorized: amount, captured: amount })

    const { status, body } = await ada.post(`/bookings/${id}/cancel`, { expected_version: version })
    expect({ status, body }).toMatchObject({ status: 200 })
    await until(ada, id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(await ledgerOf(world, id)).toEqual({ authorized: amount, captured: amount, refunded: amount })
    await until(ada, id, { waiting_for: null })
  }, 60_000)
})

describe('H-25 A-21 what one reconciliation finds beside the runs', () => {
  test('H-25 claims that no live booking stands behind are released, and the unit is on sale again', async () => {
    const event = await offerSeats(world)
    const { id } = await hold(ada, event.order())
    expect((await ada.post(`/bookings/${id}/cancel`, {})).status).toBe(200)
    await world.parts.database.$executeRaw`
      UPDATE claims SET state = 'held', released_at = NULL, release_reason = NULL WHERE lock_id = ${id}::uuid`
    const { body: bad } = await olga.get('/invariants')
    expect(bad).toMatchObject({ healthy: false, violations: [{ invariant: '2 claims', subject: id }] })
    const { id: report } = await reconcile()
    expect((await findReport(world.parts.database, report))?.discrepancies).toContainEqual(
      expect.objectContaining({ kind: 'orphaned_claims', subject: id, outcome: 'repaired' }),
    )
    expect((await olga.get('/invariants')).body).toMatchObject({ healthy: true, reconciliation: { id: report } })
    await hold(await world.as('customer', 'ben'), event.order())
  })

  test('H-25 a booking without its claims is a matter for a person: attention by its own run, which stays until it is well again, and not longer', async () => {
    const { id } = await dinner()
    const { database } = world.parts
    await database.$executeRaw`UPDATE claims SET state = 'released' WHERE lock_id = ${id}::uuid`
    expect(await reconcile()).toMatchObject({ attention: 1, open: 0 })
    const told = await until(ada, id, { status: 'confirmed', attention: { reason: 'claims_disagree' } as never })
    expect((await actionsOf(id)).filter((action) => action === 'attention_raised')).toHaveLength(1)
    await reconcile()
    expect((await ada.get<BookingBody>(`/bookings/${id}`)).body.version).toBe(told.version)

    await database.$executeRaw`UPDATE claims SET state = 'committed' WHERE lock_id = ${id}::uuid`
    expect(await reconcile()).toMatchObject({ attention: 0, open: 0 })
    await until(ada, id, { status: 'confirmed', attention: null })
  }, 60_000)

  test('A-21 H-25 `npm run audit` says what does not agree and exits with 1; with --repair it is made good, and it exits with 0', async () => {
    const { id } = await dinner()
    await runOf(id).terminate('a test')
    const looked = await audit('--json')
    expect(looked.code).toBe(1)
    expect(JSON.parse(looked.output)).toMatchObject({
      healthy: false,
      violations: [{ invariant: '9 workflows', subject: id, detail: 'no_run: had no open run' }],
    })
    const repaired = await audit('--repair')
    expect(repaired.output).toMatch(new RegExp(`repaired +no_run +${id} +had no open run`))
    expect(repaired.output).toMatch(/All agree\.\n$/)
    expect(repaired.code).toBe(0)
    expect((await runOf(followupId(id)).describe()).status.name).toBe('RUNNING')
    const wrong = await audit('--grace', 'soon')
    expect(wrong).toMatchObject({ code: 1, output: '' })
  }, 60_000)
})

test('H-25 orders that were refused leave runs without bookings, which is nothing to be found', async () => {
  const event = await offerSeats(world)
  const buyers = await Promise.all(['dan', 'eve', 'fay', 'gil'].map((name) => world.as('customer', name)))
  const answers = await Promise.all(buyers.map((buyer) => buyer.post('/bookings', event.order())))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  for (const repairs of [false, true]) {
    const done = await reconcileNow(world.parts.temporal, world.config.TASK_QUEUE, { repairs, graceSeconds: 0 })
    expect(done).toMatchObject({ repaired: 0, attention: 0, open: 0 })
  }
}, 60_000)

describe('H-25 the schedule', () => {
  test('H-25 is made once however many workers start, is brought up to date, stays paused, and starts a reconciliation', async () => {
    const { temporal, config } = world.parts
    const queue = config.TASK_QUEUE
    await keepReconciling(temporal, queue, 0)
    const handle = temporal.schedule.getHandle(scheduleId(queue))
    await expect(handle.describe()).rejects.toThrow(/not found/i)
    try {
      await Promise.all([1, 2, 3].map(() => keepReconciling(temporal, queue, 3600)))
      // The server deals with updates in their order, and with a pause whenever it likes: so they are over before it.
      await keepReconciling(temporal, queue, 1800)
      await eventually(async () => expect((await handle.describe()).spec.intervals?.[0]?.every).toBe(1_800_000), 60)
      await handle.pause('a test')
      await eventually(async () => expect((await handle.describe()).state.paused).toBe(true), 60)
      await keepReconciling(temporal, queue, 7200)
      await eventually(async () => {
        const { spec, state, policies } = await handle.describe()
        expect({ every: spec.intervals?.[0]?.every, paused: state.paused, overlap: policies.overlap }).toEqual({
          every: 7_200_000,
          paused: true,
          overlap: 'SKIP',
        })
      })
      const before = (await findReport(world.parts.database, null))?.id
      await handle.trigger()
      await eventually(async () => {
        const last = await findReport(world.parts.database, null)
        expect(last?.id).not.toBe(before)
        expect(last?.id).toMatch(new RegExp(`^${scheduleId(queue)}-\\d{4}-`))
      })
    } finally {
      await handle.delete().catch(() => undefined)
    }
  }, 180_000)
})

/** `npm run audit` on the world's database and workflows. */
function audit(...args: string[]): Promise<{ code: number; output: string; error: string }> {
  const { DATABASE_URL, TEMPORAL_ADDRESS, TASK_QUEUE } = world.config
  const program = fileURLToPath(new URL('../../stack/audit.ts', import.meta.url))
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, '--grace', '0', '--within', '60', ...args],
      { env: { PATH: process.env['PATH'], DATABASE_URL, TEMPORAL_ADDRESS, TASK_QUEUE } },
      (error, output, told) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, output, error: told }),
    )
  })
}
