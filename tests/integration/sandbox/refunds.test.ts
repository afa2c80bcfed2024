import { expect, it } from 'vitest'
import { openSandbox } from './harness.ts'
import { capture, createIntent, ledger, money, paid, read, refund } from './money.ts'

it('refunds a part, then the rest, and leaves the intent succeeded [S-03]', async () => {
  const sandbox = openSandbox()
  const intent = await paid(sandbox, 'pm_bank_immediate')
  const first = await refund(sandbox, intent, 300, 'b1:refund:1')
  expect(first).toMatchObject({
    status: 201,
    body: { intent_id: intent.id, booking_id: 'b1', amount: 300, currency: 'EUR', status: 'succeeded' },
  })
  expect((await refund(sandbox, intent, 700)).status).toBe(201)
  expect(await read(sandbox, intent)).toMatchObject({ status: 'succeeded', amount_refunded: 1000 })
  expect(await money(sandbox)).toEqual(['captured 1000', 'refunded 300', 'refunded 700'])
  expect((await ledger(sandbox))[1]?.key).toBe('b1:refund:1')
})

it('never refunds more than was captured', async () => {
  const sandbox = openSandbox()
  const intent = await paid(sandbox, 'pm_card_visa')
  await capture(sandbox, intent, { amount: 600 })
  expect(await refund(sandbox, intent, 601)).toMatchObject({
    status: 422,
    body: { code: 'amount_too_large', refundable: 600 },
  })
  expect((await refund(sandbox, intent, 600)).status).toBe(201)
  expect((await refund(sandbox, intent, 1)).status).toBe(422)
})

it('refunds nothing that was only authorised or never paid', async () => {
  const sandbox = openSandbox()
  for (const intent of [await paid(sandbox, 'pm_card_visa'), await createIntent(sandbox)]) {
    expect(await refund(sandbox, intent, 1)).toMatchObject({ status: 422, body: { code: 'amount_too_large' } })
  }
  expect(await money(sandbox)).toEqual(['authorized 1000'])
})

it('does not mix currencies', async () => {
  const sandbox = openSandbox()
  const intent = await paid(sandbox, 'pm_bank_immediate')
  expect(await refund(sandbox, { ...intent, currency: 'USD' }, 100)).toMatchObject({
    status: 422,
    body: { code: 'validation_failed', errors: [{ pointer: '/currency' }] },
  })
})

it('of 50 concurrent refunds of a twentieth each lets exactly 20 through (H-06)', async () => {
  const sandbox = openSandbox()
  const intent = await paid(sandbox, 'pm_bank_immediate')
  const answers = await Promise.all(Array.from({ length: 50 }, () => refund(sandbox, intent, 50)))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(20)
  expect(answers.filter(({ body }) => body.code === 'amount_too_large')).toHaveLength(30)
  const refunded = (await ledger(sandbox)).filter(({ kind }) => kind === 'refunded')
  expect(refunded.reduce((sum, { amount }) => sum + amount, 0)).toBe(1000)
})

it('pm_refund_fails fails as often as told under each key, then works under the same key [S-07]', async () => {
  const sandbox = openSandbox()
  const intent = await paid(sandbox, 'pm_refund_fails', {}, { times: 2 })
  expect(intent.status).toBe('succeeded')
  for (const key of ['r1', 'r2']) {
    const statuses: number[] = []
    for (let attempt = 0; attempt < 4; attempt += 1) statuses.push((await refund(sandbox, intent, 400, key)).status)
    expect(statuses).toEqual([402, 402, 201, 201])
  }
  expect(await money(sandbox)).toEqual(['captured 1000', 'refunded 400', 'refunded 400'])
})
