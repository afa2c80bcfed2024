import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Refused } from '../../../domain/failures.ts'
import type { Intent } from '../../../services/ports.ts'
import { noStripeMock } from '../../support/stripe-mock.ts'
import { freshKey } from './harness.ts'
import { overGrpc, overHttp, overStripe, overStripeAccount, type Bank, type Place } from './payment-places.ts'

const PRICE = { amount: 12_345, currency: 'EUR' }

function create(place: Place, more: Partial<Parameters<Place['payments']['createIntent']>[0]> = {}): Promise<Intent> {
  const request = { key: freshKey(), bookingId: randomUUID(), amount: PRICE, capture: 'manual', method: null } as const
  return place.payments.createIntent({ ...request, ...more })
}

/** The code of the refusal that this ends in. */
async function refusal(operation: Promise<unknown>): Promise<string> {
  try {
    await operation
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
  return 'no refusal'
}

const PLACES = [
  ['over HTTP', overHttp, false],
  ['over gRPC', overGrpc, false],
  ['of a Stripe with a memory', overStripeAccount, false],
  ['of Stripe (needs stripe-mock)', overStripe, noStripeMock],
] as const

// What holds even where nothing is remembered: stripe-mock checks each request against Stripe's description of its API, and answers with examples.
describe.each(PLACES)('the payments %s', (_, open, isMissing) => {
  it.skipIf(isMissing)('make an intent of the amount, which its customer can pay (S-03, S-04, O-03)', async () => {
    const intent = await create(await open())
    // Stripe's example has failed once.
    expect(intent).toMatchObject({ ...PRICE, amountCaptured: 0 })
    expect(['requires_payment_method', 'failed']).toContain(intent.status)
    expect(intent.id).toMatch(/^pi_/)
    expect(intent.clientSecret).not.toBe('')
    for (const at of [intent.createdAt, intent.updatedAt]) expect(new Date(at).toISOString()).toBe(at)
  })

  it.skipIf(isMissing)('make one that is captured at once when that is asked for, and read any again', async () => {
    const place = await open()
    const { id } = await create(place, { capture: 'automatic' })
    expect(await place.payments.getIntent(id)).toMatchObject({ id, clientSecret: expect.any(String) as string })
  })

  it.skipIf(isMissing)('cancel what nobody has paid', async () => {
    const place = await open()
    const { id } = await create(place)
    expect(await place.payments.cancel({ key: freshKey(), intentId: id })).toMatchObject({ id })
  })

  it.skipIf(isMissing)('know money without decimals', async () => {
    const intent = await create(await open(), { amount: { amount: 5000, currency: 'JPY' } })
    expect(intent).toMatchObject({ amount: 5000, currency: 'JPY' })
  })
})

it.skipIf(noStripeMock)(
  'needs stripe-mock: captures and refunds are requests as Stripe describes them (S-04)',
  async () => {
    const { payments } = await overStripe()
    const { id } = await payments.capture({ key: freshKey(), intentId: 'pi_1', amount: PRICE })
    await payments.refund({ key: freshKey(), intentId: id, amount: PRICE, reason: 'cancelled' })
    const wrong = { key: freshKey(), bookingId: randomUUID(), capture: 'on a whim' as 'manual', method: null }
    expect(await refusal(payments.createIntent({ ...wrong, amount: PRICE }))).toBe('unavailable')
  },
)

// What only shows where things are remembered.
describe.each(PLACES.slice(0, 3))('the payments %s, which remember,', (_, open) => {
  const bank = open as () => Promise<Bank>

  async function paid(place: Bank, method = 'pm_card_visa', more: Parameters<typeof create>[1] = {}) {
    const bookingId = randomUUID()
    const intent = await create(place, { bookingId, ...more })
    await place.pay(intent, method)
    return { ...intent, bookingId }
  }

  it('make one intent of one key (H-22), and none of another request under it, which is our fault (N-12)', async () => {
    const place = await bank()
    const same = { key: freshKey(), bookingId: randomUUID() }
    const [first, second] = [await create(place, same), await create(place, same)]
    expect(first).toMatchObject({ status: 'requires_payment_method', failureCode: null })
    expect(second).toEqual(first)
    expect(await refusal(create(place, { ...same, amount: { amount: 1, currency: 'EUR' } }))).toBe('unavailable')
  })

  it('capture what was authorised, once, and say so again (X-05)', async () => {
    const place = await bank()
    const { id, bookingId } = await paid(place)
    expect(await place.payments.getIntent(id)).toMatchObject({ status: 'authorized', method: 'pm_card_visa' })
    for (const key of [freshKey(), freshKey()]) {
      const captured = await place.payments.capture({ key, intentId: id, amount: PRICE })
      expect(captured).toMatchObject({ id, status: 'succeeded', amountCaptured: PRICE.amount })
    }
    expect(await place.ledger(bookingId)).toEqual({ authorized: PRICE.amount, captured: PRICE.amount })
  })

  it('answer with the intent as it is when it can be neither captured nor cancelled', async () => {
    const place = await bank()
    const { id } = await paid(place, 'pm_bank_immediate')
    expect(await place.payments.cancel({ key: freshKey(), intentId: id })).toMatchObject({ status: 'succeeded' })
    const open = await create(place)
    const capture = place.payments.capture({ key: freshKey(), intentId: open.id, amount: PRICE })
    expect(await capture).toMatchObject({ id: open.id, status: 'requires_payment_method' })
  })

  it('tell that a payment is processing, that it failed and why, and that it was cancelled, twice', async () => {
    const place = await bank()
    const slow = await create(place)
    await place.pay(slow, 'pm_bank_slow', { processing_seconds: 60 })
    expect(await place.payments.cancel({ key: freshKey(), intentId: slow.id })).toMatchObject({ status: 'processing' })
    const { id } = await paid(place, 'pm_card_declined')
    expect(await place.payments.getIntent(id)).toMatchObject({
      status: 'failed',
      failureCode: expect.stringMatching(/^(card|generic)_decline/) as string,
    })
    for (const key of [freshKey(), freshKey()]) {
      expect(await place.payments.cancel({ key, intentId: id })).toMatchObject({ status: 'cancelled' })
    }
  })

  it('say no for good to a capture that the bank refuses, to more than was captured, and to what they do not know', async () => {
    const place = await bank()
    const { payments } = place
    const { id } = await paid(place, 'pm_card_capture_fails')
    expect(await refusal(payments.capture({ key: freshKey(), intentId: id, amount: PRICE }))).toBe('policy_forbids')
    const refund = { key: freshKey(), intentId: id, amount: PRICE, reason: 'cancelled' }
    expect(await refusal(payments.refund(refund))).toBe('policy_forbids')
    expect(await refusal(payments.getIntent('pi_unknown'))).toBe('not_found')
  })

  it('give money back in parts, each key once (H-06)', async () => {
    const place = await bank()
    const { id, bookingId } = await paid(place, 'pm_bank_immediate')
    const part = { intentId: id, amount: { amount: 2345, currency: 'EUR' }, reason: 'cancelled' }
    for (const key of ['one', 'one', 'two']) await place.payments.refund({ ...part, key: `${key}-${bookingId}` })
    expect(await place.ledger(bookingId)).toMatchObject({ refunded: 4690 })
  })

  it('list every intent of a booking, with what went back of each (H-25)', async () => {
    const place = await bank()
    const { id, bookingId } = await paid(place, 'pm_bank_immediate')
    await place.payments.refund({ key: freshKey(), intentId: id, amount: { amount: 45, currency: 'EUR' }, reason: 'x' })
    const open = await create(place, { bookingId })
    await create(place)
    const listed = await place.payments.listIntents(bookingId)
    expect(listed).toHaveLength(2)
    expect(listed).toContainEqual(expect.objectContaining({ id, status: 'succeeded', amountRefunded: 45 }))
    expect(listed).toContainEqual(expect.objectContaining({ id: open.id, status: 'requires_payment_method' }))
    expect(await place.payments.listIntents(randomUUID())).toEqual([])
  })

  it('leave a refund open that did not work this time, and do it under the same key (X-07)', async () => {
    const place = await bank()
    const { id, bookingId } = await paid(place, 'pm_refund_fails')
    const refund = { key: freshKey(), intentId: id, amount: PRICE, reason: 'cancelled' }
    expect(await refusal(place.payments.refund(refund))).toBe('unavailable')
    expect(await place.ledger(bookingId)).not.toHaveProperty('refunded')
    await place.payments.refund(refund)
    expect(await place.ledger(bookingId)).toMatchObject({ refunded: PRICE.amount })
  })

  it('do once what was done and not answered in time, when it is asked for again under its key (H-24)', async () => {
    const place = await bank()
    const { id, bookingId } = await paid(place)
    const late = { executed: true, delay_ms: 4000, times: 1 }
    await place.fault({ operation: 'capture', ...late }, { operation: 'refund', ...late })
    const capture = { key: freshKey(), intentId: id, amount: PRICE }
    expect(await refusal(place.payments.capture(capture))).toBe('unavailable')
    expect(await place.payments.capture(capture)).toMatchObject({ status: 'succeeded' })
    const refund = { key: freshKey(), intentId: id, amount: PRICE, reason: 'cancelled' }
    expect(await refusal(place.payments.refund(refund))).toBe('unavailable')
    await place.payments.refund(refund)
    expect(await place.ledger(bookingId)).toMatchObject({ captured: PRICE.amount, refunded: PRICE.amount })
  })

  it('do not know the outcome when the service fails, and leave it alone after five failures (H-24, E-05)', async () => {
    const place = await bank()
    const { id } = await create(place)
    const counts = await place.fault({ operation: 'get_intent', status: 500 })
    for (let time = 0; time < 7; time += 1) expect(await refusal(place.payments.getIntent(id))).toBe('unavailable')
    expect(await counts()).toMatchObject([{ matched: 5, hits: 5 }])
  })

  it('ask a second time when the connection broke before the answer, and no more (H-24)', async () => {
    const place = await bank()
    const { id } = await create(place)
    const counts = await place.fault({ operation: 'get_intent', reset: true, times: 1 })
    expect(await place.payments.getIntent(id)).toMatchObject({ id })
    expect(await counts()).toMatchObject([{ matched: 2, hits: 1 }])
  })
})
