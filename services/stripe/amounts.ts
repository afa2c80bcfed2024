import { exponentOf } from '../../domain/currencies.ts'
import { Refused } from '../../domain/failures.ts'
import { money, type Money } from '../../domain/money.ts'

/**
 * Where Stripe counts in other units than ISO 4217 does (docs.stripe.com/currencies, "Special cases" and "Zero-decimal currencies"): ISK and UGX
 * have no decimals, but are written with two that are always 00; MGA has two, and Stripe knows none. UGX is on the list of zero-decimal
 * currencies too; of the two the special case is the one with an example ("to charge 5 UGX, provide an amount value of 500").
 */
const STRIPE_EXPONENTS: Readonly<Record<string, number>> = { ISK: 2, UGX: 2, MGA: 0 }

/** "The least-significant digit must be 0": three-decimal currencies go to the card networks with two. */
const IN_TENS: ReadonlySet<string> = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND'])

/** Three decimals by ISO 4217, and not among the currencies that Stripe takes: how it would count them is anybody's guess. */
const NOT_TAKEN: ReadonlySet<string> = new Set(['IQD', 'LYD'])

/** An amount as Stripe counts it, its currency in lower case. Refused `policy_forbids` when Stripe has no such amount: nothing is ever rounded. */
export function toStripe({ amount, currency }: Money): { readonly amount: number; readonly currency: string } {
  if (NOT_TAKEN.has(currency)) throw notChargeable(`Stripe does not take ${currency}.`)
  const theirs = shifted(amount, stripeExponentOf(currency) - exponentOf(currency))
  if (!Number.isSafeInteger(theirs) || (IN_TENS.has(currency) && theirs % 10 !== 0)) {
    throw notChargeable(`Stripe has no amount of exactly ${amount} minor units of ${currency}.`)
  }
  return { amount: theirs, currency: currency.toLowerCase() }
}

/** What Stripe says an amount is, in minor units by ISO 4217. Throws a RangeError for what cannot be said in these. */
export function fromStripe(amount: number, lowerCaseCurrency: string): Money {
  const currency = lowerCaseCurrency.toUpperCase()
  return money(shifted(amount, exponentOf(currency) - stripeExponentOf(currency)), currency)
}

/** Whole numbers in, and a whole number out where there is one: a division by a power of ten, never a product with a fraction. */
function shifted(amount: number, decimals: number): number {
  return decimals >= 0 ? amount * 10 ** decimals : amount / 10 ** -decimals
}

function stripeExponentOf(currency: string): number {
  return STRIPE_EXPONENTS[currency] ?? exponentOf(currency)
}

function notChargeable(message: string): Refused {
  return new Refused({ code: 'policy_forbids', message })
}
