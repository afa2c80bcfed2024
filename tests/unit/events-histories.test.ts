import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Booking } from '../../domain/booking.ts'
import { START, at } from '../../domain/testing/builders.ts'
import { evolve } from '../../domain/evolve.ts'
import type { Fact } from '../../domain/facts.ts'
import { settle } from '../../domain/settle.ts'
import { aMoment, happen, type Moment, type Scene } from '../../domain/testing/happenings.ts'
import { entryOf } from '../../events/catalogue.ts'
import { messagesOf } from '../../events/mapping.ts'
import { PROFILE_NAMES, type ProfileName } from '../../profiles/profile.ts'
import { heldOf, messagesAfter } from '../support/messages.ts'

/** A booking of any profile, with what the API lets it do without left out now and then. */
function aBooking(name: ProfileName, due: number, hasTime: boolean): Booking {
  const [start, end] = hasTime ? [at(START), at(START + 60)] : [null, null]
  return heldOf(
    name,
    {
      start,
      end,
      provider: hasTime ? { id: 'tess', name: null } : null,
      items: [
        {
          id: '1',
          offeringId: 'offering',
          unitId: 'unit',
          kind: name === 'course' && !hasTime ? 'enrolment' : 'slot',
          quantity: 1,
          start,
          end,
          unitPrice: due,
          amount: due,
        },
      ],
    },
    due,
  )
}

/** The facts of a history, one after the other. */
function factsOf(booking: Booking, moments: readonly Moment[]): Fact[] {
  const begun = settle(booking, [], { now: booking.createdAt })
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
      const booking = aBooking(name, due, hasTime)
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

  test('K-01 every change of status and every movement of money is told, each event type at most once per fact', () => {
    fc.assert(
      fc.property(histories, ({ booking, facts }) => {
        let before = booking
        for (const fact of facts) {
          const after = evolve(before, fact)
          const types = messagesOf(after.profile, fact, before, after).map(({ eventType }) => eventType)
          const isMoney = fact.type === 'payment_captured' || fact.type === 'refund_succeeded'
          const isChange = before.status !== after.status && after.status !== 'awaiting_approval'
          if (isMoney || isChange) expect({ fact, types }).not.toEqual({ fact, types: [] })
          expect(new Set(types).size).toBe(types.length)
          before = after
        }
      }),
      { numRuns: 1500 },
    )
  }, 60_000)
})
