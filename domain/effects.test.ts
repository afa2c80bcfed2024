import { describe, expect, test } from 'vitest'
import { claimsOf } from './claims.ts'
import { onEffectFailed } from './decide.ts'
import { at, EXPIRY, held } from './testing/builders.ts'
import {
  after,
  asked,
  due,
  factsOf,
  failed,
  met,
  rang,
  refundsDone,
  requested,
  theEffect,
  told,
} from './testing/steps.ts'

const asking = after(held(), requested(0))
const cancelling = held({ policy: { onPaymentFailed: 'cancel' } })

describe('a service that refuses, or takes too long', () => {
  const authorized = after(asking, told('authorized', 1))

  test('X-05 a refused capture ends the booking, and the authorisation is voided', () => {
    const ended = after(authorized, failed('capture', 2, 'refused'))
    expect(ended).toMatchObject({
      status: 'cancelled',
      reviving: false,
      cancellation: { reason: 'capture_failed', revivable: false },
    })
    expect(claimsOf(ended)).toBe('released')
    expect(due(ended, 2)).toEqual(['void'])
  })

  test('a capture that takes too long calls a person and goes on, until it works', () => {
    const called = after(authorized, failed('capture', 12, 'overdue'))
    expect(called).toMatchObject({ status: 'pending', attention: { reason: 'capture_overdue' } })
    expect(due(called, 12)).toEqual(['capture'])
    expect(after(called, told('succeeded', 13))).toMatchObject({ status: 'confirmed', attention: null })
  })

  test('H-20 the person is reminded as long as it takes, so that no deadline is ever past', () => {
    const once = after(authorized, failed('capture', 11, 'overdue'))
    const twice = after(once, failed('capture', 21, 'overdue'))
    expect(twice.version).toBe(once.version + 1)
    expect(twice.attention).toEqual(once.attention)
    expect(factsOf(twice, failed('capture', 22, 'overdue'))).toEqual([])
  })

  test('a payment that cannot be asked for ends the booking; one that takes long goes on being asked for', () => {
    expect(after(held(), failed('request_payment', 1, 'refused'))).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'payment_refused' },
    })
    expect(factsOf(held(), failed('request_payment', 10, 'overdue'))).toEqual(['attention_raised'])
  })

  test('X-03 an expiring hold whose payment service is silent is kept', () => {
    const silent = after(asking, rang(EXPIRY), failed('void', EXPIRY + 0.25, 'overdue'))
    expect(silent).toMatchObject({ status: 'pending', hold: { extensions: 1 } })
    expect(factsOf(asking, failed('void', EXPIRY, 'overdue'))).toEqual(['hold_extended'])
  })

  test('a declined payment that cannot be voided keeps its hold until it runs out, without noise', () => {
    const declined = after(cancelling, requested(0), told('failed', 1))
    expect(factsOf(declined, failed('void', 2, 'overdue'))).toEqual([])
    expect(factsOf(declined, failed('void', EXPIRY, 'overdue'))).toEqual(['hold_extended'])
  })

  test('an authorisation of a cancelled booking that cannot be voided calls a person', () => {
    const cancelled = after(authorized, asked('cancel', 2))
    expect(after(cancelled, failed('void', 5000, 'overdue'))).toMatchObject({ attention: { reason: 'void_overdue' } })
  })

  test('T-09 a meeting link that is not made calls a person', () => {
    const lesson = after(held({ terms: { makesMeeting: true } }), told('succeeded', 1))
    const called = after(lesson, failed('make_meeting', 12, 'overdue'))
    expect(called.attention?.reason).toBe('make_meeting_overdue')
    expect(after(called, met(13))).toMatchObject({ status: 'confirmed', attention: null })
  })
})

describe('H-08 a failure that is about nothing any more changes nothing', () => {
  const authorized = after(asking, told('authorized', 1))

  test.each([
    ['a refused capture of what was captured after all', authorized, 'capture', told('succeeded', 2)],
    [
      'a refused capture of a lesson that waits for its link',
      after(held({ terms: { makesMeeting: true } }), told('authorized', 1)),
      'capture',
      told('succeeded', 2),
    ],
    [
      'a refused intent of a booking that was paid otherwise',
      held(),
      'request_payment',
      told('succeeded', 2, { intentId: 'pi_2' }),
    ],
    [
      'a failed refund that went through',
      after(held(), told('succeeded', 1), asked('cancel', 1)),
      'refund',
      refundsDone(2),
    ],
    ['a failed void of what was voided', after(authorized, asked('cancel', 1)), 'void', told('cancelled', 2)],
    [
      'a link that took too long and is there',
      after(held({ terms: { makesMeeting: true } }), told('succeeded', 1)),
      'make_meeting',
      met(2),
    ],
  ] as const)('%s', (_, before, type, step) => {
    const effect = theEffect(before, type, 1)
    const booking = after(before, step)
    for (const refused of [true, false])
      expect(onEffectFailed(booking, effect, refused, at(3))).toEqual({ booking, facts: [] })
  })
})
