import { money, percentOf, type Money } from './money.ts'
import type { RefundTier } from './policy.ts'
import { plusSeconds, secondsBetween, type Instant } from './time.ts'

/** What cancelling now gives back, and until when that answer holds; `validUntil` null: it will not change. */
export type RefundOffer = {
  readonly percent: number
  readonly amount: number
  readonly validUntil: Instant | null
}

/**
 * The refund a tiered policy gives: the tier with the most hours that still lies strictly before the start (T-08: exactly 24 h before
 * is too late for a 24 h tier). Without a start, nothing runs out, and the best tier holds. No tier fits: nothing comes back.
 */
export function refundOffer(
  paid: Money,
  tiers: readonly RefundTier[],
  start: Instant | null,
  now: Instant,
): RefundOffer {
  const byHours = tiers.toSorted((a, b) => b.hoursBefore - a.hoursBefore)
  const tier =
    start === null ? byHours[0] : byHours.find(({ hoursBefore }) => secondsBetween(now, start) > hoursBefore * 3600)
  const percent = tier?.percent ?? 0
  return {
    percent,
    amount: percentOf(paid, percent).amount,
    validUntil: tier === undefined || start === null ? null : plusSeconds(start, -3600 * tier.hoursBefore),
  }
}

/** Everything back, for good: what a customer gets when the other side cancels (T-08). */
export function fullRefund(paid: Money): RefundOffer {
  return { percent: 100, amount: money(paid.amount, paid.currency).amount, validUntil: null }
}
