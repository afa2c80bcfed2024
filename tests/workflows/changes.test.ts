import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { claimsOf, payChange } from '../support/changes.ts'
import { offerTables, type Offer } from '../support/offers.ts'
import { cannotSkip, openSkippingWorld, type SkippingWorld } from '../support/skipping.ts'

describe.skipIf(cannotSkip)('how a change ends (needs time-skipping server)', () => {
  let world: SkippingWorld
  let ada: Caller
  let ben: Caller
  beforeAll(async () => {
    world = await openSkippingWorld()
    ;[ada, ben] = [await world.as('customer', 'ada'), await world.as('customer', 'ben')]
  })
  afterAll(() => world?.close())

  /** A dinner for two in three days, which is to become one for four a day later. */
  async function changing(): Promise<{ dinner: Offer; items: object[]; before: BookingBody; asked: BookingBody }> {
    const dinner = await offerTables(world)
    const held = await hold(ada, dinner.order({ items: [{ offering_id: dinner.offeringId, start: world.inDays(3) }] }))
    await pay(world, held)
    const before = await until(ada, held.id, { status: 'confirmed' })
    const items = [{ offering_id: dinner.offeringId, start: world.inDays(4) }]
    const wish = { items, party_size: 4, expected_version: before.version }
    expect(await ada.put(`/bookings/${before.id}`, wish)).toMatchObject({ status: 200 })
    const asked = await until(ada, before.id, ({ change }) => expect(change?.payment).not.toBeNull())
    return { dinner, items, before, asked }
  }

  test('H-11 H-20 unpaid it lasts as long as a hold, then the new table is free and the booking is what it was', async () => {
    const { dinner, items, before, asked } = await changing()
    expect(Date.parse(asked.change?.expires_at ?? '') - Date.now()).toBeLessThanOrEqual(900_000)
    await world.skipTo(asked.change?.expires_at, -5)
    expect((await ben.post('/bookings', dinner.order({ items }))).status).toBe(409)
    expect((await ada.get(`/bookings/${before.id}`)).body).toMatchObject({ waiting_for: 'change_payment' })
    await world.skipTo(asked.change?.expires_at, 1)
    const after = await until(ada, before.id, { change: null })
    expect(after).toMatchObject({
      status: 'confirmed',
      start: before.start,
      amount: before.amount,
      waiting_for: 'visit',
    })
    expect(await ledgerOf(world, before.id)).toMatchObject({ captured: 5000 })
    expect(await claimsOf(world, before.id)).toMatchObject([{ state: 'committed' }, { state: 'released' }])
    await hold(ben, dinner.order({ items }))
  })

  test('H-11 X-03 a bank that takes 25 minutes: the new table is kept within the grace, and then it is theirs', async () => {
    const { items, before, asked } = await changing()
    await payChange(world, ada, before.id, 'pm_bank_slow', { processing_seconds: 1500, outcome: 'succeeded' })
    await until(ada, before.id, ({ change }) => expect(change?.payment?.status).toBe('processing'))
    await world.skipTo(asked.change?.expires_at, 60)
    await until(ada, before.id, ({ change }) => {
      expect(Date.parse(change?.expires_at ?? '')).toBeGreaterThan(Date.parse(asked.change?.expires_at ?? ''))
    })
    await world.skip(900)
    const after = await until(ada, before.id, { change: null, amount: 10_000 })
    expect(after).toMatchObject({
      status: 'confirmed',
      party_size: 4,
      start: Reflect.get(items[0]!, 'start') as string,
    })
    expect(await ledgerOf(world, before.id)).toMatchObject({ captured: 10_000 })
  })

  test('H-11 V-07 after its change the booking goes by the new time: nobody is missing at the old one', async () => {
    const { before } = await changing()
    await payChange(world, ada, before.id)
    const after = await until(ada, before.id, { change: null, amount: 10_000 })
    await world.skipTo(before.start, 2 * 3600)
    expect((await ada.get(`/bookings/${before.id}`)).body).toMatchObject({ status: 'confirmed' })
    await world.skipTo(after.start, 3600 + 5)
    await until(ada, before.id, { status: 'no_show' })
  })
})
