import { badParameter } from './refusals.ts'

/** The least that Stripe charges, in its own count (docs.stripe.com/currencies), of the currencies that the tests sell in. IDR has no minimum there. */
const LEAST: Readonly<Record<string, number>> = { usd: 50, eur: 50, gbp: 30, jpy: 50, idr: 1, kwd: 1, isk: 100 }
/** Eight digits, and twelve for IDR. */
const MOST = 99_999_999
const MOST_IDR = 999_999_999_999

/** The last digit is 0 where three decimals go to the cards with two; two are 00 where Stripe keeps decimals that the currency has not. */
const STEPS: Readonly<Record<string, number>> = { kwd: 10, isk: 100 }

/** Reads an amount as Stripe does: a whole number within its bounds. */
export function readAmount(text: string | undefined, currency: string, param = 'amount'): number {
  if (text === undefined) throw badParameter(param, 'parameter_missing', `Missing required param: ${param}.`)
  if (!/^\d+$/.test(text)) throw badParameter(param, 'parameter_invalid_integer', `Invalid integer: ${text}`)
  const amount = Number(text)
  const least = LEAST[currency]
  if (least === undefined) throw badParameter('currency', null, `Invalid currency: ${currency}.`)
  if (amount < 1)
    throw badParameter(param, 'parameter_invalid_integer', 'This value must be greater than or equal to 1.')
  if (amount % (STEPS[currency] ?? 1) !== 0) {
    throw badParameter(
      param,
      'parameter_invalid_integer',
      `Amounts of ${currency} are multiples of ${STEPS[currency]}.`,
    )
  }
  return amount
}

/** The bounds of a whole payment; captures and refunds may be less. */
export function checkBounds(amount: number, currency: string): void {
  if (amount < LEAST[currency]!)
    throw badParameter('amount', 'amount_too_small', `Amount must be at least ${LEAST[currency]}.`)
  if (amount > (currency === 'idr' ? MOST_IDR : MOST))
    throw badParameter('amount', 'amount_too_large', 'Amount is too large.')
}
