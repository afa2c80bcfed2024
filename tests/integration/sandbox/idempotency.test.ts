import { describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../services/sandbox/app.ts'
import { call, openSandbox } from './harness.ts'
import { capture, createIntent, money, paid, read, refund, type Intent } from './money.ts'

const body = { booking_id: 'b1', amount: 1000, currency: 'EUR', capture: 'manual', metadata: { a: '1', b: '2' } }
const create = (sandbox: Sandbox, changes: object = {}, key: string | null = 'k1') =>
  call<Intent>(sandbox, 'POST', '/api/v1/payments/intents', { ...body, ...changes }, key)

describe('an Idempotency-Key', () => {
  it('gives the same answer and does the operation once, 20 at a time', async () => {
    const sandbox = openSandbox()
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(sandbox)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1)
    expect(answers.every(({ status }) => status === 201)).toBe(true)
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(19)
  })

  it('gives the first answer again even when the world has moved on', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_visa')
    const first = await capture(sandbox, intent, {}, 'cap')
    await refund(sandbox, intent, 100)
    expect((await capture(sandbox, intent, {}, 'cap')).body).toEqual(first.body)
    expect((await read(sandbox, intent)).amount_refunded).toBe(100)
  })

  it('does not care in which order members are written', async () => {
    const sandbox = openSandbox()
    const first = await create(sandbox)
    const turned = await create(sandbox, { metadata: { b: '2', a: '1' } })
    expect(turned.body.id).toBe(first.body.id)
  })

  it('with another body is 422 idempotency_mismatch', async () => {
    const sandbox = openSandbox()
    await create(sandbox)
    expect(await create(sandbox, { amount: 1001 })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
  })

  it('for another intent is another request', async () => {
    const sandbox = openSandbox()
    await capture(sandbox, await paid(sandbox, 'pm_card_visa'), {}, 'cap')
    const other = await paid(sandbox, 'pm_card_visa')
    expect(await capture(sandbox, other, {}, 'cap')).toMatchObject({ body: { code: 'idempotency_mismatch' } })
    expect((await read(sandbox, other)).status).toBe('authorized')
  })

  it('tries a failed operation again, and keeps it to its body meanwhile', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_refund_fails')
    expect((await refund(sandbox, intent, 500, 'r')).status).toBe(402)
    expect((await refund(sandbox, intent, 400, 'r')).body.code).toBe('idempotency_mismatch')
    expect((await refund(sandbox, intent, 500, 'r')).status).toBe(201)
    expect(await money(sandbox)).toEqual(['captured 1000', 'refunded 500'])
  })

  it('is not used up by a body that was not valid', async () => {
    const sandbox = openSandbox()
    expect((await create(sandbox, { amount: -1 })).status).toBe(422)
    expect((await create(sandbox)).status).toBe(201)
  })

  it('does the operation once when the answer got lost (executed, then 500)', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_bank_immediate')
    const rule = { service: 'payments', operation: 'refund', status: 500, executed: true, times: 2 }
    await call(sandbox, 'PUT', '/control/faults', { rules: [rule] })
    const statuses: number[] = []
    for (let attempt = 0; attempt < 3; attempt += 1) statuses.push((await refund(sandbox, intent, 500, 'r')).status)
    expect(statuses).toEqual([500, 500, 201])
    expect(await money(sandbox)).toEqual(['captured 1000', 'refunded 500'])
  })

  it.each([
    { name: 'no key', key: null },
    { name: 'a space', key: 'a b' },
    { name: '256 characters', key: 'k'.repeat(256) },
  ])('is needed to create an intent: $name is 400 malformed', async ({ key }) => {
    const sandbox = openSandbox()
    expect(await create(sandbox, {}, key)).toMatchObject({ status: 400, body: { code: 'malformed' } })
  })

  it('may be left out by the browser that confirms, and is kept to when it is there', async () => {
    const sandbox = openSandbox()
    const intent = await createIntent(sandbox)
    const path = `/api/v1/payments/intents/${intent.id}/confirm`
    const attempt = { client_secret: intent.client_secret, payment_method: 'pm_card_declined' }
    await call(sandbox, 'POST', path, attempt, 'c1')
    const again = await call(sandbox, 'POST', path, attempt, 'c1')
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect((await call(sandbox, 'POST', path, attempt, null)).headers.get('idempotency-replayed')).toBeNull()
  })
})
