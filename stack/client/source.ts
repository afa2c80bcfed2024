import { apiDocument } from '../api-document.ts'
import { typeOf, wordsOf, type Schema } from './types.ts'

/** What `npm run client` writes: the types of the document, and where each operation is. */
export const CLIENT_FILES = {
  types: 'clients/typescript/src/schema.ts',
  operations: 'clients/typescript/src/operations.ts',
} as const

type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema }
type Content = Readonly<Record<string, { readonly schema: Schema }>>
type Operation = {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}
type Place = { readonly method: string; readonly path: string; readonly operation: Operation }

const HEAD = '// Written by `npm run client` from the OpenAPI document.\n'

/** The sources of the client that follow from the OpenAPI document, by file. */
export function clientSources(): Readonly<Record<keyof typeof CLIENT_FILES, string>> {
  const document = JSON.parse(apiDocument()) as Document
  const places = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Place => ({ method, path, operation })),
  )
  // A stream is no answer: it is read with `fetch`.
  const callable = places.filter(({ operation }) => goodAnswer(operation).type !== 'text/event-stream')
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `${wordsOf(schema)}export type ${name} = ${typeOf(schema)}\n`,
  )
  const operations = callable.map(({ operation }) => typesOf(operation))
  return {
    types: [HEAD, ...schemas, `export type Operations = {\n${operations.join('\n')}\n}\n`].join('\n'),
    operations: `${HEAD}
import type { Operations } from './schema.ts'

type Place = { readonly method: string; readonly path: string; readonly query: readonly string[]; readonly keyed: boolean }

/** Where each operation is, and what of its arguments goes into the query; \`keyed\`: it takes an Idempotency-Key. */
export const OPERATIONS: Readonly<Record<keyof Operations, Place>> = {
${callable.map(lineOf).join('\n')}
}
`,
  }
}

function typesOf(operation: Operation): string {
  const { operationId, summary, description } = operation
  const [content] = Object.entries(operation.requestBody?.content ?? {})
  const body =
    content === undefined
      ? []
      : [`body: ${content[0] === 'multipart/form-data' ? 'FormData' : typeOf(content[1].schema)}`]
  const parameters = [...named(operation, 'path'), ...named(operation, 'query')].map(
    ({ name, required = false, schema }) =>
      `${name}${required ? '' : '?'}: ${typeOf(schema)}${required ? '' : ' | undefined'}`,
  )
  const answer = goodAnswer(operation)
  return `${wordsOf({ description: description === undefined ? `${summary}.` : `${summary}. ${description}` })}${operationId}: {
    args: ${parameters.length + body.length === 0 ? 'Record<string, never>' : `{ ${[...parameters, ...body].join('; ')} }`}
    answer: ${answer.type === 'application/json' ? typeOf(answer.schema) : 'Blob'}
  }`
}

function lineOf({ method, path, operation }: Place): string {
  const query = named(operation, 'query').map(({ name }) => `'${name}'`)
  const isKeyed = named(operation, 'header').some(({ name }) => name === 'idempotency-key')
  return `  ${operation.operationId}: { method: '${method.toUpperCase()}', path: '${path}', query: [${query.join(', ')}], keyed: ${String(isKeyed)} },`
}

/** The parameters of a place; what the path says by a name is not said again in the query. */
function named({ parameters = [] }: Operation, where: string): readonly Parameter[] {
  const inPath = parameters.filter((each) => each.in === 'path').map(({ name }) => name)
  return parameters.filter((each) => each.in === where && (where === 'path' || !inPath.includes(each.name)))
}

function goodAnswer({ responses }: Operation): { type: string; schema: Schema } {
  const [status] = Object.keys(responses).filter((each) => each.startsWith('2'))
  const [content] = Object.entries(responses[status ?? '']?.content ?? {})
  if (content === undefined) throw new Error('an operation without a good answer')
  return { type: content[0], schema: content[1].schema }
}
