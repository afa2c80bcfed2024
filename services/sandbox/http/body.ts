import type { Context } from 'hono'
import type { z } from 'zod'
import { identifier } from './fields.ts'
import { invalid, Problem, type Fault } from './problem.ts'

/** Contract calls are small. A control call may load a whole stadium. Bytes. */
const CALL_LIMIT = 64 * 1024
export const CONTROL_LIMIT = 4 * 1024 * 1024

interface Reading {
  /** Bytes. */
  limit?: number
  /** Every member may be left out, and so may the body. */
  mayBeEmpty?: boolean
}

/**
 * Reads and checks a JSON body. Nothing has been written when it fails.
 * @throws Problem 413 `payload_too_large`, 400 `malformed`, 422 `validation_failed` with one pointer per fault
 */
export async function readBody<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  { limit = CALL_LIMIT, mayBeEmpty = false }: Reading = {},
): Promise<z.output<Schema>> {
  const raw = await readText(c, limit).catch((error: unknown) => {
    if (error instanceof Problem) throw error
    throw new Problem(400, 'malformed', 'The body did not arrive.')
  })
  return check(schema, mayBeEmpty && raw === '' ? {} : parse(raw))
}

/** The `{id}` of a control call. @throws Problem 422 */
export function pathId(c: Context): string {
  return check(identifier, c.req.param('id'))
}

/** A member of the query that has to be there. @throws Problem 422 */
export function queryId(c: Context, name: string): string {
  return check(identifier, c.req.query(name))
}

/** A JSON pointer from the path to a value. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw invalid(...result.error.issues.flatMap(faultsOf))
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerTo(issue.path), message: issue.message }]
  return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), message: 'is not known here' }))
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    throw new Problem(400, 'malformed', 'The body is not JSON.')
  }
}

/** With a length, Node's parser holds the sender to it, and the whole-text read is the fast one; without, count as it comes. */
async function readText(c: Context, limit: number): Promise<string> {
  const length = c.req.header('content-length')
  if (length !== undefined && Number(length) > limit) throw tooLarge(limit)
  if (length !== undefined && c.req.header('transfer-encoding') === undefined) return c.req.text()
  const body = c.req.raw.body
  if (body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function tooLarge(limit: number): Problem {
  return new Problem(413, 'payload_too_large', `The body is larger than ${limit} bytes.`)
}
