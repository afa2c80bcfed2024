import { Stripe } from 'stripe'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStripeAccount, type AccountOptions } from '../support/stripe-account/account.ts'
import { stripeClient } from '../../services/stripe/payments.ts'

// The Stripe with a memory keeps Stripe's own rules (docs.stripe.com/api, /error-codes, /currencies): asked by Stripe's library, without what we make of it.

async function opened(more: Partial<AccountOptions> = {}) {
  const account = await openStripeAccount({ secretKey: 'sk_test_1', webhookSecret: 'whsec_1', ...more })
  onTestFinished(() => account.close())
  const client = (secretKey = 'sk_test_1') => stripeClient({ secretKey, apiBase: account.url, deadlineMs: 2000 })
  return { account, client, stripe: client() }
}

const CARD = { amount: 5000, currency: 'usd', capture_method: 'manual', metadata: { booking_id: 'b' } } as const

async function errorOf(asked: Promise<unknown>) {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Stripe.errors.StripeError)) throw new Error('it was not refused', { cause: error })
  const { statusCode: status, code, type, param, headers } = error
  return { status, code, type, param, isReplayed: headers?.['idempotent-replayed'] === 'true' }
}

describe('S-04 idempotency keys', () => {
  test('S-04 repeat the first answer, also after the object has moved on, and refuse other parameters', async () => {
    const { account, stripe } = await opened()
    const first = await stripe.paymentIntents.create(CARD, { idempotencyKey: 'k' })
    account.pay(first.id)
    const again = await stripe.paymentIntents.create(CARD, { idempotencyKey: 'k' })
    expect([again.id, again.status]).toEqual([first.id, 'requires_payment_method'])
    const other = stripe.paymentIntents.create({ ...CARD, amount: 1 }, { idempotencyKey: 'k' })
    expect(await errorOf(other)).toMatchObject({ status: 400, type: 'StripeIdempotencyError' })
  })

  test('S-04 keep failures of Stripe’s own, but no request that had not begun, and all of it for a day', async () => {
    let now = new Date('2027-01-15T08:00:00.000Z')
    const { account, stripe } = await opened({ now: () => now })
    const create = (amount = 5000) => stripe.paymentIntents.create({ ...CARD, amount }, { idempotencyKey: 'k' })
    expect(await errorOf(create(10))).toMatchObject({ status: 400, code: 'amount_too_small', isReplayed: false })
    account.server.fault({ operation: 'create_intent', status: 500, executed: true, times: 1 })
    expect(await errorOf(create())).toMatchObject({ status: 500, isReplayed: false })
    expect(await errorOf(create())).toMatchObject({ status: 500, isReplayed: true })
    now = new Date('2027-01-16T08:00:01.000Z')
    expect(await create()).toMatchObject({ status: 'requires_payment_method' })
    expect(account.intentsOf('b')).toHaveLength(2)
  })
})

describe('S-04 an intent', () => {
  test('S-04 is captured once, in whole or in part, and not beyond what can be', async () => {
    const { account, stripe } = await opened()
    const { id } = await stripe.paymentIntents.create(CARD)
    const capture = (amount_to_capture: number) => stripe.paymentIntents.capture(id, { amount_to_capture })
    expect(await errorOf(capture(5000))).toMatchObject({ status: 400, code: 'payment_intent_unexpected_state' })
    account.pay(id)
    expect(await errorOf(capture(5001))).toMatchObject({ code: 'amount_too_large', param: 'amount_to_capture' })
    expect(await capture(2000)).toMatchObject({ status: 'succeeded', amount_received: 2000, amount_capturable: 0 })
    expect(await errorOf(capture(1))).toMatchObject({ code: 'payment_intent_unexpected_state' })
    // The rest is released, which is no refund.
    const { latest_charge } = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] })
    expect(latest_charge).toMatchObject({ amount: 5000, amount_captured: 2000, amount_refunded: 0 })
    expect(account.ledger('b')).toEqual({ authorized: 5000, captured: 2000, voided: 3000 })
  })

  test('S-04 that was cancelled, is processing or has been paid is not cancelled', async () => {
    const { account, stripe } = await opened()
    for (const bring of [
      (id: string) => stripe.paymentIntents.cancel(id),
      (id: string) => Promise.resolve(account.pay(id, 'pm_usBankAccount')),
      (id: string) => Promise.resolve([account.pay(id), account.capture(id, 5000)]),
    ]) {
      const { id } = await stripe.paymentIntents.create(CARD)
      await bring(id)
      expect(await errorOf(stripe.paymentIntents.cancel(id))).toMatchObject({ code: 'payment_intent_unexpected_state' })
    }
  })

  test.each([
    ['usd', 49, 'amount_too_small'],
    ['usd', 100_000_000, 'amount_too_large'],
    ['jpy', 49, 'amount_too_small'],
    ['kwd', 1001, 'parameter_invalid_integer'],
    ['isk', 550, 'parameter_invalid_integer'],
  ])('S-04 of %s %i is refused: %s', async (currency, amount, code) => {
    const { account, stripe } = await opened()
    expect(await errorOf(stripe.paymentIntents.create({ ...CARD, currency, amount }))).toMatchObject({
      status: 400,
      code,
    })
    expect(account.intentsOf('b')).toEqual([])
  })

  test('S-04 is nobody’s that does not exist, and nothing is asked in words that Stripe does not know', async () => {
    const { stripe } = await opened()
    expect(await errorOf(stripe.paymentIntents.retrieve('pi_x'))).toMatchObject({
      status: 404,
      code: 'resource_missing',
    })
    const odd = { ...CARD, colour: 'red' } as Stripe.PaymentIntentCreateParams
    expect(await errorOf(stripe.paymentIntents.create(odd))).toMatchObject({ status: 400, code: 'parameter_unknown' })
  })
})

describe('S-04 a refund', () => {
  async function paid(method: Parameters<Awaited<ReturnType<typeof opened>>['account']['pay']>[1] = 'pm_card_visa') {
    const open = await opened()
    const { id } = await open.stripe.paymentIntents.create({ ...CARD, capture_method: 'automatic' })
    open.account.pay(id, method)
    const refund = (amount?: number) =>
      open.stripe.refunds.create({ payment_intent: id, ...(amount !== undefined && { amount }) })
    return { ...open, id, refund }
  }

  test('S-04 is never of more than is left; Stripe has a code for nothing that is left, and none for less', async () => {
    const { refund } = await paid()
    await refund(3000)
    expect(await errorOf(refund(2001))).toMatchObject({ status: 400, code: undefined, param: 'amount' })
    await refund(2000)
    expect(await errorOf(refund(1))).toMatchObject({ status: 400, code: 'charge_already_refunded' })
  })

  test('S-04 of a payment that was not captured, or is disputed, is refused', async () => {
    const { account, stripe, id, refund } = await paid()
    const open = await stripe.paymentIntents.create(CARD)
    expect(await errorOf(stripe.refunds.create({ payment_intent: open.id }))).toMatchObject({ code: undefined })
    const dispute = account.dispute(id)
    expect(await errorOf(refund())).toMatchObject({ code: 'charge_disputed' })
    account.closeDispute(dispute, 'won')
    expect(await refund()).toMatchObject({ status: 'succeeded', amount: 5000 })
  })

  test('S-04 may be on its way for a while, fail, and be made anew', async () => {
    const { account, id, refund } = await paid('pm_card_pendingRefund')
    expect(await refund()).toMatchObject({ status: 'pending' })
    account.failRefund(account.refundsOf(id)[0]!)
    expect(account.ledger('b')).toEqual({ captured: 5000, refunded: 5000, returned: 5000 })
    await refund()
    account.settleRefund(account.refundsOf(id)[0]!)
    expect(account.webhooks.all.map(({ type }) => type).filter((type) => type.startsWith('refund.'))).toEqual([
      'refund.created',
      'refund.failed',
      'refund.updated',
      'refund.created',
      'refund.updated',
    ])
  })
})

describe('S-04 disputes and keys of the API', () => {
  test.each([
    ['won', { captured: 5000, disputed: 5000, dispute_returned: 5000 }],
    ['lost', { captured: 5000, disputed: 5000 }],
  ] as const)('S-04 a dispute that is %s', async (status, ledger) => {
    const { account, stripe } = await opened()
    const { id } = await stripe.paymentIntents.create({ ...CARD, capture_method: 'automatic' })
    account.pay(id)
    const dispute = account.dispute(id)
    account.withdraw(dispute)
    account.closeDispute(dispute, status)
    expect(account.ledger('b')).toEqual(ledger)
    const told = account.webhooks.all.map(({ type }) => type).filter((type) => type.startsWith('charge.dispute'))
    expect(told).toEqual([
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      ...(status === 'won' ? ['charge.dispute.funds_reinstated'] : []),
      'charge.dispute.closed',
    ])
  })

  test('S-04 N-12 a key that was rotated, and one that never was, are 401', async () => {
    const { account, client } = await opened()
    account.server.rotate('sk_test_2')
    const asked = (key: string) => client(key).paymentIntents.create(CARD)
    expect(await errorOf(asked('sk_test_1'))).toMatchObject({ status: 401, code: 'api_key_expired' })
    expect(await errorOf(asked('sk_test_0'))).toMatchObject({ status: 401, code: undefined })
    expect(await asked('sk_test_2')).toMatchObject({ status: 'requires_payment_method' })
  })

  test('S-04 too many requests are 429, which nothing is kept of', async () => {
    const { account, stripe } = await opened()
    account.server.fault({ operation: 'create_intent', status: 429, times: 1 })
    const create = () => stripe.paymentIntents.create(CARD, { idempotencyKey: 'k' })
    expect(await errorOf(create())).toMatchObject({ status: 429, type: 'StripeRateLimitError' })
    expect(await create()).toMatchObject({ status: 'requires_payment_method' })
  })
})
