import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hold } from '../support/booking.ts'
import { offerCourse, offerSlots } from '../support/offers.ts'
import { oddText, valuesOf } from '../support/odd-values.ts'
import { operationsOf, type Document, type Named } from '../support/document.ts'
import { expectFaultAt } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let document: Document
let operations: readonly Named[]
const tokens = new Map<string, string>()
let known: readonly string[]
beforeAll(async () => {
  world = await openWorld()
  document = (await (await fetch(`${world.apiUrl}/openapi.json`)).json()) as Document
  operations = operationsOf(document)
  for (const role of ['operator', 'provider', 'service', 'customer']) {
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub: `${role}-1`, role })
    tokens.set(role, body.access_token)
  }
  const ada = await world.as('customer', 'customer-1')
  const slots = await offerSlots(world)
  const booking = await hold(ada, slots.order())
  const course = await offerCourse(world)
  known = [booking.id, slots.offeringId, course.offeringId, 'slot-1', booking.items[0]?.id ?? '1', 'customer-1']
})
// What is sent at random may leave offerings that nobody would load: their bookings are audited all the same.
afterAll(() => world.close({ replay: false }))

const ID = '00000000-0000-4000-8000-000000000000'

function pathOf({ path }: Named, value: () => string = () => ID): string {
  return path.replaceAll(/\{[^}]+\}/g, value)
}

function send(
  method: string,
  path: string,
  body: string | null,
  headers: Record<string, string> = {},
  role = 'operator',
) {
  return fetch(`${world.apiUrl}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokens.get(role)}`,
      ...(body !== null && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== null && { body }),
    signal: AbortSignal.timeout(20_000),
  })
}

const takesBody = ({ method }: Named) => method === 'post' || method === 'put'
const bodyFor = (operation: Named) => (takesBody(operation) ? '{}' : null)

describe('N-50 a query', () => {
  test('is refused on every route when it names what the route does not read, and not for what it reads', async () => {
    expect(operations.length).toBeGreaterThan(50)
    for (const operation of operations.filter(({ path }) => !path.endsWith('/attachments'))) {
      const { method, parameters } = operation
      const names = ['user_id', 'startDate', 'Limit', '__proto__', 'constructor']
      for (const name of names.filter((each) => !parameters.some((parameter) => parameter.name === each))) {
        const response = await send(method, `${pathOf(operation)}?${name}=nobody`, bodyFor(operation))
        const body = (await response.json()) as Record<string, unknown>
        const told = { method, path: operation.path, name, status: response.status, code: body['code'] }
        expect(told).toEqual({ ...told, status: 422, code: 'validation_failed' })
        expectFaultAt({ status: 422, body, headers: response.headers }, `/${name}`)
      }
      const query = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => `${name}=%00`)
      if (query.length === 0) continue
      const response = await send(method, `${pathOf(operation)}?${query.join('&')}`, bodyFor(operation))
      expect(JSON.stringify(await response.json())).not.toContain('is not a parameter of this request')
    }
  })

  test('is refused where there is none to read: webhooks and the description', async () => {
    for (const [method, path] of [
      ['POST', '/api/v1/webhooks/payments?a=1'],
      ['GET', '/openapi.json?a=1'],
    ] as const)
      expect((await fetch(`${world.apiUrl}${path}`, { method })).status).toBe(422)
  })

  test('that is given twice is not half read', async () => {
    for (const query of ['limit=1&limit=2', 'customer_id=a&customer_id=b', 'attention=true&attention=false'])
      expect((await send('GET', `/bookings?${query}`, null)).status).toBe(422)
  })

  test.each(['0x10', '1e1', '', ' 5', '5.0', '٥', '+5', '-0'])(
    'N-55 has numbers in digits: %j is refused',
    async (limit) => {
      expect((await send('GET', `/bookings?limit=${encodeURIComponent(limit)}`, null)).status).toBe(422)
    },
  )
})

/** Whatever is sent, it is the sender's mistake or nobody's: never a fault of ours, and never an outage that is none. */
async function expectNoFault(response: Response, sent: unknown): Promise<void> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const text = isStream ? '' : await response.text()
  if (isStream) await response.body?.cancel()
  const told = { sent, status: response.status, text: text.slice(0, 400) }
  if (response.status >= 400) {
    expect({ ...told, type: response.headers.get('content-type') }).toEqual({
      ...told,
      type: 'application/problem+json',
    })
  }
  expect(told).toEqual({ ...told, status: Math.min(response.status, 499) })
}

describe('N-55 what a route is sent at random', () => {
  test('is answered, or refused for what it is, in address, query and body, by every role', async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_129)
    const runs = Number(process.env['FUZZ_RUNS'] ?? 12)
    const text = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: oddText })
    for (const operation of operations.filter(({ path }) => !path.endsWith('/attachments'))) {
      const { method, parameters, body } = operation
      const query = parameters.filter((parameter) => parameter.in === 'query' && parameter.name !== 'wait')
      const queries = fc.record(Object.fromEntries(query.map(({ name }) => [name, fc.oneof(text, oddText)])), {
        requiredKeys: [],
      })
      const bodies = body === null ? fc.constant(null) : valuesOf(body, document, known)
      const roles = fc.constantFrom(...tokens.keys())
      const keys = fc.constantFrom(undefined, '"1"', 'W/"x"', '1.a', 'é', 'k')
      await fc.assert(
        fc.asyncProperty(
          fc.array(text, { minLength: 2, maxLength: 2 }),
          queries,
          bodies,
          roles,
          keys,
          async (...given) => {
            const [ids, asked, sent, role, key] = given
            const left = [...ids]
            const path = pathOf(operation, () => encodeURIComponent((left.shift() ?? ID).toWellFormed()) || '%20')
            const search = Object.entries(asked).map(
              ([name, value]) => `${name}=${encodeURIComponent((value ?? '').toWellFormed())}`,
            )
            const headers = key === undefined ? {} : { 'if-match': key, 'last-event-id': key, 'idempotency-key': key }
            const json = takesBody(operation) ? JSON.stringify(sent ?? {}) : null
            const response = await send(method, `${path}?${search.join('&')}`, json, headers, role)
            await expectNoFault(response, [method, path, search, role, headers, json])
          },
        ),
        { numRuns: runs, seed, endOnFailure: true },
      )
    }
  }, 240_000)
})

/** What a server answers to bytes; its first line. */
function raw(bytes: string | Uint8Array): Promise<string> {
  const { port } = new URL(world.apiUrl)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.includes('\r\n')) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''))
    socket.setTimeout(5000, () => socket.destroy())
  })
}

describe('N-55 bytes that no decent client sends', () => {
  const METHODS = ['TRACE', 'TRACK', 'CONNECT', 'PATCH', 'PURGE', 'PROPFIND', 'OPTIONS', 'HEAD', 'QUERY', 'get', 'FOO']
  const PATHS = [
    '/api/v1/bookings',
    '/api/bookings',
    `/api/bookings/${ID}/`,
    '/console',
    '/doors/clinic/bookings',
    '/health',
    '/nothing',
    '*',
  ]

  test('as a method are refused, everywhere, and are no fault of ours', async () => {
    for (const method of METHODS) {
      for (const path of PATHS) {
        const line = await raw(
          `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokens.get('operator')}\r\nConnection: close\r\n\r\n`,
        )
        expect({ method, path, line }).toEqual({ method, path, line: expect.stringMatching(/^(HTTP\/1.1 [234]|$)/) })
      }
    }
  })

  test.each([
    ['in the path', Buffer.from('GET /api/v1/bookings/é HTTP/1.1\r\nHost: x\r\n', 'utf8')],
    ['in the path, of no encoding', Buffer.from('GET /api/v1/bookings/\xff HTTP/1.1\r\nHost: x\r\n', 'latin1')],
    ['in the query', Buffer.from('GET /api/v1/bookings?customer_id=\xe9 HTTP/1.1\r\nHost: x\r\n', 'latin1')],
    ['percent-encoded', Buffer.from('GET /api/v1/bookings?customer_id=%ff HTTP/1.1\r\nHost: x\r\n')],
    ['half percent-encoded', Buffer.from('GET /api/v1/bookings?customer_id=%f HTTP/1.1\r\nHost: x\r\n')],
    ['as half of a pair', Buffer.from('GET /api/v1/bookings?customer_id=%ed%a0%80 HTTP/1.1\r\nHost: x\r\n')],
    [
      'in the token',
      Buffer.from('GET /api/v1/bookings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\n', 'latin1'),
    ],
    ['in the host', Buffer.from('GET /api/v1/bookings HTTP/1.1\r\nHost: \xff\r\n', 'latin1')],
    ['as two hosts', Buffer.from('GET /api/v1/bookings HTTP/1.1\r\nHost: x\r\nHost: y\r\n')],
    ['as no host', Buffer.from('GET /api/v1/bookings HTTP/1.1\r\n')],
    ['as a host that is no name', Buffer.from('GET /api/v1/bookings HTTP/1.1\r\nHost: a b/c\r\n')],
    ['as an absolute address', Buffer.from('GET http://[::1/api HTTP/1.1\r\nHost: x\r\n')],
    ['as a cookie', Buffer.from('GET /console HTTP/1.1\r\nHost: x\r\nCookie: holdfast_session=\xff%ff\r\n', 'latin1')],
  ])('%s are refused with 4xx', async (_, bytes) => {
    const line = await raw(Buffer.concat([bytes, Buffer.from('Connection: close\r\n\r\n')]))
    expect(line).toMatch(/^HTTP\/1.1 (4|303)/)
  })

  test('in a JSON body are refused, and not replaced', async () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      const body = Buffer.concat([Buffer.from('{"items":[{"offering_id":"'), Buffer.from(bytes), Buffer.from('"}]}')])
      const response = await fetch(`${world.apiUrl}/api/v1/bookings/availability/check`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens.get('customer')}`, 'content-type': 'application/json' },
        body: new Uint8Array(body),
      })
      expect(response.status).toBe(400)
    }
  })
})
