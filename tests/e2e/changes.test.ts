import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { confirmed, hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { at, change, claimsOf, payChange } from '../support/changes.ts'
import { inDays, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let ben: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ;[ada, ben] = [await world.as('customer', 'ada'), await world.as('customer', 'ben')]
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

const HALF_PAST = new Date(Date.parse(inDays(7)) + 30 * 60_000).toISOString()

/** A paid dinner for two at 25 dollars a head, in a week. */
const booked = (dinner: Offer, guest = ada, more = {}) => confirmed(world, guest, dinner, more)

describe('a change that costs no more', () => {
  test('A-06 H-11 V-05 moves a table from eight to half past eight at once, under the same id, and not past itself', async () => {
    const dinner = await offerTables(world)
    const before = await booked(dinner)
    const { status, body: after } = await change(ada, before, { items: at(dinner, HALF_PAST) })
    expect(status, JSON.stringify(after)).toBe(200)
    expect(after).toMatchObject({
      id: before.id,
      reference: before.reference,
      status: 'confirmed',
      version: before.version + 1,
      start: HALF_PAST,
      items: [{ unit_id: 'T1', start: HALF_PAST, status: 'active' }],
      amount: before.amount,
      change: null,
      refund: null,
    })
    const claims = await claimsOf(world, before.id)
    expect(claims.filter(({ state }) => state !== 'released')).toMatchObject([{ state: 'committed' }])
    expect(claims).toHaveLength(2)

    const messages = await world.parts.database.outboxMessage.findMany({
      where: { bookingId: before.id, eventType: 'booking.updated' },
    })
    expect(messages.map(({ payload }) => payload)).toMatchObject([
      { start: HALF_PAST, changed_fields: expect.arrayContaining(['start', 'end', 'booking_time']) as unknown },
    ])
    const { body: history } = await olga.get<{ entries: object[] }>(`/bookings/${before.id}/history`)
    expect(JSON.stringify(history)).toContain('changed')
  })

  test('A-06 X-06 gives the difference back when it costs less, by the tiers of the policy', async () => {
    const dinner = await offerTables(world)
    const { body: after } = await change(ada, await booked(dinner), { party_size: 1 })
    expect(after).toMatchObject({ party_size: 1, amount: 2500, price: { total: 2500, kept: 0 } })
    await until(ada, after.id, ({ refund }) => expect(refund).toMatchObject({ amount: 2500, status: 'completed' }))
    expect(await ledgerOf(world, after.id)).toMatchObject({ captured: 5000, refunded: 2500 })

    const strict = await offerTables(world, [4], { refund_tiers: [{ hours_before: 0, percent: 20 }] })
    const { body: kept } = await change(ada, await booked(strict), { party_size: 1 })
    // A fifth of the 25 dollars: what is kept of the rest is a fee now.
    expect(kept).toMatchObject({ amount: 4500, price: { subtotal: 2500, fees: 2000, kept: 2000, total: 4500 } })
    await until(ada, kept.id, ({ refund }) => expect(refund).toMatchObject({ amount: 500, status: 'completed' }))
    const { body: preview } = await ada.get(`/bookings/${kept.id}/cancellation`)
    expect(preview).toMatchObject({ refund: { amount: 500 } })
  })

  test('A-06 keeps the table it has when it still fits, and takes a bigger one when it does not', async () => {
    const dinner = await offerTables(world, [2, 4])
    const before = await booked(dinner)
    expect(before.items).toMatchObject([{ unit_id: 'T1' }])
    const asked = await change(ada, before, { party_size: 4 })
    expect(asked.body.change).toMatchObject({ items: [{ unit_id: 'T2' }], supplement: 5000 })
    const same = await change(ada, await booked(await offerTables(world, [4])), { party_size: 3 })
    expect(same.body.change).toMatchObject({ items: [{ id: '1', unit_id: 'T1' }] })
  })

  test('A-06 E-01 keeps the claim of a seat that stays, also after the workflow has ended; a seat more waits for its price', async () => {
    const concert = await offerSeats(world, 4)
    const seats = (...units: string[]) => units.map((unit_id) => ({ offering_id: concert.offeringId, unit_id }))
    const held = await hold(ada, concert.order({ items: seats('A-1', 'A-2') }))
    await pay(world, held)
    const before = await until(ada, held.id, { status: 'confirmed' })
    await world.parts.temporal.workflow.getHandle(held.id).result()
    const { body: moved } = await change(ada, before, { items: seats('A-2', 'A-3') })
    expect(moved.items).toMatchObject([{ id: '2', unit_id: 'A-2' }, { unit_id: 'A-3' }])
    expect(moved).toMatchObject({ amount: 9000, ticket_reference: before.ticket_reference })
    expect(await claimsOf(world, held.id)).toMatchObject([
      { unitId: 'A-1', state: 'released' },
      { unitId: 'A-2', state: 'committed' },
      { unitId: 'A-3', state: 'committed' },
    ])
    const { body: more } = await change(ada, moved, { items: seats('A-2', 'A-3', 'A-4') })
    expect(more).toMatchObject({ items: [{}, {}], change: { supplement: 4500, items: [{}, {}, {}] } })
    await payChange(world, ada, held.id)
    await until(ada, held.id, { change: null, amount: 13_500, items: [{}, {}, { unit_id: 'A-4' }] as never })
    expect(await ledgerOf(world, held.id)).toMatchObject({ captured: 13_500 })
  })

  test('A-06 moves a lesson within one calendar, and a visit within a slot that is full but for itself', async () => {
    const lesson = await offerTutor(world)
    const ida = await world.as('student', 'ida')
    const taught = await hold(ida, lesson.order())
    await pay(world, taught)
    const confirmed = await until(ida, taught.id, { status: 'confirmed' })
    const later = { start: HALF_PAST, end: inDays(7, 1.5) }
    const { body } = await change(ida, confirmed, { items: [{ offering_id: lesson.offeringId, ...later }] })
    expect(body).toMatchObject({ ...later, amount: confirmed.amount, meeting_url: confirmed.meeting_url })

    const visit = await offerSlots(world, { capacity: 3 })
    const two = await hold(
      ada,
      visit.order({ items: [{ offering_id: visit.offeringId, unit_id: 'slot-1', quantity: 3 }] }),
    )
    const fewer = await change(ada, two, { items: [{ offering_id: visit.offeringId, unit_id: 'slot-1', quantity: 2 }] })
    expect(fewer, JSON.stringify(fewer.body)).toMatchObject({ status: 200, body: { items: [{ quantity: 2 }] } })
  })
})

describe('a change of a booking that nobody has paid yet', () => {
  test('A-06 prices it anew under the same hold; the intent of the old price is cancelled, and a new one is to be paid', async () => {
    const dinner = await offerTables(world)
    const before = await hold(ada, dinner.order())
    const { body } = await change(ada, before, { party_size: 4 })
    expect(body).toMatchObject({ status: 'pending', amount: 10_000, hold: before.hold, change: null })
    const asked = await until(ada, body.id, ({ payment }) => {
      expect(payment).toMatchObject({ amount: 10_000, status: 'pending' })
    })
    expect(asked.payment?.intent_id).not.toBe(before.payment?.intent_id)
    await pay(world, asked)
    await until(ada, body.id, { status: 'confirmed', waiting_for: 'visit' })
    expect(await ledgerOf(world, body.id)).toMatchObject({ captured: 10_000 })
  })
})

describe('who changes what, and which version', () => {
  test('A-06 A-31 V-03 needs the version for every profile: 422 without, 409 and 412 for another', async () => {
    const visit = await offerSlots(world, { slots: 2 })
    const booking = await hold(ada, visit.order())
    const path = `/bookings/${booking.id}`
    const needed = { status: 422, body: { code: 'validation_failed', errors: [{ pointer: '/expected_version' }] } }
    expect(await ada.put(path, { notes: 'shy' })).toMatchObject(needed)
    expect(await ada.put(path, { notes: 'shy' }, { 'if-match': '*' })).toMatchObject(needed)
    const stale = booking.version + 5
    expect(await ada.put(path, { notes: 'shy', expected_version: stale })).toMatchObject({
      status: 409,
      body: { code: 'version_conflict', booking: { id: booking.id } },
    })
    expect(await ada.put(path, { notes: 'shy' }, { 'if-match': `"${stale}"` })).toMatchObject({ status: 412 })
    const noted = await ada.put<BookingBody>(path, { notes: 'shy' }, { 'if-match': `"${booking.version}"` })
    expect(noted).toMatchObject({ status: 200, body: { notes: 'shy', version: booking.version + 1 } })
    expect(noted.headers.get('etag')).toBe(`"${booking.version + 1}"`)
    const nothing = await ada.put<BookingBody>(path, { notes: 'shy', expected_version: booking.version + 1 })
    expect(nothing).toMatchObject({ status: 200, body: { version: booking.version + 1 } })
  })

  test('A-30 A-06 sent twice under a key it is made once; the alias knows it, too', async () => {
    const dinner = await offerTables(world)
    const before = await booked(dinner)
    const key = { 'idempotency-key': randomUUID() }
    const wish = { items: at(dinner, inDays(10)) }
    const [one, two] = await Promise.all([change(ada, before, wish, key), change(ada, before, wish, key)])
    expect([one.status, two.status]).toEqual([200, 200])
    expect(two.body.version).toBe(one.body.version)
    const late = await change(ada, before, wish, key)
    expect(late.headers.get('idempotency-replayed')).toBe('true')
    expect(await change(ada, before, { notes: 'x' }, key)).toMatchObject({ body: { code: 'idempotency_mismatch' } })
    const alias = world.apiUrl + `/api/bookings/${before.id}`
    expect(
      (await fetch(alias, { method: 'PUT', body: '{}', headers: { 'content-type': 'application/json' } })).status,
    ).toBe(401)
  })

  test('A-30 A-06 H-24 that could not be priced is a 503 that changes nothing, and the same key has another try', async () => {
    const dinner = await offerTables(world)
    const before = await booked(dinner)
    const key = { 'idempotency-key': randomUUID() }
    const wish = { items: at(dinner, inDays(10)) }
    await world.service.put('/control/faults', { rules: [{ service: 'pricing', operation: 'calculate', status: 503 }] })
    expect(await change(ada, before, wish, key)).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    await world.service.put('/control/faults', { rules: [] })
    expect((await ada.get<BookingBody>(`/bookings/${before.id}`)).body).toEqual(before)
    expect(await change(ada, before, wish, key)).toMatchObject({ status: 200, body: { start: inDays(10) } })
  })

  test('A-34 A-06 somebody else finds nothing; what was approved, and what has ended, is not changed by its customer', async () => {
    const dinner = await offerTables(world)
    const before = await booked(dinner)
    expect(await change(ben, before, { notes: 'mine' })).toMatchObject({ status: 404 })
    const visit = await offerSlots(world, { slots: 2, more: { requires_approval: true } })
    const waiting = await hold(ada, visit.order())
    await pay(world, waiting)
    const held = await until(ada, waiting.id, { status: 'awaiting_approval' })
    const other = { items: [{ offering_id: visit.offeringId, unit_id: 'slot-2' }] }
    expect(await change(ada, held, other)).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    await olga.post(`/bookings/${held.id}/status`, { action: 'approve' })
    const approved = await until(ada, held.id, { status: 'confirmed' })
    expect(await change(ada, approved, other)).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    expect(await change(olga, approved, other)).toMatchObject({ status: 200, body: { items: [{ unit_id: 'slot-2' }] } })

    await ada.post(`/bookings/${before.id}/cancel`, { expected_version: before.version })
    const ended = await until(ada, before.id, { status: 'cancelled', waiting_for: null })
    expect(await change(ada, ended, { notes: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'illegal_transition' },
    })
  })
})
