import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { call, openReceiver, openSandbox, secret, until } from './harness.ts'
import { cancel, capture, createIntent, paid, refund } from './money.ts'

const types = (deliveries: Array<{ type: string }>) => deliveries.map(({ type }) => type).sort()

async function withReceiver() {
  const receiver = await openReceiver()
  const sandbox = openSandbox({ webhookUrl: receiver.url })
  const arrived = (count: number) =>
    until(
      () => receiver.deliveries,
      ({ length }) => length >= count,
    )
  const plan = (rules: object[]) => call(sandbox, 'PUT', '/control/faults', { seed: 7, rules })
  const flush = () => call<{ pending: number }>(sandbox, 'POST', '/control/webhooks/flush')
  return { ...receiver, sandbox, arrived, plan, flush }
}

describe('webhooks [S-03]', () => {
  it('are signed by the Standard Webhooks scheme, over the very bytes that were sent', async () => {
    const { sandbox, arrived } = await withReceiver()
    const intent = await paid(sandbox, 'pm_card_visa')
    const [delivery] = await arrived(1)
    expect(new Webhook(secret).verify(delivery?.raw ?? '', delivery?.headers ?? {})).toEqual({
      id: delivery?.headers['webhook-id'],
      type: 'payment_intent.authorized',
      timestamp: expect.any(String),
      data: {
        intent_id: intent.id,
        booking_id: 'b1',
        amount: 1000,
        currency: 'EUR',
        payment_method: 'pm_card_visa',
      },
    })
    const forged = delivery?.raw.replace('1000', '9000') ?? ''
    expect(() => new Webhook(secret).verify(forged, delivery?.headers ?? {})).toThrow(/signature/)
  })

  it('tell every fact, with the amount that moved', async () => {
    const { sandbox, arrived, deliveries, flush } = await withReceiver()
    const visa = await paid(sandbox, 'pm_card_visa', { booking_id: 'visa' })
    await capture(sandbox, visa, { amount: 600 })
    await refund(sandbox, visa, 250, 'visa:refund:1')
    await paid(sandbox, 'pm_card_declined', { booking_id: 'declined' })
    await cancel(sandbox, await createIntent(sandbox, { booking_id: 'cancelled' }))
    await paid(sandbox, 'pm_bank_slow', { booking_id: 'slow' }, { processing_seconds: 0.02, outcome: 'failed' })
    const stubborn = await paid(sandbox, 'pm_refund_fails', { booking_id: 'stubborn' })
    await refund(sandbox, stubborn, 100, 'stubborn:refund:1')
    await arrived(9)
    await flush()
    const facts = (booking: string) =>
      deliveries
        .filter(({ data }) => data.booking_id === booking)
        .map(({ type, data }) => `${type} ${data.amount} ${data.failure_code ?? data.refund_key ?? '-'}`)
        .sort()
    expect(facts('visa')).toEqual([
      'payment_intent.authorized 1000 -',
      'payment_intent.succeeded 600 -',
      'refund.succeeded 250 visa:refund:1',
    ])
    expect(facts('declined')).toEqual(['payment_intent.failed 1000 card_declined'])
    expect(facts('cancelled')).toEqual(['payment_intent.cancelled 1000 -'])
    expect(facts('slow')).toEqual(['payment_intent.failed 1000 bank_declined', 'payment_intent.processing 1000 -'])
    expect(facts('stubborn')).toEqual(['payment_intent.succeeded 1000 -', 'refund.failed 100 refund_failed'])
  })

  it('tell of the second intent of pm_pays_twice', async () => {
    const { sandbox, arrived } = await withReceiver()
    const intent = await paid(sandbox, 'pm_pays_twice')
    const second = (await arrived(2)).find(({ type }) => type === 'payment_intent.succeeded')
    expect(second?.data).toMatchObject({ booking_id: 'b1', amount: 1000, payment_method: 'pm_pays_twice' })
    expect(second?.data.intent_id).not.toBe(intent.id)
  })

  it('are repeated until 2xx, with one id, one body and a new signature each', async () => {
    const { sandbox, arrived, answers, flush } = await withReceiver()
    answers.push(500, 302)
    await paid(sandbox, 'pm_bank_immediate')
    const deliveries = await arrived(3)
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(1)
    expect(new Set(deliveries.map(({ raw }) => raw)).size).toBe(1)
    for (const { raw, headers } of deliveries) expect(() => new Webhook(secret).verify(raw, headers)).not.toThrow()
    expect((await flush()).body).toEqual({ pending: 0 })
    expect(deliveries).toHaveLength(3)
  })

  it('wait for a receiver to be named', async () => {
    const receiver = await openReceiver()
    const sandbox = openSandbox()
    await paid(sandbox, 'pm_bank_immediate')
    expect(await call(sandbox, 'POST', '/control/webhooks/flush')).toMatchObject({
      status: 503,
      body: { code: 'unavailable', pending: 1 },
    })
    sandbox.setWebhookUrl(receiver.url)
    await until(
      () => receiver.deliveries.length,
      (count) => count === 1,
    )
    sandbox.setWebhookUrl(null)
    await paid(sandbox, 'pm_card_declined')
    sandbox.setWebhookUrl(receiver.url)
    await until(
      () => receiver.deliveries.length,
      (count) => count === 2,
    )
    expect(types(receiver.deliveries)).toEqual(['payment_intent.failed', 'payment_intent.succeeded'])
  })

  it('reach a receiver that was away: 200 facts, none lost', async () => {
    const { sandbox, deliveries, answers, flush } = await withReceiver()
    answers.push(...Array<number>(50).fill(503))
    await Promise.all(Array.from({ length: 200 }, () => paid(sandbox, 'pm_bank_immediate')))
    await flush()
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(200)
    expect(deliveries).toHaveLength(250)
  })
})

describe('webhook faults [S-07]', () => {
  it('duplicate sends that many more under the same id', async () => {
    const { sandbox, deliveries, flush, plan } = await withReceiver()
    await plan([{ service: 'webhooks', duplicate: 9 }])
    await paid(sandbox, 'pm_bank_immediate')
    await flush()
    expect(deliveries).toHaveLength(10)
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(1)
  })

  it('drop never sends', async () => {
    const { sandbox, deliveries, flush, plan } = await withReceiver()
    await plan([{ service: 'webhooks', operation: 'payment_intent.authorized', drop: true }])
    await capture(sandbox, await paid(sandbox, 'pm_card_visa'))
    await flush()
    expect(types(deliveries)).toEqual(['payment_intent.succeeded'])
  })

  it('reorder lets the next fact overtake', async () => {
    const { sandbox, arrived, plan } = await withReceiver()
    await plan([{ service: 'webhooks', operation: 'payment_intent.authorized', reorder: true }])
    const intent = await paid(sandbox, 'pm_card_visa')
    await capture(sandbox, intent)
    const order = (await arrived(2)).map(({ type }) => type)
    expect(order).toEqual(['payment_intent.succeeded', 'payment_intent.authorized'])
  })

  it('reorder on everything swaps pairs, and a last one with nobody behind it still arrives', async () => {
    const { sandbox, arrived, deliveries, plan } = await withReceiver()
    await plan([{ service: 'webhooks', reorder: true }])
    await paid(sandbox, 'pm_bank_immediate', { booking_id: 'first' })
    await paid(sandbox, 'pm_bank_immediate', { booking_id: 'second' })
    await arrived(2)
    await paid(sandbox, 'pm_bank_immediate', { booking_id: 'third' })
    await arrived(3)
    expect(deliveries.map(({ data }) => data.booking_id)).toEqual(['second', 'first', 'third'])
  })

  it('reorder does not hold up a flush', async () => {
    const { sandbox, deliveries, flush, plan } = await withReceiver()
    await plan([{ service: 'webhooks', reorder: true }])
    await paid(sandbox, 'pm_bank_immediate')
    const started = performance.now()
    expect((await flush()).body).toEqual({ pending: 0 })
    expect(performance.now() - started).toBeLessThan(800)
    expect(deliveries).toHaveLength(1)
  })

  it('delay_ms holds a fact back, and a flush does not wait for it', async () => {
    const { sandbox, deliveries, flush, plan } = await withReceiver()
    await plan([{ service: 'webhooks', delay_ms: 600_000 }])
    await paid(sandbox, 'pm_bank_immediate')
    expect(deliveries).toHaveLength(0)
    expect((await flush()).status).toBe(200)
    expect(deliveries).toHaveLength(1)
  })
})
