import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CLIENT_FILES, clientSources } from '../../stack/client/source.ts'
import { typeOf } from '../../stack/client/types.ts'
import { checkout } from '../../stack/launcher/cache.mjs'

test.each(['types', 'operations'] as const)(
  'V-08 the client’s %s are the document’s: `npm run client` writes them anew',
  (name) => {
    expect(readFileSync(join(checkout, CLIENT_FILES[name]), 'utf8')).toBe(clientSources()[name])
  },
)

test.each([
  [{ type: 'integer' }, 'number'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ type: 'string', enum: ['a', 'b'] }, '"a" | "b"'],
  [{ $ref: '#/components/schemas/Booking' }, 'Booking'],
  [{ type: 'array', items: { type: ['string', 'null'] } }, 'readonly (string | null)[]'],
  [{ oneOf: [{ const: 'a' }, { type: 'null' }] }, '"a" | null'],
  [{ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }, '{\na: string\n}'],
  [{ type: 'object', properties: { a: { type: 'string' } } }, '{\na?: string | undefined\n}'],
  [{ type: 'object', additionalProperties: { type: 'string' } }, '{ [name: string]: string }'],
  [{}, 'unknown'],
])('V-08 %j is %s in TypeScript', (schema, type) => {
  expect(typeOf(schema)).toBe(type)
})
