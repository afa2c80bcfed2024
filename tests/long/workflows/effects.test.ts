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
const AT_ONCE = 15

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
    const lengths: { events: number; cell: string; run: string; id: string }[] = []
    // As many at once as the time-skipping server digests: all their timers go off together.
    for (let first = 0; first < all.length; first += AT_ONCE) {
      const some = all.slice(first, first + AT_ONCE)
      const nowMs = await environment.currentTimeMs()
      for (const { id, booking } of some) fake.bookings.set(id, shifted(booking, nowMs))
      for (const cell of some) await start(cell)
      await environment.sleep('1 hour')
      for (const { id, effect, answer, booking } of some) {
        const { historyLength, status } = await environment.client.workflow.getHandle(id).describe()
        lengths.push({ events: historyLength, cell: `${effect} ${answer} ${booking.status}`, run: status.name, id })
      }
    }
    const most = lengths.toSorted((a, b) => b.events - a.events)
    process.stdout.write(`${all.length} cells; the most events in an hour: ${most[0]?.events} (${most[0]?.cell})\n`)
    expect(most.filter(({ events }) => events > MOST_AN_HOUR)).toEqual([])
    expect(lengths.filter(({ run }) => run !== 'RUNNING' && run !== 'COMPLETED')).toEqual([])

    const stuck: string[] = []
    for (const { id, effect, answer } of all) {
      const booking = fake.bookings.get(id)!
      const way = legalCommands(booking).includes('cancel')
        ? 'cancel'
        : legalOperations(booking).includes('force_release')
          ? 'force_release'
          : null
      if (way === null || (await environment.client.workflow.getHandle(id).describe()).status.name !== 'RUNNING')
        continue
      const input = { by: { role: 'operator', id: 'olga' }, reason: 'tried', seenVersion: booking.version }
      const answered = await environment.client
        .withDeadline(Date.now() + 20_000, () =>
          environment.client.workflow.getHandle(id).executeUpdate<unknown, [unknown]>(way, { args: [input] }),
        )
        .then(
          () => null,
          (error: Error) => `${error.message}: ${(error.cause as Error | undefined)?.message}`,
        )
      if (answered !== null) stuck.push(`${effect} ${answer} ${booking.status} ${way}: ${answered}`)
    }
    expect(stuck).toEqual([])
  }, 300_000)
})
