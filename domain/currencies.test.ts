import { expect, test } from 'vitest'
import { exponentOf, isCurrency } from './currencies.ts'

test.each([
  ['USD', 2],
  ['EUR', 2],
  ['GBP', 2],
  ['IDR', 2],
  ['HUF', 2],
  ['TWD', 2],
  ['XCG', 2],
  ['JPY', 0],
  ['ISK', 0],
  ['XOF', 0],
  ['KWD', 3],
  ['IQD', 3],
])('the minor unit of %s has %i decimals by ISO 4217, whatever Intl says', (currency, exponent) => {
  expect(exponentOf(currency)).toBe(exponent)
  expect(isCurrency(currency)).toBe(true)
})

test.each(['usd', 'Usd', 'US', 'USDD', '', 'XXX', 'XTS', 'XAU', 'CLF', 'USD\n', ' USD', '__proto__', 'toString'])(
  '%j is nothing one can charge in',
  (code) => {
    expect(isCurrency(code)).toBe(false)
    expect(() => exponentOf(code)).toThrow(RangeError)
  },
)
