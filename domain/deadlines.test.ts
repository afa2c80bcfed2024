import { describe, expect, test } from 'vitest'
import type { Booking } from './booking.ts'
import { isPaying } from './claims.ts'
import { claimChange } from './claims.ts'
import { deadlineOf, isAtRest, nextDeadline, waitingFor } from './deadlines.ts'
import { withConsequences } from './consequences.ts'
import { at, CUSTOMER, EXPIRY, held, OPERATOR, START } from './testing/builders.ts'
import { after, asked, due, failed, rang, refundsDone, requested, theEffect, told, undecided } from './testing/steps.ts'

const asking = after(held(), requested(0))
const authorized = after(asking, told('authorized', 1))
const lesson = held({ terms: { makesMeeting: true } })
const waiting = after(held({ terms: { requiresApproval: true } }), told('authorized', 1))
const confirmed = after(asking, told('succeeded', 1))
const late = after(asking, undecided(EXPIRY), undecided(EXPIRY + 30))
const cancelled = after(confirmed, asked('cancel', 5))

describe('A-33 what a booking waits for, and until when', () => {
  test.each<[string, Booking, string | null, string | null]>([
    ['just held', held(), 'payment_intent', at(EXPIRY)],
    ['asked to pay', asking, 'payment', at(EXPIRY)],
    ['declined, to be tried again', after(asking, told('failed', 1)), 'payment', at(EXPIRY)],
    ['its payment cancelled, to be asked for anew', after(asking, told('cancelled', 1)), 'payment_intent', at(EXPIRY)],
    ['being paid', after(asking, told('processing', 1)), 'payment_outcome', at(EXPIRY)],
    ['kept for its payment', after(asking, undecided(EXPIRY)), 'payment_outcome', at(EXPIRY + 7.5)],
    ['authorised', authorized, 'capture', at(11)],
    ['without its link', after(lesson, told('succeeded', 1)), 'meeting_link', at(11)],
    ['free, without its link', held({ due: 0, terms: { makesMeeting: true } }), 'meeting_link', at(10)],
    ['to be approved', waiting, 'approval', at(1 + 24 * 60)],
    ['approved', after(waiting, asked('approve', 5, OPERATOR)), 'capture', at(15)],
    ['confirmed', confirmed, 'visit', at(START + 60)],
    ['checked in', after(confirmed, asked('check_in', START, OPERATOR)), 'completion', at(START + 25 * 60)],
    ['completed', after(confirmed, asked('complete', START, OPERATOR)), null, null],
    ['being refunded', cancelled, 'refund', at(5 + 3 * 24 * 60)],
    ['its refund failed', after(cancelled, failed('refund', 9, 'overdue')), 'refund', null],
    ['refunded', after(cancelled, refundsDone(6)), null, null],
    ['to be voided', after(authorized, asked('cancel', 5)), 'payment_void', at(5 + 3 * 24 * 60)],
    ['expired', after(held(), rang(EXPIRY)), null, null],
    ['being revived', after(late, told('authorized', 60)), 'capture', at(70)],
    ['being revived, without its link', after(lesson, rang(EXPIRY), told('succeeded', 60)), 'meeting_link', at(70)],
  ])('%s', (_, booking, waits, until) => {
    expect(waitingFor(booking)).toBe(waits)
    expect(nextDeadline(booking)).toBe(until)
  })

  test('a confirmed booking without a time waits for nothing', () => {
    const course = after(held({ agreement: { start: null, end: null } }), told('succeeded', 1))
    expect([waitingFor(course), nextDeadline(course)]).toEqual([null, null])
    expect(isAtRest(course, at(5))).toBe(true)
  })

  test('a surplus payment is seen to before the visit', () => {
    const twice = after(confirmed, told('authorized', 2, { intentId: 'pi_2' }))
    expect(waitingFor(twice)).toBe('payment_void')
    expect(nextDeadline(twice)).toBe(at(START + 60))
  })
})

describe('what is due at other services', () => {
  test('has a key that names the operation, the same however often it is worked out', () => {
    const { id } = asking
    const payment = authorized.payments[0]?.id
    expect(theEffect(held(), 'request_payment', 0).key).toBe(`intent:${id}:1`)
    expect(theEffect(authorized, 'capture', 1).key).toBe(`capture:${payment}`)
    expect(theEffect(asking, 'void', EXPIRY).key).toBe(`void:${payment}:0`)
    expect(theEffect(after(asking, undecided(EXPIRY)), 'void', EXPIRY + 10).key).toBe(`void:${payment}:1`)
    expect(theEffect(after(lesson, told('succeeded', 1)), 'make_meeting', 1).key).toBe(`meeting:${id}`)
    expect(theEffect(cancelled, 'refund', 5).key).toBe(`refund:${id}:${payment}:1`)
  })

  test('no payment is asked for when the hold is over', () => {
    expect(due(held(), EXPIRY - 1)).toEqual(['request_payment'])
    expect(due(held(), EXPIRY)).toEqual([])
  })

  test('H-05 a surplus payment is voided once the booking is confirmed: before, its own is what matters', () => {
    const both = after(authorized, told('authorized', 2, { intentId: 'pi_2' }))
    expect(due(both, 2)).toEqual(['capture'])
    expect(due(after(both, told('succeeded', 3)), 3)).toEqual(['void'])
    const unlinked = after(lesson, told('succeeded', 1), told('authorized', 2, { intentId: 'pi_2' }))
    expect(due(unlinked, 2)).toEqual(['make_meeting'])
  })

  test('a void of another payment waits until the units are committed', () => {
    const twice = after(waiting, told('authorized', 2, { intentId: 'pi_2' }))
    expect(due(twice, 2)).toEqual([])
    expect(due(after(twice, asked('approve', 3, OPERATOR)), 3)).toEqual(['capture', 'void'])
  })
})

describe('X-14 a lease that may turn out paid is kept from takeover', () => {
  test.each<[string, Booking, boolean]>([
    ['unpaid', asking, false],
    ['declined', after(asking, told('failed', 1)), false],
    ['being processed', after(asking, told('processing', 1)), true],
    ['being processed, beside another intent', after(asking, told('processing', 1), requested(2, 'pi_2')), true],
    ['kept for an unknown outcome', after(asking, undecided(EXPIRY, 'payment_unknown')), true],
    ['to be approved', waiting, true],
    ['confirmed', confirmed, false],
  ])('%s', (_, booking, paying) => {
    expect(isPaying(booking)).toBe(paying)
  })
})

describe('invariant 2: the claims follow the booking', () => {
  const change = (before: Booking, after: Booking) => claimChange(before, after)

  test('an intent alone changes nothing', () => {
    expect(change(held(), asking)).toBeNull()
    expect(change(confirmed, after(confirmed, asked('check_in', START, OPERATOR)))).toBeNull()
  })

  test('authorised, paid, approved: committed', () => {
    const committed = { state: 'committed' }
    expect(change(asking, authorized)).toEqual(committed)
    expect(change(asking, confirmed)).toEqual(committed)
    expect(change(waiting, after(waiting, asked('approve', 5, OPERATOR)))).toEqual(committed)
    expect(change(late, after(late, told('authorized', 60)))).toEqual(committed)
    const free = held({ due: 0 })
    expect(change(free, withConsequences(free, [], { now: at(0) }).booking)).toEqual(committed)
  })

  test('ended: released, with what it ended as', () => {
    expect(change(asking, after(asking, asked('cancel', 5)))).toEqual({ state: 'released', reason: 'cancelled' })
    expect(change(held(), after(held(), rang(EXPIRY)))).toEqual({ state: 'released', reason: 'expired' })
    expect(change(confirmed, after(confirmed, asked('complete', START, OPERATOR)))).toEqual({
      state: 'released',
      reason: 'completed',
    })
    expect(change(confirmed, after(confirmed, rang(START + 60)))).toEqual({ state: 'released', reason: 'no_show' })
  })

  test('extended, or said to be paying, or not any more: the lease is written anew', () => {
    const processing = after(asking, told('processing', 1))
    const lease = { state: 'held', expiresAt: at(EXPIRY), lapsesAt: at(EXPIRY + 0.25) }
    expect(change(asking, processing)).toEqual({ ...lease, paying: true })
    expect(change(processing, after(processing, told('failed', 2)))).toEqual({ ...lease, paying: false })
    expect(change(asking, after(asking, undecided(EXPIRY)))).toMatchObject({
      state: 'held',
      expiresAt: at(EXPIRY + 7.5),
      paying: true,
    })
    expect(change(asking, waiting)).toMatchObject({ state: 'held', paying: true })
  })

  test('an authorisation that is gone makes it a lease again', () => {
    expect(change(authorized, after(authorized, told('cancelled', 2)))).toEqual({
      state: 'held',
      expiresAt: at(EXPIRY),
      lapsesAt: at(EXPIRY + 0.25),
      paying: false,
    })
  })

  test('a revival that fails gives them up again', () => {
    const reviving = after(late, told('authorized', 60))
    expect(change(reviving, after(reviving, told('cancelled', 61)))).toEqual({ state: 'released', reason: 'expired' })
  })
})

test('at rest nothing can happen without a message: no timer, no work', () => {
  for (const booking of [after(held(), rang(EXPIRY)), after(cancelled, refundsDone(6))]) {
    expect(isAtRest(booking, at(99_999))).toBe(true)
    expect(deadlineOf(booking)).toBeNull()
  }
  for (const booking of [held(), asking, waiting, confirmed, cancelled]) expect(isAtRest(booking, at(6))).toBe(false)
  expect(isAtRest(after(asking, asked('cancel', 1, CUSTOMER)), at(2))).toBe(false)
})
