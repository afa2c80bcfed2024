import { serve } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { wire } from '../../runtime/wire.ts'
import { caller, type Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/ports.ts'
import { openOwnRedis, redisToHave, type OwnRedis } from '../support/redis.ts'
import { openWorld, type World } from '../support/world.ts'

const LIMIT = 10
const found = await redisToHave()

describe.skipIf(found === undefined)('needs Redis: two replicas of the API', () => {
  let redis: OwnRedis
  let world: World
  let second: { url: string; close(): Promise<void> }
  beforeAll(async () => {
    redis = await openOwnRedis()
    world = await openWorld({
      worker: false,
      environment: { REDIS_URL: redis.url, REDIS_DEADLINE_MS: '2000', RATE_LIMIT_PER_MINUTE: String(LIMIT) },
    })
    second = await anotherReplica()
  })
  afterAll(async () => {
    redis?.thaw()
    await second?.close()
    await world?.close()
    await redis?.close()
  })

  async function anotherReplica() {
    const parts = await wire(world.config, 'replica')
    const port = await freePort()
    const server = serve({ fetch: createApp(parts).fetch, port, hostname: '127.0.0.1' })
    const url = `http://127.0.0.1:${port}`
    for (const each of [world.apiUrl, url]) await seesRedis(each)
    return {
      url,
      async close() {
        await new Promise((resolve) => server.close(resolve))
        await parts.close()
      },
    }
  }

  const seesRedis = (url: string) =>
    eventually(async () => {
      const { body } = await caller(url, 'nobody', null).get<{ checks: Record<string, string> }>('/ready')
      expect(body.checks['redis']).toBe('up')
    }, 20)

  /** The same person at both replicas. */
  async function atBoth(sub: string): Promise<[Caller, Caller]> {
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role: 'customer' })
    const at = (url: string) => caller(`${url}/api/v1`, sub, body.access_token)
    return [at(world.apiUrl), at(second.url)]
  }

  const outcomes = async (callers: readonly Caller[], requests: number) =>
    Promise.all(
      Array.from({ length: requests }, async (_, n) => (await callers[n % callers.length]!.get('/bookings')).status),
    )
  const passed = (statuses: readonly number[]) => statuses.filter((status) => status === 200).length

  test('let a caller through as often as there may be, together, and each caller by themselves (A-35)', async () => {
    const statuses = await outcomes(await atBoth('ada'), 3 * LIMIT)
    expect(passed(statuses)).toBe(LIMIT)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    const [, other] = await atBoth('ada')
    const { status, headers } = await other.get('/bookings')
    expect(status).toBe(429)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(passed(await outcomes(await atBoth('bob'), 2))).toBe(2)
  })

  test('of which one is started anew go on counting where they were (A-35)', async () => {
    const eve = await atBoth('eve')
    expect(passed(await outcomes(eve, LIMIT - 1))).toBe(LIMIT - 1)
    await second.close()
    second = await anotherReplica()
    expect(passed(await outcomes(await atBoth('eve'), 4))).toBe(1)
  })

  test('count by themselves while Redis is frozen or gone, and together again when it is back (A-35, H-24)', async () => {
    redis.freeze()
    const mia = await atBoth('mia')
    const began = Date.now()
    for (let n = 0; n < 6; n += 1) expect((await mia[0].get('/bookings')).status).toBe(200)
    expect(Date.now() - began).toBeLessThan(20_000)
    redis.thaw()
    await redis.crash()
    expect(passed(await outcomes(await atBoth('zoe'), 4 * LIMIT))).toBe(2 * LIMIT)
    expect(passed(await outcomes([(await atBoth('kim'))[0]], 2 * LIMIT))).toBe(LIMIT)

    await redis.restart()
    await eventually(async () => {
      const name = `back-${Date.now()}`
      expect(passed(await outcomes(await atBoth(name), 4 * LIMIT))).toBe(LIMIT)
    }, 30)
  })
})
