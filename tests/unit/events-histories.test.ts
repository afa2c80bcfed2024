import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wasConfirmed, type Booking } from '../../domain/booking.ts'
import { evolve } from '../../domain/evolve.ts'
import type { Fact } from '../../domain/facts.ts'
import { withConsequences } from '../../domain/consequences.ts'
import { aMoment, type Moment } from '../../domain/testing/moments.ts'
import { happen, type Scene } from '../../domain/testing/stimuli.ts'
import { entryOf } from '../../events/catalogue.ts'
import { messagesOf } from '../../events/mapping.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'
import { messagesAfter, orderedOf } from '../support/messages.ts'

/** The facts of a history, one after the other. */
function factsOf(booking: Booking, moments: readonly Moment[]): Fact[] {
  const begun = withConsequences(booking, [], { now: booking.createdAt })
  const facts = [...begun.facts]
  let scene: Scene = { booking: begun.booking, now: booking.createdAt }
  for (const moment of moments) {
    const outcome = happen(scene, moment)
    facts.push(...outcome.facts)
    scene = outcome
  }
  return facts
}

describe('whatever happens to a booking of any profile', () => {
  const moments = fc.array(aMoment, { minLength: 1, maxLength: 40, size: 'max' })
  const histories = fc
    .tuple(fc.constantFrom(...PROFILE_NAMES), fc.constantFrom(12_000, 12_000, 0), fc.boolean(), moments)
    .map(([name, due, hasTime, happenings]) => {
      const booking = orderedOf(name, due, hasTime)
      return { booking, facts: factsOf(booking, happenings) }
    })

  test('K-01 K-02 every message is what its schema says, under an id of its own (1,500 histories)', () => {
    fc.assert(
      fc.property(histories, ({ booking, facts }) => {
        const messages = messagesAfter(booking, ...facts)
        expect(messages.length).toBeGreaterThan(0)
        expect(new Set(messages.map(({ eventId }) => eventId)).size).toBe(messages.length)
        for (const { eventType, topic, payload } of messages) {
          const entry = entryOf(booking.profile, eventType)
          expect(topic).toBe(entry.topic)
          expect(entry.schema.parse(JSON.parse(JSON.stringify(payload)))).toEqual(payload)
        }
      }),
      { numRuns: 1500 },
    )
  }, 60_000)

  test('K-01 every change of status is told of what others know, each event type at most once per fact and movement of money', () => {
    fc.assert(
      fc.property(histories, ({ booking, facts }) => {
        let before = booking
        for (const fact of facts) {
          const after = evolve(before, fact)
          const types = messagesOf(after.profile, fact, before, after).map(({ eventType }) => eventType)
          const isChange = before.status !== after.status && after.status !== 'awaiting_approval'
          const isKnown = after.profile !== 'clinic' || wasConfirmed(after)
          if (isChange && isKnown) expect({ fact, types }).not.toEqual({ fact, types: ['booking.changed'] })
          const others = types.filter((type) => !/payment/i.test(type))
          expect(new Set(others).size).toBe(others.length)
          before = after
        }
      }),
      { numRuns: 1500 },
    )
  }, 60_000)

  test('N-41 N-43 nothing is told of what nobody heard of, and money after what it paid for: all of it, once (1,500 histories)', () => {
    fc.assert(
      fc.property(histories, ({ booking, facts }) => {
        const messages = messagesAfter(booking, ...facts)
        const end = facts.reduce(evolve, booking)
        const types = messages.map(({ eventType }) => eventType)
        if (booking.profile === 'clinic') {
          // The hold, then nothing before the booking is created.
          expect(types[0]).toBe('reservation.created')
          expect([undefined, 'booking.created']).toContain(types[1])
        }
        const money = messages.filter(({ eventType }) => /payment/i.test(eventType))
        const ending =
          /^(booking\.(confirmed|cancelled|expired)|BookingConfirmed|BookingCancelled|OrderSucceeded|OrderFailed)$/
        if (money.length > 0) {
          const ended = types.findIndex((type) => ending.test(type))
          expect(ended).toBeGreaterThanOrEqual(0)
          expect(ended).toBeLessThan(types.findIndex((type) => /payment/i.test(type)))
        }
        const told = (isBack: boolean) =>
          money
            .filter(({ payload }) => JSON.stringify(payload).includes('"status":"refunded"') === isBack)
            .reduce((sum, { payload }) => sum + amountIn(payload), 0)
        const isTold =
          end.profile === 'clinic' ? wasConfirmed(end) : !['pending', 'awaiting_approval'].includes(end.status)
        const captured = end.payments.reduce((sum, payment) => sum + payment.captured, 0)
        const back = end.refunds.reduce((sum, refund) => sum + (refund.status === 'succeeded' ? refund.amount : 0), 0)
        expect({ captured: told(false), back: told(true) }).toEqual(
          isTold ? { captured, back } : { captured: 0, back: 0 },
        )
      }),
      { numRuns: 1500 },
    )
  }, 60_000)
})

/** The amount of an event of money, in hundredths, whichever form its document gives it. */
function amountIn(payload: object): number {
  const [, amount = ''] = /"amount":"?([\d.]+)/.exec(JSON.stringify(payload)) ?? []
  return Math.round(Number(amount) * 100)
}
