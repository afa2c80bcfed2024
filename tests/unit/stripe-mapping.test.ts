import { Stripe } from 'stripe'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { exponentOf } from '../../domain/currencies.ts'
import { Refused } from '../../domain/failures.ts'
import { fromStripe, toStripe } from '../../services/stripe/amounts.ts'
import { factOf, readStripeEvent } from '../../services/stripe/events.ts'
import { intentOf, type StripeStatus } from '../../services/stripe/intents.ts'
import { stripeIntent, stripeRefund } from '../support/stripe.ts'

describe('amounts as Stripe counts them (S-04)', () => {
  // Major units by ISO 4217, ours and Stripe's number for it.
  test.each([
    ['USD 12.34', 'USD', 1234, 1234],
    ['JPY 500', 'JPY', 500, 500],
    ['IDR 150000.00', 'IDR', 15_000_000, 15_000_000],
    ['HUF 10.45: whole forints are for payouts', 'HUF', 1045, 1045],
    ['ISK 5', 'ISK', 5, 500],
    ['UGX 5', 'UGX', 5, 500],
    ['MGA 7.00', 'MGA', 700, 7],
    ['KWD 5.120', 'KWD', 5120, 5120],
  ])('%s is the same money there and back', (_, currency, ours, theirs) => {
    expect(toStripe({ amount: ours, currency })).toEqual({ amount: theirs, currency: currency.toLowerCase() })
    expect(fromStripe(theirs, currency.toLowerCase())).toEqual({ amount: ours, currency })
  })

  test.each([
    ['KWD 5.124: three decimals go to the banks as two', 'KWD', 5124],
    ['MGA 7.20: no iraimbilanja', 'MGA', 720],
    ['IQD and LYD, which Stripe does not take', 'IQD', 1000],
    ['more than can be counted exactly', 'ISK', Number.MAX_SAFE_INTEGER],
  ])('%s is refused and never rounded', (_, currency, amount) => {
    expect(() => toStripe({ amount, currency })).toThrow(Refused)
  })

  test('whatever Stripe takes comes back as it went', () => {
    const currencies = fc.constantFrom('USD', 'JPY', 'ISK', 'UGX', 'MGA', 'KWD', 'TND', 'CLP', 'IDR')
    fc.assert(
      fc.property(currencies, fc.integer({ min: 0, max: 1e10 }), (currency, units) => {
        // Whole units of the currency: every one of them can be charged.
        const amount = units * 10 ** exponentOf(currency)
        const sent = toStripe({ amount, currency })
        expect(fromStripe(sent.amount, sent.currency)).toEqual({ amount, currency })
      }),
    )
  })
})

describe('an intent of Stripe’s (S-04)', () => {
  const AT = new Date('2027-01-15T08:00:07.000Z')
  const EXPECTED: Readonly<Record<StripeStatus, string>> = {
    requires_payment_method: 'requires_payment_method',
    requires_confirmation: 'requires_payment_method',
    requires_action: 'requires_payment_method',
    processing: 'processing',
    requires_capture: 'authorized',
    succeeded: 'succeeded',
    canceled: 'cancelled',
  }

  test.each(Object.entries(EXPECTED))('that is %s is %s', (status, expected) => {
    expect(intentOf(stripeIntent({ status }), AT)).toMatchObject({ status: expected, failureCode: null })
  })

  it('that was declined has failed, and says why', () => {
    const error = { type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds' } as const
    const declined = stripeIntent({ last_payment_error: error })
    expect(intentOf(declined, AT)).toMatchObject({ status: 'failed', failureCode: 'insufficient_funds' })
    // Tried again since: the error is of the past.
    expect(intentOf({ ...declined, status: 'processing' }, AT)).toMatchObject({
      status: 'processing',
      failureCode: null,
    })
  })

  it('is as of the moment it was read, in our own units', () => {
    const intent = stripeIntent({ status: 'succeeded', amount: 500, amount_received: 500, currency: 'isk' })
    expect(intentOf({ ...intent, payment_method: 'pm_1' }, AT)).toEqual({
      id: 'pi_1',
      clientSecret: 'pi_1_secret_2',
      status: 'succeeded',
      amount: 5,
      amountCaptured: 5,
      currency: 'ISK',
      method: 'pm_1',
      failureCode: null,
      createdAt: '2023-11-14T22:13:20.000Z',
      updatedAt: '2027-01-15T08:00:07.000Z',
    })
  })

  it('of a status nobody here knows is not believed', () => {
    expect(() => intentOf(stripeIntent({ status: 'pondering' }), AT)).toThrow('an intent that is pondering')
  })
})

describe('an event of Stripe’s (A-19)', () => {
  const BOOKING = '0b0e0f5e-5a4e-5c1c-9d5b-3f6b6f6b6f6b'
  const ours = { metadata: { booking_id: BOOKING } }
  const event = (type: string, object: object) =>
    ({ id: 'evt_1', object: 'event', type, created: 1_760_000_000, data: { object } }) as unknown as Stripe.Event

  const declined = { last_payment_error: { type: 'card_error', code: 'expired_card' } } as const
  test.each([
    ['processing', 'processing', { status: 'processing' }, 12_345],
    ['amount_capturable_updated', 'authorized', { status: 'requires_capture', amount_capturable: 12_000 }, 12_000],
    ['succeeded', 'succeeded', { status: 'succeeded', amount_received: 11_000, payment_method: 'pm_1' }, 11_000],
    ['payment_failed', 'failed', declined, 12_345],
    ['canceled', 'cancelled', { status: 'canceled' }, 12_345],
  ])('payment_intent.%s says %s', (type, expected, more, amount) => {
    expect(factOf(event(`payment_intent.${type}`, stripeIntent({ ...ours, ...more })))).toEqual({
      bookingId: BOOKING,
      paymentEvent: {
        id: 'evt_1',
        type: expected,
        intentId: 'pi_1',
        amount,
        currency: 'EUR',
        method: 'payment_method' in more ? 'pm_1' : null,
        failureCode: expected === 'failed' ? 'expired_card' : null,
        refundKey: null,
        at: '2025-10-09T08:53:20.000Z',
      },
    })
  })

  test.each([
    ['refund.created', 'succeeded', 'refund_succeeded'],
    ['refund.updated', 'succeeded', 'refund_succeeded'],
    ['refund.updated', 'canceled', 'refund_failed'],
    ['refund.failed', 'failed', 'refund_failed'],
  ])('%s of one that is %s says %s, of which refund', (type, status, expected) => {
    const refund = stripeRefund({ status, metadata: { refund_key: 'refund:b:p:1' } })
    expect(factOf(event(type, refund))).toMatchObject({
      bookingId: null,
      paymentEvent: { type: expected, intentId: 'pi_1', amount: 12_345, refundKey: 'refund:b:p:1' },
    })
  })

  it('charge.refunded says how much is back, and of no refund in particular', () => {
    const charge = { object: 'charge', payment_intent: 'pi_1', amount_refunded: 500, currency: 'eur', ...ours }
    expect(factOf(event('charge.refunded', charge))).toMatchObject({
      bookingId: BOOKING,
      paymentEvent: { type: 'refund_succeeded', amount: 500, refundKey: null },
    })
  })

  test.each([
    ['another kind of event', event('customer.created', { object: 'customer' })],
    ['a customer who still has to act', event('payment_intent.requires_action', stripeIntent(ours))],
    ['a refund under way', event('refund.created', stripeRefund({ status: 'pending', metadata: { refund_key: 'r' } }))],
    ['somebody else’s intent', event('payment_intent.succeeded', stripeIntent())],
    [
      'an intent with a booking id that is none',
      event('payment_intent.succeeded', stripeIntent({ metadata: { booking_id: '7' } })),
    ],
    [
      'a refund that somebody made by hand, in whatever money',
      event('refund.updated', stripeRefund({ currency: 'xbt' })),
    ],
    [
      'a refund of no intent',
      event('refund.updated', stripeRefund({ payment_intent: null, metadata: { refund_key: 'r' } })),
    ],
  ])('about %s is nothing to us', (_, about) => {
    expect(factOf(about)).toBeNull()
  })

  describe('signed', () => {
    const secret = 'whsec_test'
    const NOW = new Date()
    const signed = (payload: string, seconds = 0, by = secret) =>
      Stripe.webhooks.generateTestHeaderString({
        payload,
        secret: by,
        timestamp: Math.floor(NOW.getTime() / 1000) + seconds,
      })
    const read = (payload: string, signature: string) => readStripeEvent(Buffer.from(payload), signature, secret, NOW)
    const paid = JSON.stringify(event('payment_intent.succeeded', stripeIntent({ ...ours, status: 'succeeded' })))
    const codeOf = (operation: () => unknown) => {
      try {
        return operation()
      } catch (error) {
        return error instanceof Refused ? error.code : error
      }
    }

    it('with our secret is read', () => {
      expect(read(paid, signed(paid))).toMatchObject({ bookingId: BOOKING, paymentEvent: { type: 'succeeded' } })
    })

    test.each([
      ['by somebody else', () => read(paid, signed(paid, 0, 'whsec_other'))],
      ['as something else', () => read(`${paid} `, signed(paid))],
      ['more than five minutes ago', () => read(paid, signed(paid, -310))],
      ['more than five minutes ahead', () => read(paid, signed(paid, 310))],
      ['by nobody', () => read(paid, '')],
    ])('%s is refused', (_, operation) => {
      expect(codeOf(operation)).toBe('unauthenticated')
    })

    test.each([
      ['no JSON', '{"id":', 'malformed'],
      ['nothing', '', 'malformed'],
      ['null', 'null', 'validation_failed'],
      ['no event', '{"id":7}', 'validation_failed'],
      [
        'half an event',
        JSON.stringify({ id: 'evt_1', created: 1, type: 'payment_intent.succeeded' }),
        'validation_failed',
      ],
    ])('and %s is refused', (_, payload, code) => {
      expect(codeOf(() => read(payload, signed(payload)))).toBe(code)
    })
  })
})
