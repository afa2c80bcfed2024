import { describe, expect, test } from 'vitest'
import { retained, SYSTEM } from './booking.ts'
import { claimsOf } from './claims.ts'
import { withConsequences } from './consequences.ts'
import { at, DUE, held, OPERATOR } from './testing/builders.ts'
import { after, asked, due, factsOf, met, requested, told } from './testing/steps.ts'

describe('a paid booking is confirmed', () => {
  test('X-05 authorised, committed, captured, confirmed', () => {
    const authorized = after(held(), requested(0), told('authorized', 1))
    expect(authorized.status).toBe('pending')
    expect(claimsOf(authorized)).toBe('committed')
    expect(due(authorized, 1)).toEqual(['capture'])
    const confirmed = after(authorized, told('succeeded', 2))
    expect(confirmed.status).toBe('confirmed')
    expect(due(confirmed, 2)).toEqual([])
  })

  test('captured at once', () => {
    expect(factsOf(held(), requested(0), told('succeeded', 1))).toEqual([
      'payment_requested',
      'payment_captured',
      'confirmed',
    ])
  })

  test('E-04 with a ticket, where the terms say so', () => {
    const ticketed = held({ terms: { issuesTicket: true } })
    expect(after(ticketed, told('succeeded', 1)).ticketReference).toBe('TKT-7K3QX9ABCDEF')
    expect(after(held(), told('succeeded', 1)).ticketReference).toBeNull()
  })

  test('T-09 only once its meeting link is there, whichever comes first', () => {
    const lesson = held({ terms: { makesMeeting: true } })
    const paid = after(lesson, requested(0), told('succeeded', 1))
    expect(paid.status).toBe('pending')
    expect(due(paid, 1)).toEqual(['make_meeting'])
    expect(after(paid, met(2))).toMatchObject({ status: 'confirmed', meetingUrl: 'https://meet.example/1' })
    expect(after(lesson, met(1), told('succeeded', 2)).status).toBe('confirmed')
  })

  test('X-05 not when the units went to somebody else: it is voided, or goes back', () => {
    const authorized = after(held(), requested(0), told('authorized', 1, { unitsLost: true }))
    expect(authorized).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'units_lost', revivable: false, by: SYSTEM },
    })
    expect(due(authorized, 1)).toEqual(['void'])
    const captured = after(held(), requested(0), told('succeeded', 1, { unitsLost: true }))
    expect(captured).toMatchObject({ status: 'cancelled', refunds: [{ amount: DUE, reason: 'units_lost' }] })
  })

  test('T-07 never before the money is there', () => {
    for (const type of ['processing', 'authorized', 'failed', 'cancelled'] as const) {
      expect(after(held(), requested(0), told(type, 1)).status).not.toBe('confirmed')
    }
  })

  test('H-07 the webhook may overtake the answer that made the intent', () => {
    const booking = after(held(), told('authorized', 1), requested(0), told('succeeded', 2))
    expect(booking.status).toBe('confirmed')
    expect(booking.payments).toHaveLength(1)
    expect(booking.payments[0]?.clientSecret).toBe('secret')
  })
})

describe('a free booking', () => {
  const free = (terms = {}) => withConsequences(held({ due: 0, terms }), [], { now: at(0) })

  test('is confirmed at once and asks for no payment', () => {
    expect(free().booking.status).toBe('confirmed')
    expect(due(held({ due: 0 }), 0)).toEqual([])
  })

  test('still waits for its approval', () => {
    const booking = free({ requiresApproval: true }).booking
    expect(booking.status).toBe('awaiting_approval')
    expect(after(booking, asked('approve', 10, OPERATOR)).status).toBe('confirmed')
  })

  test('still waits for its meeting link, and asks for it', () => {
    const booking = held({ due: 0, terms: { makesMeeting: true } })
    expect(free({ makesMeeting: true }).facts).toEqual([])
    expect(due(booking, 0)).toEqual(['make_meeting'])
    expect(after(booking, met(1)).status).toBe('confirmed')
  })

  test('gives back whatever is paid for it', () => {
    const paid = after(free().booking, told('succeeded', 5, { amount: 700 }))
    expect(paid).toMatchObject({ status: 'confirmed', refunds: [{ amount: 700 }] })
    expect(due(after(free().booking, told('authorized', 5)), 5)).toEqual(['void'])
  })
})

describe('X-04 an amount that is not the price', () => {
  test('less: the booking ends and all of it goes back', () => {
    const booking = after(held(), requested(0), told('succeeded', 1, { amount: DUE - 1 }))
    expect(booking).toMatchObject({ status: 'cancelled', cancellation: { reason: 'amount_mismatch' } })
    expect(booking.refunds).toMatchObject([{ amount: DUE - 1, status: 'pending' }])
  })

  test('less was captured than was authorised: the same', () => {
    const booking = after(held(), requested(0), told('authorized', 1), told('succeeded', 2, { amount: 1 }))
    expect(booking).toMatchObject({ status: 'cancelled', refunds: [{ amount: 1 }] })
  })

  test('more: the booking is confirmed and the rest goes back', () => {
    const booking = after(held(), requested(0), told('succeeded', 1, { amount: DUE + 1 }))
    expect(booking).toMatchObject({ status: 'confirmed', refunds: [{ amount: 1, reason: 'surplus_payment' }] })
    expect(retained(booking)).toBe(DUE)
  })

  test('less is authorised: nothing is captured and it is voided', () => {
    const booking = after(held(), told('authorized', 1, { amount: 5000 }))
    expect(booking.status).toBe('cancelled')
    expect(due(booking, 1)).toEqual(['void'])
  })
})

describe('H-05 a second payment', () => {
  const confirmed = after(held(), requested(0), told('succeeded', 1))

  test('goes back, and the good one is kept', () => {
    const twice = after(confirmed, told('succeeded', 2, { intentId: 'pi_2' }))
    expect(twice.status).toBe('confirmed')
    expect(twice.refunds).toMatchObject([{ paymentId: twice.payments[1]?.id, amount: DUE }])
    expect(after(twice, told('succeeded', 3, { intentId: 'pi_3' })).refunds).toHaveLength(2)
  })

  test('is voided when it is only authorised, and never captured', () => {
    const twice = after(confirmed, told('authorized', 2, { intentId: 'pi_2' }))
    expect(due(twice, 2)).toEqual(['void'])
  })

  test('confirms when it is captured first, and then the first one is voided', () => {
    const booking = after(held(), requested(0), told('authorized', 1), told('succeeded', 1, { intentId: 'pi_2' }))
    expect(booking.status).toBe('confirmed')
    expect(due(booking, 1)).toEqual(['void'])
    const both = after(booking, told('succeeded', 2))
    expect(both.refunds).toMatchObject([{ paymentId: both.payments[1]?.id, amount: DUE }])
  })

  test('an intent that is authorised after another one confirmed the booking is voided, not captured', () => {
    const booking = after(held(), requested(0), told('succeeded', 1, { intentId: 'pi_2' }), told('authorized', 2))
    expect(booking.status).toBe('confirmed')
    expect(due(booking, 2)).toEqual(['void'])
  })

  test('what is left over is taken from the payment that is not needed', () => {
    const booking = after(
      held(),
      told('authorized', 0),
      told('succeeded', 1, { intentId: 'pi_2', amount: 5000 }),
      told('succeeded', 2),
    )
    expect(booking.refunds.reduce((total, { amount }) => total + amount, 0)).toBe(5000)
    expect(booking.refunds).toMatchObject([{ paymentId: booking.payments[1]?.id, amount: 5000 }])
  })
})

test('a settled booking stays settled', () => {
  const { booking, facts } = withConsequences(after(held(), told('succeeded', 1)), [], { now: at(2) })
  expect(facts).toEqual([])
  expect(booking.status).toBe('confirmed')
})
