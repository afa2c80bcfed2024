import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caller } from '../support/caller.ts'
import { openWorld, type World } from '../support/world.ts'

const LIMIT = 5

let world: World
beforeAll(async () => {
  world = await openWorld({ worker: false, environment: { RATE_LIMIT_PER_MINUTE: String(LIMIT) } })
})
afterAll(() => world.close())

describe('more requests in a minute than there may be', () => {
  test('A-35 E-07 A-32 are refused as rate_limited, with the seconds to wait in Retry-After', async () => {
    const ada = await world.as('customer', 'ada')
    for (let request = 0; request < LIMIT; request += 1) expect((await ada.get('/bookings')).status).toBe(200)
    for (const answer of [await ada.get('/bookings'), await ada.post('/bookings', '{'), await ada.get('/nothing')]) {
      expect(answer).toMatchObject({ status: 429, body: { code: 'rate_limited', status: 429 } })
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      const seconds = Number(answer.headers.get('retry-after'))
      expect(seconds).toBeGreaterThan(0)
      expect(seconds).toBeLessThanOrEqual(60)
    }
  })

  test('A-35 count by caller: others go on, by whatever way they come', async () => {
    const [bob, eve] = [await world.as('customer', 'bob'), await world.as('customer', 'eve')]
    const outcomes: number[] = []
    for (let request = 0; request < LIMIT + 2; request += 1) {
      const headers = { 'x-forwarded-for': `10.0.0.${request}`, 'x-real-ip': `10.0.0.${request}` }
      outcomes.push((await bob.get('/bookings', headers)).status)
    }
    expect(outcomes).toEqual([200, 200, 200, 200, 200, 429, 429])
    expect((await eve.get('/bookings')).status).toBe(200)
    // The alias is the same house.
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', {
      sub: 'bob',
      role: 'customer',
    })
    expect(await caller(`${world.apiUrl}/api`, 'bob', body.access_token).get('/bookings')).toMatchObject({
      status: 429,
    })
  })

  test('A-35 A-30 at once are let through to the limit and not beyond, and use up no key', async () => {
    const mia = await world.as('operator', 'mia')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        mia.post('/bookings/00000000-0000-4000-8000-000000000000/cancel', {}, { 'idempotency-key': `key-${n}` }),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 404)).toHaveLength(LIMIT)
    expect(statuses.filter((status) => status === 429)).toHaveLength(20 - LIMIT)
    expect(await world.parts.database.idempotencyKey.count()).toBe(LIMIT)
  })

  test('A-35 do not concern health, readiness, metrics and webhooks', async () => {
    const nobody = caller(world.apiUrl, 'nobody', null)
    for (let request = 0; request < LIMIT + 2; request += 1) {
      expect((await nobody.get('/health')).status).toBe(200)
      expect((await nobody.get('/ready')).status).toBe(200)
      expect((await nobody.get('/metrics')).status).toBe(200)
      expect((await nobody.post('/api/v1/webhooks/payments', {})).status).toBe(401)
      expect((await nobody.get('/api/v1/bookings')).status).toBe(401)
    }
  })
})
