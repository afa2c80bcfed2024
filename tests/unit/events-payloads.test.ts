import { describe, expect, test } from 'vitest'
import { CUSTOMER, START, at } from '../../domain/testing/builders.ts'
import { evolve } from '../../domain/evolve.ts'
import { entryOf } from '../../events/catalogue.ts'
import { reviewSubmitted } from '../../events/payloads/clinic.ts'
import { NUMBER_TO_COME, personNumber } from '../../events/payloads/values.ts'
import { STORY, cancelled, heldOf, messagesAfter, moved, payloadsAfter, refunded } from '../support/messages.ts'

const { requested, captured, met, confirmed, expired, failed } = STORY
const ID = '0198a2f0-1111-7222-8333-444455556666'
const REFERENCE = 'EVT-7K3QX9ABCDEF'
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown as string
const start = at(START)
const end = at(START + 60)
const line = { id: '1', quantity: 1, start, end, unitPrice: 12_000, amount: 12_000 } as const

describe('T-10 what tutoring tells, as its document has it', () => {
  const lesson = heldOf('tutoring', {
    provider: { id: 'tess', name: 'Tess Tutor' },
    items: [{ ...line, offeringId: 'maths', unitId: 'tess', kind: 'calendar' }],
  })
  // Ids are numbers there; one that is none has the number of its hash, always the same.
  const people = { student_id: personNumber('ada'), tutor_id: personNumber('tess') }
  const money = { amount: '120.00', currency: 'USD' }
  const told = payloadsAfter(lesson, requested, captured, met, confirmed)

  test('BookingRequested, BookingConfirmed and PaymentProcessed, each with its id and time', () => {
    expect(told).toEqual({
      BookingRequested: {
        event_id: UUID,
        event_type: 'BookingRequested',
        booking_id: NUMBER_TO_COME,
        ...people,
        scheduled_time: { start, end },
        amount: money,
        occurred_at: at(0),
      },
      PaymentProcessed: {
        event_id: UUID,
        event_type: 'PaymentProcessed',
        booking_id: NUMBER_TO_COME,
        payment_id: expect.any(String) as string,
        amount: money,
        status: 'succeeded',
        occurred_at: at(2),
      },
      BookingConfirmed: {
        event_id: UUID,
        event_type: 'BookingConfirmed',
        booking_id: NUMBER_TO_COME,
        ...people,
        scheduled_time: { start, end },
        meeting_url: 'https://meet.example/1',
        occurred_at: at(3),
      },
    })
  })

  test('the id in the payload is the id of the message, and the same whenever it is made', () => {
    const [once, again] = [1, 2].map(() => messagesAfter(lesson, requested, captured, met, confirmed))
    expect(once).toEqual(again)
    expect(once).toHaveLength(3)
    for (const { eventId, payload } of once ?? []) expect(payload).toMatchObject({ event_id: eventId })
    expect(new Set(once?.map(({ eventId }) => eventId)).size).toBe(3)
  })

  test.each([
    [0, true],
    [12_000, false],
  ])('T-08 BookingCancelled says by whom, from where and, with %i kept, that a refund is due: %s', (keep, eligible) => {
    expect(payloadsAfter(lesson, requested, captured, met, confirmed, cancelled(keep))['BookingCancelled']).toEqual({
      event_id: UUID,
      event_type: 'BookingCancelled',
      booking_id: NUMBER_TO_COME,
      ...people,
      cancelled_by: personNumber('ada'),
      reason: 'changed my mind',
      previous_status: 'confirmed',
      refund_eligible: eligible,
      occurred_at: at(5),
    })
    expect(payloadsAfter(lesson, expired)['BookingCancelled']).toMatchObject({
      cancelled_by: 0,
      reason: 'hold_expired',
      previous_status: 'pending',
    })
  })

  test('F-01 a person whose id is a number has that number, any other one of 48 bits', () => {
    expect([personNumber('42'), personNumber('999999999999999')]).toEqual([42, 999_999_999_999_999])
    for (const id of ['ada', 'auth0|ada', '042', '0', '-1', '1e3', '9'.repeat(16)]) {
      expect(personNumber(id)).toBe(personNumber(id))
      expect(personNumber(id)).toBeLessThan(2 ** 48)
      expect(personNumber(id)).not.toBe(Number(id))
    }
  })

  test('K-01 the changes of status and the money back that the document has no event for', () => {
    const story = [requested, captured, met, confirmed, cancelled(0), ...refunded(lesson, 12_000)] as const
    const back = payloadsAfter(lesson, ...story, { type: 'refunded', at: at(8), by: CUSTOMER })
    expect(back['PaymentProcessed']).toMatchObject({ amount: money, status: 'refunded', occurred_at: at(7) })
    expect(back['BookingStatusChanged']).toEqual({
      event_id: UUID,
      event_type: 'BookingStatusChanged',
      booking_id: NUMBER_TO_COME,
      ...people,
      previous_status: 'cancelled',
      new_status: 'refunded',
      occurred_at: at(8),
    })
  })
})

describe('C-11 what the clinic tells, field by field', () => {
  const visit = heldOf('clinic', {
    petId: 'rex',
    venue: { id: 'paws', type: 'clinic', name: 'Paws' },
    timeZone: 'Asia/Jakarta',
    items: [{ ...line, offeringId: 'vaccination', unitId: 'slot-1', kind: 'slot' }],
    snapshots: { offerings: [{ id: 'vaccination', name: 'Vaccination', duration_minutes: 30 }] },
  })
  const booked = { booking_id: ID, reference_code: REFERENCE }
  const parties = { user_id: 'ada', pet_id: 'rex', clinic_id: 'paws' }
  const confirmation = [requested, captured, confirmed] as const

  test('reservation.created, booking.created as its trigger has it, booking.confirmed and payment.processed', () => {
    expect(payloadsAfter(visit, ...confirmation)).toEqual({
      'reservation.created': {
        event_type: 'reservation.created',
        reservation_id: ID,
        user_id: 'ada',
        pet_id: 'rex',
        service_id: 'vaccination',
        slot_id: 'slot-1',
        expires_at: at(15),
        created_at: at(0),
      },
      'payment.processed': {
        event_type: 'payment.processed',
        payment_id: expect.any(String) as string,
        booking_id: ID,
        amount: '120.00',
        currency: 'USD',
        payment_method: 'card',
        status: 'success',
        processed_at: at(2),
      },
      'booking.created': {
        ...booked,
        user_id: 'ada',
        clinic_id: 'paws',
        service_id: 'vaccination',
        amount: '120.00',
        status: 'confirmed',
        created_at: at(3),
      },
      'booking.confirmed': {
        event_type: 'booking.confirmed',
        ...booked,
        ...parties,
        service_id: 'vaccination',
        slot_date: '2026-05-11',
        slot_time: '16:00:00', // 09:00 UTC on a clock in Jakarta
        amount: '120.00',
        created_at: at(3),
      },
    })
  })

  test.each([
    [0, '120.00', 'pending'],
    [6_000, '60.00', 'pending'],
    [12_000, '0.00', null],
  ])('booking.cancelled with %i kept: %s goes back', (keep, refund_amount, refund_status) => {
    expect(payloadsAfter(visit, ...confirmation, cancelled(keep))['booking.cancelled']).toEqual({
      event_type: 'booking.cancelled',
      ...booked,
      ...parties,
      cancellation_reason: 'changed my mind',
      refund_amount,
      refund_status,
      cancelled_at: at(5),
    })
  })

  test('booking.completed names the service as it was booked; statuses are spelled with hyphens', () => {
    const begun = [...confirmation, moved('start', START)] as const
    expect(payloadsAfter(visit, ...begun)['booking.status_changed']).toMatchObject({ new_status: 'in-progress' })
    const done = payloadsAfter(visit, ...begun, moved('complete', START + 60))
    expect(done['booking.status_changed']).toMatchObject({ previous_status: 'in-progress', new_status: 'completed' })
    expect(done['booking.completed']).toEqual({
      event_type: 'booking.completed',
      ...booked,
      ...parties,
      service_id: 'vaccination',
      service_name: 'Vaccination',
      completed_at: at(START + 60),
    })
    const missed = payloadsAfter(visit, ...confirmation, moved('no_show', START))
    expect(missed['booking.status_changed']).toMatchObject({ new_status: 'no-show' })
  })

  test('C-07 review.submitted', () => {
    const payload = reviewSubmitted(visit, { id: 'review-1', rating: 5, submittedAt: at(START + 120) })
    expect(entryOf('clinic', 'review.submitted').schema.parse(payload)).toEqual({
      event_type: 'review.submitted',
      review_id: 'review-1',
      booking_id: ID,
      user_id: 'ada',
      clinic_id: 'paws',
      service_id: 'vaccination',
      rating: 5,
      submitted_at: at(START + 120),
    })
  })
})

describe('E-06 what ticketing tells, in its wrapper and casing', () => {
  const seats = ['A-1', 'A-2'].map((unitId, index) => ({
    ...line,
    id: String(index + 1),
    offeringId: 'concert',
    unitId,
    kind: 'seat' as const,
  }))
  const tickets = heldOf('ticketing', { items: seats }, 9_050)
  const payload = {
    bookingId: ID,
    userId: 'ada',
    eventId: 'concert',
    seatIds: ['A-1', 'A-2'],
    totalAmount: 90.5,
    expiresAt: at(10),
  }

  test('booking.created, booking.confirmed, booking.cancelled', () => {
    const told = payloadsAfter(tickets, requested, captured, confirmed, cancelled(0))
    expect(told).toMatchObject({
      'booking.created': { eventType: 'booking.created', payload },
      'booking.confirmed': { eventType: 'booking.confirmed', payload: { ...payload, ticketReference: null } },
      'booking.cancelled': { eventType: 'booking.cancelled', payload: { ...payload, reason: 'changed my mind' } },
      'payment.processed': { payload: { bookingId: ID, amount: 120, currency: 'USD', status: 'success' } },
    })
    expect(told['booking.created']).toEqual({ eventType: 'booking.created', payload })
  })

  test('expiry and failed payments free the seats: booking.cancelled', () => {
    for (const fact of [expired, failed]) {
      expect(messagesAfter(tickets, fact).map(({ eventType }) => eventType)).toEqual([
        'booking.created',
        'booking.cancelled',
      ])
    }
    expect(payloadsAfter(tickets, failed)['booking.cancelled']).toMatchObject({ payload: { reason: 'PAYMENT_FAILED' } })
    expect(payloadsAfter(tickets, expired)['booking.cancelled']).toMatchObject({ payload: { reason: 'HOLD_EXPIRED' } })
  })

  test('expiresAt is the end of the hold as it stands', () => {
    const extended = evolve(tickets, {
      type: 'hold_extended',
      reason: 'payment_processing',
      expiresAt: at(25),
      lapsesAt: at(26),
      by: CUSTOMER,
      at: at(9),
    })
    expect(payloadsAfter(extended, requested, captured, confirmed)).toMatchObject({
      'booking.confirmed': { payload: { expiresAt: at(25) } },
    })
  })
})
