import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bookedItems, type Booking } from '../../domain/booking.ts'
import { evolve } from '../../domain/evolve.ts'
import type { Fact } from '../../domain/facts.ts'
import { statusesOf } from '../../domain/lifecycle.ts'
import { withConsequences } from '../../domain/consequences.ts'
import { anItem, CUSTOMER } from '../../domain/testing/builders.ts'
import { everyFact, everyState } from '../../domain/testing/every.ts'
import { aMoment } from '../../domain/testing/moments.ts'
import { happen, type Scene } from '../../domain/testing/stimuli.ts'
import { messagesOf } from '../../events/mapping.ts'
import { openTable } from '../../examples/housekeeping/table.ts'
import { PROFILES } from '../../profiles/index.ts'
import { PROFILE_NAMES, termsOf } from '../../profiles/profile.ts'
import { theirTables, type KnownBooking } from '../support/housekeeping.ts'
import { allMessagesAfter, heldOf, orderedOf } from '../support/messages.ts'

/** The booking as the reader's tables should have it. */
function known(booking: Booking): KnownBooking {
  const settled = (status: string) =>
    booking.refunds.reduce((sum, refund) => sum + (refund.status === status ? refund.amount : 0), 0)
  return {
    id: booking.id,
    profile: booking.profile,
    version: booking.version,
    status: booking.status,
    customer_id: booking.customer.id,
    provider_id: booking.provider?.id ?? null,
    venue_id: booking.venue?.id ?? null,
    starts: booking.start,
    ends: booking.end,
    party_size: booking.partySize,
    currency: booking.price.currency,
    total: booking.price.total,
    paid: booking.payments.reduce((sum, { captured }) => sum + captured, 0),
    refunded: settled('succeeded'),
    items: bookedItems(booking).map(({ id, offeringId, unitId, quantity, start, end }) => ({
      item_id: id,
      offering_id: offeringId,
      unit_id: unitId,
      quantity,
      starts: start,
      ends: end,
    })),
  }
}

const histories = fc.tuple(
  fc.constantFrom(...PROFILE_NAMES),
  fc.constantFrom(12_000, 12_000, 0),
  fc.array(aMoment, { minLength: 1, maxLength: 30, size: 'max' }),
)

describe('N-40 W-04 the stream alone rebuilds what is booked', () => {
  test('the reader’s tables are the booking’s after whatever happens, also when events come twice and late (300 histories)', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat(99)), ([name, due, moments], dice) => {
        const booking = orderedOf(name, due, true)
        const begun = withConsequences(booking, [], { now: booking.createdAt })
        const facts: Fact[] = [...begun.facts]
        let scene: Scene = { booking: begun.booking, now: begun.booking.createdAt }
        for (const moment of moments) {
          const outcome = happen(scene, moment)
          facts.push(...outcome.facts)
          scene = outcome
        }
        const messages = allMessagesAfter(booking, ...facts)
        const tables = new DatabaseSync(':memory:')
        const table = openTable(tables)
        const earlier: typeof messages = []
        for (const message of messages) {
          const pick = dice.next().value
          earlier.push(message)
          table.apply({ type: message.eventType, body: message.payload })
          const again = pick < 40 ? earlier[pick % earlier.length] : undefined
          if (again !== undefined) expect(table.apply({ type: again.eventType, body: again.payload })).toBe(false)
        }
        expect(theirTables(tables)).toEqual([known(scene.booking)])
        table.close()
      }),
      { numRuns: 300 },
    )
  }, 120_000)

  test.each(PROFILE_NAMES)(
    'every fact that changes a booking of %s, wherever it stands, makes one `booking.changed` with the version',
    (name) => {
      const terms = termsOf(PROFILES[name], { requiresApproval: false, policy: {} })
      let made = 0
      for (const standing of everyState()) {
        // Of what this profile never comes to there is nothing to tell.
        if (!statusesOf(terms.lifecycle).includes(standing.status)) continue
        const items = standing.items.length > 0 ? standing.items : [anItem('1', 12_000)]
        const before: Booking = { ...standing, profile: name, terms, items }
        for (const fact of everyFact()) {
          const after = evolve(before, fact)
          if (after === before) continue
          const told = messagesOf(name, fact, before, after).filter(({ eventType }) => eventType === 'booking.changed')
          expect(told.map(({ payload }) => payload)).toMatchObject([
            { version: after.version, change: fact.type, booking: { status: after.status } },
          ])
          made += 1
        }
      }
      expect(made).toBeGreaterThan(500)
    },
    60_000,
  )

  test('it names what is not as it was, and of the notes only that they changed', () => {
    const table = heldOf('venue', { notes: 'by the window', partySize: 4 })
    const [first] = allMessagesAfter(table).filter(({ eventType }) => eventType === 'booking.changed')
    expect(first?.payload).toMatchObject({ version: 1, change: 'held', by: { role: 'customer', id: CUSTOMER.id } })
    const noted: Fact = { type: 'noted', notes: 'by the door', at: table.createdAt, by: CUSTOMER }
    const told = messagesOf('venue', noted, table, evolve(table, noted))
    expect(told.at(-1)?.payload).toMatchObject({ change: 'noted', changed: ['notes'], version: 2 })
    expect(JSON.stringify(told)).not.toContain('door')
  })
})
