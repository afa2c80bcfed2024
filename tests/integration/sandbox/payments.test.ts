import { describe, expect, it } from 'vitest'
import { call, openSandbox } from './harness.ts'
import { cancel, capture, confirm, createIntent, money, paid, read } from './money.ts'

describe('an intent [S-03]', () => {
  it('begins without a payment method and shows exactly the members of the contract', async () => {
    const sandbox = openSandbox({ now: () => new Date('2030-05-01T10:00:00.500Z') })
    const { status, body } = await call(sandbox, 'POST', '/api/v1/payments/intents', {
      booking_id: 'b1',
      amount: 4200,
      currency: 'JPY',
      capture: 'manual',
      metadata: { booking: 'b1' },
    })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.stringMatching(/^pi_[0-9a-f]{32}$/),
      client_secret: expect.stringContaining('_secret_'),
      booking_id: 'b1',
      status: 'requires_payment_method',
      amount: 4200,
      currency: 'JPY',
      amount_captured: 0,
      amount_refunded: 0,
      capture: 'manual',
      payment_method: null,
      created_at: '2030-05-01T10:00:00.500Z',
      updated_at: '2030-05-01T10:00:00.500Z',
      failure_code: null,
    })
    expect(await money(sandbox)).toEqual([])
  })

  it('can be read, and one that does not exist is 404', async () => {
    const sandbox = openSandbox()
    const intent = await createIntent(sandbox)
    expect(await read(sandbox, intent)).toEqual(intent)
    const absent = await call(sandbox, 'GET', '/api/v1/payments/intents/pi_none')
    expect(absent.status).toBe(404)
    expect(absent.body).toMatchObject({ code: 'not_found' })
  })

  it('keeps to its client secret', async () => {
    const sandbox = openSandbox()
    const intent = await createIntent(sandbox)
    const answer = await confirm(sandbox, { ...intent, client_secret: 'wrong' }, 'pm_card_visa')
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(JSON.stringify(answer.body)).not.toContain(intent.client_secret)
    expect((await read(sandbox, intent)).status).toBe('requires_payment_method')
  })
})

describe('a browser on another origin', () => {
  it('may confirm, and may read the answer, also a refusal', async () => {
    const { app } = openSandbox()
    const path = '/api/v1/payments/intents/pi_none/confirm'
    const origin = { origin: 'https://shop.test' }
    const preflight = await app.request(path, {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type,idempotency-key')
    for (const body of ['{', '{"client_secret":"s","payment_method":"pm_card_visa"}']) {
      const answer = await app.request(path, { method: 'POST', headers: origin, body })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
  })
})

describe('capture and cancel [S-03]', () => {
  it('captures a part and releases the rest', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_visa')
    expect((await capture(sandbox, intent, { amount: 600 })).body).toMatchObject({
      status: 'succeeded',
      amount: 1000,
      amount_captured: 600,
    })
    expect(await money(sandbox)).toEqual(['authorized 1000', 'captured 600', 'voided 400'])
  })

  it('does not capture more than was authorised', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_visa')
    expect(await capture(sandbox, intent, { amount: 1001 })).toMatchObject({
      status: 422,
      body: { code: 'amount_too_large' },
    })
    expect(await money(sandbox)).toEqual(['authorized 1000'])
  })

  it('gives captured money no second time, under a new key too', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_visa')
    const answers = await Promise.all(Array.from({ length: 20 }, () => capture(sandbox, intent)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(await money(sandbox)).toEqual(['authorized 1000', 'captured 1000'])
  })

  it('voids an authorisation, once', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_visa')
    expect((await cancel(sandbox, intent)).body.status).toBe('cancelled')
    expect((await cancel(sandbox, intent)).status).toBe(200)
    expect(await money(sandbox)).toEqual(['authorized 1000', 'voided 1000'])
  })

  it('cancels what nobody has paid without touching money', async () => {
    const sandbox = openSandbox()
    const intent = await createIntent(sandbox)
    expect((await cancel(sandbox, intent)).body.status).toBe('cancelled')
    expect(await money(sandbox)).toEqual([])
  })

  it.each([
    { state: 'cancelled', operation: 'confirm' },
    { state: 'cancelled', operation: 'capture' },
    { state: 'authorized', operation: 'confirm' },
    { state: 'succeeded', operation: 'confirm' },
    { state: 'succeeded', operation: 'cancel' },
    { state: 'requires_payment_method', operation: 'capture' },
    { state: 'failed', operation: 'capture' },
  ])('refuses to $operation an intent that is $state, and shows it', async ({ state, operation }) => {
    const sandbox = openSandbox()
    const methods: Record<string, string> = {
      authorized: 'pm_card_visa',
      succeeded: 'pm_bank_immediate',
      failed: 'pm_card_declined',
    }
    const method = methods[state]
    const intent = method === undefined ? await createIntent(sandbox) : await paid(sandbox, method)
    if (state === 'cancelled') await cancel(sandbox, intent)
    const before = await money(sandbox)
    const operations = {
      confirm: () => confirm(sandbox, intent, 'pm_card_visa'),
      capture: () => capture(sandbox, intent),
    }
    const answer = await (operation === 'cancel'
      ? cancel(sandbox, intent)
      : operations[operation as keyof typeof operations]())
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', intent: { id: intent.id, status: state } },
    })
    expect(await money(sandbox)).toEqual(before)
  })
})
