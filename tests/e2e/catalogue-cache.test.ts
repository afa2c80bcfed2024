import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { applyMasterData } from '../../events/consumers/master-data.ts'
import { takeMasterData } from '../../prisma/master-data.ts'
import { hold } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerSeats, offerSlots, offerTutor, type Offer } from '../support/offers.ts'
import { openOwnRedis, redisToHave, type OwnRedis } from '../support/redis.ts'
import { openWorld, type World } from '../support/world.ts'

/** Seconds after which a test has the answer of before it count as old. */
const FRESH = 2
const found = await redisToHave()

const DOWN = {
  rules: [
    { service: 'catalog', status: 503 },
    { service: 'identity', operation: 'tutor', status: 503 },
  ],
}

async function strike({ service }: World, plan: object): Promise<void> {
  expect((await service.put('/control/faults', plan)).status).toBe(200)
}

/** How often the catalogue was asked since the faults were set. */
async function questions({ service }: World): Promise<number> {
  const { body } = await service.get<{ rules: { matched: number }[] }>('/control/faults')
  return body.rules.reduce((sum, { matched }) => sum + matched, 0)
}

/** Without faults, and with no circuit open from those of the test before. */
async function everythingWorks(world: World): Promise<void> {
  await strike(world, { rules: [] })
  const { catalogue, directory } = world.parts
  await eventually(
    () => Promise.all([catalogue.event('none'), catalogue.seatPrices('none', ['A']), directory.tutor('none')]),
    20,
  )
}

async function reprice(
  world: World,
  offer: Offer,
  price: number,
  { on_sale = true, seats = offer.unitIds } = {},
): Promise<void> {
  const { status } = await world.service.put(`/control/events/${offer.offeringId}`, {
    name: 'Concert',
    venue: { id: 'hall', name: 'Hall' },
    starts_at: inDays(30),
    ends_at: inDays(30, 3),
    on_sale,
    currency: 'USD',
    seats: seats.map((id) => ({ id, price })),
  })
  expect(status).toBe(200)
}

async function refusedUnmade(customer: Caller, offer: Offer, unitId?: string): Promise<void> {
  const answer = await customer.post('/bookings', offer.order({}, unitId))
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
}

const bookingsOf = async (customer: Caller, offer: Offer) =>
  (await customer.get<{ bookings: BookingBody[] }>(`/bookings?offering_id=${offer.offeringId}`)).body.bookings

/** Waits until what was asked before now is old: the cache's own clock, whose age is what is proved. */
const old = (since: number) =>
  eventually(() => {
    if (Date.now() - since < 1000 * FRESH) throw new Error('it is fresh yet')
    return Promise.resolve()
  })

/** A message as it was stored when it came from Kafka. */
function messageOf(topic: string, value: object) {
  const bytes = Buffer.from(JSON.stringify(value))
  const place = { id: 1n, partition: 0, offset: '1', attempts: 0, key: null, headers: {} }
  return { ...place, topic, value: bytes, sentAt: new Date(), receivedAt: new Date() }
}

type At = () => { readonly world: World; readonly ada: Caller }

/** The sentences that hold wherever it is remembered, and `more` of them. */
function kept(name: string, environment: () => Record<string, string>, more: (at: At) => void = () => undefined) {
  describe(`O-06 the catalogue remembered ${name}`, () => {
    let world: World
    let ada: Caller
    beforeAll(async () => {
      world = await openWorld({
        environment: {
          CATALOGUE_FRESH_SECONDS: String(FRESH),
          CATALOGUE_STALE_SECONDS: '600',
          ...environment(),
        },
      })
      ada = await world.as('customer', 'ada')
    })
    beforeEach(() => everythingWorks(world))
    afterAll(() => world.close())

    test('serves a fresh price without asking, and asks again when it is old (O-06, H-16)', async () => {
      const offer = await offerSeats(world, 3)
      await strike(world, { rules: [{ service: 'catalog', delay_ms: 0 }] })
      const look = async () => {
        const prices = await world.parts.catalogue.seatPrices(offer.offeringId, offer.unitIds)
        return [(await world.parts.catalogue.event(offer.offeringId))?.name, prices.size, prices.get('A-2')?.amount]
      }
      const first = await look()
      await reprice(world, offer, 50)
      expect(await look()).toEqual(first)
      expect(first).toEqual(['Concert', 3, 4500])
      // For the prices; the event is known from when it was loaded.
      expect(await questions(world)).toBe(1)
      await old(Date.now())
      expect((await hold(ada, offer.order({}, 'A-2'))).amount).toBe(5000)
    })

    test('serves a stale price while the catalogue is down, and the booking keeps it (E-05, H-16, H-24)', async () => {
      const offer = await offerSeats(world, 2)
      await hold(ada, offer.order())
      // The price of the second seat is known from a look at it.
      await world.parts.catalogue.seatPrices(offer.offeringId, offer.unitIds)
      await old(Date.now())
      await strike(world, DOWN)
      // Five failures open the circuit: then nobody asks any more.
      for (let n = 0; n < 6; n += 1) await world.parts.catalogue.event(offer.offeringId).catch(() => undefined)
      expect(await questions(world)).toBe(5)
      const booking = await hold(ada, offer.order({}, offer.unitIds[1]))
      expect(booking).toMatchObject({ amount: 4500, items: [{ unit_price: 4500 }] })
      expect(await questions(world)).toBe(5)
      await strike(world, { rules: [] })
      await reprice(world, offer, 99)
      expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body.amount).toBe(4500)
    })

    more(() => ({ world, ada }))
  })
}

kept(
  'in this process',
  () => ({}),
  (at) => {
    test('an event off sale and a seat that is gone are so when they are asked again, and not sold stale thereafter (E-03, E-05)', async () => {
      const { world, ada } = at()
      const [closed, smaller] = [await offerSeats(world, 2), await offerSeats(world, 2)]
      for (const offer of [closed, smaller]) {
        await hold(ada, offer.order())
        await world.parts.catalogue.seatPrices(offer.offeringId, offer.unitIds)
      }
      await reprice(world, closed, 45, { on_sale: false })
      await reprice(world, smaller, 45, { seats: ['A-1'] })
      await old(Date.now())
      expect(await ada.post('/bookings', closed.order({}, 'A-2'))).toMatchObject({ body: { code: 'policy_forbids' } })
      expect(await ada.post('/bookings', smaller.order({}, 'A-2'))).toMatchObject({
        body: { code: 'validation_failed' },
      })
      await old(Date.now())
      await strike(world, DOWN)
      expect(await ada.post('/bookings', closed.order({}, 'A-2'))).toMatchObject({ body: { code: 'policy_forbids' } })
      await refusedUnmade(ada, smaller, 'A-2')
      for (const offer of [closed, smaller]) expect(await bookingsOf(ada, offer)).toHaveLength(1)
    })

    test('beyond the bound of the policy, or never seen, it is 503 with Retry-After, and nothing is half made (E-05, H-24)', async () => {
      const { world, ada } = at()
      const [bounded, never] = [
        await offerSeats(world, 2, { stale_price_seconds: 1 }),
        await offerSeats(world, 2, { stale_price_seconds: 0 }),
      ]
      const [tutor, unseen] = [await offerTutor(world), await offerSeats(world)]
      for (const offer of [bounded, never]) {
        await hold(ada, offer.order())
        await world.parts.catalogue.seatPrices(offer.offeringId, offer.unitIds)
      }
      await world.parts.directory.tutor(tutor.offeringId)
      await old(Date.now())
      await strike(world, DOWN)
      for (const offer of [bounded, never]) {
        await refusedUnmade(ada, offer, offer.unitIds[1])
        expect(await bookingsOf(ada, offer)).toHaveLength(1)
      }
      await refusedUnmade(ada, unseen)
      await refusedUnmade(ada, tutor)
      for (const offer of [tutor, unseen]) expect(await bookingsOf(ada, offer)).toHaveLength(0)
      expect(await world.parts.database.claim.count({ where: { offeringId: never.offeringId } })).toBe(1)
    })
  },
)

describe.skipIf(found === undefined)('needs Redis: a cache that is shared', () => {
  let redis: OwnRedis
  beforeAll(async () => {
    redis = await openOwnRedis()
  })
  afterAll(() => redis?.close())

  kept('in Redis', () => ({ REDIS_URL: redis.url, REDIS_DEADLINE_MS: '500' }))

  describe('O-06 a Redis that goes away', () => {
    let world: World
    let other: World
    let ada: Caller
    beforeAll(async () => {
      const environment = { REDIS_URL: redis.url, REDIS_DEADLINE_MS: '100', CATALOGUE_FRESH_SECONDS: '600' }
      world = await openWorld({ environment })
      other = await openWorld({ environment, worker: false })
      ada = await world.as('customer', 'ada')
    })
    afterAll(async () => {
      redis.thaw()
      await world.close()
      await other.close()
    })

    test('what one replica was told, another knows, and it ends by itself (O-06)', async () => {
      const offer = await offerSeats(world)
      expect(await world.parts.catalogue.event(offer.offeringId)).toMatchObject({ name: 'Concert' })
      // The other world's sandbox has no such event: it is known from Redis.
      expect(await other.parts.catalogue.event(offer.offeringId)).toMatchObject({ name: 'Concert' })
      const keys = await world.parts.redis!.client.keys('holdfast:v1:*')
      expect(keys.length).toBeGreaterThan(0)
      for (const key of keys) expect(await world.parts.redis!.client.ttl(key)).toBeGreaterThan(0)
    })

    test('what another system says of a service counts at once: it is read with each booking, and not remembered (O-06, C-11)', async () => {
      const offer = await offerSlots(world, { slots: 2 })
      expect((await hold(ada, offer.order())).amount).toBe(15_000_000)
      const data = { name: 'Vaccination', price_amount: 20_000_000, duration_minutes: 30, is_available: true }
      const news = { kind: 'service', id: offer.offeringId, data, updatedAt: new Date().toISOString() } as const
      expect(await takeMasterData(world.parts.database, news)).toBe(true)
      expect((await hold(ada, offer.order({}, 'slot-2'))).amount).toBe(20_000_000)
    })

    test('what another system says of a person makes every replica ask anew who teaches (O-06, C-11, K-04)', async () => {
      const { offeringId: tutor } = await offerTutor(world)
      expect(await world.parts.directory.tutor(tutor)).toMatchObject({ name: 'Tess Tutor' })
      const rate = { amount: 7000, currency: 'USD' }
      const told = { name: 'Tessa', email: 'tessa@example.test', hourly_rate: rate, subjects: ['maths'] }
      expect((await world.service.put(`/control/tutors/${tutor}`, told)).status).toBe(200)
      expect(await world.parts.directory.tutor(tutor)).toMatchObject({ name: 'Tess Tutor' })
      const news = { user_id: tutor, full_name: 'Tessa', updated_at: new Date().toISOString() }
      // The other replica consumes the message; its relay is a process of its own.
      const { database, forget } = other.parts
      expect(await applyMasterData(database, messageOf('user.updated', news), forget)).toBe('applied')
      expect(await world.parts.directory.tutor(tutor)).toMatchObject({ name: 'Tessa', hourlyRate: rate })
    })

    test('something else under its keys is not taken for an answer (O-06)', async () => {
      const offer = await offerSeats(world)
      await world.parts.redis!.client.set(
        `holdfast:v1:event:${offer.offeringId}`,
        '{"at":9999999999999,"value":{"id":7}}',
      )
      expect((await hold(ada, offer.order())).amount).toBe(4500)
    })

    test('frozen, it costs a booking its deadline and no more; killed, nothing; and back, it serves again (O-06, H-24)', async () => {
      const offer = await offerSeats(world, 8)
      await hold(ada, offer.order())
      redis.freeze()
      const began = Date.now()
      for (const seat of [1, 2, 3])
        expect((await hold(ada, offer.order({}, offer.unitIds[seat]))).status).toBe('pending')
      // Without a deadline they would still be waiting; three of it open the circuit.
      expect(Date.now() - began).toBeLessThan(20_000)
      redis.thaw()
      await redis.crash()
      for (const seat of [4, 5]) expect((await hold(ada, offer.order({}, offer.unitIds[seat]))).amount).toBe(4500)
      expect((await fetch(`${world.apiUrl}/ready`).then((answer) => answer.json())) as object).toMatchObject({
        status: 'ready',
        checks: { redis: 'down' },
      })

      await redis.restart()
      await eventually(async () => {
        const { checks } = (await (await fetch(`${world.apiUrl}/ready`)).json()) as { checks: object }
        expect(checks).toMatchObject({ redis: 'up' })
      }, 20)
      await eventually(async () => {
        const later = await offerSeats(world)
        await world.parts.catalogue.event(later.offeringId)
        expect(await world.parts.redis!.client.keys(`holdfast:v1:event:${later.offeringId}`)).toHaveLength(1)
      }, 20)
    })
  })
})
