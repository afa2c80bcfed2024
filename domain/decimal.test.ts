import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromDecimal, toDecimal } from './money.ts'

describe('decimal text', () => {
  test.each([
    ['12.34', 'USD', 1234],
    ['0.05', 'USD', 5],
    ['1234', 'JPY', 1234],
    ['0', 'JPY', 0],
    ['1.234', 'KWD', 1234],
    ['0.000', 'KWD', 0],
  ])('%s %s is %i minor units, and back', (text, currency, amount) => {
    expect(fromDecimal(text, currency)).toEqual({ amount, currency })
    expect(toDecimal({ amount, currency })).toBe(text)
  })

  test.each([
    ['12', 'USD', 1200],
    ['12.3', 'USD', 1230],
    ['012.340000', 'USD', 1234],
    ['7.00', 'JPY', 7],
  ])('%s %s is read as %i', (text, currency, amount) => {
    expect(fromDecimal(text, currency).amount).toBe(amount)
  })

  test.each([
    ['12.345', 'USD'],
    ['1.5', 'JPY'],
    ['0.0001', 'KWD'],
    ['', 'USD'],
    ['.5', 'USD'],
    ['5.', 'USD'],
    ['-1', 'USD'],
    ['+1', 'USD'],
    ['1e3', 'USD'],
    ['1,5', 'USD'],
    [' 1', 'USD'],
    ['1\n', 'USD'],
    ['٣', 'USD'],
    ['NaN', 'USD'],
    ['Infinity', 'USD'],
    ['90071992547409.92', 'USD'],
    ['9'.repeat(400), 'JPY'],
    ['1', 'XXX'],
  ])('%j %s is no amount', (text, currency) => {
    expect(() => fromDecimal(text, currency)).toThrow(RangeError)
  })

  test('T-03 round trips for every exponent and amount', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.constantFrom('JPY', 'USD', 'KWD'), (amount, currency) => {
        expect(fromDecimal(toDecimal({ amount, currency }), currency)).toEqual({ amount, currency })
      }),
    )
  })
})
