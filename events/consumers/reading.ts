import { z } from 'zod'
import { isText } from '../../domain/text.ts'
import { FIRST_YEAR, instantOf, isAhead, LAST_YEAR, type Instant } from '../../domain/time.ts'

/** A message that no further try can make sense of: thrown with a reason that a person understands. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** Something a message needs is not there yet (H-07): thrown with what is missing; the message is tried again later. */
export class NotYet extends Error {
  override readonly name = 'NotYet'
}

/** Text by the rule for every door (N-54): decided after parsing, so that an escaped backslash is a backslash. */
export const Text = z.string().min(1).max(300).refine(isText, 'has characters that are not text')

/** An id, which some systems write as a number. */
export const Id = z.union([Text, z.int().transform(String)])

/** An amount in major units, as decimal text or as a number; read as text, so that nothing is rounded. */
export const Decimal = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,13}(\.\d{1,6})?$/, 'is not a decimal amount'))

/**
 * An instant in the forms in which Python and Java write one (N-43): ISO 8601 with or without seconds, with up to nine decimals, `T` or a blank before
 * the time, `Z`, `+07:00`, `+0700`, `+07` or nothing (UTC), and Java's zone in brackets behind the offset. A number is seconds or milliseconds since 1970.
 * Ahead of now by more than a day it is no fact (N-59).
 */
export const InstantText = z.union([z.string(), z.number()]).transform((given, context): Instant => {
  const ms = typeof given === 'number' ? (Math.abs(given) < 1e11 ? given * 1000 : given) : timeOf(given)
  const refused = (message: string): never => {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  const year = Number.isFinite(ms) ? new Date(ms).getUTCFullYear() : Number.NaN
  if (Number.isNaN(year)) return refused('is no instant, like 2027-03-01T09:00:00Z')
  if (year < FIRST_YEAR || year > LAST_YEAR) return refused(`is between ${FIRST_YEAR} and ${LAST_YEAR}`)
  const instant = instantOf(Math.trunc(ms))
  return isAhead(instant, new Date()) ? refused('is in the future') : instant
})

const WRITTEN =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?(?:\[[\w+/-]{1,50}\])?$/i

/** Milliseconds since 1970; NaN for a text that is no instant, and for one on a day that is not in the calendar. */
function timeOf(text: string): number {
  const [, day = '', minute = '', second = ':00', decimals = '', zone = 'Z'] = WRITTEN.exec(text.trim()) ?? []
  const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}` : 'Z'
  const date = Date.parse(`${day}T00:00:00Z`)
  // JavaScript turns the 31st of a shorter month into the 1st of the next.
  if (Number.isNaN(date) || !new Date(date).toISOString().startsWith(day)) return Number.NaN
  return Date.parse(`${day}T${minute}${second}.${decimals.slice(0, 3).padEnd(3, '0')}${offset}`)
}

/** The JSON of a message, checked. Throws Unreadable, naming what is wrong with it. */
export function read<Schema extends z.ZodType>(schema: Schema, value: Uint8Array | null): z.infer<Schema> {
  if (value === null) throw new Unreadable('The message is empty.')
  const result = schema.safeParse(parsed(value))
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the message'}: ${message}`)
  throw new Unreadable(`The message is not as agreed: ${faults.slice(0, 5).join('; ')}.`)
}

function parsed(value: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(value)
  } catch {
    throw new Unreadable('The message is not UTF-8.')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new Unreadable('The message is not JSON.')
  }
}
