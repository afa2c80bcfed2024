import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { offerSeats, offerSlots, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  // Nobody runs workflows here: whoever needed one for an answer would wait for it in vain.
  world = await openWorld({ worker: false })
})
afterAll(() => world.close({ audit: false, replay: false }))

/** Somebody has the first unit for good, without a workflow. */
async function take({ offeringId, unitIds }: Offer): Promise<void> {
  const items = [{ item_id: '1', offering_id: offeringId, unit_id: unitIds[0], quantity: 1 }]
  await world.parts.database.$executeRaw`
    SELECT claim_units(${randomUUID()}::uuid, now() + interval '1 hour', now() + interval '1 hour', ${JSON.stringify(items)}::jsonb)`
}

test('A-36 sold out costs no workflow: the answer comes although nobody runs any, with a key and without', async () => {
  const ada = await world.as('customer', 'ada')
  for (const offer of [await offerSeats(world), await offerSlots(world)]) {
    await take(offer)
    for (const headers of [{}, { 'idempotency-key': randomUUID() }]) {
      expect(await ada.post('/bookings', offer.order(), headers)).toMatchObject({
        status: 409,
        body: { code: 'sold_out' },
      })
    }
  }
  const { count } = await world.parts.temporal.workflow.count(`TaskQueue = '${world.config.TASK_QUEUE}'`)
  expect(count).toBe(0)
  expect(await world.parts.database.booking.count()).toBe(0)
})
