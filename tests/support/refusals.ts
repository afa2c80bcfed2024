import { expect } from 'vitest'
import type { Answer } from './caller.ts'
import type { World } from './world.ts'

/** The status of each problem code, as contract.md has it. */
const STATUS_OF = {
  malformed: 400,
  validation_failed: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  sold_out: 409,
  policy_forbids: 409,
  hold_expired: 409,
  illegal_transition: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
} as const

export type Code = keyof typeof STATUS_OF

/** Expects a refusal as contract.md has it, of a request that left no trace in the database. */
export async function expectRefused(world: World, ask: () => Promise<Answer>, code: Code): Promise<Answer> {
  const before = await rowsOf(world)
  const answer = await ask()
  const { status, body, headers } = answer
  expect({ status, code: body['code'], body }).toEqual({ status: STATUS_OF[code], code, body })
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(body).toMatchObject({ type: `urn:holdfast:problem:${code}`, status: STATUS_OF[code] })
  for (const member of ['title', 'detail']) expect(body[member]).toBeTypeOf('string')
  if (code === 'validation_failed') {
    const errors = body['errors'] as { pointer: string; message: string }[]
    expect(errors.length).toBeGreaterThan(0)
    for (const { pointer, message } of errors) {
      expect(pointer).toMatch(/^(\/[^/]*)*$/)
      expect(message).not.toBe('')
    }
  }
  // What went wrong inside is nobody's business.
  expect(JSON.stringify(body)).not.toMatch(/prisma|postgres|node_modules|\.ts:\d|at async/i)
  expect(await rowsOf(world)).toEqual(before)
  return answer
}

/** Expects a fault at a pointer, or below it. */
export function expectFaultAt({ body }: Answer, pointer: string): void {
  const errors = body['errors'] as { pointer: string }[]
  expect(errors.map((error) => error.pointer)).toContainEqual(expect.stringMatching(`^${pointer}(/|$)`))
}

/** How many rows each table has. */
export async function rowsOf({ parts: { database } }: World): Promise<Record<string, number>> {
  const tables = await database.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`
  const counts = tables.map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS rows FROM "${name}"`)
  const rows = await database.$queryRawUnsafe<{ name: string; rows: number }[]>(counts.join(' UNION ALL '))
  return Object.fromEntries(rows.map(({ name, rows }) => [name, rows]))
}

/** Marks a value to be sent as it is written here: numbers that JavaScript itself would never write. */
export function literally(json: string): string {
  return `@@${json}@@`
}

/** A body as JSON text, with what is meant literally written so. */
export function json(body: unknown): string {
  return JSON.stringify(body).replaceAll(/"@@(.*?)@@"/g, (_, literal: string) => JSON.parse(`"${literal}"`) as string)
}

/** What a value is, and the value. */
export type Bad = readonly [name: string, value: unknown]

/** What is no whole number of one or more, in all the ways one can write it. */
export const NO_COUNTS: readonly Bad[] = [
  ['zero', 0],
  ['minus zero', literally('-0')],
  ['negative', -1],
  ['a fraction', 1.5],
  ['beyond all numbers', literally('1e400')],
  ['beyond exact numbers', literally('9007199254740993')],
  ['a long row of digits', literally('9'.repeat(400))],
  ['text', '1'],
  ['text in scientific writing', '1e3'],
  ['hexadecimal text', '0x10'],
  ['true', true],
  ['null', null],
  ['an array', [1]],
  ['an object', { amount: 1 }],
]

/** What is no instant that can be booked. */
export const NO_INSTANTS: readonly Bad[] = [
  ['words', 'tomorrow'],
  ['nothing', ''],
  ['a date without a time', '2027-03-01'],
  ['a local time without an offset', '2027-03-01T09:00:00'],
  ['a day that does not exist', '2027-02-30T09:00:00Z'],
  ['the 29th of February of a common year', '2027-02-29T09:00:00Z'],
  ['a month that does not exist', '2027-13-01T09:00:00Z'],
  ['an hour that does not exist', '2027-03-01T25:00:00Z'],
  ['a leap second', '2027-06-30T23:59:60Z'],
  ['the year 9999', '9999-12-31T23:59:59Z'],
  ['the year 0', '0000-01-01T00:00:00Z'],
  ['a year of six digits', '+275760-09-13T00:00:00Z'],
  ['an offset that does not exist', '2027-03-01T09:00:00+25:00'],
  ['seconds since 1970', 1_800_000_000],
  ['null', null],
  ['an array', ['2027-03-01T09:00:00Z']],
]

/** What is no text that can be kept. */
export const NO_TEXTS: readonly Bad[] = [
  ['a NUL', 'a\u0000b'],
  ['half a character', 'a\ud800b'],
  ['half a character at its end', 'a\udfff'],
  ['an escape', 'a\u001b[31mb'],
  ['a number', 1],
  ['null', null],
  ['an array', ['a']],
  ['an object', { a: 'b' }],
]
