import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Booking } from './booking.ts'
import { cancellationOffer } from './cancellation.ts'
import { onCommand } from './commands.ts'
import { onUnitsHeld } from './reschedule.ts'
import { aHold, anItem, at, CUSTOMER, held, OPERATOR } from './testing/builders.ts'
import { after, requested, told } from './testing/steps.ts'

const HOUR = 60
const DAY = 24 * HOUR
/** Everything until a day before, half of it until two hours before. */
const refundTiers = [
  { hoursBefore: 24, percent: 100 },
  { hoursBefore: 2, percent: 50 },
]

/** Confirmed and paid for: an item of 60.00 and one of 40.00, so many minutes from now; null: without a date. */
function confirmed(starts: readonly (number | null)[], amounts: readonly number[] = [6000, 4000]): Booking {
  const items = starts.map((start, index) =>
    anItem(String(index + 1), amounts[index]!, {
      start: start === null ? null : at(start),
      end: start === null ? null : at(start + HOUR),
    }),
  )
  const first = starts.flatMap((start) => start ?? []).toSorted((a, b) => a - b)[0]
  const time = { start: first === undefined ? null : at(first), end: null }
  const due = amounts.reduce((sum, amount) => sum + amount, 0)
  const booking = held({ due, policy: { refundTiers }, agreement: { items, ...time } })
  return after(booking, requested(0), told('succeeded', 0, { amount: due }))
}

const back = ({ refunds }: Booking) => refunds.reduce((sum, { amount }) => sum + amount, 0)
const order = { type: 'cancel', by: CUSTOMER, reason: null, expectedVersion: null } as const

/** What comes back of these items, cancelled by a customer at minute 1; the preview says the same. */
function cancelled(booking: Booking, itemIds: readonly string[] | null): number {
  const { amount } = cancellationOffer(booking, CUSTOMER, at(1), itemIds)
  const { booking: after } = onCommand(booking, { ...order, ...(itemIds !== null && { itemIds }) }, { now: at(1) })
  expect(back(after)).toBe(amount)
  return amount
}

const IN_AN_HOUR = HOUR
const TODAY = 5 * HOUR
const IN_A_MONTH = 30 * DAY
const PERCENT = new Map<number | null, number>([
  [IN_AN_HOUR, 0],
  [TODAY, 50],
  [IN_A_MONTH, 100],
])

describe('N-81 what comes back is judged by each item’s own date', () => {
  const dates = [IN_AN_HOUR, TODAY, IN_A_MONTH]
  const pairs = dates.flatMap((first) => dates.map((second) => [first, second] as const))

  test.each(pairs)('the first in %i minutes, the second in %i: alone, together, and by the other side', (...starts) => {
    const booking = confirmed(starts)
    const [first, second] = starts.map((start, index) => ([6000, 4000][index]! * PERCENT.get(start)!) / 100)
    expect(cancelled(booking, ['1'])).toBe(first)
    expect(cancelled(booking, ['2'])).toBe(second)
    expect(cancelled(booking, null)).toBe(first! + second!)
    expect(cancelled(booking, ['1', '2'])).toBe(first! + second!)
    expect(cancellationOffer(booking, OPERATOR, at(1), ['2']).amount).toBe(4000)
  })

  test('the answer holds until the first of the dates changes it, and says how much of the whole it is', () => {
    const offer = cancellationOffer(confirmed([TODAY, IN_A_MONTH]), CUSTOMER, at(1))
    expect(offer).toEqual({ amount: 7000, percent: 70, validUntil: at(TODAY - 2 * HOUR) })
    expect(cancellationOffer(confirmed([IN_AN_HOUR, IN_A_MONTH]), CUSTOMER, at(1), ['2'])).toEqual({
      amount: 4000,
      percent: 100,
      validUntil: at(IN_A_MONTH - DAY),
    })
  })

  test('without a date of its own an item has the booking’s, and without any nothing runs out', () => {
    expect(cancelled(confirmed([IN_AN_HOUR, null]), ['2'])).toBe(0)
    expect(cancelled(confirmed([null, null]), ['2'])).toBe(4000)
  })

  test('a change that leaves an item out, or makes it cheaper, is judged by the date it had', () => {
    const swap = (booking: Booking, amounts: Record<string, number>) => {
      const items = booking.items.filter(({ id }) => id in amounts)
      const lines = items.map(({ id }) => ({ itemId: id, unitPrice: amounts[id]!, amount: amounts[id]! }))
      const total = lines.reduce((sum, { amount }) => sum + amount, 0)
      const price = { ...booking.price, lines, subtotal: total, fees: 0, tax: 0, total }
      const revision = { items, start: booking.start, end: booking.end, partySize: null, price, snapshots: {} }
      const asked = { id: 'change-1', by: CUSTOMER, reason: null }
      return back(onUnitsHeld(booking, revision, asked, aHold(), at(1)).booking)
    }
    const booking = confirmed([IN_AN_HOUR, IN_A_MONTH])
    expect(swap(booking, { '1': 6000 })).toBe(4000)
    expect(swap(booking, { '2': 4000 })).toBe(0)
    expect(swap(booking, { '1': 6000, '2': 1000 })).toBe(3000)
    expect(swap(booking, { '1': 2000, '2': 4000 })).toBe(0)
    expect(swap(booking, { '1': 5000, '2': 3000 })).toBe(1000)
  })

  test('N-85 parts are never more than the whole, whatever the dates, and their order says nothing (500 bookings)', () => {
    const anAmount = fc.integer({ min: 1, max: 1000 })
    const aDate = fc.constantFrom(IN_AN_HOUR, TODAY, IN_A_MONTH)
    const items = fc.array(fc.tuple(anAmount, aDate), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(items, fc.infiniteStream(fc.nat(4)), (some, picks) => {
        const [amounts, dates] = [some.map(([amount]) => amount), some.map(([, date]) => date)]
        const atOnce = cancelled(confirmed(dates, amounts), null)
        expect(cancelled(confirmed(dates.toReversed(), amounts.toReversed()), null)).toBe(atOnce)
        let booking = confirmed(dates, amounts)
        const left = some.map((_, index) => String(index + 1))
        while (left.length > 1) {
          const itemIds = left.splice((picks.next().value ?? 0) % left.length, 1)
          booking = onCommand(booking, { ...order, itemIds }, { now: at(1) }).booking
        }
        const byParts = back(onCommand(booking, order, { now: at(1) }).booking)
        expect(byParts).toBeLessThanOrEqual(atOnce)
        expect(atOnce - byParts).toBeLessThanOrEqual(some.length)
      }),
      { numRuns: 500 },
    )
  })
})
