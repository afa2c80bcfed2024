import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money } from './money.ts'
import type { RefundTier } from './policy.ts'
import { fullRefund, refundOffer } from './refund-policy.ts'
import { epochOf, instantOf, plusSeconds } from './time.ts'

const START = '2026-05-11T09:00:00.000Z'
const PAID = money(10_000, 'USD')
const HOUR_MS = 3_600_000

/** `milliseconds` before the start. */
const before = (milliseconds: number) => instantOf(epochOf(START) - milliseconds)

describe('T-08 in full until 24 hours before the start', () => {
  const tiers = [{ hoursBefore: 24, percent: 100 }]

  test('exactly 24 hours before is too late', () => {
    expect(refundOffer(PAID, tiers, START, before(24 * HOUR_MS))).toEqual({ percent: 0, amount: 0, validUntil: null })
  })

  test('a millisecond more gives everything', () => {
    expect(refundOffer(PAID, tiers, START, before(24 * HOUR_MS + 1))).toEqual({
      percent: 100,
      amount: 10_000,
      validUntil: before(24 * HOUR_MS),
    })
  })

  test('after the start there is nothing', () => {
    expect(refundOffer(PAID, tiers, START, before(-1)).amount).toBe(0)
  })
})

describe('X-06 tiers', () => {
  const tiers: RefundTier[] = [
    { hoursBefore: 168, percent: 100 },
    { hoursBefore: 48, percent: 50 },
    { hoursBefore: 0, percent: 10 },
  ]

  test.each([
    [200, 100, 168],
    [168, 50, 48],
    [100, 50, 48],
    [48, 10, 0],
    [1, 10, 0],
  ])('%i hours before the start give %i percent, until %i hours before', (hours, percent, until) => {
    expect(refundOffer(PAID, tiers, START, before(hours * HOUR_MS))).toEqual({
      percent,
      amount: 100 * percent,
      validUntil: before(until * HOUR_MS),
    })
  })

  test('mean the same in any order', () => {
    const shuffled = fc.shuffledSubarray(tiers, { minLength: tiers.length })
    fc.assert(
      fc.property(shuffled, fc.nat(300), (shuffled, hours) => {
        const now = before(hours * HOUR_MS)
        expect(refundOffer(PAID, shuffled, START, now)).toEqual(refundOffer(PAID, tiers, START, now))
      }),
    )
  })

  test('an odd amount is rounded half up', () => {
    expect(refundOffer(money(101, 'USD'), tiers, START, before(100 * HOUR_MS)).amount).toBe(51)
  })

  test('without tiers nothing comes back, ever', () => {
    expect(refundOffer(PAID, [], START, before(1000 * HOUR_MS))).toEqual({ percent: 0, amount: 0, validUntil: null })
    expect(refundOffer(PAID, [], null, START)).toEqual({ percent: 0, amount: 0, validUntil: null })
  })

  test('without a start nothing runs out', () => {
    expect(refundOffer(PAID, tiers, null, START)).toEqual({ percent: 100, amount: 10_000, validUntil: null })
  })

  test('until when the answer holds is not cut short by a tier that gives the same', () => {
    const same = [
      { hoursBefore: 48, percent: 100 },
      { hoursBefore: 24, percent: 100 },
    ]
    expect(refundOffer(PAID, same, START, before(100 * HOUR_MS)).validUntil).toBe(before(24 * HOUR_MS))
    const nothing = [{ hoursBefore: 48, percent: 0 }]
    expect(refundOffer(PAID, nothing, START, before(100 * HOUR_MS)).validUntil).toBeNull()
  })
})

/** Policies that give less the later it is, as every sensible one does. */
const someTiers = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 100 })), {
    selector: ([hours]) => hours,
    maxLength: 5,
  })
  .map((pairs) => {
    const hours = pairs.map(([hoursBefore]) => hoursBefore).toSorted((a, b) => b - a)
    const percents = pairs.map(([, percent]) => percent).toSorted((a, b) => b - a)
    return hours.map((hoursBefore, index) => ({ hoursBefore, percent: percents[index]! }))
  })
const aMoment = fc.integer({ min: -10 * HOUR_MS, max: 500 * HOUR_MS }).map(before)

describe('X-06 for any policy', () => {
  test('waiting never gives more', () => {
    fc.assert(
      fc.property(someTiers, aMoment, aMoment, (tiers, a, b) => {
        const [sooner, later] = a < b ? [a, b] : [b, a]
        const offer = (now: string) => refundOffer(PAID, tiers, START, now)
        expect(offer(later).amount).toBeLessThanOrEqual(offer(sooner).amount)
      }),
    )
  })

  test('A-08 the answer holds until the instant it names, and there it gets worse', () => {
    fc.assert(
      fc.property(someTiers, aMoment, (tiers, now) => {
        const { percent, validUntil } = refundOffer(PAID, tiers, START, now)
        if (validUntil === null) {
          for (const hours of [0, 24, 500]) {
            expect(refundOffer(PAID, tiers, START, plusSeconds(now, 3600 * hours)).percent).toBe(percent)
          }
          return
        }
        expect(validUntil > now).toBe(true)
        expect(refundOffer(PAID, tiers, START, instantOf(epochOf(validUntil) - 1)).percent).toBe(percent)
        expect(refundOffer(PAID, tiers, START, validUntil).percent).toBeLessThan(percent)
      }),
    )
  })
})

test('T-08 a full refund is everything, for good', () => {
  expect(fullRefund(PAID)).toEqual({ percent: 100, amount: 10_000, validUntil: null })
})
