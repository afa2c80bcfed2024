import { z } from 'zod'
import { utf8 } from '../input.ts'
import { DoorRefusal, type DoorContext, type ErrorShape } from './door.ts'

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
        ctx: z.record(z.string(), z.unknown()).optional(),
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

/**
 * The body as its pydantic model reads it: fields that are not of the model are passed over. Throws 422 in FastAPI's shape, also for a body that is
 * no object. An `optional` one may be left out.
 */
export async function pydanticBody<Schema extends z.ZodType>(
  c: DoorContext,
  schema: Schema,
  { optional = false } = {},
): Promise<z.infer<Schema>> {
  const body = jsonOf(utf8(await c.req.arrayBuffer(), 'The body'), optional)
  if (typeof body !== 'object' || Array.isArray(body)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from'
    throw faulty([{ type: 'model_attributes_type', loc: ['body'], msg, input: body }])
  }
  if (body === null) throw faulty([{ type: 'missing', loc: ['body'], msg: 'Field required', input: null }])
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw faulty(result.error.issues.map((issue) => faultOf(issue, body)))
}

function jsonOf(text: string, optional: boolean): unknown {
  if (text.trim() === '') return optional ? {} : null
  try {
    return JSON.parse(text)
  } catch (error) {
    const ctx = { error: error instanceof Error ? error.message : '' }
    throw faulty([{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {}, ctx }])
  }
}

type Fault = {
  readonly type: string
  readonly loc: readonly PropertyKey[]
  readonly msg: string
  readonly input: unknown
  readonly ctx?: unknown
}

function faulty(detail: readonly Fault[]): DoorRefusal {
  return new DoorRefusal(422, { detail })
}

function faultOf(issue: z.core.$ZodIssue, body: object): Fault {
  const input = issue.path.reduce<unknown>((value, part) => Object(value)[part], body)
  const loc = ['body', ...issue.path]
  // What is missing is told with all that was sent.
  if (input === undefined) return { type: 'missing', loc, msg: 'Field required', input: body }
  const { type = 'value_error', ctx }: { type?: string; ctx?: unknown } =
    (issue.code === 'custom' && issue.params) || {}
  return { type, loc, msg: issue.message, input, ...(ctx !== undefined && { ctx }) }
}
