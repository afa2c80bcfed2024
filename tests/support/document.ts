import { z } from 'zod'
import type { Schema } from '../../stack/client/types.ts'

/** What tests read of the OpenAPI document. */
export type Content = Record<string, { schema: Schema; examples?: Record<string, { $ref: string }> }>
export type Operation = {
  security?: object[]
  tags?: string[]
  summary?: string
  description?: string
  operationId?: string
  parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
  requestBody?: { content: Content }
  responses: Record<string, { description: string; content?: Content }>
}
export type Document = {
  info: { description?: string; license?: object }
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    examples: Record<string, { summary: string; value: object }>
    securitySchemes: Record<string, object>
  }
}

export type Named = {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly parameters: NonNullable<Operation['parameters']>
  /** The JSON that it is sent; null: none. */
  readonly body: Schema | null
  readonly operation: Operation
}

/** All operations, by method and path. */
export function operationsOf(document: Document): Named[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method} ${path}`,
      method,
      path,
      parameters: operation.parameters ?? [],
      body: operation.requestBody?.content['application/json']?.schema ?? null,
      operation,
    })),
  )
}

/** The JSON bodies that an operation is documented with, by name. */
export function examplesOf(document: Document, { requestBody }: Operation): [name: string, body: object][] {
  return Object.values(requestBody?.content['application/json']?.examples ?? {}).map(({ $ref }) => {
    const name = $ref.replace('#/components/examples/', '')
    return [name, document.components.examples[name]?.value ?? {}]
  })
}

/** Everything that is wrong with an answer by the schema that its operation has for its status; members that no schema names are wrong, too. */
export function faultsOfAnswer(document: Document, operation: Operation, status: number, body: unknown): string[] {
  const [content] = Object.values(operation.responses[status]?.content ?? {})
  return content === undefined ? [`the status ${status} is not documented`] : faultsOf(document, content.schema, body)
}

/** What is wrong with a value by a schema of the document. */
export function faultsOf(document: Document, of: object, value: unknown): string[] {
  const { schemas } = document.components
  const $defs = closed(schemas, schemas) as Record<string, z.core.JSONSchema.JSONSchema>
  const schema = { ...(closed(of, schemas) as z.core.JSONSchema.JSONSchema), $defs }
  const result = z.fromJSONSchema(schema).safeParse(value)
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`)
}

/** A schema as JSON Schema that stands by itself, and lets no unnamed members pass. */
function closed(schema: unknown, schemas: Document['components']['schemas']): unknown {
  if (Array.isArray(schema)) return schema.map((each) => closed(each, schemas))
  if (typeof schema !== 'object' || schema === null) return schema
  if ('allOf' in schema) return closed(together(schema.allOf as Extended[], schemas), schemas)
  const members = Object.entries(schema).map(([name, member]) => [
    name,
    name === '$ref' ? String(member).replace('#/components/schemas/', '#/$defs/') : closed(member, schemas),
  ])
  const copy = Object.fromEntries(members) as Record<string, unknown>
  return 'properties' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy
}

type Extended = { $ref?: string; allOf?: Extended[]; properties?: object; required?: string[] }

/** A schema that extends others, as one: what is closed could not be extended any more. */
function together(parts: readonly Extended[], schemas: Document['components']['schemas']): Extended {
  const resolved = parts.map((part): Extended => {
    const named = part.$ref === undefined ? part : (schemas[part.$ref.replace('#/components/schemas/', '')] as Extended)
    return named.allOf === undefined ? named : together(named.allOf, schemas)
  })
  return {
    ...Object.assign({}, ...resolved),
    properties: Object.assign({}, ...resolved.map(({ properties }) => properties)) as object,
    required: resolved.flatMap(({ required = [] }) => required),
  }
}
