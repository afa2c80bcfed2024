import { Temporal } from 'temporal-polyfill'
import type { Fault } from '../domain/failures.ts'
import type { Instant, TimeRange } from '../domain/time.ts'

/**
 * Wall time (X-09, H-15): what people read on the clock of a place. It comes in here with the offering's zone, and is an instant from then on;
 * everything further in counts in instants. It goes out again with its offset, so that no two moments read alike.
 */

/** An instant as the clock of a zone has it, with its offset: `2026-03-29T03:30:00+02:00`. */
export function localText(instant: Instant, timeZone: string): string {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toString({ timeZoneName: 'never' })
}

/** The same for what may have no time; null then. */
export function localOrNull(instant: Instant | null, timeZone: string): string | null {
  return instant === null ? null : localText(instant, timeZone)
}

/** How many nights a stay has: the midnights of the place between its two ends, at least one. A night may be 23 or 25 hours long. */
export function nightsBetween({ start, end }: TimeRange, timeZone: string): number {
  const [first, last] = [start, end].map((at) => Temporal.Instant.from(at).toZonedDateTimeISO(timeZone).toPlainDate())
  return Math.max(1, first!.until(last!, { largestUnit: 'day' }).days)
}

/** A moment as a request gives it: an instant, or what the clock shows, with the offset where the clock shows it twice. */
export type Given = {
  readonly at: Instant | undefined
  readonly local: string | undefined
  readonly offset: string | undefined
}

/**
 * The instant of a moment, undefined when none is given, or what is wrong with it. A time that the clock skips is refused with its valid
 * neighbours, one that it shows twice with both candidates, unless the offset says which.
 */
export function momentOf(
  { at, local, offset }: Given,
  timeZone: string,
  pointer: string,
): { readonly instant: Instant | undefined } | { readonly fault: Fault } {
  const wrong = (field: '_local' | '_offset', message: string, candidates?: readonly Temporal.ZonedDateTime[]) => ({
    fault: {
      pointer: `${pointer}${field}`,
      message,
      ...(candidates !== undefined && { candidates: candidates.map((each) => each.toString(NO_ZONE)) }),
    },
  })
  if (local === undefined) {
    return offset === undefined ? { instant: at } : wrong('_offset', 'goes with a local time, and there is none')
  }
  if (at !== undefined) return wrong('_local', 'is the instant or the local time, not both')
  const { kind, candidates } = readingsOf(local, timeZone)
  if (kind === 'missing') {
    return wrong('_local', `is skipped by the clocks of ${timeZone} that day`, candidates)
  }
  const meant = candidates.filter((each) => offset === undefined || each.offset === offset.replace('Z', '+00:00'))
  const [one] = meant
  if (one === undefined) return wrong('_offset', `is not an offset of ${timeZone} at that time`, candidates)
  if (meant.length > 1)
    return wrong('_local', `comes twice in ${timeZone} that day: say which by its offset`, candidates)
  return { instant: one.toInstant().toString({ fractionalSecondDigits: 3 }) }
}

const NO_ZONE = { timeZoneName: 'never' } as const

/** What a reading of the clock may mean: one moment, two, or none, and then the nearest moments that are meant by neighbouring readings. */
function readingsOf(
  local: string,
  timeZone: string,
): { readonly kind: 'once' | 'twice' | 'missing'; readonly candidates: readonly Temporal.ZonedDateTime[] } {
  const plain = Temporal.PlainDateTime.from(local)
  const earlier = plain.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  const later = plain.toZonedDateTime(timeZone, { disambiguation: 'later' })
  if (earlier.equals(later)) return { kind: 'once', candidates: [earlier] }
  return { kind: earlier.toPlainDateTime().equals(plain) ? 'twice' : 'missing', candidates: [earlier, later] }
}

/** Is this a date and a time that a clock could show somewhere? */
export function isWallTime(text: string): boolean {
  try {
    return Temporal.PlainDateTime.from(text, { overflow: 'reject' }).year > 0
  } catch {
    return false
  }
}
