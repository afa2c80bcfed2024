import { describe, expect, test } from 'vitest'
import { onPaymentEvent } from './decide.ts'
import { at, EXPIRY, held, paymentEvent } from './testing/builders.ts'
import { after, asked, due, factsOf, rang, requested, theEffect, told } from './testing/steps.ts'

const asking = after(held(), requested(0))
const cancelling = held({ policy: { onPaymentFailed: 'cancel' } })

describe('H-08 what changes nothing brings no facts', () => {
  const confirmed = after(asking, told('authorized', 1), told('succeeded', 2))

  test.each([
    'processing',
    'authorized',
    'succeeded',
    'failed',
    'cancelled',
    'refund_succeeded',
    'refund_failed',
  ] as const)('%s after the booking is confirmed', (type) => {
    expect(onPaymentEvent(confirmed, paymentEvent(type, 3), { now: at(3) })).toEqual({ booking: confirmed, facts: [] })
  })

  test('a refund payment event without a key, and one about a refund nobody asked for', () => {
    for (const refundKey of [null, 'unknown']) {
      expect(
        onPaymentEvent(confirmed, paymentEvent('refund_succeeded', 3, { refundKey }), { now: at(3) }).facts,
      ).toEqual([])
    }
  })

  test('a timer that fires early, or where there is none', () => {
    expect(factsOf(asking, rang(EXPIRY - 1))).toEqual([])
    expect(factsOf(after(asking, asked('cancel', 1)), rang(EXPIRY))).toEqual([])
  })
})

describe('X-13 a declined payment', () => {
  test('may be tried again until the hold ends, where the policy says so', () => {
    const declined = after(asking, told('failed', 1))
    expect(declined.status).toBe('pending')
    expect(due(declined, 1)).toEqual([])
    expect(after(declined, told('authorized', 2), told('succeeded', 3)).status).toBe('confirmed')
    expect(due(declined, EXPIRY)).toEqual(['void'])
  })

  test('ends the booking where the policy says so: the intent is voided first', () => {
    const declined = after(cancelling, requested(0), told('failed', 1))
    expect(declined.status).toBe('pending')
    expect(due(declined, 1)).toEqual(['void'])
    expect(after(declined, told('cancelled', 2))).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'payment_failed', revivable: true },
    })
  })

  test('ends it for the same reason when nobody says why it was declined', () => {
    const declined = after(cancelling, requested(0), told('failed', 1, { failureCode: null }), told('cancelled', 2))
    expect(declined).toMatchObject({ status: 'cancelled', cancellation: { reason: 'payment_failed' } })
  })

  test('that works after all, before it is voided, confirms', () => {
    expect(after(cancelling, requested(0), told('failed', 1), told('succeeded', 2)).status).toBe('confirmed')
  })

  test('does not end a booking while another payment is being processed', () => {
    const both = after(cancelling, requested(0), told('processing', 1), told('failed', 2, { intentId: 'pi_2' }))
    expect(due(both, 2)).toEqual([])
    expect(after(both, told('succeeded', 3)).status).toBe('confirmed')
    expect(due(after(both, told('failed', 3)), 3)).toEqual(['void', 'void'])
  })

  test('of an intent we do not know ends the booking all the same, ours is voided (E-04)', () => {
    const declined = after(cancelling, requested(0), told('failed', 1, { intentId: 'pi_2' }))
    expect(due(declined, 1)).toEqual(['void', 'void'])
  })

  test('a payment that somebody cancelled ends it, too; not so one that was not ours to pay', () => {
    const cancelled = after(cancelling, requested(0), told('cancelled', 1))
    expect(cancelled).toMatchObject({ status: 'cancelled', cancellation: { reason: 'payment_cancelled' } })
    const stray = after(cancelling, requested(0), told('cancelled', 1, { intentId: 'pi_2' }))
    expect(stray.status).toBe('pending')
    expect(due(stray, 1)).toEqual([])
    expect(after(stray, told('succeeded', 2)).status).toBe('confirmed')
  })

  test('a payment that is cancelled when the hold has run out lets it expire', () => {
    const late = after(cancelling, requested(0), told('cancelled', EXPIRY))
    expect(late).toMatchObject({ status: 'expired', cancellation: { reason: 'hold_expired' } })
  })

  test('under the other policy a cancelled payment is asked for anew', () => {
    const cancelled = after(asking, told('cancelled', 1))
    expect(theEffect(cancelled, 'request_payment', 1).key).toBe(`intent:${cancelled.id}:2`)
  })
})
