import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { hold, pay, until } from '../../support/booking.ts'
import type { Answer, Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { inDays, offerSeats, offerSlots, offerTables, type Offer } from '../../support/offers.ts'
import { openWorld, type World } from '../../support/world.ts'

/** Our units, and a world whose units another service keeps. */
let world: World
let elsewhere: World
let ada: Caller
beforeAll(async () => {
  world = await openWorld({ environment: { SERVICE_DEADLINE_MS: '800' } })
  elsewhere = await openWorld({
    environment: (sandboxUrl) => ({ INVENTORY_SERVICE_URL: sandboxUrl, SERVICE_DEADLINE_MS: '800' }),
  })
  ada = await world.as('customer', 'ada')
})
afterEach(async () => {
  for (const each of [world, elsewhere]) await strike(each)
})
afterAll(async () => {
  for (const each of [world, elsewhere]) await each?.close()
})

/** The ways in which a service fails us; the deadline of a call is 800 ms. */
const FAULTS = {
  'answers 500': { status: 500 },
  'hangs up': { reset: true },
  'answers too late': { delay_ms: 1600 },
} as const

const FAULT_NAMES = Object.keys(FAULTS) as (keyof typeof FAULTS)[]

/** Replaces the fault plan; what no rule strikes works. */
async function strike({ service }: World, ...rules: object[]): Promise<void> {
  const { status, body } = await service.put('/control/faults', { rules })
  expect({ status, body }).toMatchObject({ status: 200 })
}

/** How often a rule has matched since the plan was made. */
async function calls({ service }: World): Promise<number> {
  const { body } = await service.get<{ rules: { matched: number }[] }>('/control/faults')
  return body.rules.reduce((sum, { matched }) => sum + matched, 0)
}

function expectUnavailable({ status, body, headers }: Answer): void {
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
}

async function bookingsOf(customer: Caller, offer: Offer): Promise<BookingBody[]> {
  const { body } = await customer.get<{ bookings: BookingBody[] }>(`/bookings?offering_id=${offer.offeringId}`)
  return body.bookings
}

/** Each time that money moved. */
async function moneyOf({ service }: World, { id }: BookingBody): Promise<string[]> {
  const { body } = await service.get<{ kind: string; amount: number }[]>(`/ledger?booking_id=${id}`)
  return body.map(({ kind, amount }) => `${kind} ${amount}`)
}

describe('a service that is asked before units are held', () => {
  test.each([
    ['identity', 'user'],
    ['catalog', 'event'],
    ['catalog', 'prices'],
  ])(
    'H-24 E-05 the %s service (%s) fails: 503, nothing is made, and the same key works later',
    async (service, operation) => {
      for (const fault of Object.values(FAULTS)) {
        const event = await offerSeats(world)
        const key = { 'idempotency-key': randomUUID() }
        await strike(world, { service, operation, ...fault })
        const begun = performance.now()
        expectUnavailable(await ada.post('/bookings', event.order(), key))
        // Two tries of at most two seconds each, and a slow machine's time to say so.
        expect(performance.now() - begun).toBeLessThan(9000)
        expect(await bookingsOf(ada, event)).toEqual([])
        expect(await world.parts.database.claim.count({ where: { offeringId: event.offeringId } })).toBe(0)
        await strike(world)
        const booking = await hold(ada, event.order(), key)
        expect(await hold(ada, event.order(), key)).toEqual(booking)
        expect(await bookingsOf(ada, event)).toHaveLength(1)
      }
    },
  )
})

describe('an inventory service that does its work and then fails', () => {
  async function offerTable(): Promise<Offer> {
    const offer = await offerTables(elsewhere, [4])
    const units = [{ offering_id: offer.offeringId, unit_id: 'T1', kind: 'range', min_party: 1, max_party: 4 }]
    expect((await elsewhere.service.put('/control/inventory/units', { units })).status).toBe(200)
    return offer
  }

  async function isFree({ offeringId }: Offer): Promise<boolean> {
    const item = { item_id: '1', offering_id: offeringId, unit_id: 'T1', start: inDays(7), end: inDays(7, 1) }
    const path = '/api/v1/inventory/check-availability'
    const { body } = await elsewhere.service.post<{ items: { available: boolean }[] }>(path, { items: [item] })
    return body.items[0]!.available
  }

  test.each(FAULT_NAMES)('H-24 V-04 once: it %s, and there is one reservation and one booking', async (name) => {
    const guest = await elsewhere.as('customer', 'guest')
    const dinner = await offerTable()
    await strike(elsewhere, { service: 'inventory', operation: 'reserve', executed: true, times: 1, ...FAULTS[name] })
    const booking = await hold(guest, dinner.order())
    expect(await calls(elsewhere)).toBeGreaterThan(1)
    expect(await isFree(dinner)).toBe(false)
    const wish = { expected_version: booking.version }
    expect((await guest.post(`/bookings/${booking.id}/cancel`, wish)).status).toBe(200)
    await eventually(async () => expect(await isFree(dinner)).toBe(true))
  })

  test.each(FAULT_NAMES)('H-24 V-04 always: it %s; later the same key gets the table it had reserved', async (name) => {
    const guest = await elsewhere.as('customer', 'guest')
    const dinner = await offerTable()
    const key = { 'idempotency-key': randomUUID() }
    await strike(elsewhere, { service: 'inventory', operation: 'reserve', executed: true, ...FAULTS[name] })
    expectUnavailable(await guest.post('/bookings', dinner.order(), key))
    expect(await bookingsOf(guest, dinner)).toEqual([])
    await strike(elsewhere)
    const booking = await hold(guest, dinner.order(), key)
    expect((await bookingsOf(guest, dinner)).map(({ id }) => id)).toEqual([booking.id])
    // The table is kept as long as the booking says, although it was reserved earlier.
    const asIs = { lock_id: booking.id, state: 'held' }
    const lock = await elsewhere.service.post('/api/v1/inventory/update-reservation', asIs)
    expect(lock.body).toMatchObject({ state: 'held', expires_at: booking.hold?.expires_at })
    await pay(elsewhere, booking)
    await until(guest, booking.id, { status: 'confirmed' }, 30)
    expect(await isFree(dinner)).toBe(false)
  })

  test('H-24 V-04 and fails to commit or to release: the booking and its table agree in the end', async () => {
    const guest = await elsewhere.as('customer', 'guest')
    const dinner = await offerTable()
    const booking = await hold(guest, dinner.order())
    const failing = { service: 'inventory', executed: true, status: 500, times: 3 }
    await strike(elsewhere, { ...failing, operation: 'update' }, { ...failing, operation: 'release' })
    await pay(elsewhere, booking)
    const { version } = await until(guest, booking.id, { status: 'confirmed' }, 40)
    const key = { 'idempotency-key': randomUUID() }
    await eventually(async () => {
      const { status } = await guest.post(`/bookings/${booking.id}/cancel`, { expected_version: version }, key)
      expect(status).toBe(200)
    }, 40)
    await eventually(async () => expect(await isFree(dinner)).toBe(true), 40)
    await until(guest, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'), 40)
    expect(await moneyOf(elsewhere, booking)).toEqual(['authorized 5000', 'captured 5000', 'refunded 5000'])
  })
})

describe('a payment service that does its work and then fails, twice at each call', () => {
  const CALLS = ['create_intent', 'get_intent', 'capture', 'cancel', 'refund']
  const twice = (fault: object) =>
    CALLS.map((operation) => ({ service: 'payments', operation, executed: true, times: 2, ...fault }))

  test.each(FAULT_NAMES)('H-24 it %s: held all the same, charged once and refunded once', async (name) => {
    const event = await offerSeats(world)
    await strike(world, ...twice(FAULTS[name]))
    const held = await hold(ada, event.order())
    expect(held).toMatchObject({ status: 'pending', payment: null, waiting_for: 'payment_intent' })
    const booking = await until(ada, held.id, ({ payment }) => expect(payment).not.toBeNull(), 30)
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' }, 40)
    expect((await ada.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'), 40)
    expect(await moneyOf(world, booking)).toEqual(['authorized 4500', 'captured 4500', 'refunded 4500'])
  })

  test.each(FAULT_NAMES)('H-24 it %s: an authorisation nobody wants is voided once', async (name) => {
    const olga = await world.as('operator', 'olga')
    const visit = await offerSlots(world, { more: { requires_approval: true } })
    const booking = await hold(ada, visit.order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'awaiting_approval' }, 30)
    await strike(world, ...twice(FAULTS[name]))
    expect((await olga.post(`/bookings/${booking.id}/status`, { action: 'decline' })).status).toBe(200)
    await until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('cancelled'), 40)
    expect(await moneyOf(world, booking)).toEqual(['authorized 15000000', 'voided 15000000'])
  })
})

describe('the breaker', () => {
  /** What five failures in a row cost: so long nobody calls (services/http.ts). */
  const OPEN_MS = 5000

  test('H-24 E-05 opens after five failures, lets one call through now and then, and closes when that one is answered', async () => {
    const visit = await offerSlots(world)
    const item = { offering_id: visit.offeringId, unit_id: visit.unitIds[0] }
    const ask = () => ada.post('/bookings/availability/check', { items: [item] })
    await strike(world, { service: 'pricing', status: 500 })
    const begun = performance.now()
    for (let n = 0; n < 5; n += 1) expectUnavailable(await ask())
    for (const answer of await Promise.all(Array.from({ length: 40 }, ask))) expectUnavailable(answer)
    // After every five seconds one may try.
    expect(await calls(world)).toBeLessThanOrEqual(5 + Math.floor((performance.now() - begun) / OPEN_MS))

    const tried = await calls(world)
    await eventually(async () => {
      expectUnavailable(await ask())
      expect(await calls(world)).toBeGreaterThan(tried)
    }, 30)
    expect(await calls(world)).toBeLessThanOrEqual(5 + Math.floor((performance.now() - begun) / OPEN_MS))

    await strike(world)
    await eventually(async () => expect((await ask()).status).toBe(200), 30)
    expect(await hold(ada, visit.order())).toMatchObject({ status: 'pending', waiting_for: 'payment' })
  })
})
