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

/** What of a booking a refund is about, and the date that it is judged by. */
export type DatedPart = { readonly amount: number; readonly start: Instant | null }

/**
 * The refund of things with dates of their own (N-81): what is of one date is judged together, by that date. `percent` is that of the whole, rounded down;
 * the answer holds until the first of them changes.
 */
export function refundByDates(
  parts: readonly DatedPart[],
  currency: string,
  tiers: readonly RefundTier[],
  now: Instant,
  of: 'whole' | 'part' = 'whole',
): RefundOffer {
  const sums = new Map<Instant | null, number>()
  for (const { amount, start } of parts) sums.set(start, (sums.get(start) ?? 0) + amount)
  const dated = [...sums].map(([start, amount]) => ({
    amount,
    offer: refundOffer(money(amount, currency), tiers, start, now, of),
  }))
  const [first, ...others] = dated
  if (first !== undefined && others.length === 0) return first.offer
  const whole = dated.reduce((sum, { amount }) => sum + amount, 0)
  // Rounded once, so that parts are never more than the whole (N-85).
  const hundredths = dated.reduce((sum, { amount, offer }) => sum + amount * offer.percent, 0)
  const { amount } = percentOf(money(hundredths, currency), 1, of)
  const least = Math.min(...dated.map(({ offer }) => offer.percent))
  const ends = dated.flatMap(({ offer }) => offer.validUntil ?? []).toSorted()
  return { percent: whole === 0 ? least : Math.floor((100 * amount) / whole), amount, validUntil: ends[0] ?? null }
}

/** Everything back, for good: what a customer gets when the other side cancels (T-08). */
export function fullRefund(paid: Money): RefundOffer {
  return { percent: 100, amount: money(paid.amount, paid.currency).amount, validUntil: null }
}
