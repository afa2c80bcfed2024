import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { clinicDoor } from '../../api/doors/clinic/door.ts'
import { ticketingDoor } from '../../api/doors/ticketing/door.ts'
import { tutoringDoor } from '../../api/doors/tutoring/door.ts'
import { venueDoor } from '../../api/doors/venue/door.ts'
import { readConfig } from '../../config.ts'
import type { Parts } from '../../runtime/wire.ts'

type Schema = { properties?: Record<string, object> }
type Operation = {
  summary: string
  security: object[]
  parameters: { name: string; in: string }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content: Record<string, { schema: Schema }> }>
}
type Document = { openapi: string; paths: Record<string, Record<string, Operation>> }

const REQUIRED = {
  DATABASE_URL: 'postgresql://x/x',
  TEMPORAL_ADDRESS: 'x:1',
  PAYMENT_SERVICE_URL: 'http://x.test',
  CATALOG_SERVICE_URL: 'http://x.test',
  DIRECTORY_SERVICE_URL: 'http://x.test',
  MEETING_SERVICE_URL: 'http://x.test',
  PAYMENT_WEBHOOK_SECRET: `whsec_${'a'.repeat(44)}`,
  AUTH_JWKS_URL: 'http://x.test',
  AUTH_ISSUER: 'http://x.test',
  AUTH_AUDIENCE: 'holdfast',
}

// Nothing is asked of the parts until a request has a token.
const parts = { config: readConfig(REQUIRED), log: {} } as unknown as Parts

describe.each([
  ['tutoring', tutoringDoor],
  ['clinic', clinicDoor],
  ['ticketing', ticketingDoor],
  ['venue', venueDoor],
] as const)('the OpenAPI document of the %s door', (_, make) => {
  const door = make(new Hono(), parts)
  const read = async () => {
    const answer = await door.request('/openapi.json')
    expect(answer.status).toBe(200)
    return (await answer.json()) as Document
  }

  test('F-07 has every route of the door and no other, each with its parameters', async () => {
    const { openapi, paths } = await read()
    expect(openapi).toBe('3.1.0')
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`),
    )
    const served = door.routes
      .filter(({ method, path }) => method !== 'ALL' && !/^\/(openapi\.json|docs|redoc)/.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, '{}').replace(/(.)\/$/, '$1')}`)
    expect(described.toSorted()).toEqual([...new Set(served)].toSorted())
    for (const [path, methods] of Object.entries(paths)) {
      for (const { summary, parameters } of Object.values(methods)) {
        expect(summary).not.toBe('')
        const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`)
        expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? [])
      }
    }
  })

  test('F-07 every answer is described, the refusals too', async () => {
    const { paths } = await read()
    for (const { summary, responses } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      expect({ summary, statuses: Object.keys(responses) }).toEqual({
        summary,
        statuses: [expect.stringMatching(/^20[01]$/), 'default'],
      })
      for (const { content } of Object.values(responses)) {
        expect(Object.keys(content['application/json']!.schema).length).toBeGreaterThan(0)
      }
    }
  })

  test('F-07 every body has the fields that the door reads', async () => {
    const { paths } = await read()
    const bodies = Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ requestBody }) =>
        requestBody === undefined ? [] : [requestBody.content['application/json']!.schema],
      )
    expect(bodies.length).toBeGreaterThan(1)
    for (const schema of bodies) expect(Object.keys(schema.properties ?? {}).length).toBeGreaterThan(0)
  })
})
