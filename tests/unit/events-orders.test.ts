import { describe, expect, test } from 'vitest'
import type { Booking } from '../../domain/booking.ts'
import { CUSTOMER, START, at } from '../../domain/testing/builders.ts'
import { entryOf } from '../../events/catalogue.ts'
import { STORY, cancelled, heldOf, messagesAfter, moved, payloadsAfter, refunded } from '../support/messages.ts'

const { requested, captured, confirmed, expired, failed } = STORY
const ID = '0198a2f0-1111-7222-8333-444455556666'
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown as string
const start = at(START)
const end = at(START + 60)
const typesAfter = (...story: Parameters<typeof messagesAfter>) => messagesAfter(...story).map((each) => each.eventType)

describe('V-05 what venues tell', () => {
  const table = heldOf('venue', {
    venue: { id: 'bistro', type: 'restaurant', name: 'Bistro' },
    partySize: 4,
    timeZone: 'Europe/Paris',
    items: [
      {
        id: '1',
        offeringId: 'dinner',
        unitId: 'T2',
        kind: 'table',
        quantity: 1,
        start,
        end,
        unitPrice: 12_000,
        amount: 12_000,
      },
    ],
  })
  const visit = [requested, captured, confirmed] as const

  test('booking.created carries what the document says a booking has, and of the guest only the id', () => {
    expect(payloadsAfter(table)['booking.created']).toEqual({
      event_type: 'booking.created',
      booking_id: ID,
      booking_reference: 'EVT-7K3QX9ABCDEF',
      version: 1,
      status: 'pending',
      guest_id: 'ada',
      venue_id: 'bistro',
      venue_type: 'restaurant',
      venue_name: 'Bistro',
      booking_date: '2026-05-11',
      booking_time: '11:00:00', // 09:00 UTC on a clock in Paris
      time_zone: 'Europe/Paris',
      start,
      end,
      duration_minutes: 60,
      party_size: 4,
      units: [{ offering_id: 'dinner', unit_id: 'T2', quantity: 1 }],
      total_amount: '120.00',
      currency: 'USD',
      occurred_at: at(0),
      expires_at: at(15),
    })
  })

  test('V-02 confirmed, checked in and completed, each beside its change of status', () => {
    const story = [...visit, moved('check_in', START), moved('complete', START + 60)] as const
    expect(typesAfter(table, ...story)).toEqual([
      'booking.created',
      'booking.confirmed',
      'booking.status_changed',
      'payment.processed',
      'booking.checked_in',
      'booking.status_changed',
      'booking.completed',
      'booking.status_changed',
    ])
    expect(payloadsAfter(table, ...story)).toMatchObject({
      'booking.completed': { status: 'completed', version: 6 },
      'booking.status_changed': { previous_status: 'checked_in', new_status: 'completed', changed_by: 'holdfast' },
    })
  })

  test('expired, and cancelled with what goes back', () => {
    expect(typesAfter(table, expired)).toEqual(['booking.created', 'booking.expired', 'booking.status_changed'])
    const told = payloadsAfter(table, ...visit, cancelled(6_000), ...refunded(table, 6_000))
    expect(told).toMatchObject({
      'booking.cancelled': {
        cancelled_by: 'ada',
        cancellation_reason: 'changed my mind',
        refund_amount: '60.00',
        refund_status: 'pending',
      },
      'payment.processed': { booking_id: ID, amount: '60.00', payment_method: 'card', status: 'refunded' },
    })
  })

  test('V-07 a no-show taken back is a change of status and no second confirmation', () => {
    const story = [...visit, moved('no_show', START + 60), moved('undo_no_show', START + 90)] as const
    expect(typesAfter(table, ...story).slice(4)).toEqual(['booking.status_changed', 'booking.status_changed'])
  })

  test('booking.updated names the fields that changed, and is silent when none did', () => {
    const entry = entryOf('venue', 'booking.updated')
    const update = (after: Booking) =>
      entry.build?.({
        eventId: 'e-1',
        before: table,
        after,
        fact: { type: 'attention_cleared', at: at(9), by: CUSTOMER },
      })
    const moved: Booking = { ...table, start: at(START + 30), end: at(START + 90), partySize: 5, version: 2 }
    expect(entry.schema.parse(update(moved))).toMatchObject({
      event_type: 'booking.updated',
      party_size: 5,
      start: at(START + 30),
      changed_fields: ['booking_time', 'start', 'end', 'party_size'],
    })
    expect(update({ ...table, version: 2 })).toBeNull()
  })
})

describe('O-04 what orders tell', () => {
  const course = {
    id: '1',
    offeringId: 'typescript',
    unitId: 'typescript',
    kind: 'enrolment',
    quantity: 2,
    start: null,
    end: null,
    unitPrice: 3_000,
    amount: 6_000,
  } as const
  const session = {
    ...course,
    id: '2',
    unitId: 'friday',
    kind: 'slot',
    quantity: 1,
    amount: 6_000,
    start,
    end,
  } as const
  const order = heldOf('course', { items: [course, session] })
  const plain = heldOf('course', { items: [course] })
  const head = { event_id: UUID, order_id: ID, user_id: 'ada' }
  const total = { total_amount: '120.00', currency: 'USD' }
  const sessions = [{ session_id: 'friday', course_id: 'typescript', start, end, quantity: 1 }]

  test('OrderCreated and OrderSucceeded, and its sessions are booked', () => {
    const told = payloadsAfter(order, requested, captured, confirmed)
    expect(Object.keys(told)).toEqual(['OrderCreated', 'OrderSucceeded', 'SessionBooked', 'PaymentProcessed'])
    expect(told['OrderCreated']).toEqual({
      ...head,
      event_type: 'OrderCreated',
      occurred_at: at(0),
      order_reference: 'EVT-7K3QX9ABCDEF',
      status: 'created',
      items: [
        {
          item_id: '1',
          course_id: 'typescript',
          session_id: null,
          quantity: 2,
          unit_price: '30.00',
          amount: '60.00',
        },
        {
          item_id: '2',
          course_id: 'typescript',
          session_id: 'friday',
          quantity: 1,
          unit_price: '30.00',
          amount: '60.00',
        },
      ],
      ...total,
      expires_at: at(30),
    })
    expect(told).toMatchObject({
      OrderSucceeded: { ...head, status: 'succeeded', ...total, payment_id: expect.any(String) as string },
      SessionBooked: { ...head, event_type: 'SessionBooked', status: 'booked', sessions },
      PaymentProcessed: { ...head, amount: '120.00', currency: 'USD', status: 'succeeded' },
    })
  })

  test.each([
    ['failed', failed, 'payment_failed'],
    ['timed_out', expired, 'hold_expired'],
    ['cancelled', cancelled(0), 'changed my mind'],
  ] as const)('O-02 OrderFailed says %s, with the reason', (status, fact, reason) => {
    const told = payloadsAfter(order, fact)
    expect(Object.keys(told)).toEqual(['OrderCreated', 'OrderFailed'])
    expect(told['OrderFailed']).toEqual({
      ...head,
      event_type: 'OrderFailed',
      occurred_at: fact.at,
      order_reference: 'EVT-7K3QX9ABCDEF',
      status,
      reason,
      ...total,
    })
  })

  test('sessions that were booked are cancelled; an order without sessions tells of none', () => {
    const story = [requested, captured, confirmed, cancelled(0)] as const
    expect(payloadsAfter(order, ...story)['SessionCancelled']).toMatchObject({
      ...head,
      status: 'cancelled',
      reason: 'changed my mind',
      sessions,
    })
    expect(typesAfter(plain, ...story)).toEqual(['OrderCreated', 'OrderSucceeded', 'PaymentProcessed', 'OrderFailed'])
  })

  test('F-05 a visit is told as the session’s; a session that is cancelled alone, too', () => {
    const paid = [requested, captured, confirmed] as const
    const visit = [...paid, moved('check_in', START), moved('complete', START + 60)] as const
    expect(typesAfter(order, ...visit).slice(-2)).toEqual(['SessionStatusChanged', 'SessionStatusChanged'])
    expect(payloadsAfter(order, ...visit)['SessionStatusChanged']).toMatchObject({
      ...head,
      status: 'completed',
      sessions,
    })
    const missed = [...paid, moved('no_show', START + 60), moved('undo_no_show', START + 61)] as const
    expect(payloadsAfter(order, ...missed)['SessionStatusChanged']).toMatchObject({ status: 'booked' })

    const part = { at: at(3), by: CUSTOMER, type: 'items_cancelled', reason: 'ill', keep: 0 } as const
    const told = payloadsAfter(order, ...paid, { ...part, itemIds: ['2'] })
    expect(told['SessionCancelled']).toMatchObject({ ...head, status: 'cancelled', reason: 'ill', sessions })
    expect(payloadsAfter(order, ...paid, { ...part, itemIds: ['1'] })).not.toHaveProperty('SessionCancelled')
  })
})
