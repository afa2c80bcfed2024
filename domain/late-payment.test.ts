import { describe, expect, test } from 'vitest'
import { retained } from './booking.ts'
import { claimsOf } from './claims.ts'
import { DUE, EXPIRY, held, START } from './testing/builders.ts'
import { after, asked, due, failed, met, rang, refundsDone, requested, told, undecided } from './testing/steps.ts'

describe('X-02 H-03 a late payment', () => {
  const expired = after(held(), requested(0), told('cancelled', EXPIRY))

  test('an unpaid hold expires', () => {
    expect(expired).toMatchObject({
      status: 'expired',
      cancellation: { reason: 'hold_expired', revivable: true, keep: 0 },
    })
  })

  test('captured, and the units are free: confirmed after all', () => {
    const revived = after(expired, told('succeeded', 30))
    expect(revived.status).toBe('confirmed')
    expect(claimsOf(revived)).toBe('committed')
    expect(revived.refunds).toEqual([])
    expect(revived).not.toHaveProperty('cancellation')
  })

  test('captured, and the units are gone: all of it goes back, with the reason', () => {
    const lost = after(expired, told('succeeded', 30, { unitsLost: true }))
    expect(lost).toMatchObject({ status: 'expired', refunds: [{ amount: DUE, reason: 'hold_expired' }] })
    expect(after(lost, told('succeeded', 31, { intentId: 'pi_2' }))).toMatchObject({ status: 'expired' })
  })

  test('authorised: the units are taken first, then the money', () => {
    const late = after(held(), requested(0), rang(EXPIRY))
    const bound = after(late, undecided(EXPIRY), undecided(EXPIRY + 30))
    expect(bound.status).toBe('expired')
    const reviving = after(bound, told('authorized', 60))
    expect(reviving).toMatchObject({ status: 'expired', reviving: true })
    expect(claimsOf(reviving)).toBe('committed')
    expect(due(reviving, 60)).toEqual(['capture'])
    expect(after(reviving, told('succeeded', 61)).status).toBe('confirmed')
  })

  describe('while it is being captured', () => {
    const bound = after(held(), requested(0), undecided(EXPIRY), undecided(EXPIRY + 30))
    const reviving = after(bound, told('authorized', 60))

    test.each([
      ['the bank refuses', failed('capture', 61, 'refused')],
      ['the authorisation is gone', told('cancelled', 61)],
      ['less comes than was authorised', told('succeeded', 61, { amount: 5000 })],
    ])('%s: the units are given up again', (_, step) => {
      const ended = after(reviving, step)
      expect(ended).toMatchObject({ status: 'expired', reviving: false })
      expect(claimsOf(ended)).toBe('released')
      expect(retained(ended)).toBe(0)
    })

    test('authorised, and the units are gone: it is voided', () => {
      const lost = after(bound, told('authorized', 60, { unitsLost: true }))
      expect(lost).toMatchObject({ status: 'expired', reviving: false })
      expect(due(lost, 60)).toEqual(['void'])
    })

    test('a whole refund of an earlier payment does not end it', () => {
      const lesson = held({ policy: { onPaymentFailed: 'cancel' } })
      const short = after(lesson, requested(0), told('succeeded', 1, { amount: 5000 }))
      const again = after(short, told('authorized', 2, { intentId: 'pi_2' }))
      expect(again).toMatchObject({ status: 'cancelled', reviving: true })
      expect(after(again, refundsDone(3))).toMatchObject({ status: 'cancelled', reviving: true })
      expect(after(again, refundsDone(3), told('succeeded', 4, { intentId: 'pi_2' })).status).toBe('confirmed')
    })
  })

  test('of less than the price goes back', () => {
    expect(after(expired, told('succeeded', 30, { amount: 5000 }))).toMatchObject({
      status: 'expired',
      refunds: [{ amount: 5000 }],
    })
  })

  test('after the start goes back', () => {
    expect(after(expired, told('succeeded', START))).toMatchObject({ status: 'expired', refunds: [{ amount: DUE }] })
    expect(after(expired, told('succeeded', START - 1)).status).toBe('confirmed')
  })

  test('after a failed payment revives the cancelled booking, too', () => {
    const lesson = held({ policy: { onPaymentFailed: 'cancel' } })
    const cancelled = after(lesson, requested(0), told('failed', 1), told('cancelled', 2))
    expect(cancelled).toMatchObject({ status: 'cancelled', cancellation: { reason: 'payment_failed' } })
    expect(after(cancelled, told('succeeded', 3)).status).toBe('confirmed')
  })

  test('T-09 of a lesson waits for its meeting link', () => {
    const lesson = after(held({ terms: { makesMeeting: true } }), rang(EXPIRY))
    const reviving = after(lesson, told('succeeded', 30))
    expect(reviving).toMatchObject({ status: 'expired', reviving: true })
    expect(due(reviving, 30)).toEqual(['make_meeting'])
    expect(after(reviving, met(31)).status).toBe('confirmed')
  })

  test('goes back where the life cycle knows no way back', () => {
    const lifecycle = { pending: { confirm: 'confirmed', expire: 'expired' } } as const
    const booking = after(held({ terms: { lifecycle } }), rang(EXPIRY), told('succeeded', 30))
    expect(booking).toMatchObject({ status: 'expired', refunds: [{ amount: DUE }] })
  })
})

describe('H-04 a payment for a booking that a person cancelled', () => {
  const cancelled = after(held(), requested(0), asked('cancel', 5))

  test('is refunded in full and never revives it', () => {
    const paid = after(cancelled, told('succeeded', 6))
    expect(paid).toMatchObject({ status: 'cancelled', refunds: [{ amount: DUE, reason: 'cancel asked for' }] })
  })

  test('is voided when it is only authorised', () => {
    expect(due(after(cancelled, told('authorized', 6)), 6)).toEqual(['void'])
  })

  test('is refunded although an earlier one is kept', () => {
    const late = after(held(), told('succeeded', 1), asked('cancel', START - 60))
    expect(retained(late)).toBe(DUE)
    const twice = after(late, told('succeeded', START - 30, { intentId: 'pi_2' }))
    expect(retained(twice)).toBe(DUE)
    expect(twice.refunds).toMatchObject([{ amount: DUE, paymentId: twice.payments[1]?.id }])
  })
})

describe('T-08 refunded', () => {
  test('when the whole amount is back, where the life cycle has it', () => {
    const cancelled = after(held(), told('succeeded', 1), asked('cancel', 5))
    expect(cancelled.status).toBe('cancelled')
    const refunded = after(cancelled, refundsDone(6))
    expect(refunded).toMatchObject({ status: 'refunded', cancellation: { reason: 'cancel asked for' } })
    expect(refunded).not.toHaveProperty('reviving')
  })

  test('not by a part of it', () => {
    const half = after(held(), told('succeeded', 1), asked('cancel', START - 30 * 60))
    expect(half.refunds).toMatchObject([{ amount: DUE / 2 }])
    expect(after(half, refundsDone(START)).status).toBe('cancelled')
  })

  test('a payment that comes even later goes back as well', () => {
    const refunded = after(held(), told('succeeded', 1), asked('cancel', 5), refundsDone(6))
    const paid = after(refunded, told('succeeded', 7, { intentId: 'pi_2' }))
    expect(paid.status).toBe('refunded')
    expect(due(paid, 7)).toEqual(['refund'])
  })
})
