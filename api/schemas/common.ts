import { z } from '@hono/zod-openapi'
import { isCurrency } from '../../domain/currencies.ts'
import { isLine, isPlainLine, isText } from '../../domain/text.ts'
import { FIRST_YEAR, instantOf, isAhead, isPlausible, LAST_YEAR } from '../../domain/time.ts'
import { isWallTime } from '../wall-time.ts'

/** Text of people, by the rule for text at every door (N-54). */
export function text(min: number, max: number) {
  return z.string().min(min).max(max).refine(isText, { message: 'has characters that are not text', abort: true })
}

/** Text in one line: names, labels, numbers to call (N-59). */
export function line(min: number, max: number) {
  return text(min, max).refine((value) => value === '' || isLine(value), { message: 'is in one line' })
}

/** An identifier of somebody else's: short, in one line, and no other one's by sight: `a` and `a ` are not two people. */
export const Id = text(1, 200)
  .refine((value) => value.trim() === value, { message: 'has spaces at its ends', abort: true })
  .refine((value) => value === '' || isPlainLine(value), {
    message: 'has line breaks, invisible characters, or letters that are not composed (NFC)',
  })

/** A whole number in a query, in digits: no `0x10`, no `1e3`, no blanks, and nothing is not zero. */
export function whole(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, { message: 'is a whole number in digits' })
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .openapi({ type: 'integer', minimum: min, maximum: max })
}

/** An RFC 3339 instant with an offset; read into UTC with milliseconds. */
export const InstantText = z.iso
  .datetime({ offset: true, abort: true, message: 'is an RFC 3339 instant with an offset, like 2027-03-01T09:00:00Z' })
  .refine(isPlausible, { message: `is between ${FIRST_YEAR} and ${LAST_YEAR}` })
  .transform((value) => instantOf(Date.parse(value)))
  .openapi({ type: 'string', format: 'date-time', example: '2027-03-01T09:00:00Z' })

/** When something happened that we are told of: not later than now, as far as clocks can be apart (N-59). */
export const PastInstant = InstantText.refine((value) => !isAhead(value, new Date()), {
  message: 'is in the future',
})

export const CurrencyCode = z
  .string()
  .refine(isCurrency, { message: 'is not an ISO 4217 currency code in capitals' })
  .openapi({ example: 'USD' })

/** The largest amount of money in minor units that can be asked for: far beyond any booking, far below 2^53. */
const MAX_AMOUNT = 1_000_000_000_000

export const Amount = z.int().min(0).max(MAX_AMOUNT).openapi({ description: 'minor units of the currency' })

export const TimeZone = z
  .string()
  .refine(isTimeZone, { message: 'is not an IANA time zone' })
  .openapi({ example: 'Europe/Zurich' })

/** Any name of the IANA database, old and new ones: `supportedValuesOf` knows Calcutta and no Kolkata. Offsets are no zones. */
function isTimeZone(name: string): boolean {
  if (name !== 'UTC' && !/^[A-Z][A-Za-z0-9_]+(\/[A-Za-z0-9_+-]+)+$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** What the clock shows at a place, without an offset; the zone is the offering's. */
export const WallTime = z
  .string()
  .refine((value) => /^2[01]\d{2}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(value) && isWallTime(value), {
    message: 'is a date and a time without an offset, like 2027-03-01T09:00',
  })
  .openapi({ example: '2027-03-01T09:00' })

/** Which of two moments is meant when the clock shows the same twice (H-15). */
export const Offset = z
  .string()
  .regex(/^(?:Z|[+-]\d{2}:\d{2})$/, 'is an offset from UTC, like +02:00')
  .openapi({ example: '+02:00' })

export const IdempotencyKeyField = z
  .string()
  .max(255)
  .optional()
  .openapi({ description: 'instead of the Idempotency-Key header' })

/** In small letters, which a workflow’s id is made of. */
export const Uuid = z.uuid().toLowerCase()

export const IdempotencyHeader = z.object({
  'idempotency-key': z.string().optional().openapi({ description: 'the same key gives the first final answer again' }),
})
