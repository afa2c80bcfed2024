/** A point in time as RFC 3339 text in UTC with milliseconds, the form `Date.toISOString` writes: such texts compare as strings. */
export type Instant = string

/** A half-open range of time, `start` included, `end` not: ranges that touch do not overlap. */
export type TimeRange = { readonly start: Instant; readonly end: Instant }

const SECOND = 1000

/** The instant of an epoch time in milliseconds. */
export function instantOf(epochMilliseconds: number): Instant {
  return new Date(epochMilliseconds).toISOString()
}

/** Years beyond these are typing errors, and PostgreSQL and JavaScript disagree about some of them. */
export const FIRST_YEAR = 2000
export const LAST_YEAR = 2200

/** Is a text that reads as a time one of a year that anybody can mean? */
export function isPlausible(time: string): boolean {
  const year = new Date(time).getUTCFullYear()
  return year >= FIRST_YEAR && year <= LAST_YEAR
}

/** Clocks of others may be apart from ours by this much, zones that were mixed up included. */
const DAY_MS = 86_400_000

/** Is something that is said to have happened dated ahead of now by more than clocks can be apart (N-59)? */
export function isAhead(time: Instant, now: Date): boolean {
  return epochOf(time) > now.getTime() + DAY_MS
}

/** Epoch milliseconds of an instant. */
export function epochOf(instant: Instant): number {
  return Date.parse(instant)
}

/** The instant `seconds` later (earlier, when negative). */
export function plusSeconds(instant: Instant, seconds: number): Instant {
  return instantOf(epochOf(instant) + seconds * SECOND)
}

/** Whole and fractional seconds from `from` to `to`; negative when `to` is earlier. */
export function secondsBetween(from: Instant, to: Instant): number {
  return (epochOf(to) - epochOf(from)) / SECOND
}

/** Does this range have a positive length? */
export function isRange({ start, end }: TimeRange): boolean {
  return epochOf(start) < epochOf(end)
}

/** Do two half-open ranges share a moment? (T-01: touching is allowed.) */
export function overlaps(a: TimeRange, b: TimeRange): boolean {
  return epochOf(a.start) < epochOf(b.end) && epochOf(b.start) < epochOf(a.end)
}

/** The range widened by a buffer on each side, in minutes: what a party occupies besides its own time (V-01). */
export function withBuffer({ start, end }: TimeRange, beforeMinutes: number, afterMinutes: number): TimeRange {
  return { start: plusSeconds(start, -60 * beforeMinutes), end: plusSeconds(end, 60 * afterMinutes) }
}

/** The earlier of two instants. */
export function earlier(a: Instant, b: Instant): Instant {
  return epochOf(a) <= epochOf(b) ? a : b
}
