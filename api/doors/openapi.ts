import type { Hono } from 'hono'
import { z } from 'zod'
import { swaggerPage } from '../docs.ts'
import type { DoorEnv } from './door.ts'

/** One route of a door as its OpenAPI document has it: the schemas are those that read the request, and those that its answers are typed by. */
export type Operation = {
  readonly summary: string
  readonly body?: z.ZodType
  readonly query?: z.ZodType
  readonly answer: z.ZodType
  /** Of the answer; 200 when absent. */
  readonly status?: number
  /** What it answers when it does not do it, if not as the other routes. */
  readonly refusal?: z.ZodType
  /** For everybody, without a token. */
  readonly open?: true
}

/** The operations of a door by method and path, as in `POST /bookings/{id}/cancel`. */
export type Operations = Readonly<Record<string, Operation>>

/** A moment, as the doors write it. */
export const Timestamp = z.iso.datetime({ offset: true })

/** A time of day. The format `time` of JSON Schema has an offset, which these have not. */
export const TimeOfDay = z.string().regex(/^\d{2}:\d{2}:\d{2}$/)

/**
 * Serves a door's OpenAPI document at its `/openapi.json` and to browse at `/docs` and `/redoc`, to everybody; before the door's guard is set.
 * `refusal` is the body of errors.
 */
export function described(door: Hono<DoorEnv>, name: string, operations: Operations, refusal: z.ZodType): void {
  const document = documentOf(name, operations, refusal)
  door.get('/openapi.json', (c) => c.json(document))
  swaggerPage(door, ['/docs', '/redoc'], document.info.title)
}

function documentOf(name: string, operations: Operations, refusal: z.ZodType) {
  const paths: Record<string, Record<string, object>> = {}
  for (const [route, operation] of Object.entries(operations)) {
    const [method = '', path = ''] = route.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(path, { refusal, ...operation }) }
  }
  return {
    openapi: '3.1.0',
    info: { title: `Holdfast, the ${name} door`, version: '1' },
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  }
}

function operationOf(path: string, operation: Operation & { readonly refusal: z.ZodType }) {
  const { summary, body, query, answer, status = 200, refusal, open } = operation
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  return {
    summary,
    security: open === true ? [] : [{ bearer: [] }],
    parameters: [...inPath, ...(query === undefined ? [] : inQuery(schemaOf(query, 'input')))],
    ...(body !== undefined && { requestBody: { content: json(schemaOf(body, 'input')) } }),
    responses: {
      [status]: { description: 'done', content: json(schemaOf(answer, 'output')) },
      default: { description: 'refused', content: json(schemaOf(refusal, 'output')) },
    },
  }
}

const json = (schema: JsonSchema) => ({ 'application/json': { schema } })

type JsonSchema = { readonly properties?: Readonly<Record<string, unknown>>; readonly required?: readonly string[] }

function inQuery({ properties = {}, required = [] }: JsonSchema) {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

/** What a request may have before its schema changes anything about it, or what an answer has. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    // The format says it; the expressions behind it are the library's.
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    },
  })
  return rest
}
