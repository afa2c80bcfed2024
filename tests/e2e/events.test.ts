import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { entryOf } from '../../events/catalogue.ts'
import { personNumber } from '../../events/payloads/values.ts'
import { hold, pay, until } from '../support/booking.ts'
import { caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerCourse, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

type Told = { readonly type: string; readonly version: number; readonly topic: string; readonly payload: object }

/**
 * What the outbox says of a booking in its profile's own words, in order, once the last of it is as expected; each payload fits its schema. Beside
 * that every version so far has its `booking.changed` (N-40).
 */
async function toldOf(booking: BookingBody, last: string): Promise<Told[]> {
  const rows = await eventually(async () => {
    const found = await world.parts.database.outboxMessage.findMany({
      where: { bookingId: booking.id },
      orderBy: { id: 'asc' },
    })
    const own = found.filter(({ eventType }) => eventType !== 'booking.changed')
    expect(own.at(-1)?.eventType).toBe(last)
    const changed = found.filter(({ eventType }) => eventType === 'booking.changed').map(({ version }) => version)
    expect(changed).toEqual(Array.from({ length: changed.length }, (_, index) => index + 1))
    expect(changed.at(-1)).toBeGreaterThanOrEqual(own.at(-1)?.version ?? 0)
    return own
  })
  return rows.map(({ eventType, version, topic, payload, profile }) => {
    const entry = entryOf(profile, eventType)
    expect({ topic, profile }).toEqual({ topic: entry.topic, profile: booking.profile })
    return { type: eventType, version, topic, payload: entry.schema.parse(payload) }
  })
}

async function booked(offer: Offer, order: Record<string, unknown> = {}): Promise<BookingBody> {
  const ada = await world.as('customer', 'ada')
  const booking = await hold(ada, offer.order(order))
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' })
}

async function cancel(booking: BookingBody): Promise<void> {
  const ada = await world.as('customer', 'ada')
  const { version } = (await ada.get<BookingBody>(`/bookings/${booking.id}`)).body
  const { status } = await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'ill', expected_version: version })
  expect(status).toBe(200)
}

const types = (told: readonly Told[]) => told.map(({ type }) => type)

describe('K-01 K-02 what real bookings leave in the outbox is what the published schemas say', () => {
  test('T-10 a lesson: requested, paid, confirmed, cancelled, paid back', async () => {
    const booking = await booked(await offerTutor(world))
    await cancel(booking)
    const told = await toldOf(booking, 'BookingStatusChanged')
    expect(types(told)).toEqual([
      'BookingRequested',
      'BookingConfirmed',
      'PaymentProcessed',
      'BookingCancelled',
      'PaymentProcessed',
      'BookingStatusChanged',
    ])
    expect(new Set(told.map(({ topic }) => topic))).toEqual(new Set(['booking.events']))
    expect(told.map(({ payload }) => payload)).toMatchObject([
      {
        booking_id: booking.number,
        tutor_id: personNumber(booking.provider?.id ?? ''),
        amount: { amount: '60.00', currency: 'USD' },
      },
      { meeting_url: booking.meeting_url },
      { amount: { amount: '60.00' }, status: 'succeeded' },
      { previous_status: 'confirmed', refund_eligible: true, cancelled_by: personNumber('ada'), reason: 'ill' },
      { amount: { amount: '60.00' }, status: 'refunded' },
      { previous_status: 'cancelled', new_status: 'refunded' },
    ])
  })

  test('C-11 a visit to the clinic: reserved, paid, booked, cancelled with its refund', async () => {
    const offer = await offerSlots(world)
    const booking = await booked(offer)
    await cancel(booking)
    const told = await toldOf(booking, 'payment.processed')
    expect(types(told)).toEqual([
      'reservation.created',
      'booking.created',
      'booking.confirmed',
      'payment.processed',
      'booking.cancelled',
      'booking.status_changed',
      'payment.processed',
    ])
    expect(told[0]?.payload).toMatchObject({
      reservation_id: booking.id,
      service_id: offer.offeringId,
      slot_id: 'slot-1',
    })
    expect(told[2]?.payload).toMatchObject({
      reference_code: booking.reference,
      clinic_id: 'clinic-1',
      amount: '150000.00',
      slot_date: booking.start?.slice(0, 10),
      slot_time: `${booking.start?.slice(11, 19)}`,
    })
    expect(told[4]?.payload).toMatchObject({ refund_amount: '150000.00', refund_status: 'pending' })
  })

  test('C-11 a visit booked by its time: the reservation names the slot that was picked', async () => {
    const ada = await world.as('customer', 'ada')
    const offer = await offerSlots(world, { slots: 2 })
    const items = [{ offering_id: offer.offeringId, start: inDays(7, 1) }]
    const [reserved] = await toldOf(await hold(ada, offer.order({ items })), 'reservation.created')
    expect(reserved?.payload).toMatchObject({ slot_id: 'slot-2' })
  })

  test('E-06 a ticket: held, sold, cancelled, with its numbers as numbers', async () => {
    const offer = await offerSeats(world)
    const booking = await booked(offer)
    await cancel(booking)
    const told = await toldOf(booking, 'payment.processed')
    expect(types(told)).toEqual([
      'booking.created',
      'booking.confirmed',
      'payment.processed',
      'booking.cancelled',
      'payment.processed',
    ])
    for (const { type, topic } of told) expect(topic).toBe(type)
    expect(told[0]?.payload).toMatchObject({
      eventType: 'booking.created',
      payload: { bookingId: booking.id, eventId: offer.offeringId, seatIds: ['A-1'], totalAmount: 45 },
    })
  })

  test('E-06 E-02 a ticket that nobody pays: held, and free again', async () => {
    const ada = await world.as('customer', 'ada')
    const offer = await offerSeats(world, 1, { hold_seconds: 1, lapse_grace_seconds: 1 })
    const booking = await hold(ada, offer.order())
    expect(types(await toldOf(booking, 'booking.cancelled'))).toEqual(['booking.created', 'booking.cancelled'])
  })

  test('V-05 a table that was picked for the party: its first message names it already', async () => {
    const booking = await booked(await offerTables(world, [2, 8]))
    const told = await toldOf(booking, 'payment.processed')
    expect(types(told)).toEqual(['booking.created', 'booking.confirmed', 'booking.status_changed', 'payment.processed'])
    expect(told[0]?.payload).toMatchObject({
      units: [{ unit_id: 'T1', quantity: 1 }],
      guest_id: 'ada',
      party_size: 2,
      duration_minutes: 90,
      total_amount: '50.00',
    })
    for (const { type, version, payload } of told) {
      if (type !== 'payment.processed') expect(payload).toMatchObject({ version })
    }
  })

  test('O-04 an order of a course: created, paid, succeeded, cancelled', async () => {
    const offer = await offerCourse(world, 10)
    const booking = await booked(offer)
    await cancel(booking)
    const told = await toldOf(booking, 'PaymentProcessed')
    expect(types(told)).toEqual([
      'OrderCreated',
      'OrderSucceeded',
      'PaymentProcessed',
      'OrderFailed',
      'PaymentProcessed',
    ])
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { items: [{ course_id: offer.offeringId, session_id: null, amount: '99.00' }], total_amount: '99.00' },
      { status: 'succeeded' },
      { amount: '99.00', status: 'succeeded' },
      { status: 'cancelled', reason: 'ill' },
      { amount: '99.00', status: 'refunded' },
    ])
  })
})

describe('K-02 the catalogue, served without a token', () => {
  test('as an AsyncAPI document', async () => {
    const { status, body } = await caller(world.apiUrl, 'nobody', null).get<object>('/asyncapi.json')
    expect(status).toBe(200)
    expect(body).toMatchObject({ asyncapi: '3.0.0', channels: { 'booking.events': { address: 'booking.events' } } })
  })

  test('as a page to browse, which names every topic and message', async () => {
    const answer = await fetch(`${world.apiUrl}/docs/events`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('text/html')
    const page = await answer.text()
    for (const name of ['booking.events', 'clinic.events', 'OrderSucceeded', 'seatIds', 'refund_eligible']) {
      expect(page).toContain(`<code>${name === 'seatIds' ? 'payload.seatIds' : name}</code>`)
    }
  })
})
