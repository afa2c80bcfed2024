import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import { hold, pay, until } from '../support/booking.ts'
import { offerCourse, offerSlots } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let eve: Caller
let vet: Caller
let otherVet: Caller
let olga: Caller
let booking: BookingBody
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  eve = await world.as('customer', 'eve')
  vet = await world.as('provider', 'vet')
  otherVet = await world.as('provider', 'other-vet')
  olga = await world.as('operator', 'olga')
  const offer = await offerSlots(world, { more: { provider: { id: 'vet', name: 'Dr. Vet' } } })
  booking = await hold(ada, offer.order({ notes: 'Ada’s own notes', customer: { phone: '+41 44 000 00 00' } }))
})
afterAll(() => world.close())

const ABSENT = '00000000-0000-4000-8000-000000000000'

type Route = readonly [name: string, ask: (somebody: Caller, id: string) => Promise<Answer>]

const READS: readonly Route[] = [
  ['GET /bookings/{id}', (somebody, id) => somebody.get(`/bookings/${id}`)],
  ['GET /bookings/{id} as a long poll', (somebody, id) => somebody.get(`/bookings/${id}?wait=20&after_version=99`)],
  ['GET /bookings/{id}/history', (somebody, id) => somebody.get(`/bookings/${id}/history`)],
  ['GET /bookings/{id}/cancellation', (somebody, id) => somebody.get(`/bookings/${id}/cancellation`)],
  [
    'GET /bookings/reference/{reference}',
    (somebody, id) => somebody.get(`/bookings/reference/${id === ABSENT ? 'PET-000000000000' : booking.reference}`),
  ],
]

const CHANGES: readonly Route[] = [
  ['POST /bookings/{id}/cancel', (somebody, id) => somebody.post(`/bookings/${id}/cancel`, {})],
  [
    'POST /bookings/{id}/cancel with a key',
    (somebody, id) => somebody.post(`/bookings/${id}/cancel`, {}, { 'idempotency-key': 'k' }),
  ],
  [
    'POST /bookings/{id}/cancel with a version',
    (somebody, id) => somebody.post(`/bookings/${id}/cancel`, {}, { 'if-match': '"1"' }),
  ],
]

const OF_THE_GUEST: readonly Route[] = [
  [
    'PUT /bookings/{id}/contact',
    (somebody, id) => somebody.put(`/bookings/${id}/contact`, { email: 'eve@example.test' }),
  ],
]

const TRANSITIONS: readonly Route[] = [
  ['POST /bookings/{id}/status', (somebody, id) => somebody.post(`/bookings/${id}/status`, { action: 'start' })],
  ['PUT /bookings/{id}/status', (somebody, id) => somebody.put(`/bookings/${id}/status`, { status: 'cancelled' })],
]

/** A problem without what names the booking: the answers to an absent one and to somebody else's must be alike. */
function nameless({ status, body }: Answer): object {
  return { status, body: { ...body, detail: String(body['detail']).replace(/[\w-]{16,36}(?=\.$)/, '…') } }
}

describe('somebody else’s booking', () => {
  test.each([...READS, ...CHANGES, ...OF_THE_GUEST])(
    'A-34 A-32 E-07 is not there for another customer: %s',
    async (_, ask) => {
      const answer = await ask(eve, booking.id)
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
      expect(nameless(answer)).toEqual(nameless(await ask(eve, ABSENT)))
      expect(JSON.stringify(answer.body)).not.toMatch(/Ada|ada@|\+41|vet/)
    },
  )

  test.each([...READS, ...CHANGES, ...TRANSITIONS])('A-34 is not there for another provider: %s', async (_, ask) => {
    const answer = await ask(otherVet, booking.id)
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect(nameless(answer)).toEqual(nameless(await ask(otherVet, ABSENT)))
  })

  test.each(TRANSITIONS)('A-34 is no more a customer’s to move than one’s own: %s', async (_, ask) => {
    for (const [somebody, id] of [
      [eve, booking.id],
      [ada, booking.id],
      [eve, ABSENT],
    ] as const) {
      expect(await ask(somebody, id)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
  })

  test('A-34 is in nobody else’s lists', async () => {
    for (const somebody of [eve, otherVet]) {
      for (const path of [
        '/bookings',
        '/bookings?customer_id=ada',
        '/bookings/guest/ada',
        '/bookings?provider_id=vet',
      ]) {
        expect(await somebody.get(path)).toMatchObject({ status: 200, body: { bookings: [] } })
      }
    }
    expect(await otherVet.get('/bookings/venue/clinic-1')).toMatchObject({ body: { bookings: [] } })
  })

  test('A-34 stays untouched by all of that', async () => {
    expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toEqual(booking)
  })

  test.each([
    ['another case', (id: string) => `/api/V1/bookings/${id}`],
    ['two slashes', (id: string) => `/api/v1//bookings/${id}`],
    ['an encoded slash', (id: string) => `/api/v1/bookings%2F${id}`],
    ['a step up', (id: string) => `/api/v1/bookings/guest/%2e%2e%2f${id}`],
    ['the alias', (id: string) => `/api/bookings/${id}`],
    ['the alias and a slash', (id: string) => `/api/bookings/${id}/`],
    ['the alias and a step up', (id: string) => `/api/bookings/x/..%2f${id}`],
  ])('A-34 is not reached by %s', async (_, path) => {
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', {
      sub: 'eve',
      role: 'customer',
    })
    for (const headers of [{}, { authorization: `Bearer ${body.access_token}` }]) {
      const response = await fetch(`${world.apiUrl}${path(booking.id)}`, { headers })
      const text = await response.text()
      expect([200, 401, 404, 422]).toContain(response.status)
      expect(text).not.toContain(booking.reference)
    }
  })

  test('A-34 is not reached by HEAD, or by another method in a header', async () => {
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', {
      sub: 'eve',
      role: 'customer',
    })
    const headers = { authorization: `Bearer ${body.access_token}` }
    const url = `${world.apiUrl}/api/v1/bookings/${booking.id}`
    expect((await fetch(url, { method: 'HEAD', headers })).status).toBe(404)
    const overridden = await eve.get(`/bookings/${booking.id}`, { 'x-http-method-override': 'DELETE' })
    expect(overridden.status).toBe(404)
    for (const method of ['DELETE', 'PATCH']) {
      expect((await fetch(url, { method, headers })).status).toBe(404)
    }
  })
})

describe('one’s own booking', () => {
  test('A-34 is a provider’s when it is of their offering: they see it, and not the secret to pay with', async () => {
    const { status, body } = await vet.get<BookingBody>(`/bookings/${booking.id}`)
    expect({ status, id: body.id }).toEqual({ status: 200, id: booking.id })
    expect(body.payment).toMatchObject({ intent_id: booking.payment?.intent_id, client_secret: null })
    expect(body.available_actions).toEqual(['cancel', 'change'])
    expect((await vet.get<{ bookings: BookingBody[] }>('/bookings')).body.bookings).toEqual([body])
  })

  test('A-34 T-05 is made for oneself by customers, and for others by operators and services', async () => {
    const course = await offerCourse(world)
    expect(await eve.post('/bookings', course.order({ customer: { id: 'ada' } }))).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
    expect(await hold(eve, course.order({ customer: { id: 'eve', name: 'Eve E.' } }))).toMatchObject({
      customer: { id: 'eve', name: 'Eve E.' },
    })
    for (const somebody of [olga, await world.as('service', 'kiosk')]) {
      const made = await hold(somebody, course.order({ customer: { id: 'ada', name: 'Ada' } }))
      expect(made.customer).toMatchObject({ id: 'ada', name: 'Ada', email: null })
      expect(await ada.get(`/bookings/${made.id}`)).toMatchObject({ status: 200 })
    }
    for (const somebody of [vet, otherVet]) {
      expect(await somebody.post('/bookings', course.order())).toMatchObject({ status: 403 })
    }
  })

  test('A-34 A-09 is started by its provider and nobody else’s', async () => {
    const day = { check_in_opens_minutes: 30 * 24 * 60 }
    const offer = await offerSlots(world, { policy: day, more: { provider: { id: 'vet' } } })
    const own = await hold(ada, offer.order())
    await pay(world, own)
    await until(ada, own.id, { status: 'confirmed' })
    expect(await otherVet.post(`/bookings/${own.id}/status`, { action: 'start' })).toMatchObject({ status: 404 })
    const robot = await world.as('service', 'robot')
    expect(await robot.post(`/bookings/${own.id}/status`, { action: 'start' })).toMatchObject({ status: 403 })
    expect(await vet.post(`/bookings/${own.id}/status`, { action: 'start' })).toMatchObject({ status: 200 })
  })

  test('A-21 A-34 the audit is for operators', async () => {
    for (const somebody of [ada, vet, await world.as('service', 'robot')]) {
      expect(await somebody.get('/invariants')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
    expect(await olga.get('/invariants')).toMatchObject({ status: 200, body: { healthy: true, violations: [] } })
  })
})
