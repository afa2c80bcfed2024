import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { payChange } from '../support/changes.ts'
import { offerSeats, offerSlots, offerTables } from '../support/offers.ts'
import { cannotSkip, openSkippingWorld, type SkippingWorld } from '../support/skipping.ts'

const DAY = 86_400

describe.skipIf(cannotSkip)('what people have to decide in time (needs time-skipping server)', () => {
  let world: SkippingWorld
  let ada: Caller
  let olga: Caller
  beforeAll(async () => {
    world = await openSkippingWorld()
    ada = await world.as('customer', 'ada')
    olga = await world.as('operator', 'olga')
  })
  afterAll(() => world?.close())

  test('H-06 X-07 X-12 a refund fails, is tried for days, calls a person, and is settled with a note: the ledger adds up', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await pay(world, booking, 'pm_refund_fails', { times: 120 })
    await until(ada, booking.id, { status: 'confirmed' })
    expect((await ada.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
    await world.skip(2 * DAY)
    expect(await read(booking)).toMatchObject({ waiting_for: 'refund', refund: { status: 'pending' }, attention: null })
    await world.skip(DAY)
    const called = await until(olga, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    expect(called.available_actions).toEqual(['retry', 'settle_refund'])

    // At the bank's counter it takes as long as it takes.
    const refund = { intent_id: booking.payment?.intent_id, amount: booking.amount, currency: booking.currency }
    let given = 402
    while (given === 402) {
      const key = { 'idempotency-key': `counter-${booking.id}` }
      given = (await world.service.post('/api/v1/payments/refunds', refund, key)).status
    }
    expect(given).toBe(201)
    const { key } = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    const operation = { operation: 'settle_refund', refund_key: key, reason: 'given back at the counter' }
    const settled = await olga.post<BookingBody>(`/bookings/${booking.id}/operations`, operation)
    expect(settled).toMatchObject({ status: 200, body: { attention: null, refund: { status: 'completed' } } })
    const entries = await world.parts.database.ledgerEntry.findMany({ where: { bookingId: booking.id } })
    expect(entries.map(({ amount }) => Number(amount))).toEqual([booking.amount, -booking.amount])
    const again = await olga.post(`/bookings/${booking.id}/operations`, operation)
    expect(again).toMatchObject({ status: 409, body: { code: 'illegal_transition' } })
  })

  const approvable = (policy: object = {}) =>
    offerSlots(world, { policy: { approval_seconds: 5 * DAY, ...policy }, more: { requires_approval: true } })

  /** A visit whose money is authorised and that waits for somebody's yes. */
  async function awaiting(more: Record<string, unknown> = {}, policy: object = {}): Promise<BookingBody> {
    const booking = await hold(ada, (await approvable(policy)).order())
    await pay(world, booking, 'pm_card_visa', more)
    return until(ada, booking.id, { status: 'awaiting_approval' })
  }

  test('C-04 nobody says anything in time: it is voided, and the slot is free', async () => {
    const booking = await awaiting({}, { approval_seconds: 3600 })
    const [item] = booking.items
    await world.skipTo(booking.next_deadline, -60)
    expect((await read(booking)).status).toBe('awaiting_approval')
    await world.skip(120)
    const ended = await until(ada, booking.id, { status: 'cancelled', waiting_for: null })
    expect(ended.cancellation?.reason).toBe('approval_timeout')
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: booking.amount, voided: booking.amount })
    await hold(ada, { profile: 'clinic', items: [{ offering_id: item?.offering_id, unit_id: item?.unit_id }] })
  })

  test('C-04 the authorisation ends before the policy’s time: until then it can be approved, and not longer', async () => {
    const booking = await awaiting({ authorization_seconds: 2 * DAY })
    const ahead = (Date.parse(booking.next_deadline ?? '') - Date.now()) / 1000
    expect(ahead).toBeGreaterThan(1.9 * DAY)
    expect(ahead).toBeLessThanOrEqual(2 * DAY)
    await world.skipTo(booking.next_deadline, 60)
    await until(ada, booking.id, { status: 'cancelled', waiting_for: null })
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: booking.amount, voided: booking.amount })
    const late = await olga.post(`/bookings/${booking.id}/status`, { action: 'approve' })
    expect(late).toMatchObject({ status: 409, body: { code: 'illegal_transition' } })
  })

  test('C-04 approved within the authorisation it is captured; declined it is voided', async () => {
    const [yes, no] = [await awaiting({ authorization_seconds: 2 * DAY }), await awaiting()]
    await world.skip(DAY)
    expect((await olga.post(`/bookings/${yes.id}/status`, { action: 'approve' })).status).toBe(200)
    await until(ada, yes.id, { status: 'confirmed' })
    expect(await ledgerOf(world, yes.id)).toEqual({ authorized: yes.amount, captured: yes.amount })
    expect((await olga.post(`/bookings/${no.id}/status`, { action: 'decline' })).status).toBe(200)
    await until(ada, no.id, { status: 'cancelled', waiting_for: null })
    expect(await ledgerOf(world, no.id)).toEqual({ authorized: no.amount, voided: no.amount })
  })

  test('C-04 where the money is captured at once, it is asked for only after the approval', async () => {
    const booking = await hold(ada, (await approvable({ capture: 'automatic' })).order())
    expect(booking).toMatchObject({ status: 'awaiting_approval', payment: null, waiting_for: 'approval' })
    await world.skip(3600)
    expect((await olga.post(`/bookings/${booking.id}/status`, { action: 'approve' })).status).toBe(200)
    const payable = await until(ada, booking.id, { waiting_for: 'payment' })
    expect(payable.available_actions).toContain('pay')
    await pay(world, payable, 'pm_bank_immediate')
    await until(ada, booking.id, { status: 'confirmed' })
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: booking.amount })

    const unpaid = await hold(ada, (await approvable({ capture: 'automatic' })).order())
    await olga.post(`/bookings/${unpaid.id}/status`, { action: 'approve' })
    const { hold: lease } = await until(ada, unpaid.id, { waiting_for: 'payment' })
    await world.skipTo(lease?.expires_at, 30)
    const ended = await until(ada, unpaid.id, { status: 'cancelled', waiting_for: null })
    expect(ended.cancellation?.reason).toBe('hold_expired')
    expect(await ledgerOf(world, unpaid.id)).toEqual({})
  })

  test('A-18 a longer hold is held for longer, and expires then', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const { body } = await ada.post<BookingBody>(`/bookings/${booking.id}/extend`, {})
    await world.skipTo(booking.hold?.expires_at, 60)
    expect(await read(booking)).toMatchObject({ status: 'pending', waiting_for: 'payment' })
    await world.skipTo(body.hold?.expires_at, 30)
    await until(ada, booking.id, { status: 'expired', waiting_for: null })
  })

  test('A-11 a reservation that nobody confirms runs out without ever asking for money', async () => {
    const { body } = await ada.post<{ reservation_id: string; expires_at: string }>(
      '/reservations',
      (await offerSlots(world)).order(),
    )
    await world.skipTo(body.expires_at, 30)
    const expired = await until(ada, body.reservation_id, { status: 'expired', waiting_for: null })
    expect(expired.payment).toBeNull()
  })

  test('H-14 a displaced booking that nobody moves or cancels is cancelled at its deadline, with everything back', async () => {
    const offer = await offerSeats(world, 1, { refund_tiers: [] })
    const booking = await hold(ada, offer.order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    await olga.post(`/units/A-1/block`, { offering_id: offer.offeringId, force: true, reason: 'flood' })
    const told = await until(ada, booking.id, { waiting_for: 'displacement' })
    await world.skipTo(told.next_deadline, -60)
    expect((await read(booking)).status).toBe('confirmed')
    await world.skip(120)
    const ended = await until(ada, booking.id, { status: 'cancelled', waiting_for: null })
    expect(ended).toMatchObject({ cancellation: { reason: 'displaced', by: { role: 'system' } } })
    expect(await ledgerOf(world, booking.id)).toMatchObject({ captured: booking.amount, refunded: booking.amount })
  })

  test('V-07 H-18 N-16 a no-show is undone: of what went back with it somebody says what becomes of it', async () => {
    const missed = async (fee: number) => {
      const dinner = await offerTables(world, [4], { no_show_fee_percent: fee })
      const start = world.inDays(3)
      const booking = await hold(ada, dinner.order({ items: [{ offering_id: dinner.offeringId, start }] }))
      await pay(world, booking)
      await until(ada, booking.id, { status: 'confirmed' })
      await world.skipTo(start, 3600 + 60)
      return until(ada, booking.id, { status: 'no_show', waiting_for: null })
    }
    const undo = ({ id, version }: BookingBody, more: object = {}) =>
      olga.post<BookingBody>(`/bookings/${id}/status`, { action: 'undo_no_show', expected_version: version, ...more })
    expect(await undo(await missed(100))).toMatchObject({ status: 200, body: { status: 'confirmed' } })
    const half = await missed(50)
    expect(half.refund).toMatchObject({ amount: half.amount / 2, status: 'completed' })
    const choices = ['ask_again', 'leave']
    expect(await undo(half)).toMatchObject({ status: 409, body: { code: 'policy_forbids', choices } })
    const left = await undo(half, { returned: 'leave', reason: 'our mistake' })
    expect(left.body).toMatchObject({ status: 'confirmed', amount: half.amount / 2, change: null })

    const another = await missed(50)
    const asking = await undo(another, { returned: 'ask_again' })
    expect(asking.body.change).toMatchObject({ supplement: another.amount / 2 })
    await payChange(world, ada, another.id)
    await until(ada, another.id, { status: 'confirmed', amount: another.amount, change: null })
    const ledger = { captured: another.amount * 1.5, refunded: another.amount / 2 }
    expect(await ledgerOf(world, another.id)).toMatchObject(ledger)
  })

  test('N-80 a table on two days: whoever misses the first keeps the second, and is let in there', async () => {
    const dinner = await offerTables(world, [4], { no_show_fee_percent: 50 })
    const [first, second] = [world.inDays(3), world.inDays(5)]
    const items = [first, second].map((start) => ({ offering_id: dinner.offeringId, start }))
    const booking = await hold(ada, dinner.order({ items }))
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed', next_deadline: later(first, 3600) })
    await world.skipTo(first, 3600 + 60)
    const statuses = ({ items }: BookingBody) => items.map(({ status }) => status)
    await until(ada, booking.id, (seen) => expect(statuses(seen)).toEqual(['missed', 'active']))
    const back = { amount: booking.amount / 4, status: 'completed' }
    const stands = {
      status: 'confirmed',
      start: second,
      waiting_for: 'visit',
      next_deadline: later(second, 3600),
    } as const
    const missed = await until(ada, booking.id, ({ refund, ...seen }) =>
      expect({ refund, ...seen }).toMatchObject({ ...stands, refund: back }),
    )
    expect(missed.amount).toBe((booking.amount * 3) / 4)
    const give = async (action: string, status: BookingBody['status']) => {
      const { version } = await read(booking)
      const given = await olga.post<BookingBody>(`/bookings/${booking.id}/status`, {
        action,
        expected_version: version,
      })
      expect(given).toMatchObject({ status: 200, body: { status } })
    }
    await world.skipTo(second, 60)
    await give('check_in', 'checked_in')
    await give('complete', 'completed')
    expect(statuses(await read(booking))).toEqual(['missed', 'active'])
    expect(await ledgerOf(world, booking.id)).toMatchObject({ captured: booking.amount, refunded: booking.amount / 4 })
    const { entries } = (await olga.get<{ entries: { kind: string }[] }>(`/bookings/${booking.id}/timeline`)).body
    expect(entries.map(({ kind }) => kind)).toContain('visit_over')
  })

  test('N-80 whoever comes on the first day is let in again on the second', async () => {
    const dinner = await offerTables(world, [4])
    const [first, second] = [world.inDays(2), world.inDays(4)]
    const booking = await hold(
      ada,
      dinner.order({ items: [first, second].map((start) => ({ offering_id: dinner.offeringId, start })) }),
    )
    await pay(world, booking)
    const { version } = await until(ada, booking.id, { status: 'confirmed' })
    await world.skipTo(first, 60)
    const checkIn = { action: 'check_in', expected_version: version }
    expect((await olga.post(`/bookings/${booking.id}/status`, checkIn)).status).toBe(200)
    // Nobody says that they have left: it is over when the next visit opens, a day before it begins.
    await world.skipTo(second, -86_400 + 60)
    const again = await until(ada, booking.id, {
      status: 'confirmed',
      start: second,
      amount: booking.amount,
      refund: null,
    })
    expect(again.items.map(({ status }) => status)).toEqual(['attended', 'active'])
    await world.skipTo(second, 3600 + 60)
    const missed = await until(ada, booking.id, { status: 'no_show' })
    expect(missed.refund).toBeNull()
  })

  const later = (instant: string, seconds: number) => new Date(Date.parse(instant) + seconds * 1000).toISOString()

  async function read({ id }: BookingBody): Promise<BookingBody> {
    return (await ada.get<BookingBody>(`/bookings/${id}`)).body
  }
})
