import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Booking, PaymentStatus } from './booking.ts'
import { onPaymentEvent } from './decide.ts'
import type { Fact, PaymentEvent } from './facts.ts'
import { pendingEffects } from './effects.ts'
import { at, held, paymentEvent } from './testing/builders.ts'
import { complaintsAbout, complaintsAboutStep } from './testing/invariants.ts'
import { after, asked, rang, requested } from './testing/steps.ts'

/** Machines are slow at times. */
const TIMEOUT = 60_000

type Said = Extract<PaymentEvent['type'], 'processing' | 'authorized' | 'succeeded' | 'failed' | 'cancelled'>

/** What can really happen to an intent, one after the other. */
const COURSES: readonly (readonly Said[])[] = [
  [],
  ['authorized'],
  ['authorized', 'succeeded'],
  ['succeeded'],
  ['failed'],
  ['failed', 'authorized', 'succeeded'],
  ['failed', 'processing', 'succeeded'],
  ['failed', 'processing', 'failed'],
  ['processing', 'failed'],
  ['processing', 'succeeded'],
  ['processing', 'authorized', 'succeeded'],
  ['processing', 'failed', 'authorized', 'succeeded'],
  ['cancelled'],
  ['failed', 'cancelled'],
  ['authorized', 'cancelled'],
]
const ENDS: Record<Said, PaymentStatus> = {
  processing: 'processing',
  authorized: 'authorized',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'voided',
}

const paymentEventsOf = (intentId: string, course: readonly Said[]) =>
  course.map((type, index) => paymentEvent(type, index + 1, { intentId }))

/** Some of it twice or more, in any order: how webhooks come (H-08). */
function delivered(paymentEvents: readonly PaymentEvent[]): fc.Arbitrary<PaymentEvent[]> {
  const copies = paymentEvents.flatMap((paymentEvent) => [paymentEvent, paymentEvent, paymentEvent])
  return fc
    .shuffledSubarray(copies, { maxLength: copies.length })
    .chain((some) =>
      fc.shuffledSubarray([...paymentEvents, ...some], { minLength: paymentEvents.length + some.length }),
    )
}

const aCourse = fc.constantFrom(...COURSES)
const twoIntents = fc
  .tuple(aCourse, aCourse)
  .chain(([one, two]) =>
    delivered([...paymentEventsOf('pi_1', one), ...paymentEventsOf('pi_2', two)]).map((order) => ({ one, two, order })),
  )
const aBooking = fc.constantFrom<Booking>(
  after(held(), requested(0)),
  after(held({ policy: { onPaymentFailed: 'cancel' } }), requested(0)),
  after(held(), requested(0), asked('cancel', 0)),
  after(held(), rang(15)),
)

function deliver(booking: Booking, paymentEvents: readonly PaymentEvent[]): { booking: Booking; facts: Fact[] } {
  const facts: Fact[] = []
  let current = booking
  for (const paymentEvent of paymentEvents) {
    const outcome = onPaymentEvent(current, paymentEvent, { now: at(20) })
    expect(complaintsAboutStep(current, outcome.facts, outcome.booking)).toEqual([])
    expect(complaintsAbout(outcome.booking, at(20))).toEqual([])
    facts.push(...outcome.facts)
    current = outcome.booking
  }
  return { booking: current, facts }
}

const statusOf = (booking: Booking, intentId: string) =>
  booking.payments.find((payment) => payment.intentId === intentId)?.status

describe('H-08 what happened to one or two intents, told in any order and more than once', () => {
  test(
    'keeps the money right after every single word of it',
    () => {
      fc.assert(
        fc.property(aBooking, twoIntents, (booking, { order }) => {
          const { facts } = deliver(booking, order)
          expect(facts.filter(({ type }) => type === 'confirmed').length).toBeLessThanOrEqual(1)
          for (const intentId of ['pi_1', 'pi_2']) {
            const captures = facts.filter((fact) => fact.type === 'payment_captured' && fact.intentId === intentId)
            expect(captures.length).toBeLessThanOrEqual(1)
          }
        }),
        { numRuns: 500 },
      )
    },
    TIMEOUT,
  )

  test(
    'ends with each payment as it really is',
    () => {
      fc.assert(
        fc.property(aBooking, twoIntents, (booking, { one, two, order }) => {
          const { booking: end } = deliver(booking, order)
          for (const [intentId, course] of [
            ['pi_1', one],
            ['pi_2', two],
          ] as const) {
            const last = course.at(-1)
            if (last !== undefined) expect(statusOf(end, intentId)).toBe(ENDS[last])
          }
        }),
        { numRuns: 500 },
      )
    },
    TIMEOUT,
  )

  test(
    'is confirmed when one of them was captured; what is not needed goes back',
    () => {
      fc.assert(
        fc.property(aBooking, twoIntents, (booking, { order }) => {
          const { booking: end, facts } = deliver(booking, order)
          const captured = end.payments.filter(({ status }) => status === 'succeeded').length
          // Never once a person has cancelled (H-04), and brought back once at the most (H-03).
          const isOver = 'cancellation' in booking && !booking.cancellation.revivable
          const isLost = isOver || facts.some(({ type }) => type === 'revival_failed')
          expect(end.status === 'confirmed').toBe(captured > 0 && !isLost)
          expect(end.refunds).toHaveLength(isLost ? captured : Math.max(0, captured - 1))
        }),
        { numRuns: 500 },
      )
    },
    TIMEOUT,
  )

  test(
    'never asks for two captures, and for none beside a captured payment',
    () => {
      fc.assert(
        fc.property(aBooking, twoIntents, (booking, { order }) => {
          let current = booking
          for (const paymentEvent of order) {
            current = onPaymentEvent(current, paymentEvent, { now: at(20) }).booking
            const captures = pendingEffects(current, at(20)).filter(({ type }) => type === 'capture').length
            const captured = current.payments.some(({ status }) => status === 'succeeded')
            expect(captures).toBeLessThanOrEqual(captured ? 0 : 1)
          }
        }),
        { numRuns: 500 },
      )
    },
    TIMEOUT,
  )

  test(
    'changes nothing when it is all told once more',
    () => {
      fc.assert(
        fc.property(aBooking, twoIntents, (booking, { order }) => {
          const { booking: end } = deliver(booking, order)
          expect(deliver(end, order)).toEqual({ booking: end, facts: [] })
        }),
        { numRuns: 500 },
      )
    },
    TIMEOUT,
  )
})
