import { Temporal } from 'temporal-polyfill'
import { instantOf, type Instant } from '../../domain/time.ts'
import { isWallTime, localText, momentOf } from '../wall-time.ts'

/** The day of an instant on the calendar of a zone: `2027-01-20`. */
export function dayOf(instant: Instant, timeZone: string): string {
  return localText(instant, timeZone).slice(0, 10)
}

/** Today in a zone, or so many days from then. */
export function dayFromNow(days: number, timeZone: string): string {
  return Temporal.Now.plainDateISO(timeZone).add({ days }).toString()
}

/** A day that was asked for, if it is one. */
export function dayAsked(text: string | undefined): string | null {
  return text !== undefined && /^2[01]\d{2}-\d{2}-\d{2}$/.test(text) && isWallTime(`${text}T12:00`) ? text : null
}

/** A time of day that was asked for, if it is one. */
export function timeAsked(text: string | undefined): string | null {
  return text !== undefined && /^([01]\d|2[0-3]):[0-5]\d$/.test(text) ? text : null
}

/** `Wed 20 January` of a day. */
export function dayName(day: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'long' }).format(
    new Date(`${day}T12:00:00Z`),
  )
}

/** The instants that a clock shows a time at, on one day: none when the clocks skip it, two when they show it twice (H-15). */
export function instantsAt(day: string, time: string, timeZone: string): Instant[] {
  const moment = momentOf({ at: undefined, local: `${day}T${time}`, offset: undefined }, timeZone, '')
  if ('instant' in moment) return moment.instant === undefined ? [] : [moment.instant]
  const both = moment.fault.candidates ?? []
  return both.filter((each) => each.slice(11, 16) === time).map((each) => instantOf(Date.parse(each)))
}
