import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add, allocate, money, percentOf, subtract, sum, times } from './money.ts'

const anAmount = fc.integer({ min: 0, max: 10 ** 12 })
const aCurrency = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD', 'IDR')
const aMoney = fc.tuple(anAmount, aCurrency).map(([amount, currency]) => money(amount, currency))

describe('making money', () => {
  test.each([-1, 0.5, 1.1, NaN, Infinity, -Infinity, 2 ** 53, Number.MIN_SAFE_INTEGER])(
    'T-03 refuses %d: money is a whole, safe, non-negative number of minor units',
    (amount) => {
      expect(() => money(amount, 'USD')).toThrow(RangeError)
    },
  )

  test('refuses what is no currency', () => {
    expect(() => money(1, 'usd')).toThrow(RangeError)
    expect(() => money(1, 'XXX')).toThrow(RangeError)
  })

  test('takes nothing, and the largest safe amount', () => {
    expect(money(0, 'JPY')).toEqual({ amount: 0, currency: 'JPY' })
    expect(money(Number.MAX_SAFE_INTEGER, 'JPY').amount).toBe(9_007_199_254_740_991)
  })

  test('knows only one nothing', () => {
    expect(money(-0, 'USD')).toEqual(money(0, 'USD'))
  })
})

describe('adding and subtracting', () => {
  test('T-03 currencies never mix', () => {
    const [dollars, euros] = [money(100, 'USD'), money(100, 'EUR')]
    expect(() => add(dollars, euros)).toThrow(/USD and EUR do not mix/)
    expect(() => subtract(dollars, euros)).toThrow(RangeError)
    expect(() => sum([dollars, euros], 'USD')).toThrow(RangeError)
    expect(() => sum([euros], 'USD')).toThrow(RangeError)
  })

  test('T-03 a sum too large to be exact is refused, not rounded', () => {
    expect(() => add(money(Number.MAX_SAFE_INTEGER, 'USD'), money(1, 'USD'))).toThrow(RangeError)
  })

  test('T-03 what is left is never negative', () => {
    expect(() => subtract(money(99, 'USD'), money(100, 'USD'))).toThrow(RangeError)
    expect(subtract(money(100, 'USD'), money(100, 'USD')).amount).toBe(0)
  })

  test('an empty sum is nothing of its currency', () => {
    expect(sum([], 'KWD')).toEqual({ amount: 0, currency: 'KWD' })
  })

  test('subtracting undoes adding', () => {
    fc.assert(
      fc.property(aMoney, anAmount, (a, amount) => {
        const b = money(amount, a.currency)
        expect(subtract(add(a, b), b)).toEqual(a)
        expect(add(a, b)).toEqual(add(b, a))
      }),
    )
  })
})

describe('multiplying', () => {
  test.each([
    [6000, 90, 60, 9000],
    [3333, 50, 60, 2778], // 2777.5
    [3331, 50, 60, 2776], // 2775.83
    [1, 1, 2, 1],
    [1, 1, 3, 0],
    [0, 7, 9, 0],
  ])('T-03 %i × %i/%i is %i: rounded half up, once', (amount, numerator, denominator, expected) => {
    expect(times(money(amount, 'USD'), numerator, denominator).amount).toBe(expected)
  })

  test('T-03 is exact where floating point is not', () => {
    // 4503599627370497 × 2 ÷ 2 leaves the doubles behind half-way.
    expect(times(money(4_503_599_627_370_497, 'USD'), 3, 3).amount).toBe(4_503_599_627_370_497)
    expect(times(money(90_071_992_547_409, 'USD'), 9999, 10_000).amount).toBe(90_062_985_348_154)
  })

  test('T-03 lies within half a minor unit of the true value', () => {
    const factor = fc.integer({ min: 0, max: 9000 })
    fc.assert(
      fc.property(aMoney, factor, fc.integer({ min: 1, max: 100_000 }), (value, numerator, denominator) => {
        const result = BigInt(times(value, numerator, denominator).amount)
        const error = 2n * (result * BigInt(denominator) - BigInt(value.amount) * BigInt(numerator))
        expect(error > -BigInt(denominator) && error <= BigInt(denominator)).toBe(true)
      }),
    )
  })

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('refuses %d as a factor', (factor) => {
    expect(() => times(money(1, 'USD'), factor)).toThrow(RangeError)
    expect(() => times(money(1, 'USD'), 1, factor)).toThrow(RangeError)
  })

  test('refuses to divide by nothing', () => {
    expect(() => times(money(1, 'USD'), 1, 0)).toThrow(RangeError)
  })

  test('a percentage is whole and at most a hundred', () => {
    expect(percentOf(money(101, 'USD'), 50).amount).toBe(51)
    expect(percentOf(money(101, 'USD'), 0).amount).toBe(0)
    expect(percentOf(money(101, 'USD'), 100).amount).toBe(101)
    for (const wrong of [101, -1, 12.5, NaN]) expect(() => percentOf(money(1, 'USD'), wrong)).toThrow(RangeError)
  })
})

describe('allocating', () => {
  const someWeights = fc.array(fc.integer({ min: 0, max: 10 ** 9 }), { minLength: 1, maxLength: 12 })

  test('H-12 the parts add up to the whole, to the minor unit', () => {
    fc.assert(
      fc.property(aMoney, someWeights, (whole, weights) => {
        const parts = allocate(whole, weights)
        expect(parts).toHaveLength(weights.length)
        expect(sum(parts, whole.currency)).toEqual(whole)
      }),
    )
  })

  test('H-12 each part is within one minor unit of its share, and no weight means no part', () => {
    fc.assert(
      fc.property(aMoney, someWeights, (whole, weights) => {
        const total = weights.reduce((a, b) => a + b, 0)
        fc.pre(total > 0)
        for (const [index, part] of allocate(whole, weights).entries()) {
          const share = (BigInt(whole.amount) * BigInt(weights[index]!)) / BigInt(total)
          expect(BigInt(part.amount) - share).toBeOneOf([0n, 1n])
          if (weights[index] === 0) expect(part.amount).toBe(0)
        }
      }),
    )
  })

  test('what is left over goes to the largest remainders, the earlier first', () => {
    const parts = (amount: number, weights: number[]) =>
      allocate(money(amount, 'USD'), weights).map((part) => part.amount)
    expect(parts(100, [1, 1, 1])).toEqual([34, 33, 33])
    expect(parts(100, [1, 2])).toEqual([33, 67])
    expect(parts(5, [0, 0])).toEqual([3, 2])
    expect(parts(0, [3, 4])).toEqual([0, 0])
    expect(parts(7, [9])).toEqual([7])
  })

  test.each([[[]], [[-1, 2]], [[-1, 1]], [[-1, 100]], [[0.5]], [[NaN]], [[Infinity]], [[2 ** 53]]])(
    'refuses the weights %j',
    (weights: number[]) => {
      expect(() => allocate(money(1, 'USD'), weights)).toThrow(RangeError)
    },
  )
})
