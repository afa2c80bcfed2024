import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Actor, Booking } from './booking.ts'
import { cancellationOffer } from './cancellation.ts'
import { onCommand } from './commands.ts'
import type { Policy } from './policy.ts'
import { onUnitsHeld } from './reschedule.ts'
import { forfeitedOf } from './split.ts'
import { aHold, anItem, at, CUSTOMER, held, OPERATOR, PROVIDER } from './testing/builders.ts'
import { complaintsAbout } from './testing/invariants.ts'
import { after, requested, told } from './testing/steps.ts'

const HOUR = 60
const DAY = 24 * HOUR
const refundTiers = [
  { hoursBefore: 24, percent: 100 },
  { hoursBefore: 2, percent: 50 },
]
const IN_AN_HOUR = HOUR
const TODAY = 5 * HOUR
const TOMORROW = 2 * DAY
const LATER = 60 * DAY
/** What comes back of 100.00 by the date at which it is cancelled. */
const BACK = new Map([
  [IN_AN_HOUR, 0],
  [TODAY, 5000],
  [TOMORROW, 10_000],
])

const priceOf = (amounts: readonly number[]) => {
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  const lines = amounts.map((amount, index) => ({ itemId: String(index + 1), unitPrice: amount, amount }))
  return { currency: 'USD', lines, subtotal: total, fees: 0, tax: 0, total, quoteId: null }
}
const itemsAt = (amounts: readonly number[], start: number, prefix = '') =>
  amounts.map((amount, index) => anItem(`${prefix}${index + 1}`, amount, { start: at(start), end: at(start + HOUR) }))

/** Confirmed and paid for, for so many minutes from now. */
function confirmed(start: number, policy: Partial<Policy> = {}, amounts: readonly number[] = [6000, 4000]): Booking {
  const time = { start: at(start), end: at(start + HOUR) }
  const due = amounts.reduce((sum, amount) => sum + amount, 0)
  const booking = held({
    due,
    policy: { refundTiers, ...policy },
    agreement: { items: itemsAt(amounts, start), ...time },
  })
  return after(booking, requested(0), told('succeeded', 0, { amount: due }))
}

/** The booking moved to another date, for as much or for less: its items are new ones. */
function moved(
  booking: Booking,
  start: number,
  by: Actor = CUSTOMER,
  amounts: readonly number[] = [6000, 4000],
): Booking {
  const items = itemsAt(amounts, start, 'n')
  const price = priceOf(amounts)
  const lines = price.lines.map((line) => ({ ...line, itemId: `n${line.itemId}` }))
  const time = { start: at(start), end: at(start + HOUR) }
  const revision = { items, ...time, partySize: null, price: { ...price, lines }, snapshots: {} }
  const asked = { id: `move-${start}`, by, reason: null }
  return onUnitsHeld(booking, revision, asked, aHold(), at(1)).booking
}

const order = { type: 'cancel', by: CUSTOMER, reason: null, expectedVersion: null } as const
const back = ({ refunds }: Booking) => refunds.reduce((sum, { amount }) => sum + amount, 0)
function cancelled(booking: Booking, by: Actor = CUSTOMER, itemIds?: readonly string[]): Booking {
  const { amount } = cancellationOffer(booking, by, at(2), itemIds ?? null)
  const done = onCommand(booking, { ...order, by, ...(itemIds && { itemIds }) }, { now: at(2) }).booking
  expect(back(done) - back(booking)).toBe(amount)
  expect(complaintsAbout(done, at(2))).toEqual([])
  return done
}

describe('N-83 what was forfeited stays forfeited when a visit is moved', () => {
  test.each([...BACK])('moved from %i minutes ahead to 60 days ahead: %i of 10000 comes back', (start, amount) => {
    const there = moved(confirmed(start), LATER)
    expect(back(there)).toBe(0)
    expect(back(cancelled(there))).toBe(amount)
    // Moved again, and yet again: it is not lost twice, and does not come back.
    const again = moved(moved(there, LATER + DAY), LATER + 2 * DAY)
    expect(back(cancelled(again))).toBe(amount)
    expect(forfeitedOf(again.price)).toBe(10_000 - amount)
  })

  test.each([PROVIDER, OPERATOR])('moved or cancelled by the other side ($role) it costs nothing', (by) => {
    expect(back(cancelled(moved(confirmed(IN_AN_HOUR), LATER, by)))).toBe(10_000)
    expect(back(cancelled(moved(confirmed(IN_AN_HOUR), LATER), by))).toBe(10_000)
  })

  test('a policy may say otherwise', () => {
    expect(back(cancelled(moved(confirmed(IN_AN_HOUR, { forfeitsOnMove: false }), LATER)))).toBe(10_000)
  })

  test('moved to something cheaper: what is kept of the difference and what is forfeited are together what was lost', () => {
    for (const [start, amount] of BACK) {
      const there = moved(confirmed(start), LATER, CUSTOMER, [3000, 3000])
      expect(back(there)).toBe((4000 * amount) / 10_000)
      expect(back(cancelled(there))).toBe(amount)
    }
  })

  test('made cheaper after the move: no more comes back than was not forfeited', () => {
    const there = moved(confirmed(TODAY), LATER)
    const less = moved(there, LATER + DAY, CUSTOMER, [1000, 1000])
    expect(back(less)).toBe(5000)
    expect(back(cancelled(less))).toBe(5000)
  })

  test('its items share what was forfeited: parts are never more than the whole (300 bookings)', () => {
    const amounts = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 5 })
    const dates = fc.constantFrom(IN_AN_HOUR, TODAY, TOMORROW)
    fc.assert(
      fc.property(amounts, dates, fc.infiniteStream(fc.nat(4)), (some, start, picks) => {
        const there = moved(confirmed(start, {}, some), LATER, CUSTOMER, some)
        const atOnce = back(cancelled(there))
        let booking = there
        const left = some.map((_, index) => `n${index + 1}`)
        while (left.length > 1) {
          booking = cancelled(booking, CUSTOMER, left.splice((picks.next().value ?? 0) % left.length, 1))
        }
        const byParts = back(cancelled(booking))
        expect(byParts).toBeLessThanOrEqual(atOnce)
        expect(atOnce - byParts).toBeLessThanOrEqual(some.length)
      }),
      { numRuns: 300 },
    )
  })
})
