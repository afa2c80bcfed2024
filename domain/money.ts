import { exponentOf } from './currencies.ts'

/** An amount of money: a whole number of the currency's minor units, never negative, never a fraction. */
export type Money = { readonly amount: number; readonly currency: string }

/** Makes money. Throws a RangeError for a fraction, a negative or unsafe number, or an unknown currency. */
export function money(amount: number, currency: string): Money {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new RangeError(`${amount} is not a whole, non-negative number of minor units`)
  }
  exponentOf(currency)
  return { amount: amount === 0 ? 0 : amount, currency } // -0 is nothing, too
}

/** The sum. Throws a RangeError when the currencies differ: currencies never mix (T-03). */
export function add(a: Money, b: Money): Money {
  return money(a.amount + sameCurrency(a, b).amount, a.currency)
}

/** What is left of `a` after `b`. Throws a RangeError when that would be negative or the currencies differ. */
export function subtract(a: Money, b: Money): Money {
  return money(a.amount - sameCurrency(a, b).amount, a.currency)
}

/** The sum of a list, in `currency` (which an empty list needs). */
export function sum(amounts: readonly Money[], currency: string): Money {
  return amounts.reduce(add, money(0, currency))
}

/**
 * `amount × numerator ÷ denominator`, rounded half up to the minor unit, exact at any size. All three are whole numbers, the denominator
 * positive: a rate per hour times minutes is `times(rate, minutes, 60)`.
 */
export function times(value: Money, numerator: number, denominator = 1): Money {
  if (!Number.isSafeInteger(numerator) || numerator < 0) throw new RangeError(`${numerator} is not a whole multiple`)
  if (!Number.isSafeInteger(denominator) || denominator < 1)
    throw new RangeError(`${denominator} is not a whole divisor`)
  const divisor = BigInt(denominator)
  const doubled = BigInt(value.amount) * BigInt(numerator) * 2n + divisor
  return money(Number(doubled / (divisor * 2n)), value.currency)
}

/**
 * `percent` (0 to 100, whole) of an amount, rounded half up to the minor unit; of a part of something, rounded down: parts that are each rounded up would
 * come to more than the whole (N-85).
 */
export function percentOf(value: Money, percent: number, of: 'whole' | 'part' = 'whole'): Money {
  if (percent > 100) throw new RangeError(`${percent} is more than 100 percent`)
  const rounded = times(value, percent, 100)
  const isUp = BigInt(rounded.amount) * 100n > BigInt(value.amount) * BigInt(percent)
  return of === 'part' && isUp ? subtract(rounded, money(1, value.currency)) : rounded
}

/**
 * Splits an amount by whole weights so that the parts add up to it exactly: each part is rounded down and the minor units that are left go
 * to the largest remainders, the earlier first. Weights that are all zero share evenly. Throws a RangeError for a weight that is negative or
 * not whole, and when there is none.
 */
export function allocate(value: Money, weights: readonly number[]): Money[] {
  if (weights.length === 0) throw new RangeError('there is nobody to allocate to')
  for (const weight of weights) {
    if (!Number.isSafeInteger(weight) || weight < 0) throw new RangeError(`${weight} is not a whole weight`)
  }
  const total = weights.reduce((whole, weight) => whole + BigInt(weight), 0n)
  const shares = total === 0n ? weights.map(() => 1n) : weights.map((weight) => BigInt(weight))
  const whole = total === 0n ? BigInt(weights.length) : total
  const parts = shares.map((share) => (BigInt(value.amount) * share) / whole)
  const remainders = shares.map((share, index) => ({ index, rest: (BigInt(value.amount) * share) % whole }))
  remainders.sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest < b.rest ? 1 : -1))
  const left = Number(BigInt(value.amount) - parts.reduce((a, b) => a + b, 0n))
  const lucky = new Set(remainders.slice(0, left).map(({ index }) => index))
  return parts.map((part, index) => money(Number(part) + (lucky.has(index) ? 1 : 0), value.currency))
}

/** The decimal text of an amount in major units: 1234 USD is `12.34`, 1234 JPY is `1234`. */
export function toDecimal({ amount, currency }: Money): string {
  const exponent = exponentOf(currency)
  if (exponent === 0) return String(amount)
  const digits = String(amount).padStart(exponent + 1, '0')
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

/** Reads decimal text in major units. Throws a RangeError when it is not one, or is finer than the minor unit. */
export function fromDecimal(text: string, currency: string): Money {
  const exponent = exponentOf(currency)
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) throw new RangeError(`${JSON.stringify(text)} is not a decimal amount`)
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > exponent) throw new RangeError(`${text} is finer than the minor unit of ${currency}`)
  return money(Number(`${match[1]}${fraction.padEnd(exponent, '0')}`), currency)
}

function sameCurrency(a: Money, b: Money): Money {
  if (a.currency !== b.currency) throw new RangeError(`${a.currency} and ${b.currency} do not mix`)
  return b
}
