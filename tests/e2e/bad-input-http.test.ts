import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caller, type Answer, type Caller } from '../support/caller.ts'
import { hold } from '../support/booking.ts'
import { offerCourse, offerSlots } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let token: string
let order: Record<string, unknown>
/** Where bodies are sent, and a good one for each. */
let routes: readonly (readonly [method: 'POST' | 'PUT', path: string, body: object])[]
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub: 'olga', role: 'operator' })
  token = body.access_token
  const course = await offerCourse(world)
  order = course.order()
  const slots = await offerSlots(world)
  const booking = await hold(ada, slots.order())
  routes = [
    ['POST', '/bookings', order],
    ['POST', `/bookings/${booking.id}/cancel`, { reason: 'ill' }],
    ['POST', `/bookings/${booking.id}/status`, { action: 'cancel' }],
    ['PUT', `/bookings/${booking.id}/status`, { action: 'cancel' }],
    ['POST', '/bookings/availability/check', { items: order['items'] }],
    ['PUT', '/offerings/new', { profile: 'course', name: 'New', price: { amount: 1, currency: 'USD' } }],
    ['PUT', `/offerings/${course.offeringId}/units`, { units: [{ id: 'one', kind: 'seat' }] }],
    ['POST', '/units/slot-1/block', { offering_id: slots.offeringId, force: true }],
  ]
})
afterAll(() => world.close())

/** Sends bytes as they are, under a name of their own. */
async function send(
  method: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(`${world.apiUrl}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    body,
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  })
  const text = await response.text()
  return { status: response.status, body: JSON.parse(text) as Record<string, unknown>, headers: response.headers }
}

const JSON_TYPE = { 'content-type': 'application/json' }

describe('a body that is not JSON by its own account', () => {
  test.each([
    'text/plain',
    'text/plain; charset=utf-8',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/octet-stream',
    'application/json-patch+json',
    'application/vnd.api+json',
    'application/jsonx',
    'application/json; charset=utf-16',
    'application/json; charset=utf-16le',
    'application/json; charset=iso-8859-1',
    'application/json, text/plain',
  ])('A-32 is refused unread, on every route: %s', async (type) => {
    for (const [method, path, body] of routes) {
      const ask = () => send(method, path, JSON.stringify(body), { 'content-type': type })
      await expectRefused(world, ask, 'unsupported_media_type')
    }
  })

  test('A-32 is refused unread when it gives no account at all', async () => {
    for (const [method, path, body] of routes) {
      const bytes = new TextEncoder().encode(JSON.stringify(body))
      const ask = () => send(method, path, bytes, {})
      await expectRefused(world, ask, 'unsupported_media_type')
    }
  })

  test('A-32 is read when it says JSON in any of the ways there are', async () => {
    for (const type of ['application/json', 'Application/JSON', 'application/json; charset=utf-8']) {
      const answer = await send('POST', '/bookings/availability/check', JSON.stringify(routes[4]?.[2]), {
        'content-type': type,
      })
      expect({ type, status: answer.status }).toEqual({ type, status: 200 })
    }
  })
})

describe('a body that is not what it says', () => {
  test('A-32 compressed, or in UTF-16, is malformed, on every route', async () => {
    for (const [method, path, body] of routes) {
      const text = JSON.stringify(body)
      for (const bytes of [gzipSync(text), Buffer.from(`\ufeff${text}`, 'utf16le')]) {
        const ask = () => send(method, path, new Uint8Array(bytes), JSON_TYPE)
        await expectRefused(world, ask, 'malformed')
      }
    }
  })

  test('A-32 is malformed when it is no JSON, on every route', async () => {
    for (const [method, path] of routes) {
      for (const text of ['', '{', '<xml/>', '{"a": 1e}', '\u0000', '{"a": "\u0000"}']) {
        const ask = () => send(method, path, text, JSON_TYPE)
        await expectRefused(world, ask, 'malformed')
      }
    }
  })

  test('A-32 has no members with magic names, on any route', async () => {
    for (const [method, path, body] of routes) {
      const text = JSON.stringify(body).replace(/^\{/, '{"__proto__": {"role": "operator", "force": true}, ')
      const ask = () => send(method, path, text, JSON_TYPE)
      expectFaultAt(await expectRefused(world, ask, 'validation_failed'), '/__proto__')
    }
  })
})

const KILOBYTE = 1024

/** So many times 16 KB, without saying beforehand how much that is. */
function chunks(count: number): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode('x'.repeat(16 * KILOBYTE))
  let left = count
  return new ReadableStream({
    pull(controller) {
      left -= 1
      if (left < 0) controller.close()
      else controller.enqueue(chunk)
    },
  })
}

describe('a body that is too large', () => {
  test('A-32 of more than 64 KB is refused, on every route but that of units', async () => {
    for (const [method, path, body] of routes.filter(([, path]) => !path.endsWith('/units'))) {
      const text = JSON.stringify({ ...body, padding: 'x'.repeat(65 * KILOBYTE) })
      const ask = () => send(method, path, text, JSON_TYPE)
      await expectRefused(world, ask, 'payload_too_large')
    }
  })

  test('A-32 is refused too when it does not say how large it is', async () => {
    const ask = () => send('POST', '/bookings', chunks(20), JSON_TYPE)
    await expectRefused(world, ask, 'payload_too_large')
  })

  test('A-32 is refused without harm to what the caller sends next', async () => {
    for (const body of ['x'.repeat(300 * KILOBYTE), 'x'.repeat(5000 * KILOBYTE), chunks(20)]) {
      expect((await send('POST', '/bookings', body, JSON_TYPE)).status).toBe(413)
      const until = Date.now() + 700
      while (Date.now() < until) {
        expect((await ada.get('/bookings?limit=1')).status).toBe(200)
        await setTimeout(20)
      }
    }
  })

  test('A-32 of just less than 64 KB is read, and refused for what is in it', async () => {
    const ask = () => ada.post('/bookings', { ...order, padding: 'x'.repeat(63 * KILOBYTE) })
    expectFaultAt(await expectRefused(world, ask, 'validation_failed'), '/padding')
  })

  test('A-32 is refused before it is known who sends it: 401 comes first', async () => {
    const nobody = caller(`${world.apiUrl}/api/v1`, 'nobody', null)
    const ask = () => nobody.post('/bookings', { padding: 'x'.repeat(65 * KILOBYTE) })
    await expectRefused(world, ask, 'unauthenticated')
  })
})

describe('what is beside the body', () => {
  test('A-32 does not show what the house is built of, or let other pages read it', async () => {
    const { headers } = await ada.get('/bookings', { origin: 'https://evil.test' })
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('server')).toBeNull()
    expect(headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await fetch(`${world.apiUrl}/api/v1/bookings`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
    })
    expect(preflight.ok).toBe(false)
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  })
})
