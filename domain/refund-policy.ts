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
 * is too late for a 24 h tier). Without a start, nothing runs out, and the tier with the most hours holds. No tier fits: nothing
 * comes back. `of`: all that was paid, or a part of a booking that goes on.
 */
export function refundOffer(
  paid: Money,
  tiers: readonly RefundTier[],
  start: Instant | null,
  now: Instant,
  of: 'whole' | 'part' = 'whole',
): RefundOffer {
  const fitting = tiers
    .toSorted((a, b) => b.hoursBefore - a.hoursBefore)
    .filter(({ hoursBefore }) => start === null || secondsBetween(now, start) > hoursBefore * 3600)
  const percent = fitting[0]?.percent ?? 0
  // Neighbouring tiers may give the same: the answer changes where the last of them ends.
  const last = fitting.find((_, index) => (fitting[index + 1]?.percent ?? 0) !== percent)
  return {
    percent,
    amount: percentOf(paid, percent, of).amount,
    validUntil: last === undefined || start === null ? null : plusSeconds(start, -3600 * last.hoursBefore),
  }
}

/** Everything back, for good: what a customer gets when the other side cancels (T-08). */
export function fullRefund(paid: Money): RefundOffer {
  return { percent: 100, amount: money(paid.amount, paid.currency).amount, validUntil: null }
}
