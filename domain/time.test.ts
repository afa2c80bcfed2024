import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  earlier,
  epochOf,
  instantOf,
  isAhead,
  isPlausible,
  isRange,
  overlaps,
  plusSeconds,
  secondsBetween,
  withBuffer,
  type TimeRange,
} from './time.ts'

const anEpoch = fc.integer({ min: 0, max: Date.parse('2100-01-01T00:00:00Z') })
const aRange = fc
  .tuple(anEpoch, fc.integer({ min: 1, max: 10_000_000 }))
  .map(([from, length]): TimeRange => ({ start: instantOf(from), end: instantOf(from + length) }))
/** Ranges close to each other, so that they often meet. */
const aPair = fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 9 }), fc.nat(20), fc.integer({ min: 1, max: 9 })).map(
  ([a, m, b, n]) =>
    [
      { start: instantOf(a), end: instantOf(a + m) },
      { start: instantOf(b), end: instantOf(b + n) },
    ] as const,
)

const range = (start: string, end: string): TimeRange => ({
  start: `2026-05-04T${start}:00.000Z`,
  end: `2026-05-04T${end}:00.000Z`,
})

describe('instants', () => {
  test('compare as text, in the order of time', () => {
    fc.assert(
      fc.property(anEpoch, anEpoch, (a, b) => {
        expect(instantOf(a) < instantOf(b)).toBe(a < b)
        expect(epochOf(instantOf(a))).toBe(a)
        expect(earlier(instantOf(a), instantOf(b))).toBe(instantOf(Math.min(a, b)))
      }),
    )
  })

  test('seconds there and back', () => {
    fc.assert(
      fc.property(anEpoch, fc.integer({ min: -1_000_000, max: 1_000_000 }), (epoch, seconds) => {
        const later = plusSeconds(instantOf(epoch), seconds)
        expect(secondsBetween(instantOf(epoch), later)).toBe(seconds)
      }),
    )
  })

  test('quarters of a second are kept', () => {
    expect(plusSeconds('2026-05-04T09:00:00.000Z', 0.25)).toBe('2026-05-04T09:00:00.250Z')
  })
})

describe('T-01 half-open ranges', () => {
  test('touching is not overlapping', () => {
    expect(overlaps(range('09:00', '10:00'), range('10:00', '11:00'))).toBe(false)
    expect(overlaps(range('10:00', '11:00'), range('09:00', '10:00'))).toBe(false)
  })

  test('a range overlaps itself, what it contains, and what it shares a moment with', () => {
    const hour = range('09:00', '10:00')
    for (const other of [hour, range('09:15', '09:30'), range('08:00', '11:00'), range('09:59', '10:01')]) {
      expect(overlaps(hour, other)).toBe(true)
    }
  })

  test('ranges overlap exactly when some moment lies in both, whichever is asked about first', () => {
    const holds = ({ start, end }: TimeRange, moment: string) => start <= moment && moment < end
    fc.assert(
      fc.property(aPair, ([a, b]) => {
        const shared = Array.from({ length: 40 }, (_, epoch) => instantOf(epoch)).some(
          (moment) => holds(a, moment) && holds(b, moment),
        )
        expect(overlaps(a, b)).toBe(shared)
        expect(overlaps(b, a)).toBe(shared)
      }),
    )
  })

  test('a range has a length', () => {
    expect(isRange(range('09:00', '10:00'))).toBe(true)
    expect(isRange(range('09:00', '09:00'))).toBe(false)
    expect(isRange(range('10:00', '09:00'))).toBe(false)
    expect(isRange({ start: 'yesterday', end: 'tomorrow' })).toBe(false)
  })
})

describe('V-01 buffers', () => {
  test('widen a range on both sides', () => {
    expect(withBuffer(range('09:00', '10:00'), 5, 15)).toEqual(range('08:55', '10:15'))
    expect(withBuffer(range('09:00', '10:00'), 0, 0)).toEqual(range('09:00', '10:00'))
  })

  test('ranges with buffers overlap whenever the ranges do', () => {
    const minutes = fc.nat(60)
    fc.assert(
      fc.property(aRange, aRange, minutes, minutes, (a, b, before, after) => {
        if (overlaps(a, b)) expect(overlaps(withBuffer(a, before, after), b)).toBe(true)
        expect(secondsBetween(withBuffer(a, before, after).start, a.start)).toBe(60 * before)
        expect(secondsBetween(a.end, withBuffer(a, before, after).end)).toBe(60 * after)
      }),
    )
  })
})

test('N-59 a time is plausible within two centuries, and dated ahead when clocks cannot be so far apart', () => {
  const years = ['1999', '2000', '2200', '2201'].map((year) => isPlausible(`${year}-06-01T00:00:00.000Z`))
  expect(years).toEqual([false, true, true, false])
  const now = new Date('2027-01-15T08:00:00.000Z')
  expect(isAhead('2027-01-16T08:00:00.000Z', now)).toBe(false)
  expect(isAhead('2027-01-16T08:00:00.001Z', now)).toBe(true)
})
