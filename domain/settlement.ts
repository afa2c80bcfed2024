import { money, times } from './money.ts'
import type { Policy } from './policy.ts'
import type { Price } from './price.ts'

const WHOLE_BASIS_POINTS = 10_000

/**
 * Who gets what of money that moved, in minor units: `total = platformFee + clinicAmount + tax`, to the unit (C-06). All are negative, or nothing,
 * where money went back.
 */
export type Split = {
  readonly total: number
  readonly platformFee: number
  /** The part of whoever provides what was booked; the clinic's, in the document it comes from. */
  readonly clinicAmount: number
  readonly tax: number
}

/**
 * Splits what was captured: tax as its share of the price, the platform's fee of what is left after tax, both rounded half up; the rest is the
 * provider's. A policy that names no fee, as those of bookings made before there was one, takes none.
 */
export function splitOf(amount: number, price: Pick<Price, 'currency' | 'tax' | 'total'>, policy: Policy): Split {
  const tax = share(amount, price.tax, price.total, price.currency)
  const fee = share(amount - tax, policy.platformFeeBasisPoints ?? 0, WHOLE_BASIS_POINTS, price.currency)
  return { total: amount, platformFee: fee, clinicAmount: amount - tax - fee, tax }
}

/**
 * What giving `amount` back takes from each: the split of what was left of the payment before, less that of what is left after. So whatever the
 * steps, a payment that is wholly back leaves nothing with anybody. `before` is what had been given back by then; `paid` null is a payment
 * whose entry is not known: it was all the provider's.
 */
export function reversalOf(paid: Split | null, before: number, amount: number, currency: string): Split {
  const whole = paid ?? { total: before + amount, platformFee: 0, clinicAmount: before + amount, tax: 0 }
  const had = leftOf(whole, whole.total - before, currency)
  const has = leftOf(whole, whole.total - before - amount, currency)
  return {
    total: has.total - had.total,
    platformFee: has.platformFee - had.platformFee,
    clinicAmount: has.clinicAmount - had.clinicAmount,
    tax: has.tax - had.tax,
  }
}

function leftOf(whole: Split, left: number, currency: string): Split {
  const tax = share(left, whole.tax, whole.total, currency)
  const platformFee = share(left - tax, whole.platformFee, whole.total - whole.tax, currency)
  return { total: left, platformFee, clinicAmount: left - tax - platformFee, tax }
}

function share(amount: number, part: number, whole: number, currency: string): number {
  return whole === 0 ? 0 : times(money(amount, currency), part, whole).amount
}
