import { Stripe } from 'stripe'
import { describe, expect, it } from 'vitest'
import { BadConfiguration, readConfig } from '../../config.ts'
import { Refused } from '../../domain/failures.ts'
import { scriptedStripe, stripeError, stripeIntent, stripeRefund } from '../support/stripe.ts'

const AMOUNT = { amount: 12_345, currency: 'EUR' }
const CREATE = { key: 'intent:b:1', bookingId: 'b', amount: AMOUNT, capture: 'manual', method: 'pm_card_visa' } as const
const CAPTURE = { key: 'capture:p', intentId: 'pi_1', amount: AMOUNT }
const CANCEL = { key: 'void:p:0', intentId: 'pi_1' }
const REFUND = { key: 'refund:b:p:1', intentId: 'pi_1', amount: AMOUNT, reason: 'cancelled' }

const INTENTS = 'POST /v1/payment_intents'
const INTENT = 'GET /v1/payment_intents/pi_1'
const DO_CAPTURE = 'POST /v1/payment_intents/pi_1/capture'
const DO_CANCEL = 'POST /v1/payment_intents/pi_1/cancel'
const REFUNDS = 'POST /v1/refunds'
const REFUNDED = 'GET /v1/refunds'

const REPLAYED = { 'idempotent-replayed': 'true' }
const NO_REFUNDS = { body: { object: 'list', data: [], has_more: false } }
const state = { status: 400, body: stripeError('invalid_request_error', { code: 'payment_intent_unexpected_state' }) }

async function refusal(operation: Promise<unknown>): Promise<Refused> {
  const error = await operation.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Refused) return error
  throw new Error('it was not refused', { cause: error })
}

describe('the choice of payments', () => {
  const others = {
    DATABASE_URL: 'postgresql://d',
    TEMPORAL_ADDRESS: 't:1',
    CATALOG_SERVICE_URL: 'http://x',
    DIRECTORY_SERVICE_URL: 'http://x',
    MEETING_SERVICE_URL: 'http://x',
    PAYMENT_WEBHOOK_SECRET: `whsec_${'a'.repeat(32)}`,
    AUTH_JWKS_URL: 'http://x',
    AUTH_ISSUER: 'x',
    AUTH_AUDIENCE: 'x',
  }
  const faultOf = (more: Record<string, string>) => {
    try {
      readConfig({ ...others, ...more })
    } catch (error) {
      return error instanceof BadConfiguration ? error.message : error
    }
    return null
  }

  it('names what is missing for each (S-03, S-04)', () => {
    expect(faultOf({})).toBe('PAYMENT_SERVICE_URL is not set')
    expect(faultOf({ PAYMENT_SERVICE_URL: 'grpc://pay:50051' })).toBeNull()
    const stripe = { PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: 'sk_test_1' }
    expect(faultOf(stripe)).toBe('STRIPE_WEBHOOK_SECRET is not set')
    expect(faultOf({ ...stripe, STRIPE_WEBHOOK_SECRET: 'whsec_1' })).toBeNull()
    expect(faultOf({ PAYMENT_PROVIDER: 'cash' })).toContain('PAYMENT_PROVIDER is wrong')
  })
})

describe('payments of Stripe (S-04)', () => {
  it('find every intent of a booking by what it carries, with what went back of each (S-04, H-25)', async () => {
    const charge = { id: 'ch_1', object: 'charge', amount_refunded: 345 } as Stripe.Charge
    const data = [
      stripeIntent({ id: 'pi_2' }),
      stripeIntent({ status: 'succeeded', amount_received: 12_345, latest_charge: charge }),
    ]
    const search = 'GET /v1/payment_intents/search'
    const { payments, asked } = await scriptedStripe({
      [search]: { body: { object: 'search_result', data, has_more: false } },
    })
    expect(await payments.listIntents('b')).toMatchObject([
      { id: 'pi_1', status: 'succeeded', amountCaptured: 12_345, amountRefunded: 345 },
      { id: 'pi_2', status: 'requires_payment_method' },
    ])
    expect(asked).toMatchObject([{ operation: search }])
  })

  it('say what banks have taken back of a payment that is, or was, disputed (S-04, N-14)', async () => {
    const charge = { id: 'ch_1', object: 'charge', amount_refunded: 0, disputed: true } as Stripe.Charge
    const intent = stripeIntent({ status: 'succeeded', amount_received: 12_345, latest_charge: charge })
    const dispute = (amount: number, ...moved: number[]) => ({
      amount,
      balance_transactions: moved.map((amount) => ({ amount })),
    })
    const { payments } = await scriptedStripe({
      'GET /v1/payment_intents/search': { body: { object: 'search_result', data: [intent], has_more: false } },
      // In the account's own currency: taken, taken and given back, and not taken yet.
      'GET /v1/disputes': {
        body: { object: 'list', data: [dispute(45, -49), dispute(300, -330, 330), dispute(7)], has_more: false },
      },
    })
    expect(await payments.listIntents('b')).toMatchObject([{ id: 'pi_1', amountDisputed: 45 }])
  })

  it('ask what is left when Stripe refuses a refund and does not say why: more than that is never given back (S-04, N-14)', async () => {
    const unexplained = { status: 400, body: stripeError('invalid_request_error', { param: 'amount' }) }
    const refund = (amount_refunded: number) => {
      const charge = { id: 'ch_1', object: 'charge', amount_captured: 12_345, amount_refunded } as Stripe.Charge
      const intent = stripeIntent({ status: 'succeeded', latest_charge: charge })
      return scriptedStripe({ [REFUNDED]: NO_REFUNDS, [REFUNDS]: unexplained, [INTENT]: { body: intent } })
    }
    const some = await refusal((await refund(1)).payments.refund(REFUND))
    expect([some.code, some.details]).toEqual(['policy_forbids', { payment_code: 'amount_too_large' }])
    expect((await refusal((await refund(0)).payments.refund(REFUND))).code).toBe('unavailable')
  })

  it('make an intent under the key of the operation, of an API version that is the package’s (S-04)', async () => {
    const { payments, asked } = await scriptedStripe({ [INTENTS]: { body: stripeIntent() } })
    expect(await payments.createIntent(CREATE)).toMatchObject({ id: 'pi_1', ...AMOUNT })
    expect(asked).toEqual([
      {
        operation: INTENTS,
        key: CREATE.key,
        version: Stripe.API_VERSION,
        params: {
          amount: '12345',
          currency: 'eur',
          capture_method: 'manual',
          'automatic_payment_methods[enabled]': 'true',
          'metadata[booking_id]': 'b',
          'metadata[operation]': CREATE.key,
          'metadata[payment_method]': 'pm_card_visa',
        },
      },
    ])
  })

  it('go on under another name when Stripe keeps answering with a failure of its own (S-04, H-24)', async () => {
    const failed = { status: 500, body: stripeError('api_error') }
    const { payments, asked } = await scriptedStripe({
      [INTENTS]: [failed, { ...failed, headers: REPLAYED }, { body: stripeIntent() }],
    })
    // The first time it is not known to be kept: the next try asks again under the same key.
    expect((await refusal(payments.createIntent(CREATE))).code).toBe('unavailable')
    expect(await payments.createIntent(CREATE)).toMatchObject({ id: 'pi_1' })
    expect(asked.map(({ key }) => key)).toEqual([CREATE.key, CREATE.key, `${CREATE.key}:2`])
  })

  it('capture and cancel once because of the intent’s state, and not under a key that would keep a passing refusal (X-05)', async () => {
    const { payments, asked } = await scriptedStripe({
      [DO_CAPTURE]: [{ body: stripeIntent({ status: 'succeeded', amount_received: 12_345 }) }, state],
      [DO_CANCEL]: state,
      [INTENT]: { body: stripeIntent({ status: 'succeeded', amount_received: 12_345 }) },
    })
    const captured = { status: 'succeeded', amountCaptured: 12_345 }
    expect(await payments.capture(CAPTURE)).toMatchObject(captured)
    expect(await payments.capture(CAPTURE)).toMatchObject(captured)
    expect(await payments.cancel(CANCEL)).toMatchObject(captured)
    expect(asked[0]).toMatchObject({ params: { amount_to_capture: '12345' } })
    // The library makes up a key for each call.
    const keys = asked.flatMap(({ key }) => key ?? [])
    expect(new Set(keys).size).toBe(3)
    expect(keys).not.toContain(CAPTURE.key)
    expect(asked.map(({ operation }) => operation)).toEqual([DO_CAPTURE, DO_CAPTURE, INTENT, DO_CANCEL, INTENT])
  })

  it('tell what could not be cancelled, as it is now (X-03)', async () => {
    const { payments } = await scriptedStripe({
      [DO_CANCEL]: state,
      [INTENT]: { body: stripeIntent({ status: 'processing' }), headers: { date: 'Fri, 15 Jan 2027 08:00:07 GMT' } },
    })
    expect(await payments.cancel(CANCEL)).toMatchObject({ status: 'processing', updatedAt: '2027-01-15T08:00:07.000Z' })
  })

  it('give money back under the refund’s key, and not again when it is there, a day later too (H-06, X-07)', async () => {
    const made = stripeRefund({ status: 'pending', metadata: { refund_key: REFUND.key } })
    const { payments, asked } = await scriptedStripe({
      [REFUNDED]: [NO_REFUNDS, { body: { object: 'list', data: [stripeRefund(), made], has_more: false } }],
      [REFUNDS]: { body: made },
    })
    await payments.refund(REFUND)
    await payments.refund(REFUND)
    const sent = asked.filter(({ operation }) => operation === REFUNDS)
    expect(sent).toMatchObject([
      {
        key: REFUND.key,
        params: { amount: '12345', payment_intent: 'pi_1', 'metadata[refund_key]': REFUND.key },
      },
    ])
  })

  it('give it back under the next name when the bank would not have the last one (X-07)', async () => {
    const failed = stripeRefund({
      status: 'failed',
      failure_reason: 'lost_or_stolen_card',
      metadata: { refund_key: REFUND.key },
    })
    const { payments, asked } = await scriptedStripe({
      [REFUNDED]: [NO_REFUNDS, { body: { object: 'list', data: [failed], has_more: false } }],
      [REFUNDS]: [{ body: failed }, { body: stripeRefund() }],
    })
    expect(await refusal(payments.refund(REFUND))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('lost_or_stolen_card') as string,
    })
    await payments.refund(REFUND)
    expect(asked.filter(({ operation }) => operation === REFUNDS).map(({ key }) => key)).toEqual([
      REFUND.key,
      `${REFUND.key}:2`,
    ])
  })

  it('give it back under the next name when Stripe repeats what was so at first, and no such refund is there (X-07, N-14)', async () => {
    const disputed = { status: 400, body: stripeError('invalid_request_error', { code: 'charge_disputed' }) }
    const failed = { status: 500, body: stripeError('api_error') }
    for (const first of [disputed, failed]) {
      const answers = [first, { ...first, headers: REPLAYED }, { body: stripeRefund() }]
      const { payments, asked } = await scriptedStripe({ [REFUNDED]: NO_REFUNDS, [REFUNDS]: answers })
      expect((await refusal(payments.refund(REFUND))).code).toBe(first === disputed ? 'policy_forbids' : 'unavailable')
      expect(await payments.refund(REFUND)).toEqual({ id: 're_1' })
      expect(asked.map(({ operation, key }) => (operation === REFUNDS ? key : 'looked'))).toEqual([
        'looked',
        REFUND.key,
        'looked',
        REFUND.key,
        'looked',
        `${REFUND.key}:2`,
      ])
    }
  })

  it.each([
    ['a card that is declined', 402, 'card_error', { code: 'card_declined', decline_code: 'insufficient_funds' }],
    ['an authorisation that ran out', 400, 'invalid_request_error', { code: 'charge_expired_for_capture' }],
    ['an amount that is too large', 400, 'invalid_request_error', { code: 'amount_too_large' }],
  ])('are refused for good for %s (S-04)', async (_, status, type, more) => {
    const { payments } = await scriptedStripe({ [DO_CAPTURE]: { status, body: stripeError(type, more) } })
    const { code, details } = await refusal(payments.capture(CAPTURE))
    expect(code).toBe('policy_forbids')
    expect(details['payment_code']).toBe(Object.values(more).at(-1) ?? type)
  })

  it('do not know an intent that Stripe does not (S-04)', async () => {
    const body = stripeError('invalid_request_error', { code: 'resource_missing', param: 'intent' })
    const { payments } = await scriptedStripe({ [INTENT]: { status: 404, body } })
    expect((await refusal(payments.getIntent('pi_1'))).code).toBe('not_found')
  })

  it.each([
    ['too many requests', 429, 'invalid_request_error', { code: 'rate_limit' }],
    ['a failure of Stripe’s own', 500, 'api_error', {}],
    ['a key that is not ours', 401, 'invalid_request_error', {}],
    ['a key that may not', 403, 'invalid_request_error', {}],
  ])('have an unknown outcome after %s, and are left alone after five (S-04, H-24)', async (_, status, type, more) => {
    const { payments, asked } = await scriptedStripe({ [INTENTS]: { status, body: stripeError(type, more) } })
    for (let time = 0; time < 6; time += 1) {
      expect((await refusal(payments.createIntent(CREATE))).code).toBe('unavailable')
    }
    expect(asked).toHaveLength(5)
  })

  it('wait for who holds the key or the intent at this moment, which is no failure (S-04, H-22)', async () => {
    const busy = { status: 409, body: stripeError('idempotency_error', { code: 'idempotency_key_in_use' }) }
    const locked = { status: 429, body: stripeError('invalid_request_error', { code: 'lock_timeout' }) }
    const { payments, asked } = await scriptedStripe({ [INTENTS]: [busy, busy, busy, locked, locked, locked, busy] })
    for (let time = 0; time < 7; time += 1) {
      expect((await refusal(payments.createIntent(CREATE))).code).toBe('unavailable')
    }
    expect(asked).toHaveLength(7)
  })

  it('have an unknown outcome when Stripe is too slow, and are asked once more when the connection breaks (S-04, H-24)', async () => {
    const slow = await scriptedStripe({ [INTENTS]: { body: stripeIntent(), delayMs: 5000 } }, 200)
    expect((await refusal(slow.payments.createIntent(CREATE))).message).toContain('did not answer in time')
    expect(slow.asked).toHaveLength(1)

    const broken = await scriptedStripe({ [INTENTS]: [{ cut: true }, { body: stripeIntent() }] })
    expect(await broken.payments.createIntent(CREATE)).toMatchObject({ id: 'pi_1' })
    expect(broken.asked.map(({ key }) => key)).toEqual([CREATE.key, CREATE.key])
  })
})
