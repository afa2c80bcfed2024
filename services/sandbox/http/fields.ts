import { z } from 'zod'

/** Text that any store keeps as it is: no NUL, no half of a surrogate pair, 1 to `max` UTF-16 units. */
export function text(max: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'must be well-formed text without NUL')
}

export const identifier = text(200)

/** Minor units; every sum stays a safe integer. */
export const minorUnits = z.int().min(0)

export const currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capitals')

/** RFC 3339 in, milliseconds since the epoch out. */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .pipe(z.int())

export const price = z.strictObject({ amount: minorUnits, currency })

/** Milliseconds since the epoch to RFC 3339 in UTC. */
export function toInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
