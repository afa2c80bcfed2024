import { z } from 'zod'
import type { ErrorShape } from './door.ts'
import { DoorRefusal } from './door.ts'

/** The bodies of FastAPI's errors. */
export const FastApiRefusal = z.union([
  z.looseObject({ detail: z.string() }),
  z.strictObject({
    detail: z.array(
      z.strictObject({
        type: z.string(),
        loc: z.array(z.union([z.string(), z.int()])),
        msg: z.string(),
        input: z.unknown(),
      }),
    ),
  }),
])

/** FastAPI's errors: `{detail}`; what the seeds' services raise as ValueError is a 400 there (F-01, F-04). */
export const fastApiError: ErrorShape = ({ status, code, detail, errors }) => {
  if (code === 'unauthenticated') return { status: 401, body: { detail } }
  const isValueError = status === 422 || status === 409
  if (!isValueError) return { status, body: { detail } }
  const told = errors === undefined ? detail : errors.map(({ message }) => message).join('; ')
  return { status: 400, body: { detail: code === 'sold_out' ? detail : told } }
}

/** A body as its pydantic model reads it: fields that are not of the model are passed over. Throws 422 in FastAPI's shape. */
export function pydantic<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const detail = result.error.issues.map((issue) => {
    const input = issue.path.reduce<unknown>((value, part) => Object(value)[part as string], body)
    const isMissing = input === undefined
    return {
      type: isMissing ? 'missing' : 'value_error',
      loc: ['body', ...issue.path],
      msg: isMissing ? 'Field required' : issue.message,
      input: input ?? null,
    }
  })
  throw new DoorRefusal(422, { detail })
}

/** A date and time as pydantic takes it: ISO 8601 with a T or a blank, an offset or none (UTC), or seconds since 1970. Null when it is none. */
export function instantOfPython(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return isoOf(value * 1000)
  if (typeof value !== 'string') return null
  const parts = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|z|[+-]\d{2}:?\d{2})?$/.exec(value)
  if (parts === null) return null
  const [, date, time, offset = 'Z'] = parts
  const zone = offset.toUpperCase() === 'Z' ? 'Z' : offset.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2')
  return isoOf(Date.parse(`${date}T${time!.length === 5 ? `${time}:00` : time}${zone}`))
}

function isoOf(milliseconds: number): string | null {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
