import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { caller, type Caller } from '../support/caller.ts'
import { hold, pay, until } from '../support/booking.ts'
import { eventually } from '../support/eventually.ts'
import { offerSlots, offerTutor } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let root: Caller
let ada: Caller
beforeAll(async () => {
  world = await openWorld()
  root = caller(world.apiUrl, 'nobody', null)
  ada = await world.as('student', 'ada')
})
afterAll(() => world.close())

/** Lets nobody connect to the world's database while `operation` runs. */
async function withoutDatabase(operation: () => Promise<void>): Promise<void> {
  const name = new URL(world.config.DATABASE_URL).pathname.slice(1)
  const server = new Client({ connectionString: inject('shared').postgresUrl })
  await server.connect()
  try {
    await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name])
    await operation()
  } finally {
    await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
    await server.end()
  }
}

describe('for those who run it', () => {
  test('A-22 it says that it is alive, to anybody', async () => {
    expect(await root.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } })
  })

  test('A-22 E-08 it says that it is ready, and names database, Temporal and Kafka', async () => {
    expect(await root.get('/ready')).toMatchObject({
      status: 200,
      body: { status: 'ready', checks: { database: 'up', temporal: 'up', kafka: expect.any(String) as string } },
    })
  })

  test('A-22 O-07 it has metrics as Prometheus reads them, without ids in their labels', async () => {
    const booking = await hold(ada, (await offerTutor(world)).order())
    await ada.get(`/bookings/${booking.id}`)
    const { status, body, headers } = await root.get<string>('/metrics')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    for (const line of body.split('\n').filter((line) => line !== '')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [-+.\deInfNa]+( \d+)?)$/)
    }
    expect(body).toMatch(/^holdfast_http_request_seconds_count\{.*method="POST".*status="201".*\} \d+$/m)
    expect(body).toContain('route="/api/v1/bookings/:id"')
    expect(body).not.toContain(booking.id)
    expect(body).toContain('process_cpu_seconds_total')
  })

  test('A-22 E-08 A-32 without its database it is alive and not ready, answers 503, and recovers by itself', async () => {
    const tutor = await offerTutor(world)
    const key = { 'idempotency-key': 'before-and-after' }
    await withoutDatabase(async () => {
      await eventually(async () => {
        expect(await root.get('/ready')).toMatchObject({
          status: 503,
          body: { status: 'not ready', checks: { database: 'down', temporal: 'up' } },
        })
      })
      expect(await root.get('/health')).toMatchObject({ status: 200 })
      for (const answer of [await ada.get('/bookings'), await ada.post('/bookings', tutor.order(), key)]) {
        expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      }
    })
    await eventually(async () => expect(await root.get('/ready')).toMatchObject({ status: 200 }))
    expect(await hold(ada, tutor.order(), key)).toMatchObject({ status: 'pending' })
  })
})

describe('for those who program against it', () => {
  test('V-08 the document can be browsed, without anything from elsewhere', async () => {
    const page = await root.get<string>('/docs')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    expect(page.body).not.toMatch(/https?:\/\//)
    const linked = (page.body.match(/(?<=(?:src|href)=")[^"]+/g) ?? []).filter((file) => !file.startsWith('data:'))
    const files = linked.map((file) => new URL(file, 'http://x/docs').pathname)
    let weight = 0
    for (const file of ['/docs', '/openapi.json', ...files]) {
      const { status, bytes } = await overTheWire(`${world.apiUrl}${file}`)
      expect({ file, status }).toEqual({ file, status: 200 })
      weight += bytes
    }
    expect(files.length).toBe(3)
    expect(weight).toBeLessThan(1_000_000)
    expect(await root.get('/docs/package.json')).toMatchObject({ status: 404 })
    expect(await root.get('/docs/..%2Fpackage.json')).toMatchObject({ status: 404 })
  })

  test('A-32 what there is not is a problem document', async () => {
    for (const path of ['/nothing', '/api/v2/bookings', '/api']) {
      const answer = await root.get(path)
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found', status: 404 } })
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    }
    expect(await ada.get('/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect(await ada.put('/bookings', {})).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })
})

describe('the tutoring clients’ address', () => {
  let student: Caller
  beforeAll(async () => {
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub: 'ada', role: 'student' })
    student = caller(`${world.apiUrl}/api`, 'ada', body.access_token)
  })

  test.each(['/bookings', '/bookings/'])('A-01 /api%s makes and lists bookings', async (path) => {
    const tutor = await offerTutor(world)
    const { status, body } = await student.post<BookingBody>(path, tutor.order())
    expect(status).toBe(201)
    const found = await student.get<{ bookings: BookingBody[] }>(`${path}?offering_id=${tutor.offeringId}&limit=5`)
    expect(found).toMatchObject({ status: 200, body: { bookings: [{ id: body.id }], limit: 5 } })
  })

  test('A-02 A-03 A-07 A-09 A-13 reaches every route of a booking, with and without a slash at its end', async () => {
    const clinic = await offerSlots(world)
    const { body: booking } = await student.post<BookingBody>('/bookings', clinic.order())
    for (const path of [`/bookings/${booking.id}`, `/bookings/reference/${booking.reference}`]) {
      for (const end of ['', '/']) expect((await student.get<BookingBody>(`${path}${end}`)).body.id).toBe(booking.id)
    }
    expect(await student.get(`/bookings/${booking.id}/history/`)).toMatchObject({ status: 200 })
    expect(await student.get(`/bookings/${booking.id}/cancellation`)).toMatchObject({ status: 200 })
    expect(await student.put(`/bookings/${booking.id}/status`, { action: 'start' })).toMatchObject({ status: 403 })
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    const cancelled = await student.post(
      `/bookings/${booking.id}/cancel/`,
      { reason: 'ill' },
      { 'idempotency-key': 'x' },
    )
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    // The key is that of the same operation under its other address.
    const again = await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'ill' }, { 'idempotency-key': 'x' })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })

  test('A-34 A-32 is guarded as the other', async () => {
    const stranger = caller(`${world.apiUrl}/api`, 'nobody', null)
    expect(await stranger.get('/bookings/')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    expect(await student.post('/bookings/', '{')).toMatchObject({ status: 400, body: { code: 'malformed' } })
    expect(await student.post('/bookings/', { profile: 'tutoring' })).toMatchObject({
      status: 422,
      body: { code: 'validation_failed' },
    })
  })
})

/** How many bytes an answer takes for a browser, which says that it takes packed ones. */
async function overTheWire(url: string): Promise<{ status: number | undefined; bytes: number }> {
  const asked = get(url, { headers: { 'accept-encoding': 'gzip, deflate, br' } })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).length
  return { status: response.statusCode, bytes }
}
