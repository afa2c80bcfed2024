import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caller } from '../support/caller.ts'
import { openWorld, type World } from '../support/world.ts'

type Schema = { readonly [key: string]: unknown }
type Parameter = { name: string; in: string; required?: boolean; schema: Schema }
type Content = Record<string, { schema: Schema }>
type Operation = {
  summary?: string
  security?: object[]
  parameters?: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { description: string; content?: Content }>
}
type Document = {
  openapi: string
  info: { title: string; version: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, Schema> }
}

let world: World
let document: Document
beforeAll(async () => {
  world = await openWorld({ worker: false })
  document = (await caller(world.apiUrl, 'nobody', null).get<Document>('/openapi.json')).body
})
afterAll(() => world.close())

const OPERATIONS: readonly (readonly [id: string, method: string, path: string])[] = [
  ['A-01', 'post', '/bookings'],
  ['A-02', 'get', '/bookings/{id}'],
  ['A-03', 'get', '/bookings/reference/{reference}'],
  ['A-04', 'get', '/bookings'],
  ['A-05', 'get', '/bookings/guest/{guest_id}'],
  ['A-05', 'get', '/bookings/venue/{venue_id}'],
  ['A-07', 'post', '/bookings/{id}/cancel'],
  ['A-08', 'get', '/bookings/{id}/cancellation'],
  ['A-09', 'post', '/bookings/{id}/status'],
  ['A-09', 'put', '/bookings/{id}/status'],
  ['A-10', 'post', '/bookings/availability/check'],
  ['A-11', 'post', '/reservations'],
  ['A-11', 'get', '/reservations/{id}'],
  ['A-11', 'post', '/reservations/{id}/confirm'],
  ['A-11', 'delete', '/reservations/{id}'],
  ['A-12', 'get', '/services/{id}/slots'],
  ['A-12', 'get', '/clinics/{id}/services'],
  ['A-12', 'get', '/events/{id}/seats'],
  ['A-12', 'get', '/offerings'],
  ['A-12', 'get', '/offerings/{id}'],
  ['A-12', 'get', '/offerings/{id}/units'],
  ['A-13', 'get', '/bookings/{id}/history'],
  ['A-14', 'get', '/bookings/{id}/timeline'],
  ['A-15', 'get', '/bookings/{id}/events'],
  ['A-16', 'post', '/bookings/{id}/reviews'],
  ['A-16', 'get', '/services/{id}/reviews'],
  ['A-16', 'post', '/reviews/{id}/publish'],
  ['A-17', 'post', '/bookings/{id}/attachments'],
  ['A-17', 'get', '/bookings/{id}/attachments'],
  ['A-17', 'get', '/bookings/{id}/attachments/{attachment_id}'],
  ['A-18', 'post', '/bookings/{id}/extend'],
  ['A-25', 'get', '/notifications'],
  ['A-25', 'post', '/notifications/{id}/read'],
  ['C-09', 'get', '/bookings/{id}/reminders'],
  ['A-20', 'put', '/offerings/{id}'],
  ['A-20', 'put', '/offerings/{id}/units'],
  ['A-20', 'post', '/units/{id}/block'],
  ['A-21', 'get', '/invariants'],
  ['A-23', 'get', '/reports/completion-rates'],
  ['A-23', 'get', '/reports/upcoming'],
  ['A-23', 'get', '/reports/settlement'],
  ['A-25', 'get', '/financial-entries'],
  ['A-25', 'post', '/financial-entries/{id}/settle'],
  ['G-03', 'post', '/bookings/{id}/payment-facts'],
  ['X-12', 'post', '/bookings/{id}/operations'],
  ['A-24', 'post', '/waitlist'],
  ['A-24', 'get', '/waitlist'],
  ['A-24', 'get', '/waitlist/{id}'],
  ['A-24', 'post', '/waitlist/{id}/accept'],
  ['A-24', 'delete', '/waitlist/{id}'],
]

/** A file is no JSON. */
const UPLOAD = 'post /bookings/{id}/attachments'
const DOWNLOAD = 'get /bookings/{id}/attachments/{attachment_id}'

/** Every object inside a value, itself included. */
function* within(value: unknown): Generator<Schema> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Schema
  for (const member of Object.values(value)) yield* within(member)
}

function operations(): { name: string; path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, method, operation })),
  )
}

describe('the OpenAPI document', () => {
  test('V-08 is of version 3.1, with its title, server and bearer tokens', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Holdfast', version: '1' },
      servers: [{ url: '/api/v1' }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    })
  })

  test.each(OPERATIONS)('V-08 %s has %s %s', (_, method, path) => {
    const operation = document.paths[path]?.[method]
    expect(operation).toMatchObject({ summary: expect.stringMatching(/./) as string, security: [{ bearer: [] }] })
  })

  test('V-08 names the parameters of each path, once each, with a schema', () => {
    for (const { name, path, operation } of operations()) {
      const parameters = operation.parameters ?? []
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      expect({ name, parameters: inPath.map((parameter) => parameter.name) }).toEqual({
        name,
        parameters: path.match(/(?<=\{)\w+(?=\})/g) ?? [],
      })
      expect(inPath.every(({ required }) => required === true)).toBe(true)
      const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
      expect(new Set(names).size).toBe(names.length)
      for (const { schema } of parameters) expect(schema).toBeTypeOf('object')
    }
  })

  test('V-08 A-32 says of each operation what it answers, problems as application/problem+json', () => {
    for (const { name, operation } of operations()) {
      const statuses = Object.keys(operation.responses)
      expect({ name, good: statuses.filter((status) => status.startsWith('2')).length }).toEqual({ name, good: 1 })
      expect(statuses).toEqual(expect.arrayContaining(['400', '401', '429', '503']))
      for (const [status, { description, content = {} }] of Object.entries(operation.responses)) {
        expect(description).not.toBe('')
        const streamed = name === 'get /bookings/{id}/events' ? 'text/event-stream' : 'application/json'
        const good = name === DOWNLOAD ? 'application/octet-stream' : streamed
        expect(Object.keys(content)).toEqual([status < '300' ? good : 'application/problem+json'])
      }
    }
  })

  test('V-08 A-30 describes the body of what changes something, and the key it can be sent with', () => {
    for (const { name, method, operation } of operations()) {
      const content = operation.requestBody?.content
      expect({ name, body: content !== undefined }).toEqual({ name, body: method !== 'get' && method !== 'delete' })
      const type = name === UPLOAD ? 'multipart/form-data' : 'application/json'
      if (content !== undefined) expect(Object.keys(content)).toEqual([type])
    }
    for (const [method, path] of [
      ['post', '/bookings'],
      ['post', '/bookings/{id}/cancel'],
      ['post', '/bookings/{id}/status'],
      ['put', '/bookings/{id}/status'],
    ] as const) {
      const names = document.paths[path]?.[method]?.parameters?.map(({ name }) => name.toLowerCase())
      expect(names).toContain('idempotency-key')
    }
  })

  test('V-08 refers to nothing that is not there, and is JSON Schema 2020-12', () => {
    const types = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])
    let references = 0
    for (const schema of within(document)) {
      const { $ref, type, required, properties, exclusiveMinimum, nullable } = schema
      if (typeof $ref === 'string') {
        references += 1
        const [, , kind = '', name = ''] = $ref.split('/')
        expect(document.components).toHaveProperty([kind, name])
      }
      if (properties === undefined) continue
      expect(nullable).toBeUndefined()
      expect(exclusiveMinimum).not.toBeTypeOf('boolean')
      for (const each of [type].flat()) expect(types).toContain(each)
      for (const name of Array.isArray(required) ? (required as string[]) : [])
        expect(properties).toHaveProperty([name])
    }
    expect(references).toBeGreaterThan(50)
  })

  test('V-08 A-01 has one strict schema per profile', () => {
    const body = JSON.stringify(document.paths['/bookings']?.['post']?.requestBody)
    expect(body).toContain('#/components/schemas/Order')
    for (const name of ['TutoringOrder', 'ClinicOrder', 'TicketingOrder', 'VenueOrder', 'CourseOrder']) {
      expect(document.components.schemas[name]).toMatchObject({ type: 'object', additionalProperties: false })
    }
  })
})
