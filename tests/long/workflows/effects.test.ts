import { WorkflowNotFoundError } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Booking } from '../../../domain/booking.ts'
import { legalCommands } from '../../../domain/commands.ts'
import { legalOperations } from '../../../domain/operations.ts'
import { pendingEffects } from '../../../domain/effects.ts'
import { at } from '../../../domain/testing/builders.ts'
import { everyBooking } from '../../../domain/testing/every.ts'
import { registerSearchAttributes } from '../../../temporal/search-attributes.ts'
import { bundleWorkflows } from '../../../temporal/worker.ts'
import { WORKFLOW_TYPE, type BookingInput } from '../../../workflows/contract.ts'
import { ANSWERS, effectActivities, effectOf, type Answer, type Effect } from '../../support/effects.ts'
import { cannotSkip } from '../../support/skipping.ts'

/** Events of history that any booking may make in an hour, whatever it is answered. */
const MOST_AN_HOUR = 60

/** When the hour begins: all is ahead, and the hold runs out within it. */
const NOW = at(14)

/** How many bookings live through their hour together. */
const AT_ONCE = 6

type Cell = { readonly id: string; readonly effect: Effect; readonly answer: Answer; readonly booking: Booking }

/**
 * Every effect in every status in which it is due, refused for good; and by every other kind of answer in one status, each in another where there are
 * as many. All of them at once are more than the time-skipping server digests.
 */
function cells(): Cell[] {
  const due = new Map<string, Booking[]>()
  for (const booking of [...everyBooking(), ...withMeetings()]) {
    for (const effect of pendingEffects(booking, NOW)) {
      const kind = [effectOf(booking, effect), booking.status, 'reviving' in booking && booking.reviving].join()
      due.set(kind, [...(due.get(kind) ?? []), booking])
    }
  }
  let n = 0
  const turn = new Map<Effect, number>()
  return [...due].flatMap(([kind, bookings]) => {
    const effect = kind.split(',')[0] as Effect
    const kinds = [...due.keys()].filter((other) => other.startsWith(`${effect},`))
    const place = turn.get(effect) ?? 0
    turn.set(effect, place + 1)
    const isTurn = (answer: Answer) => answer === 'refused' || ANSWERS.indexOf(answer) % kinds.length === place
    return bookings.slice(0, 1).flatMap((booking) =>
      ANSWERS.filter(isTurn).map((answer) => {
        n += 1
        const id = `0198a2f0-1111-7222-8333-${n.toString().padStart(12, '0')}`
        return { id, effect, answer, booking: { ...booking, id } }
      }),
    )
  })
}

function withMeetings(): Booking[] {
  return everyBooking().map((booking) => ({ ...booking, terms: { ...booking.terms, makesMeeting: true } }))
}

/** The booking with all its times moved, so that `NOW` is now. */
function shifted(booking: Booking, nowMs: number): Booking {
  const ahead = nowMs - Date.parse(NOW)
  const text = JSON.stringify(booking).replaceAll(/"(\d{4}-\d\d-\d\dT[\d:.]+Z)"/g, (_all, instant: string) =>
    JSON.stringify(new Date(Date.parse(instant) + ahead).toISOString()),
  )
  return JSON.parse(text) as Booking
}

describe.skipIf(cannotSkip)('N-20 every effect × every answer × every status (needs time-skipping server)', () => {
  let environment: TestWorkflowEnvironment
  let worker: Worker
  let running: Promise<void>
  let all: Cell[]
  let fake: ReturnType<typeof effectActivities>
  beforeAll(async () => {
    const { path } = inject('shared').timeSkipping
    environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: path! } },
    })
    await registerSearchAttributes({ TEMPORAL_ADDRESS: environment.address, TEMPORAL_NAMESPACE: 'default' })
    all = cells()
    fake = effectActivities(new Map(all.map((cell) => [cell.id, cell])))
    worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: 'effects',
      workflowBundle: await bundleWorkflows(),
      activities: fake.activities,
    })
    running = worker.run()
  }, 120_000)
  afterAll(async () => {
    worker?.shutdown()
    await running
    await environment?.teardown()
  })

  test('N-20 N-19 no run makes more than 60 events in an hour, and every booking can still be cancelled', async () => {
    const start = ({ id }: Cell) =>
      environment.client.workflow.start<(input: BookingInput) => Promise<unknown>>(WORKFLOW_TYPE, {
        taskQueue: 'effects',
        workflowId: id,
        args: [{ resume: { bookingId: id } }],
      })
    const lengths: { events: number; cell: string; run: string }[] = []
    const stuck: string[] = []
    const groups: Cell[][] = []
    for (let first = 0; first < all.length; first += AT_ONCE) groups.push(all.slice(first, first + AT_ONCE))
    for (const group of groups) {
      const nowMs = await environment.currentTimeMs()
      for (const { id, booking } of group) fake.bookings.set(id, shifted(booking, nowMs))
      for (const cell of group) await start(cell)
      await environment.sleep('1 hour')
      for (const { id, effect, answer, booking } of group) {
        const handle = environment.client.workflow.getHandle(id)
        const cell = `${effect} ${answer} ${booking.status}`
        const { historyLength, status } = await handle.describe()
        lengths.push({ events: historyLength, cell, run: status.name })
        if (status.name !== 'RUNNING') continue
        const refused = await endedByHand(id)
        if (refused !== null) stuck.push(`${cell} ${refused}`)
        // Each hour that a later group lives through would be one more of its own.
        await handle.terminate('seen').catch((error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error
        })
      }
    }
    const most = lengths.toSorted((a, b) => b.events - a.events)
    process.stdout.write(`${all.length} cells; the most events in an hour: ${most[0]?.events} (${most[0]?.cell})\n`)
    expect(most.filter(({ events }) => events > MOST_AN_HOUR)).toEqual([])
    expect(lengths.filter(({ run }) => run !== 'RUNNING' && run !== 'COMPLETED')).toEqual([])
    expect(stuck).toEqual([])
  }, 900_000)

  /** Cancels the booking, or releases it by force; says why when it cannot be done. Null: done, or it has ended already. */
  async function endedByHand(id: string): Promise<string | null> {
    const booking = fake.bookings.get(id)!
    const way = legalCommands(booking).includes('cancel') ? 'cancel' : 'force_release'
    if (way === 'force_release' && !legalOperations(booking).includes(way)) return null
    const input = { by: { role: 'operator', id: 'olga' }, reason: 'tried', seenVersion: booking.version }
    return environment.client
      .withDeadline(Date.now() + 20_000, () =>
        environment.client.workflow.getHandle(id).executeUpdate<unknown, [unknown]>(way, { args: [input] }),
      )
      .then(
        () => null,
        (error: Error) => `${way}: ${error.message}: ${(error.cause as Error | undefined)?.message}`,
      )
  }
})
