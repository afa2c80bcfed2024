import { z } from 'zod'
import { instantOf, type Instant } from '../../domain/time.ts'

/** A message that no further try can make sense of: thrown with a reason that a person understands. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** Something a message needs is not there yet (H-07): thrown with what is missing; the message is tried again later. */
export class NotYet extends Error {
  override readonly name = 'NotYet'
}

/** Text as PostgreSQL can keep it. */
export const Text = z.string().min(1).max(300)

/** An id, which some systems write as a number. */
export const Id = z.union([Text, z.int().transform(String)])

/** An amount in major units, as decimal text or as a number; read as text, so that nothing is rounded. */
export const Decimal = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,13}(\.\d{1,6})?$/, 'is not a decimal amount'))

/** An instant; without an offset it is taken as UTC, as Python writes it. */
export const InstantText = z.iso
  .datetime({ offset: true, local: true })
  .transform((text): Instant => instantOf(Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)))

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
  // PostgreSQL cannot keep this character, so that every try would end in a fault.
  if (/\\u0000/.test(text)) throw new Unreadable('The message has the character U+0000 in it.')
  try {
    return JSON.parse(text)
  } catch {
    throw new Unreadable('The message is not JSON.')
  }
}
