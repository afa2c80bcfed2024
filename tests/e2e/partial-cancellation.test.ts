import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { claimsOf } from '../support/changes.ts'
import { inDays, offerSeats, offerSlots, offerTables } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let ben: Caller
beforeAll(async () => {
  world = await openWorld()
  ;[ada, ben] = [await world.as('customer', 'ada'), await world.as('customer', 'ben')]
})
afterAll(() => world.close())

/** Three paid seats at 45 dollars each. */
async function threeSeats(policy: Record<string, unknown> = {}) {
  const concert = await offerSeats(world, 3, policy)
  const items = concert.unitIds.map((unit_id) => ({ offering_id: concert.offeringId, unit_id }))
  const held = await hold(ada, concert.order({ items }))
  await pay(world, held)
  return { concert, booking: await until(ada, held.id, { status: 'confirmed' }) }
}

function cancel({ id, version }: BookingBody, itemIds: readonly string[]) {
  return ada.post<BookingBody>(`/bookings/${id}/cancel`, {
    item_ids: itemIds,
    expected_version: version,
    reason: 'ill',
  })
}

describe('some of the items', () => {
  test('A-07 A-08 X-08 H-12 are cancelled by themselves: their share goes back as the preview said, the rest stays', async () => {
    const { concert, booking } = await threeSeats()
    const { body: preview } = await ada.get(`/bookings/${booking.id}/cancellation?item_ids=1,3`)
    expect(preview).toMatchObject({
      can_cancel: true,
      refund: { amount: 9000, percent: 100 },
      version: booking.version,
    })

    const { status, body } = await cancel(booking, ['1', '3'])
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toMatchObject({
      status: 'confirmed',
      amount: 4500,
      items: [
        { id: '1', status: 'cancelled' },
        { id: '2', status: 'active' },
        { id: '3', status: 'cancelled' },
      ],
      cancellation: null,
    })
    await until(ada, booking.id, ({ refund }) => expect(refund).toMatchObject({ amount: 9000, status: 'completed' }))
    expect(await ledgerOf(world, booking.id)).toMatchObject({ captured: 13_500, refunded: 9000 })
    expect(await claimsOf(world, booking.id)).toMatchObject([
      { unitId: 'A-1', state: 'released', releaseReason: 'item_cancelled' },
      { unitId: 'A-2', state: 'committed' },
      { unitId: 'A-3', state: 'released', releaseReason: 'item_cancelled' },
    ])
    await hold(ben, concert.order({}, 'A-1'))
    expect(await ben.post('/bookings', concert.order({}, 'A-2'))).toMatchObject({ status: 409 })

    // The last one is the whole of what is left.
    const last = await cancel((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body, ['2'])
    expect(last.body).toMatchObject({ status: 'cancelled' })
    await until(ada, booking.id, ({ refund }) => expect(refund).toMatchObject({ amount: 13_500, status: 'completed' }))
  })

  test('X-06 X-08 go by the tier of the whole booking’s start; what is kept of them is a fee, and is kept for good', async () => {
    const { booking } = await threeSeats({ refund_tiers: [{ hours_before: 1, percent: 30 }] })
    const { body } = await cancel(booking, ['2'])
    expect(body).toMatchObject({ amount: 9000 + 3150, price: { subtotal: 9000, fees: 3150, kept: 3150 } })
    const { body: preview } = await ada.get(`/bookings/${booking.id}/cancellation`)
    expect(preview).toMatchObject({ refund: { amount: 2700, percent: 30 } })
    const { version } = await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    await ada.post(`/bookings/${booking.id}/cancel`, { expected_version: version })
    await until(ada, booking.id, ({ refund }) =>
      expect(refund).toMatchObject({ amount: 1350 + 2700, status: 'completed' }),
    )
  })

  test('A-07 all of them named are the whole booking, and before it is paid nothing is kept', async () => {
    const { booking } = await threeSeats()
    expect((await cancel(booking, ['1', '2', '3'])).body).toMatchObject({ status: 'cancelled', items: [{}, {}, {}] })

    const visit = await offerSlots(world, { slots: 2 })
    const items = visit.unitIds.map((unit_id) => ({ offering_id: visit.offeringId, unit_id }))
    const held = await hold(ada, visit.order({ items }))
    const { body } = await cancel(held, ['1'])
    expect(body).toMatchObject({ status: 'pending', amount: held.amount / 2, start: held.items[1]?.start })
    const asked = await until(ada, held.id, ({ payment }) => expect(payment?.amount).toBe(held.amount / 2))
    await pay(world, asked)
    await until(ada, held.id, { status: 'confirmed' })
    expect(await ledgerOf(world, held.id)).toMatchObject({ captured: held.amount / 2 })
  })

  test('X-08 beside a change that waits for its payment are not cancelled', async () => {
    const dinner = await offerTables(world, [4, 4])
    const two = dinner.unitIds.map((unit_id) => ({ offering_id: dinner.offeringId, unit_id, start: inDays(7) }))
    const held = await hold(ada, dinner.order({ items: two }))
    await pay(world, held)
    const { id, version } = await until(ada, held.id, { status: 'confirmed' })
    await ada.put(`/bookings/${id}`, { party_size: 4, expected_version: version })
    const waiting = await until(ada, id, ({ change }) => expect(change?.payment).not.toBeNull())
    expect(await cancel(waiting, ['1'])).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
  })
})

describe('what is no change, or no item', () => {
  test('A-07 A-08 A-32 items that are not there, or not any more, are refused, and change nothing', async () => {
    const { booking } = await threeSeats()
    const path = `/bookings/${booking.id}`
    for (const [body, pointer] of [
      [{ item_ids: ['1', 'x'] }, '/item_ids/1'],
      [{ item_ids: [] }, '/item_ids'],
      [{ item_ids: '1' }, '/item_ids'],
      [{ item_ids: [1] }, '/item_ids/0'],
      [{ items: ['1'] }, ''],
    ] as const) {
      expectFaultAt(await expectRefused(world, () => ada.post(`${path}/cancel`, body), 'validation_failed'), pointer)
    }
    await expectRefused(world, () => ada.get(`${path}/cancellation?item_ids=9`), 'validation_failed')
    await expectRefused(world, () => ada.get(`${path}/cancellation?item=1`), 'validation_failed')
    const { body } = await cancel(booking, ['1'])
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(await cancel({ ...body, version: 0 }, ['1'])).toMatchObject({
      status: 409,
      body: { code: 'version_conflict' },
    })
    await expectRefused(world, () => ada.get(`${path}/cancellation?item_ids=1`), 'policy_forbids')
  })

  test('A-06 A-32 a change that says nothing, or what the booking cannot be, is refused, and changes nothing', async () => {
    const dinner = await offerTables(world)
    const elsewhere = await offerTables(world)
    const seats = await offerSeats(world)
    const booking = await hold(ada, dinner.order())
    expect(booking.waiting_for).toBe('payment')
    const put = (body: unknown) => () => ada.put(`/bookings/${booking.id}`, body)
    const known = { expected_version: booking.version }
    const item = { offering_id: dinner.offeringId, start: inDays(8) }
    for (const [body, pointer] of [
      [{}, ''],
      [{ items: [] }, '/items'],
      [{ items: [{ ...item, quantity: 0 }] }, '/items/0/quantity'],
      [{ items: [{ ...item, unit_id: 'T9' }] }, '/items/0/unit_id'],
      [{ items: [{ ...item, offering_id: 'nothing' }] }, '/items/0/offering_id'],
      [{ items: [{ ...item, start: inDays(-1) }] }, '/items/0/start'],
      [{ items: [{ ...item, end: inDays(8, -1) }] }, '/items/0/end'],
      [{ items: [{ offering_id: elsewhere.offeringId, start: inDays(8) }] }, '/items'],
      [{ items: [{ offering_id: seats.offeringId, unit_id: 'A-1' }] }, '/items/0/offering_id'],
      [{ items: Array.from({ length: 6 }, (_, n) => ({ ...item, start: inDays(8 + n) })) }, '/items'],
      [{ party_size: 0 }, '/party_size'],
      [{ party_size: 1.5 }, '/party_size'],
      [{ notes: 'x'.repeat(2001) }, '/notes'],
      [{ notes: 'a\u0000b' }, '/notes'],
      [{ notes: 1 }, '/notes'],
      [{ notes: 'x', status: 'confirmed' }, ''],
      [{ notes: 'x', expected_version: -1 }, '/expected_version'],
    ] as const) {
      expectFaultAt(await expectRefused(world, put({ ...known, ...body }), 'validation_failed'), pointer)
    }
    await expectRefused(world, put('{"notes": '), 'malformed')
    const late = { items: [{ ...item, start: inDays(400) }], ...known }
    await expectRefused(world, put(late), 'policy_forbids')
    await expectRefused(world, put({ party_size: 40, ...known }), 'sold_out')
    const visit = await hold(ada, (await offerSlots(world)).order())
    const sized = () => ada.put(`/bookings/${visit.id}`, { party_size: 2, expected_version: visit.version })
    expectFaultAt(await expectRefused(world, sized, 'validation_failed'), '/party_size')
    await expectRefused(world, () => ada.put('/bookings/not-an-id', { notes: 'x' }), 'validation_failed')
    await expectRefused(world, () => ben.put(`/bookings/${visit.id}`, { notes: 'x', ...known }), 'not_found')
  })
})
