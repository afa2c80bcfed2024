import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { offerCourse, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { cannotSkip, openSkippingWorld, type SkippingWorld } from '../support/skipping.ts'

describe.skipIf(cannotSkip)('H-20 no booking is ever stuck (needs time-skipping server)', () => {
  let world: SkippingWorld
  let ada: Caller
  let olga: Caller
  beforeAll(async () => {
    world = await openSkippingWorld()
    ;[ada, olga] = [await world.as('customer', 'ada'), await world.as('operator', 'olga')]
  })
  afterAll(() => world?.close())

  test('H-20 X-10 A-33 in every state it waits for somebody until a deadline, and left alone it comes to its end', async () => {
    const bookings: { booking: BookingBody; waitsFor: string; endsAs: BookingBody['status'] }[] = [
      { booking: await hold(ada, (await offerCourse(world)).order()), waitsFor: 'payment', endsAs: 'expired' },
      { booking: await declinedCard(await offerSlots(world)), waitsFor: 'payment', endsAs: 'expired' },
      { booking: await atASlowBank(await offerSeats(world)), waitsFor: 'payment_outcome', endsAs: 'confirmed' },
      { booking: await awaitingApproval(), waitsFor: 'approval', endsAs: 'cancelled' },
      { booking: await confirmed(await offerSlots(world)), waitsFor: 'visit', endsAs: 'completed' },
      { booking: await confirmed(await offerTutor(world)), waitsFor: 'visit', endsAs: 'completed' },
      { booking: await confirmed(await offerTables(world)), waitsFor: 'visit', endsAs: 'no_show' },
      { booking: await moved(await offerTutor(world), 'start'), waitsFor: 'completion', endsAs: 'completed' },
      { booking: await moved(await offerTables(world), 'check_in'), waitsFor: 'completion', endsAs: 'completed' },
    ]
    for (const { booking, waitsFor } of bookings) {
      const now = await read(booking)
      expect(now).toMatchObject({ waiting_for: waitsFor, attention: null })
      expect(Date.parse(now.next_deadline ?? '')).toBeGreaterThan(Date.now())
      expect(await statusOf(booking)).toMatchObject({ waitingFor: waitsFor, nextDeadline: now.next_deadline })
    }

    await world.skip(20 * 86_400)
    for (const { booking, endsAs } of bookings) {
      const end = await until(olga, booking.id, { status: endsAs, waiting_for: null, next_deadline: null })
      expect(end.attention).toBeNull()
      expect(await resultOf(booking)).toMatchObject({ status: endsAs, version: end.version })
    }
  })

  test('H-20 X-10 what it waits for another service for is named, and when that takes too long a person is', async () => {
    const lesson = await offerTutor(world)
    const [start, end] = [world.inDays(5), world.inDays(5, 1)]
    await faults({ service: 'meetings', status: 503 }, { service: 'payments', operation: 'capture', status: 503 })
    const paid = await hold(ada, lesson.order({ items: [{ offering_id: lesson.offeringId, start, end }] }))
    await pay(world, paid)
    await until(ada, paid.id, { status: 'pending', waiting_for: 'capture' })
    await world.skip(660)
    const late = await until(ada, paid.id, ({ attention }) => expect(attention?.reason).toBe('capture_overdue'))
    expect(late).toMatchObject({ status: 'pending', waiting_for: 'capture' })
    expect(late.next_deadline).not.toBeNull()

    await faults({ service: 'meetings', status: 503 })
    await world.skip(60)
    await until(ada, paid.id, { waiting_for: 'meeting_link', attention: null })
    await world.skip(660)
    await until(ada, paid.id, ({ attention }) => expect(attention?.reason).toBe('make_meeting_overdue'))
    await faults()
    await world.skip(60)
    await until(ada, paid.id, { status: 'confirmed', waiting_for: 'visit', attention: null })
  })

  test('V-07 H-18 a party that does not come is a no-show an hour after its time; an operator may take it back for a day', async () => {
    const dinner = await offerTables(world)
    const start = world.inDays(4)
    const booking = await confirmed(dinner, { items: [{ offering_id: dinner.offeringId, start }] })
    expect(booking.next_deadline).toBe(new Date(Date.parse(start) + 3_600_000).toISOString())
    await world.skipTo(start, 3600 - 30)
    expect((await read(booking)).status).toBe('confirmed')
    await world.skip(60)
    await until(ada, booking.id, { status: 'no_show', waiting_for: null, refund: null })
    const undone = await olga.post<BookingBody>(`/bookings/${booking.id}/status`, {
      action: 'undo_no_show',
      expected_version: (await read(booking)).version,
    })
    expect(undone).toMatchObject({ status: 200, body: { status: 'confirmed', waiting_for: 'visit' } })
    // They have another hour to come; then they are missed for good.
    await world.skip(3600 + 60)
    const missed = await until(ada, booking.id, { status: 'no_show' })
    await world.skip(2 * 86_400)
    const undo = { action: 'undo_no_show', expected_version: missed.version }
    const tooLate = await olga.post(`/bookings/${booking.id}/status`, undo)
    expect(tooLate).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
  })

  async function confirmed(offer: Offer, more: Record<string, unknown> = {}): Promise<BookingBody> {
    const booking = await hold(ada, offer.order(more))
    await pay(world, booking)
    return until(ada, booking.id, { status: 'confirmed' })
  }

  async function moved(offer: Offer, action: 'start' | 'check_in'): Promise<BookingBody> {
    const { id, version } = await confirmed(offer)
    const order = { action, reason: 'came early', expected_version: version }
    const { status, body } = await olga.post<BookingBody>(`/bookings/${id}/status`, order)
    expect(status).toBe(200)
    return body
  }

  async function declinedCard(offer: Offer): Promise<BookingBody> {
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_card_declined')
    return until(ada, booking.id, ({ payment }) => expect(payment?.status).toBe('failed'))
  }

  async function atASlowBank(offer: Offer): Promise<BookingBody> {
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 900, outcome: 'succeeded' })
    return until(ada, booking.id, { waiting_for: 'payment_outcome' })
  }

  async function awaitingApproval(): Promise<BookingBody> {
    const visit = await offerSlots(world, { more: { requires_approval: true } })
    const booking = await hold(ada, visit.order())
    await pay(world, booking)
    return until(ada, booking.id, { status: 'awaiting_approval' })
  }

  async function faults(...rules: object[]): Promise<void> {
    expect((await world.service.put('/control/faults', { rules })).status).toBeLessThan(300)
  }

  async function read({ id }: BookingBody): Promise<BookingBody> {
    return (await ada.get<BookingBody>(`/bookings/${id}`)).body
  }

  function statusOf({ id }: BookingBody): Promise<unknown> {
    return world.parts.temporal.workflow.getHandle(id).query('status')
  }

  function resultOf({ id }: BookingBody): Promise<unknown> {
    return world.parts.temporal.workflow.getHandle(id).result()
  }
})
