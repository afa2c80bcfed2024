import { z } from 'zod'
import { isText } from '../../domain/text.ts'
import { FIRST_YEAR, instantOf, isAhead, isPlausible, LAST_YEAR, type Instant } from '../../domain/time.ts'

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

/** When something happened; without an offset it is taken as UTC, as Python writes it. Ahead of now by more than a day it is no fact (N-59). */
export const InstantText = z.iso
  .datetime({ offset: true, local: true })
  .refine(isPlausible, `is between ${FIRST_YEAR} and ${LAST_YEAR}`)
  .transform((text): Instant => instantOf(Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)))
  .refine((instant) => !isAhead(instant, new Date()), 'is in the future')

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
