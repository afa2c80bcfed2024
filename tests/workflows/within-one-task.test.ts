import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fact } from '../../domain/facts.ts'
import { hold, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats } from '../support/offers.ts'
import { cannotSkip, openSkippingWorld, type SkippingWorld } from '../support/skipping.ts'

/** What is to happen while facts are being written, in the middle of a workflow task; once. */
type Meanwhile = { readonly bookingId: string; readonly fact: Fact['type']; readonly happens: () => Promise<void> }

describe.skipIf(cannotSkip)('what ends within the task that no longer needs it (needs time-skipping server)', () => {
  let world: SkippingWorld
  let ada: Caller
  let meanwhile: Meanwhile | null = null
  let voidMayEnd = Promise.resolve()
  beforeAll(async () => {
    world = await openSkippingWorld({
      activities: (real) => ({
        async record(change) {
          await real.record(change)
          const due = meanwhile
          if (due?.bookingId !== change.before.id || !change.facts.some(({ type }) => type === due.fact)) return
          meanwhile = null
          await due.happens()
        },
        async voidPayment(errand) {
          const answer = await real.voidPayment(errand)
          await voidMayEnd
          return answer
        },
      }),
    })
    ada = await world.as('customer', 'ada')
  })
  afterAll(() => world?.close())

  test('N-20 work that has ended while the news of it is written: the run goes on, and asks nobody to end it', async () => {
    const concert = await offerSeats(world)
    const booking = await hold(ada, concert.order())
    let letItEnd = (): void => undefined
    voidMayEnd = new Promise((resolve) => (letItEnd = resolve))
    let ended = false
    const happens = async () => {
      letItEnd()
      await eventually(async () => expect(await pendingActivities(booking.id)).toEqual([]))
      ended = true
    }
    meanwhile = { bookingId: booking.id, fact: 'payment_voided', happens }
    expect((await ada.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
    // The sandbox tells that the intent is cancelled before the activity does.
    await eventually(async () => {
      await world.service.post('/control/webhooks/flush', {})
      expect(ended).toBe(true)
    })
    await until(ada, booking.id, { status: 'cancelled', waiting_for: null, next_deadline: null })
    expect(await handle(booking.id).result()).toMatchObject({ status: 'cancelled' })
    expect(await eventsOf(booking.id, 'activityTaskCancelRequestedEventAttributes')).toBe(0)
  })

  function handle(id: string) {
    return world.parts.temporal.workflow.getHandle(id)
  }

  async function pendingActivities(id: string): Promise<unknown[]> {
    return (await handle(id).describe()).raw.pendingActivities ?? []
  }

  async function eventsOf(id: string, attributes: 'activityTaskCancelRequestedEventAttributes'): Promise<number> {
    const { events } = await handle(id).fetchHistory()
    return (events ?? []).filter((event) => event[attributes] != null).length
  }
})
