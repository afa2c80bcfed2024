import { WorkflowNotFoundError } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { offerSeats, offerSlots, offerTables, type Offer } from '../support/offers.ts'
import { followupId } from '../../workflows/contract.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
})
afterAll(() => world.close())

/** Chance decides whether the bank's word or its answer is first: enough bookings for both to happen. */
const OFTEN = 6

/** What a booking has cost Temporal so far: events of history and state transitions of its workflow. */
async function costOf(booking: BookingBody): Promise<{ events: number; transitions: number }> {
  return eventually(async () => {
    const { historyLength, raw } = await world.parts.temporal.workflow.getHandle(booking.id).describe()
    // The projection says confirmed while the task that wrote it is still being worked on.
    expect(raw.pendingWorkflowTask ?? null).toBeNull()
    return { events: historyLength, transitions: Number(raw.workflowExecutionInfo?.stateTransitionCount) }
  })
}

async function confirmed(offer: Offer): Promise<BookingBody> {
  const booking = await hold(ada, offer.order())
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' })
}

/** A rule for the sandbox's payments while `operations` are done. */
async function withFault(rule: object, operations: () => Promise<void>): Promise<void> {
  await world.service.put('/control/faults', { rules: [rule] })
  try {
    await operations()
  } finally {
    await world.service.put('/control/faults', { rules: [] })
  }
}

/**
 * Three events more than before there were search attributes, and no state transition: the patch’s marker, the SDK’s own upsert that names it, and one
 * upsert of ours (confirmed). What is pending and until when was given with the start, and is no upsert.
 */
const LISTED = 3

describe('what a booking costs Temporal until it is confirmed', () => {
  test('X-05 with automatic capture: at most 21 events and 4 state transitions', async () => {
    for (let n = 0; n < OFTEN; n += 1) {
      const { events, transitions } = await costOf(
        await confirmed(await offerTables(world, [4], { capture: 'automatic' })),
      )
      expect(events).toBeLessThanOrEqual(18 + LISTED)
      expect(transitions).toBeLessThanOrEqual(4)
    }
  })

  test('X-05 with a capture of our own: at most 27 events and 8 state transitions, whoever is faster to tell of it', async () => {
    for (let n = 0; n < OFTEN; n += 1) {
      const { events, transitions } = await costOf(await confirmed(await offerSlots(world)))
      expect(events).toBeLessThanOrEqual(24 + LISTED)
      expect(transitions).toBeLessThanOrEqual(8)
    }
  })

  test('X-05 the bank’s word of our own capture costs nothing, though it comes while the capture is under way', async () => {
    await withFault({ service: 'payments', operation: 'capture', executed: true, delay_ms: 300 }, async () => {
      const { events, transitions } = await costOf(await confirmed(await offerSlots(world)))
      expect(events).toBeLessThanOrEqual(24 + LISTED)
      expect(transitions).toBeLessThanOrEqual(8)
    })
  })

  test('H-08 what the bank tells of our own operations after the workflow has ended starts no other one', async () => {
    const cancelled = await hold(ada, (await offerSeats(world)).order())
    const refunded = await confirmed(await offerSlots(world))
    const captured = await confirmed(await offerSeats(world))
    for (const { id } of [cancelled, refunded]) await ada.post(`/bookings/${id}/cancel`, {})
    await world.service.post('/control/webhooks/flush', {})
    for (const { id } of [cancelled, refunded, captured]) {
      await world.parts.temporal.workflow.getHandle(id).result()
      await eventually(async () => {
        const facts = await world.parts.database.processedEvent.findMany({ where: { bookingId: id } })
        expect(facts.length).toBeGreaterThan(0)
        for (const { deliveredAt } of facts) expect(deliveredAt).not.toBeNull()
      })
      const followup = world.parts.temporal.workflow.getHandle(followupId(id)).describe()
      await expect(followup).rejects.toThrow(WorkflowNotFoundError)
    }
  })
})

describe('a capture whose answer never comes', () => {
  test('H-07 H-24 the booking is told by the bank’s word instead, and confirmed', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await withFault({ service: 'payments', operation: 'capture', executed: true, status: 503 }, async () => {
      await pay(world, booking)
      await until(ada, booking.id, { status: 'confirmed' })
    })
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 15_000_000, captured: 15_000_000 })
  })
})
