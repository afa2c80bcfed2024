import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Booking } from './booking.ts'
import { cancellationOffer } from './cancellation.ts'
import { onCommand } from './commands.ts'
import { anItem, at, CUSTOMER, held } from './testing/builders.ts'
import { after, requested, told } from './testing/steps.ts'

/** Confirmed and paid for, with items of these prices and fees that they share; so much of it comes back. */
function confirmedWith(amounts: readonly number[], fees: number, percent: number): Booking {
  const items = amounts.map((amount, index) => anItem(String(index + 1), amount))
  const due = amounts.reduce((sum, amount) => sum + amount, fees)
  const booking = held({ due, policy: { refundTiers: [{ hoursBefore: 0, percent }] }, agreement: { items } })
  const subtotal = due - fees
  const lines = items.map(({ id, amount }) => ({ itemId: id, unitPrice: amount, amount }))
  const priced = { ...booking, price: { ...booking.price, lines, subtotal, fees, tax: 0, total: due } }
  return after(priced, requested(0), told('succeeded', 1, { amount: due }))
}

const back = ({ refunds }: Booking) => refunds.reduce((sum, { amount }) => sum + amount, 0)

/** Cancels these items, or all that is left. What was offered is what comes back. */
function cancel(booking: Booking, itemIds: readonly string[] | null): Booking {
  const { amount } = cancellationOffer(booking, CUSTOMER, at(5), itemIds)
  const command = { type: 'cancel', by: CUSTOMER, reason: null, expectedVersion: null } as const
  const after = onCommand(booking, { ...command, ...(itemIds !== null && { itemIds }) }, { now: at(5) }).booking
  expect(back(after) - back(booking)).toBe(amount)
  return after
}

describe('N-85 the sum of parts is never more than the whole', () => {
  test('N-85 three items of a cent, half of it back: one by one it is not more than at once', () => {
    const booking = confirmedWith([1, 1, 1], 0, 50)
    expect(back(cancel(booking, null))).toBe(2)
    const last = cancel(cancel(booking, ['1']), ['3'])
    expect(back(cancel(last, null))).toBe(1)
  })

  test('N-85 whatever the prices, the percentage and the order (2,000 bookings)', () => {
    const aCase = fc.record({
      amounts: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 6 }),
      fees: fc.nat(50),
      percent: fc.nat(100),
      order: fc.infiniteStream(fc.nat(5)),
    })
    fc.assert(
      fc.property(aCase, ({ amounts, fees, percent, order }) => {
        const whole = confirmedWith(amounts, fees, percent)
        const atOnce = back(cancel(whole, null))
        let booking = whole
        const left = amounts.map((_, index) => String(index + 1))
        while (left.length > 1) {
          const [id = ''] = left.splice((order.next().value ?? 0) % left.length, 1)
          booking = cancel(booking, [id])
        }
        const byParts = back(cancel(booking, null))
        expect(byParts).toBeLessThanOrEqual(atOnce)
        // Less than a minor unit is lost with each part, and nothing when all of it comes back.
        expect(atOnce - byParts).toBeLessThanOrEqual(percent === 100 ? 0 : amounts.length)
      }),
      { numRuns: 2000 },
    )
  })
})
