import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addsUp, type Price } from './price.ts'
import { refundable, sharesOf, sharesTogether, withKept, withoutItems } from './split.ts'

const aPrice: fc.Arbitrary<Price> = fc
  .record({
    amounts: fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 12 }),
    fees: fc.nat(10_000),
    tax: fc.nat(10_000),
  })
  .map(({ amounts, fees, tax }) => priced(amounts, fees, tax))

function priced(amounts: readonly number[], fees: number, tax: number): Price {
  const subtotal = amounts.reduce((sum, amount) => sum + amount, 0)
  const lines = amounts.map((amount, index) => ({ itemId: String(index + 1), unitPrice: amount, amount }))
  return { currency: 'USD', lines, subtotal, fees, tax, total: subtotal + fees + tax, quoteId: null }
}

describe('the split of a price over its items', () => {
  test('H-12 goes by the largest remainder, to the cent', () => {
    const price = priced([1000, 1000, 1000], 100, 50)
    expect(sharesOf(price).map(({ fees, tax, total }) => [fees, tax, total])).toEqual([
      [34, 17, 1051],
      [33, 17, 1050],
      [33, 16, 1049],
    ])
    expect(sharesTogether(price, ['1', '3']).amount).toBe(1051 + 1049)
  })

  test('H-12 adds up to the total, whatever the price (1,000 prices)', () => {
    fc.assert(
      fc.property(aPrice, (price) => {
        const shares = sharesOf(price)
        expect(shares.reduce((sum, { total }) => sum + total, 0)).toBe(price.total)
        for (const { amount, fees, tax, total } of shares) {
          expect(total).toBe(amount + fees + tax)
          const part = price.subtotal === 0 ? 1 / shares.length : amount / price.subtotal
          expect(Math.abs(fees - price.fees * part)).toBeLessThanOrEqual(1)
          expect(Math.abs(tax - price.tax * part)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('H-12 X-08 stays as it was for those that are left, in whatever order the others go, and no cent is lost', () => {
    fc.assert(
      fc.property(
        aPrice,
        fc.array(fc.record({ which: fc.nat(11), keeps: fc.nat(100) }), { maxLength: 12 }),
        (price, goes) => {
          const first = new Map(sharesOf(price).map(({ itemId, total }) => [itemId, total]))
          let [left, back] = [price, 0]
          for (const { which, keeps } of goes) {
            const { itemId } = left.lines[which % Math.max(1, left.lines.length)] ?? { itemId: '' }
            if (left.lines.length < 2) break
            const { amount } = sharesTogether(left, [itemId])
            const keep = Math.floor((amount * keeps) / 100)
            left = withoutItems(left, [itemId], keep)
            back += amount - keep
            expect(addsUp(left)).toBe(true)
            expect(left.total + back).toBe(price.total)
            for (const share of sharesOf(left)) expect(share.total).toBe(first.get(share.itemId))
            expect(sharesOf(left).reduce((sum, { total }) => sum + total, 0)).toBe(refundable(left))
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('X-06 what is kept of an earlier price is a fee of the next, and belongs to no item', () => {
    const price = withKept(priced([1000, 500], 10, 0), 300)
    expect(price).toMatchObject({ fees: 310, total: 1810, kept: 300 })
    expect(sharesOf(price).map(({ total }) => total)).toEqual([1007, 503])
    expect(withKept(priced([1000], 0, 0), 0)).not.toHaveProperty('kept')
  })
})
