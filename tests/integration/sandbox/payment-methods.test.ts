import { describe, expect, it } from 'vitest'
import { openSandbox, until } from './harness.ts'
import { cancel, capture, confirm, ledger, money, paid, read } from './money.ts'

describe('the test payment methods [S-07]', () => {
  it('pm_card_visa authorises, and captures on request', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_visa')
    expect(intent).toMatchObject({ status: 'authorized', payment_method: 'pm_card_visa', amount_captured: 0 })
    expect(await money(sandbox)).toEqual(['authorized 1000'])

    const captured = await capture(sandbox, intent, {}, 'b1:capture:1')
    expect(captured).toMatchObject({ status: 200, body: { status: 'succeeded', amount_captured: 1000 } })
    expect(await ledger(sandbox)).toMatchObject([
      { seq: 1, kind: 'authorized', key: null },
      { seq: 2, kind: 'captured', key: 'b1:capture:1', intent_id: intent.id, amount: 1000, currency: 'EUR' },
    ])
  })

  it('pm_card_visa is captured at once when the intent says automatic', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_visa', { capture: 'automatic' })
    expect(intent).toMatchObject({ status: 'succeeded', amount_captured: 1000 })
    expect(await money(sandbox)).toEqual(['captured 1000'])
    expect((await capture(sandbox, intent)).status).toBe(200)
    expect(await money(sandbox)).toEqual(['captured 1000'])
  })

  it('pm_card_declined fails, and the same intent may be tried again', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_declined')
    expect(intent).toMatchObject({ status: 'failed', failure_code: 'card_declined' })
    expect(await money(sandbox)).toEqual([])
    const again = await confirm(sandbox, intent, 'pm_card_visa')
    expect(again.body).toMatchObject({ status: 'authorized', failure_code: null, payment_method: 'pm_card_visa' })
    expect(await money(sandbox)).toEqual(['authorized 1000'])
  })

  it('pm_card_capture_fails authorises, refuses capture for good, and can be voided', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_capture_fails')
    expect(intent.status).toBe('authorized')
    for (const key of ['first', 'first', 'second']) {
      const refused = await capture(sandbox, intent, {}, key)
      expect(refused).toMatchObject({ status: 402, body: { code: 'capture_failed', intent: { status: 'authorized' } } })
    }
    expect((await cancel(sandbox, intent)).body.status).toBe('cancelled')
    expect(await money(sandbox)).toEqual(['authorized 1000', 'voided 1000'])
  })

  it('pm_card_capture_fails fails at once when the intent says automatic, and keeps no money aside', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_card_capture_fails', { capture: 'automatic' })
    expect(intent).toMatchObject({ status: 'failed', failure_code: 'capture_failed' })
    expect(await money(sandbox)).toEqual(['authorized 1000', 'voided 1000'])
    expect((await confirm(sandbox, intent, 'pm_card_visa')).body.status).toBe('succeeded')
  })

  it('pm_bank_immediate is captured at once, whatever the intent says', async () => {
    const sandbox = openSandbox()
    expect(await paid(sandbox, 'pm_bank_immediate')).toMatchObject({ status: 'succeeded', amount_captured: 1000 })
    expect(await money(sandbox)).toEqual(['captured 1000'])
  })

  it.each([
    { outcome: 'succeeded', capture: 'manual', status: 'succeeded', money: ['captured 1000'] },
    { outcome: 'authorized', capture: 'manual', status: 'authorized', money: ['authorized 1000'] },
    { outcome: 'authorized', capture: 'automatic', status: 'succeeded', money: ['captured 1000'] },
    { outcome: 'failed', capture: 'manual', status: 'failed', money: [] },
  ])('pm_bank_slow on a $capture intent is processing, then $outcome: $status', async (row) => {
    const sandbox = openSandbox()
    const options = { processing_seconds: 0.05, outcome: row.outcome }
    const intent = await paid(sandbox, 'pm_bank_slow', { capture: row.capture }, options)
    expect(intent.status).toBe('processing')
    expect(await money(sandbox)).toEqual([])
    const settled = await until(
      () => read(sandbox, intent),
      ({ status }) => status !== 'processing',
    )
    expect(settled).toMatchObject({
      status: row.status,
      failure_code: row.outcome === 'failed' ? 'bank_declined' : null,
    })
    expect(await money(sandbox)).toEqual(row.money)
  })

  it('pm_bank_slow keeps to the clock: a second before it is processing, then it is paid', async () => {
    let time = Date.parse('2030-01-01T00:00:00Z')
    const sandbox = openSandbox({ now: () => new Date(time) })
    const intent = await paid(sandbox, 'pm_bank_slow', {}, { processing_seconds: 900 })
    time += 899_000
    expect((await read(sandbox, intent)).status).toBe('processing')
    expect(await capture(sandbox, intent)).toMatchObject({ status: 409, body: { code: 'invalid_state' } })
    expect(await cancel(sandbox, intent)).toMatchObject({ status: 409, body: { intent: { status: 'processing' } } })
    expect((await confirm(sandbox, intent, 'pm_card_visa')).status).toBe(409)
    time += 1_000
    expect((await read(sandbox, intent)).status).toBe('succeeded')
    expect(await money(sandbox)).toEqual(['captured 1000'])
  })

  it('pm_pays_twice works as pm_card_visa and captures a second intent for the same booking', async () => {
    const sandbox = openSandbox()
    const intent = await paid(sandbox, 'pm_pays_twice')
    expect(intent.status).toBe('authorized')
    const lines = await ledger(sandbox)
    expect(lines.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['authorized', 1000],
      ['captured', 1000],
    ])
    const second = lines[1]?.intent_id ?? ''
    expect(second).not.toBe(intent.id)
    expect(await read(sandbox, { ...intent, id: second })).toMatchObject({ booking_id: 'b1', status: 'succeeded' })
  })
})
