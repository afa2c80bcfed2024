import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerTables, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let bob: Caller
beforeAll(async () => {
  world = await openWorld({
    environment: (sandboxUrl) => ({
      INVENTORY_SERVICE_URL: sandboxUrl,
      PRICING_SERVICE_URL: sandboxUrl,
    }),
  })
  ada = await world.as('customer', 'ada')
  bob = await world.as('customer', 'bob')
})
afterAll(() => world.close())

const SOLD_OUT = { status: 409, body: { code: 'sold_out' } }

/** A restaurant whose tables the inventory service knows too. */
async function offerElsewhere(sizes: number[], policy: Record<string, unknown> = {}): Promise<Offer> {
  const offer = await offerTables(world, sizes, policy)
  const units = offer.unitIds.map((unit_id, index) => ({
    offering_id: offer.offeringId,
    unit_id,
    kind: 'range',
    min_party: 1,
    max_party: sizes[index],
  }))
  const { status } = await world.service.put('/control/inventory/units', { units })
  expect(status).toBe(200)
  return offer
}

/** Is a table free for an hour, by the inventory service's own word? */
async function isFreeElsewhere(offer: Offer, unitId: string): Promise<boolean> {
  const item = { item_id: '1', offering_id: offer.offeringId, unit_id: unitId, start: inDays(7), end: inDays(7, 1) }
  const { body } = await world.service.post<{ items: { available: boolean }[] }>(
    '/api/v1/inventory/check-availability',
    { items: [item] },
  )
  return body.items[0]?.available ?? false
}

/** Somebody else takes a table, at the inventory service itself. */
async function takeElsewhere(offer: Offer, unitId: string): Promise<void> {
  const item = { item_id: '1', offering_id: offer.offeringId, unit_id: unitId, start: inDays(7), end: inDays(7, 1) }
  const { status } = await world.service.post('/api/v1/inventory/reserve', {
    lock_id: `walk-in-${unitId}-${offer.offeringId}`,
    expires_at: inDays(8),
    items: [item],
  })
  expect(status).toBe(201)
}

/** How often each operation was called while `operation` ran. */
async function callsDuring(
  operations: readonly [service: string, operation: string][],
  operation: () => Promise<void>,
): Promise<number[]> {
  const rules = operations.map(([service, operation]) => ({ service, operation, probability: 0, status: 500 }))
  await world.service.put('/control/faults', { rules })
  await operation()
  const { body } = await world.service.get<{ rules: { matched: number }[] }>('/control/faults')
  await world.service.put('/control/faults', { rules: [] })
  return body.rules.map(({ matched }) => matched)
}

describe('a venue that leaves its stock, prices and money to other services', () => {
  test('V-04 S-01 S-02 S-03 reserves, prices and asks for payment there, once each, and owns nothing of it', async () => {
    const offer = await offerElsewhere([2, 4])
    let booking: BookingBody | undefined
    const calls = await callsDuring(
      [
        ['inventory', 'reserve'],
        ['pricing', 'calculate'],
        ['payments', 'create_intent'],
        ['inventory', 'update'],
        ['payments', 'capture'],
      ],
      async () => {
        booking = await hold(ada, offer.order())
        await pay(world, booking)
        await until(ada, booking.id, { status: 'confirmed' })
      },
    )
    expect(calls).toEqual([1, 1, 1, 1, 1])

    expect(booking).toMatchObject({ items: [{ unit_id: 'T1' }], amount: 5000 })
    expect(booking?.price.quote_id).toMatch(/./)
    const intent = await world.service.get(`/api/v1/payments/intents/${booking?.payment?.intent_id}`)
    expect(intent.body).toMatchObject({ booking_id: booking?.id, amount: 5000, currency: 'USD', status: 'succeeded' })
    expect(await isFreeElsewhere(offer, 'T1')).toBe(false)
    expect(await isFreeElsewhere(offer, 'T2')).toBe(true)
  })

  test('V-04 S-01 gives a party the table that the inventory service says, buffers included', async () => {
    const offer = await offerElsewhere([2, 4])
    await takeElsewhere(offer, 'T1')
    expect((await hold(ada, offer.order())).items).toMatchObject([{ unit_id: 'T2' }])
    // Both are taken now, T2 until 15 minutes after the party of 90 minutes.
    const at = (minutes: number) => {
      const start = new Date(Date.parse(inDays(7)) + minutes * 60_000).toISOString()
      return offer.order({ items: [{ offering_id: offer.offeringId, unit_id: 'T2', start }] })
    }
    expect(await bob.post('/bookings', at(104))).toMatchObject(SOLD_OUT)
    await hold(bob, at(105))
  })

  test('V-04 S-01 is sold out when the inventory service says so, and then there is no booking and no intent', async () => {
    const offer = await offerElsewhere([2])
    await takeElsewhere(offer, 'T1')
    const [intents] = await callsDuring([['payments', 'create_intent']], async () => {
      expect(await ada.post('/bookings', offer.order())).toMatchObject(SOLD_OUT)
    })
    expect(intents).toBe(0)
    const { body } = await ada.get<{ bookings: BookingBody[] }>(`/bookings?offering_id=${offer.offeringId}`)
    expect(body.bookings).toEqual([])
  })

  test('V-04 A-10 the availability check asks the inventory service too', async () => {
    const offer = await offerElsewhere([2])
    const question = { items: [{ offering_id: offer.offeringId, start: inDays(7), party_size: 2 }] }
    expect(await ada.post('/bookings/availability/check', question)).toMatchObject({
      status: 200,
      body: { available: true, items: [{ price: { amount: 5000, currency: 'USD' } }] },
    })
    await takeElsewhere(offer, 'T1')
    expect(await ada.post('/bookings/availability/check', question)).toMatchObject({
      status: 200,
      body: { available: false, items: [{ available: false }] },
    })
  })

  test('V-04 S-01 gives the table back when it is cancelled, and when its hold runs out', async () => {
    const offer = await offerElsewhere([2], { hold_seconds: 2 })
    const booking = await hold(ada, offer.order())
    expect(await isFreeElsewhere(offer, 'T1')).toBe(false)
    await until(ada, booking.id, { status: 'expired' })
    await eventually(async () => expect(await isFreeElsewhere(offer, 'T1')).toBe(true))

    const paid = await hold(bob, offer.order())
    await pay(world, paid)
    const { version } = await until(bob, paid.id, { status: 'confirmed' })
    await bob.post(`/bookings/${paid.id}/cancel`, { expected_version: version })
    await eventually(async () => expect(await isFreeElsewhere(offer, 'T1')).toBe(true))
    await until(bob, paid.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(await ledgerOf(world, paid.id)).toMatchObject({ captured: 5000, refunded: 5000 })
  })

  test('V-04 X-02 H-03 paid too late, it takes its table again there; when that is gone, the money goes back', async () => {
    const policy = { hold_seconds: 1, processing_grace_seconds: 1 }
    const [free, gone] = [await offerElsewhere([2], policy), await offerElsewhere([2], policy)]
    const bookings = await Promise.all([free, gone].map((offer) => hold(ada, offer.order())))
    for (const booking of bookings) {
      await pay(world, booking, 'pm_bank_slow', { processing_seconds: 12, outcome: 'succeeded' })
    }
    const [late, lost] = bookings.map(({ id }) => id)
    for (const id of [late, lost]) await until(ada, id ?? '', { status: 'expired' })
    for (const offer of [free, gone]) {
      await eventually(async () => expect(await isFreeElsewhere(offer, 'T1')).toBe(true))
    }
    await takeElsewhere(gone, 'T1')

    await until(ada, late ?? '', { status: 'confirmed', attention: null }, 30)
    expect(await isFreeElsewhere(free, 'T1')).toBe(false)
    const refunded = await until(ada, lost ?? '', ({ refund }) => expect(refund?.status).toBe('completed'), 30)
    expect(refunded).toMatchObject({ status: 'expired', refund: { amount: 5000 } })
    expect(await ledgerOf(world, lost ?? '')).toEqual({ captured: 5000, refunded: 5000 })
    expect(await ledgerOf(world, late ?? '')).toEqual({ captured: 5000 })
  })

  test('V-04 H-24 a service that fails leaves nothing half-made: 503, and the same key works once it is back', async () => {
    const key = { 'idempotency-key': 'through-the-storm' }
    const offer = await offerElsewhere([2])
    for (const [service, operation] of [
      ['inventory', 'reserve'],
      ['pricing', 'calculate'],
    ]) {
      await world.service.put('/control/faults', { rules: [{ service, operation, status: 503 }] })
      const answer = await ada.post('/bookings', offer.order(), key)
      expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      const { body } = await ada.get<{ bookings: BookingBody[] }>(`/bookings?offering_id=${offer.offeringId}`)
      expect(body.bookings).toEqual([])
      expect(await isFreeElsewhere(offer, 'T1')).toBe(true)
    }
    await world.service.put('/control/faults', { rules: [] })
    await hold(ada, offer.order(), key)
    expect(await isFreeElsewhere(offer, 'T1')).toBe(false)
  })
})

test('S-01 X-08 A-06 one of two tables is cancelled there alone; moving them is refused in so many words, and notes are not', async () => {
  const dinner = await offerElsewhere([4, 4])
  const two = dinner.unitIds.map((unit_id) => ({ offering_id: dinner.offeringId, unit_id, start: inDays(7) }))
  const held = await hold(ada, dinner.order({ items: two }))
  await pay(world, held)
  const { id, version } = await until(ada, held.id, { status: 'confirmed' })
  const moved = { items: [{ offering_id: dinner.offeringId, start: inDays(8) }], expected_version: version }
  expect(await ada.put(`/bookings/${id}`, moved)).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
  const noted = { notes: 'by the window', expected_version: version }
  expect(await ada.put(`/bookings/${id}`, noted)).toMatchObject({ status: 200, body: { notes: 'by the window' } })
  const left = { item_ids: ['1'], expected_version: version + 1 }
  expect(await ada.post(`/bookings/${id}/cancel`, left)).toMatchObject({ status: 200, body: { status: 'confirmed' } })
  expect([await isFreeElsewhere(dinner, 'T1'), await isFreeElsewhere(dinner, 'T2')]).toEqual([true, false])
})
