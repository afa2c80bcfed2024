import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { onPaymentEvent } from '../../domain/decide.ts'
import type { PaymentEvent } from '../../domain/facts.ts'
import { findReport } from '../../prisma/reconciliation.ts'
import { putOff, storePaymentEvent } from '../../prisma/payment-events.ts'
import { activitiesOf } from '../../runtime/wire.ts'
import { reconcileNow } from '../../temporal/reconciliation.ts'
import { hold, ledgerOf, pay } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { offerTables } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
/** What happens between a run's write and the end of its task. */
let afterWrite: ((bookingId: string) => Promise<void>) | null = null
beforeAll(async () => {
  world = await openWorld({
    activities: (real) => ({
      record: async (change) => {
        await real.record(change)
        await afterWrite?.(change.before.id)
      },
    }),
  })
  ada = await world.as('customer', 'ada')
})
afterAll(() => world?.close())

const seen = async ({ id }: BookingBody) => (await ada.get<BookingBody>(`/bookings/${id}`)).body
const believed = ({ id }: BookingBody) =>
  world.parts.temporal.workflow.getHandle(id).query<{ status: string; version: number }>('status')

/** A table that is paid for, which only the payment service knows: nothing is told of it. */
async function paidUnheard(policy: object = {}): Promise<{ booking: BookingBody; event: PaymentEvent }> {
  const booking = await hold(ada, (await offerTables(world, [4], { capture: 'automatic', ...policy })).order())
  const faults = (rules: object[]) => world.service.put('/control/faults', { rules })
  await faults([{ service: 'webhooks', drop: true }])
  try {
    await pay(world, booking)
  } finally {
    await faults([])
  }
  const paid = { type: 'succeeded', intentId: booking.payment!.intent_id, amount: booking.amount } as const
  const rest = { currency: booking.currency, method: 'card', failureCode: null, refundKey: null }
  return { booking, event: { id: `evt_${randomUUID()}`, ...paid, ...rest, at: new Date().toISOString() } }
}

/** What an update leaves whose local activity has written, and whose task was lost with it: the database knows, and the run does not. */
async function writtenBehindTheRun({ id }: BookingBody, event: PaymentEvent): Promise<void> {
  const activities = activitiesOf(world.parts)
  const before = (await activities.load(id))!
  const { facts } = onPaymentEvent(before, event, { now: new Date().toISOString() })
  expect(facts.length).toBeGreaterThan(1)
  await activities.record({ before, facts })
}

describe('N-21 a run that is behind the database', () => {
  test('N-21 a fact is delivered when the run has it: one that got no answer is told again, though it is written', async () => {
    const { booking, event } = await paidUnheard()
    await writtenBehindTheRun(booking, event)
    expect(await believed(booking)).toMatchObject({ status: 'pending' })
    const { database } = world.parts
    await storePaymentEvent(database, 'payments', booking.id, event)
    await putOff(database, event.id, 'the update was lost')
    await eventually(async () => {
      const { deliveredAt, outcome } = await database.processedEvent.findUniqueOrThrow({ where: { eventId: event.id } })
      expect(deliveredAt).not.toBeNull()
      expect(outcome).toBe('applied')
    })
    const { status, version } = await seen(booking)
    expect(await believed(booking)).toMatchObject({ status, version })
    expect(status).toBe('confirmed')
  })

  test('N-21 reconciliation finds it by what it shows, and has it load the booking', async () => {
    const { booking, event } = await paidUnheard()
    await writtenBehindTheRun(booking, event)
    const { temporal, config, database } = world.parts
    await eventually(async () => {
      const { id } = await reconcileNow(temporal, config.TASK_QUEUE, { repairs: true, graceSeconds: 0 })
      const report = await findReport(database, id)
      expect(report?.discrepancies).toContainEqual(
        expect.objectContaining({ kind: 'behind', subject: booking.id, outcome: 'repaired' }),
      )
    })
    const { status, version } = await seen(booking)
    expect(await believed(booking)).toMatchObject({ status, version })
    expect(status).toBe('confirmed')
  })

  test('N-21 it loads the booking before its next effect: the payment of a hold that it takes for unpaid is not cancelled', async () => {
    const { booking, event } = await paidUnheard({ hold_seconds: 4, lapse_grace_seconds: 60 })
    await writtenBehindTheRun(booking, event)
    expect(await believed(booking)).toMatchObject({ status: 'pending' })
    await eventually(async () => expect(await believed(booking)).toMatchObject({ status: 'confirmed' }))
    expect(await seen(booking)).toMatchObject({ status: 'confirmed', attention: null })
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: booking.amount })
  })
})

/** Whatever fails within a run at Temporal, be it a stranger's call, makes the server forget what it has of that run in memory alone. */
async function failAtTemporal(bookingId: string): Promise<void> {
  const { temporal, config } = world.parts
  const nothing = { namespace: config.TEMPORAL_NAMESPACE, workflowId: bookingId, activityId: 'none' }
  await expect(temporal.workflowService.respondActivityTaskCompletedById(nothing)).rejects.toThrow(/not found/i)
}

describe('N-25 “Workflow task not found”: the task of an update was lost, because a call about its run failed', () => {
  test('N-25 its local activity had written: the server gives the update to the run again, and it is done once', async () => {
    const booking = await hold(ada, (await offerTables(world, [4], { capture: 'automatic' })).order())
    let writes = 0
    afterWrite = async (id) => {
      if (id !== booking.id) return
      writes += 1
      if (writes === 1) await failAtTemporal(id)
    }
    try {
      await pay(world, booking)
      await eventually(async () => expect(await believed(booking)).toMatchObject({ status: 'confirmed' }))
    } finally {
      afterWrite = null
    }
    // It was decided and written a second time, and the database knew that it had it.
    expect(writes).toBe(2)
    const { status, version } = await seen(booking)
    expect(status).toBe('confirmed')
    expect(await believed(booking)).toMatchObject({ status, version })
    const facts = await world.parts.database.historyEntry.findMany({ where: { bookingId: booking.id } })
    expect(facts).toHaveLength(version)
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: booking.amount })
    await eventually(async () => {
      const told = await world.parts.database.processedEvent.findMany({ where: { bookingId: booking.id } })
      expect(told.map(({ outcome }) => outcome)).toEqual(['applied'])
    })
  })
})
