import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hold, insist, until } from '../../support/booking.ts'
import { offerSeats, offerSlots } from '../../support/offers.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

describe('H-01 E-01 the last seat', () => {
  test('H-01 one seat, 500 buyers at once: exactly one gets it, 499 are told that it is sold out', async () => {
    const event = await offerSeats(world, 1)
    const buyers = await Promise.all(Array.from({ length: 500 }, (_, n) => world.as('customer', `buyer-${n}`)))
    const answers = await Promise.all(buyers.map((buyer) => insist(buyer, event.order(), {}, 120)))
    const count = (status: number, code?: string) =>
      answers.filter((answer) => answer.status === status && (answer.body as { code?: string }).code === code).length
    expect({ held: count(201), soldOut: count(409, 'sold_out') }).toEqual({ held: 1, soldOut: 499 })
  })

  test('H-01 twenty slots of three places, 200 buyers and cancellations: never above three, and nothing is held at the end', async () => {
    const service = await offerSlots(world, { capacity: 3, slots: 20 })
    const operator = await world.as('operator', 'olga')
    const most = { booked: 0 }
    const watching = watch(async () => {
      const { body } = await operator.get<{ slots: { booked_count: number }[] }>(
        `/services/${service.offeringId}/slots`,
      )
      for (const { booked_count } of body.slots) most.booked = Math.max(most.booked, booked_count)
    })

    const random = seeded(20_261_121)
    const held: { id: string; buyer: number }[] = []
    await inBatches(200, 25, async (n) => {
      const buyer = await world.as('customer', `slot-buyer-${n}`)
      const slot = service.unitIds[Math.floor(random() * service.unitIds.length)]
      const { status, body } = await insist(buyer, service.order({}, slot))
      if (status !== 201) return expect(body).toMatchObject({ code: 'sold_out' })
      if (random() < 0.5) return expect((await buyer.post(`/bookings/${body.id}/cancel`, {})).status).toBe(200)
      held.push({ id: body.id, buyer: n })
      return undefined
    })
    expect(held.length).toBeGreaterThan(20)
    for (const { id, buyer } of held) {
      const owner = await world.as('customer', `slot-buyer-${buyer}`)
      expect((await owner.post(`/bookings/${id}/cancel`, {})).status).toBe(200)
    }
    await watching.stop()
    expect(most.booked).toBeLessThanOrEqual(3)
    expect(most.booked).toBeGreaterThan(0)
    const live = await world.parts.database.claim.count({
      where: { offeringId: service.offeringId, state: { not: 'released' } },
    })
    expect(live).toBe(0)
  })

  test('H-01 a seat that a cancelled booking gives back can be had at once', async () => {
    const event = await offerSeats(world, 1)
    const [ada, ben] = [await world.as('customer', 'ada'), await world.as('customer', 'ben')]
    const booking = await hold(ada, event.order())
    expect((await ben.post('/bookings', event.order())).status).toBe(409)
    expect((await ada.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
    await hold(ben, event.order())
    await until(ada, booking.id, { status: 'cancelled' })
  })
})

/** Runs a look again and again until stopped. */
function watch(look: () => Promise<void>): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const done = (async () => {
    while (!stopping.signal.aborted) await look()
  })()
  return {
    stop: () => {
      stopping.abort()
      return done
    },
  }
}

async function inBatches(total: number, atOnce: number, work: (n: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < total; first += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, total - first) }, (_, index) => work(first + index)))
  }
}

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
