import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Booking } from './booking.ts'
import { isPaying } from './claims.ts'
import { onPaymentUndecided } from './decide.ts'
import { TIMED_OUT } from './effects.ts'
import { at, EXPIRY, held } from './testing/builders.ts'
import { after, due, factsOf, rang, requested, told, undecided } from './testing/steps.ts'
import { epochOf, instantOf, plusSeconds, secondsBetween } from './time.ts'

const asking = after(held(), requested(0))
const cancelling = held({ policy: { onPaymentFailed: 'cancel' } })

describe('E-02 a hold that runs out', () => {
  test('expires at once when nothing was asked for', () => {
    expect(after(held(), rang(EXPIRY))).toMatchObject({ status: 'expired', cancellation: { reason: 'hold_expired' } })
  })

  test('X-03 H-02 with an open payment first has it cancelled', () => {
    expect(factsOf(asking, rang(EXPIRY))).toEqual([])
    expect(due(asking, EXPIRY)).toEqual(['void'])
    expect(after(asking, rang(EXPIRY), told('cancelled', EXPIRY)).status).toBe('expired')
  })

  test('H-02 turns out to be paid: it is confirmed', () => {
    expect(after(asking, rang(EXPIRY), told('succeeded', EXPIRY)).status).toBe('confirmed')
  })

  test('X-03 is kept while the payment is processed or its outcome is unknown', () => {
    const kept = after(asking, told('processing', 1), rang(EXPIRY), undecided(EXPIRY))
    expect(kept).toMatchObject({
      status: 'pending',
      hold: { extensions: 1, expiresAt: at(EXPIRY + 7.5), firstExpiresAt: at(EXPIRY) },
    })
    expect(isPaying(kept)).toBe(true)
    expect(due(kept, EXPIRY)).toEqual([])
    expect(due(kept, EXPIRY + 7.5)).toEqual(['void'])
  })

  test('X-03 at the bound it expires with attention, and what comes later is a late payment', () => {
    const bound = after(asking, told('processing', 1), undecided(EXPIRY), undecided(EXPIRY + 30))
    expect(bound).toMatchObject({
      status: 'expired',
      attention: { reason: 'payment_outcome_unknown', since: at(EXPIRY + 30) },
    })
    expect(due(bound, EXPIRY + 30)).toEqual(['void'])
    expect(after(bound, told('cancelled', 60)).attention).toBeNull()
    expect(after(bound, told('succeeded', 60))).toMatchObject({ status: 'confirmed', attention: null })
  })

  test('is not kept any longer than it runs anyway', () => {
    const declined = after(cancelling, requested(0), told('failed', 1))
    expect(factsOf(declined, undecided(2, 'payment_unknown'))).toEqual([])
    expect(factsOf(asking, undecided(2))).toEqual([])
    expect(factsOf(after(asking, told('succeeded', 2)), undecided(EXPIRY))).toEqual([])
    expect(factsOf(after(asking, told('authorized', 2)), undecided(EXPIRY))).toEqual([])
  })

  test('O-02 X-03 that nobody pays in time expires before its hold does, once the payment is cancelled', () => {
    const timedOut = after(cancelling, requested(0), told('failed', 1, { failureCode: TIMED_OUT }))
    expect(timedOut.status).toBe('pending')
    expect(due(timedOut, 1)).toEqual(['void'])
    expect(after(timedOut, told('cancelled', 2))).toMatchObject({
      status: 'expired',
      cancellation: { reason: 'payment_timed_out', revivable: true },
    })
    expect(after(timedOut, told('succeeded', 2)).status).toBe('confirmed')
  })

  test('O-02 a time-out of a payment that may be tried again leaves the hold as it is', () => {
    const retried = after(
      held({ policy: { onPaymentFailed: 'retry' } }),
      requested(0),
      told('failed', 1, { failureCode: TIMED_OUT }),
    )
    expect(due(retried, 1)).toEqual([])
    expect(after(retried, rang(EXPIRY), told('cancelled', EXPIRY))).toMatchObject({ status: 'expired' })
  })

  test('without a grace is not kept at all', () => {
    const strict = after(held({ policy: { processingGraceSeconds: 0 } }), requested(0))
    expect(after(strict, undecided(EXPIRY)).status).toBe('expired')
  })

  test('X-03 however often and whenever it is asked: never kept beyond the grace, nor more than five times', () => {
    const asks = fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000_000 }), fc.boolean()), {
      minLength: 1,
      maxLength: 60,
    })
    const aGrace = fc.integer({ min: 0, max: 7200 })
    fc.assert(
      fc.property(aGrace, fc.constantFrom('cancel', 'retry'), asks, (grace, onPaymentFailed, asks) => {
        let booking: Booking = after(held({ policy: { processingGraceSeconds: grace, onPaymentFailed } }), requested(0))
        if (onPaymentFailed === 'cancel') booking = after(booking, told('failed', 1))
        const bound = plusSeconds(at(EXPIRY), grace)
        let now = at(2)
        for (const [wait, processing] of asks) {
          now = instantOf(epochOf(now) + wait)
          booking = onPaymentUndecided(booking, processing ? 'payment_processing' : 'payment_unknown', now).booking
          if (booking.status !== 'pending') break
          expect(booking.hold.expiresAt <= (bound > at(EXPIRY) ? bound : at(EXPIRY))).toBe(true)
          expect(booking.hold.extensions).toBeLessThanOrEqual(5)
          expect(secondsBetween(booking.hold.expiresAt, booking.hold.lapsesAt)).toBe(15)
        }
        expect(booking.status === 'pending' || now >= bound).toBe(true)
      }),
    )
  })

  test('X-03 asked at each expiry, it ends in a handful of steps', () => {
    for (const grace of [0, 1, 2, 7, 60, 1800]) {
      let booking: Booking = after(held({ policy: { processingGraceSeconds: grace } }), requested(0))
      let rounds = 0
      while (booking.status === 'pending' && rounds < 20) {
        booking = onPaymentUndecided(booking, 'payment_unknown', booking.hold.expiresAt).booking
        rounds += 1
      }
      expect(booking.status).toBe('expired')
      expect(rounds).toBeLessThanOrEqual(6)
    }
  })
})
