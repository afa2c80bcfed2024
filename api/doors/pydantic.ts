import { z } from 'zod'

// Fields as pydantic's lax mode reads them: what is taken, and in which words the rest is refused (F-01, F-04). The documents' services read their
// requests with it, so their clients may send whatever it takes.

/** Why pydantic refuses a value: its name for the error, and the limit that was passed. */
type Reason = { readonly type: string; readonly msg: string; readonly ctx?: Readonly<Record<string, unknown>> }

type Read<Value> = { readonly value: Value } | Reason

/** A field that `read` reads; `schema` is what the door's OpenAPI document says of it. */
function field<Value>(schema: Record<string, unknown>, read: (value: unknown) => Read<Value>) {
  return z
    .unknown()
    .transform((given, context): Value => {
      const result = read(given)
      if ('value' in result) return result.value
      const { type, msg: message, ctx } = result
      context.addIssue({ code: 'custom', message, params: { type, ...(ctx !== undefined && { ctx }) } })
      return z.NEVER
    })
    .meta(schema)
}

/** `int`: 7, 7.0, " 7 ", "7.0" and true. */
export function pyInt({ gt, ge, le }: { gt?: number; ge?: number; le?: number } = {}) {
  const limits = { exclusiveMinimum: gt, minimum: ge, maximum: le }
  return field({ type: 'integer', ...limits }, (given): Read<number> => {
    const read = wholeOf(given)
    if (!('value' in read)) return read
    const { value } = read
    if (gt !== undefined && value <= gt) return passed('greater_than', 'greater than', { gt })
    if (ge !== undefined && value < ge) return passed('greater_than_equal', 'greater than or equal to', { ge })
    if (le !== undefined && value > le) return passed('less_than_equal', 'less than or equal to', { le })
    return read
  })
}

function passed(type: string, words: string, ctx: Record<string, number>): Reason {
  return { type, msg: `Input should be ${words} ${Object.values(ctx)[0]}`, ctx }
}

function wholeOf(given: unknown): Read<number> {
  const msg = 'Input should be a valid integer'
  switch (typeof given) {
    case 'boolean':
      return { value: Number(given) }
    case 'number':
      if (Number.isInteger(given)) return { value: given }
      return { type: 'int_from_float', msg: `${msg}, got a number with a fractional part` }
    case 'string':
      if (/^[+-]?\d+(?:_\d+)*(?:\.0*)?$/.test(given.trim())) return { value: Number(given.replaceAll('_', '')) }
      return { type: 'int_parsing', msg: `${msg}, unable to parse string as an integer` }
    default:
      return { type: 'int_type', msg }
  }
}

/** `str`, its length counted in characters and not in halves of them. */
export function pyText(min: number, max: number) {
  return field({ type: 'string', minLength: min, maxLength: max }, (given): Read<string> => {
    if (typeof given !== 'string') return { type: 'string_type', msg: 'Input should be a valid string' }
    const length = given.length > 2 * max ? given.length : Array.from(given).length
    if (length < min) return tooFew(min)
    if (length > max) {
      return {
        type: 'string_too_long',
        msg: `String should have at most ${characters(max)}`,
        ctx: { max_length: max },
      }
    }
    return { value: given }
  })
}

function tooFew(min: number): Reason {
  return { type: 'string_too_short', msg: `String should have at least ${characters(min)}`, ctx: { min_length: min } }
}

function characters(count: number): string {
  return count === 1 ? '1 character' : `${count} characters`
}

/** `datetime`, as an instant; one without an offset is in UTC. */
export function pyDatetime() {
  return field({ type: 'string', format: 'date-time' }, (given): Read<string> => {
    if (typeof given !== 'string' && typeof given !== 'number') {
      return { type: 'datetime_type', msg: 'Input should be a valid datetime' }
    }
    const value = instantOfPython(given)
    if (value !== null) return { value }
    return { type: 'datetime_from_date_parsing', msg: 'Input should be a valid datetime or date' }
  })
}

/** `date`, as `2027-03-01`. */
export function pyDate() {
  return field({ type: 'string', format: 'date' }, (given): Read<string> => {
    if (typeof given !== 'string') return { type: 'date_type', msg: 'Input should be a valid date' }
    if (isDay(given)) return { value: given }
    return { type: 'date_from_datetime_parsing', msg: 'Input should be a valid date or datetime' }
  })
}

/** `time` without an offset, as `19:30:00`. */
export function pyTime() {
  return field({ type: 'string', format: 'time' }, (given): Read<string> => {
    if (typeof given !== 'string') return { type: 'time_type', msg: 'Input should be a valid time' }
    if (/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(given)) return { value: given.length === 5 ? `${given}:00` : given }
    return { type: 'time_parsing', msg: 'Input should be in a valid time format' }
  })
}

/** A `str` enum; upper and lower case mean the same. */
export function pyEnum<const Names extends readonly string[]>(names: Names) {
  const quoted = names.map((name) => `'${name}'`)
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
  return field({ type: 'string', enum: names }, (given): Read<Names[number]> => {
    const found = names.find((name) => typeof given === 'string' && name === given.toUpperCase())
    return found !== undefined
      ? { value: found }
      : { type: 'enum', msg: `Input should be ${expected}`, ctx: { expected } }
  })
}

/** A larger number of seconds since 1970 is milliseconds. */
const MOST_SECONDS = 2e10

/**
 * A date and time as pydantic takes it: ISO 8601 with a T, a blank or an underscore, an offset or none (UTC), a date alone, or seconds or milliseconds
 * since 1970, as text as well. Null when it is none.
 */
export function instantOfPython(value: string | number): string | null {
  if (typeof value === 'number' || /^[+-]?\d+(\.\d+)?$/.test(value)) {
    const number = Number(value)
    return isoOf(Math.abs(number) > MOST_SECONDS ? number : number * 1000)
  }
  const parts =
    /^(\d{4}-\d{2}-\d{2})(?:[Tt _](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?) ?(Z|z|[+-]\d{2}:?\d{2})?)?$/.exec(value)
  if (parts === null) return null
  const [, date = '', time = '00:00', offset = 'Z'] = parts
  if (!isDay(date)) return null
  const zone = offset.toUpperCase() === 'Z' ? 'Z' : offset.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2')
  return isoOf(Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time.replace(',', '.')}${zone}`))
}

/** JavaScript turns the 31st of a shorter month into the 1st of the next, and 24:00 into the next day. */
function isDay(date: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date)
}

function isoOf(milliseconds: number): string | null {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
