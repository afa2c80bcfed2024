import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reversalOf, splitOf, type Split } from './settlement.ts'
import { POLICY } from './testing/builders.ts'

const agreed = (platformFeeBasisPoints: number) => ({ ...POLICY, platformFeeBasisPoints })
const parts = ({ platformFee, clinicAmount, tax }: Split) => [platformFee, clinicAmount, tax]
const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)

const payments = fc
  .record({
    total: fc.integer({ min: 1, max: 1_000_000_000 }),
    taxShare: fc.double({ min: 0, max: 1, noNaN: true }),
    captured: fc.integer({ min: 1, max: 1_000_000_000 }),
    fee: fc.integer({ min: 0, max: 10_000 }),
    steps: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 8 }),
  })
  .map(({ total, taxShare, captured, fee, steps }) => ({
    split: splitOf(captured, { currency: 'IDR', total, tax: Math.floor(total * taxShare) }, agreed(fee)),
    steps,
  }))

/** Shares an amount out in whole, positive steps that add up to it. */
function stepsOf(amount: number, weights: readonly number[]): number[] {
  const whole = sum(weights)
  const steps = weights.slice(0, -1).map((weight) => Math.floor((amount * weight) / whole))
  return [...steps, amount - sum(steps)].filter((step) => step > 0)
}

describe('who gets what of a payment', () => {
  it('adds up to the minor unit, with nobody below nothing, whatever was paid, taxed and agreed (C-06)', () => {
    fc.assert(
      fc.property(payments, ({ split }) => {
        expect(sum(parts(split))).toBe(split.total)
        expect(Math.min(...parts(split))).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  it('leaves the tax out of what the fee is taken of, and rounds half up (C-06)', () => {
    expect(splitOf(11_000, { currency: 'USD', tax: 1000, total: 11_000 }, agreed(250))).toEqual({
      total: 11_000,
      platformFee: 250,
      clinicAmount: 9750,
      tax: 1000,
    })
    expect(splitOf(105, { currency: 'USD', tax: 0, total: 105 }, agreed(1000)).platformFee).toBe(11)
  })

  it('takes no fee that was not agreed, as in bookings made before there was one (C-06, X-01)', () => {
    expect(splitOf(500, { currency: 'USD', tax: 0, total: 500 }, POLICY)).toMatchObject({
      platformFee: 0,
      clinicAmount: 500,
    })
  })

  it('knows no tax on a payment for what costs nothing, which goes back anyhow (C-06, X-04)', () => {
    expect(splitOf(500, { currency: 'USD', tax: 0, total: 0 }, agreed(1000))).toMatchObject({ tax: 0, platformFee: 50 })
  })
})

describe('what a refund takes back', () => {
  it('adds up too, takes from everybody and gives to nobody, and leaves nothing behind when all is back (C-06, H-06, H-12)', () => {
    fc.assert(
      fc.property(payments, ({ split, steps }) => {
        let before = 0
        const left = parts(split)
        for (const step of stepsOf(split.total, steps)) {
          const entry = reversalOf(split, before, step, 'IDR')
          before += step
          expect(entry.total).toBe(-step)
          expect(sum(parts(entry))).toBe(-step)
          expect(Math.max(...parts(entry))).toBeLessThanOrEqual(0)
          parts(entry).forEach((part, index) => (left[index]! += part))
          expect(Math.min(...left)).toBeGreaterThanOrEqual(0)
        }
        expect(left.map((part) => part + 0)).toEqual([0, 0, 0])
      }),
    )
  })

  it('of a payment that was never split comes from the provider (C-06)', () => {
    expect(reversalOf(null, 0, 700, 'USD')).toMatchObject({ total: -700, clinicAmount: -700, platformFee: 0, tax: 0 })
  })
})
