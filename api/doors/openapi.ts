import type { Hono } from 'hono'
import { z } from 'zod'
import type { DoorEnv } from './door.ts'

/** One route of a door as its OpenAPI document has it: the schemas are those that read the request. */
export type Operation = {
  readonly summary: string
  readonly body?: z.ZodType
  readonly query?: z.ZodType
  /** Of the answer; 200 when absent. */
  readonly status?: number
  /** For everybody, without a token. */
  readonly open?: true
}

/** The operations of a door by method and path, as in `POST /bookings/{id}/cancel`. */
export type Operations = Readonly<Record<string, Operation>>

/** Serves a door's OpenAPI document at its `/openapi.json`, to everybody; before the door's guard is set. */
export function described(door: Hono<DoorEnv>, name: string, operations: Operations): void {
  const document = documentOf(name, operations)
  door.get('/openapi.json', (c) => c.json(document))
}

function documentOf(name: string, operations: Operations) {
  const paths: Record<string, Record<string, object>> = {}
  for (const [route, operation] of Object.entries(operations)) {
    const [method = '', path = ''] = route.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(path, operation) }
  }
  return {
    openapi: '3.1.0',
    info: { title: `Holdfast, the ${name} door`, version: '1' },
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  }
}

function operationOf(path: string, { summary, body, query, status = 200, open }: Operation) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const content = body === undefined ? null : { 'application/json': { schema: schemaOf(body) } }
  return {
    summary,
    security: open === true ? [] : [{ bearer: [] }],
    parameters: [...inPath, ...(query === undefined ? [] : inQuery(schemaOf(query)))],
    ...(content !== null && { requestBody: { content } }),
    responses: {
      [status]: { description: 'done' },
      default: { description: 'refused, as the document’s framework says it' },
    },
  }
}

type JsonSchema = { readonly properties?: Readonly<Record<string, unknown>>; readonly required?: readonly string[] }

function inQuery({ properties = {}, required = [] }: JsonSchema) {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

/** What a request may have, before its schema changes anything about it. */
function schemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest
}
