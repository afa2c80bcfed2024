import { describe, expect, test } from 'vitest'
import { refusalOf } from './commands.ts'
import { at, DUE, held, OPERATOR } from './testing/builders.ts'
import { aCommand, after, asked, due, factsOf, failed, refundsDone, theEffect, told } from './testing/steps.ts'

describe('X-07 H-06 a refund that fails', () => {
  const cancelled = after(held(), told('succeeded', 1), asked('cancel', 5))
  const unpaid = after(cancelled, failed('refund', 10, 'overdue'))
  const key = cancelled.refunds[0]?.key ?? ''

  test('waits for a person, and is not tried any more', () => {
    expect(unpaid).toMatchObject({ refunds: [{ status: 'failed' }], attention: { reason: 'refund_failed' } })
    expect(due(unpaid, 10)).toEqual([])
  })

  test('X-12 is tried again under the same key when an operator says so', () => {
    const again = after(unpaid, asked('retry', 20, OPERATOR))
    expect(again).toMatchObject({ refunds: [{ key, status: 'pending' }], attention: null })
    expect(theEffect(again, 'refund', 20).key).toBe(key)
    expect(after(again, refundsDone(21)).status).toBe('refunded')
  })

  test('X-12 is settled by hand, with the reason', () => {
    const settled = after(unpaid, asked('settle_refund', 20, OPERATOR, { refundKey: key }))
    expect(settled).toMatchObject({ status: 'refunded', attention: null, refunds: [{ status: 'succeeded' }] })
  })

  test('works after all, says the payment service', () => {
    expect(after(unpaid, told('refund_succeeded', 20, { refundKey: key }))).toMatchObject({
      status: 'refunded',
      attention: null,
    })
  })

  test('H-06 keeps its attention when another reason comes and goes', () => {
    const busy = after(unpaid, told('authorized', 20, { intentId: 'pi_2' }), failed('void', 5000, 'overdue'))
    expect(busy.attention?.reason).toBe('void_overdue')
    const voided = after(busy, told('cancelled', 5001, { intentId: 'pi_2' }))
    expect(voided).toMatchObject({ attention: { reason: 'refund_failed' }, refunds: [{ status: 'failed' }] })
  })

  test('X-07 X-12 that had gone through and came back calls a person, who settles it; the money it moved stays as it was', () => {
    const back = after(cancelled, refundsDone(10))
    const bounced = after(back, told('refund_failed', 5000, { refundKey: key }))
    expect(bounced).toMatchObject({ status: 'refunded', attention: { reason: 'refund_bounced' } })
    expect(bounced.refunds).toMatchObject([{ status: 'succeeded', settledAt: null }])
    expect(due(bounced, 5000)).toEqual([])
    expect(() => after(bounced, asked('retry', 5001, OPERATOR))).toThrow('refused')
    const settled = after(bounced, asked('settle_refund', 6000, OPERATOR, { refundKey: key }))
    expect(settled).toMatchObject({ status: 'refunded', attention: null, refunds: [{ settledAt: at(6000) }] })
    expect(() => after(settled, asked('settle_refund', 6001, OPERATOR, { refundKey: key }))).toThrow('refused')
  })

  test('X-07 H-08 that came back is told of once, is not mended by an echo of its success, and a try that failed before it is none', () => {
    const back = after(cancelled, refundsDone(10))
    expect(factsOf(back, told('refund_failed', 9, { refundKey: key }))).toEqual([])
    expect(factsOf(unpaid, told('refund_failed', 20, { refundKey: key }))).toEqual([])
    const bounce = told('refund_failed', 5000, { refundKey: key })
    expect(factsOf(back, bounce, bounce, told('refund_succeeded', 5001, { refundKey: key }))).toEqual([
      'refund_bounced',
      'attention_raised',
    ])
    const settled = after(back, bounce, asked('settle_refund', 6000, OPERATOR, { refundKey: key }))
    expect(factsOf(settled, bounce)).toEqual([])
  })

  test('N-13 that came back and was paid by other means is over, whatever is told of it after that', () => {
    const back = after(cancelled, told('refund_succeeded', 10, { refundKey: key, refundId: 're_1' }))
    const bounce = told('refund_failed', 5000, { refundKey: key, refundId: 're_1' })
    const settled = after(back, bounce, asked('settle_refund', 6000, OPERATOR, { refundKey: key }))
    expect(settled.attention).toBeNull()
    const later = { refundKey: key, refundId: 're_1', id: 'the same by another event' }
    for (const minute of [4999, 5000, 7000]) expect(factsOf(settled, told('refund_failed', minute, later))).toEqual([])
  })

  test('N-15 is stopped or settled from the first try on, with a reason, and is then nobody else’s to pay', () => {
    const stopped = after(cancelled, asked('stop_refund', 6, OPERATOR, { refundKey: key }))
    expect(stopped).toMatchObject({ refunds: [{ status: 'failed' }], attention: { reason: 'refund_failed' } })
    expect(due(stopped, 6)).toEqual([])
    const settled = after(stopped, asked('settle_refund', 7, OPERATOR, { refundKey: key }))
    expect(settled).toMatchObject({ status: 'refunded', attention: null, refunds: [{ status: 'succeeded' }] })
    expect(after(stopped, asked('retry', 7, OPERATOR)).refunds).toMatchObject([{ key, status: 'pending' }])
    const atOnce = after(cancelled, asked('settle_refund', 6, OPERATOR, { refundKey: key }))
    expect(atOnce).toMatchObject({ status: 'refunded', refunds: [{ status: 'succeeded' }] })
    expect(due(atOnce, 6)).toEqual([])
    const silent = { ...aCommand('stop_refund', OPERATOR, { refundKey: key }), reason: ' ' }
    expect(refusalOf(cancelled, silent, at(6))?.code).toBe('validation_failed')
    expect(refusalOf(stopped, aCommand('stop_refund', OPERATOR, { refundKey: key }), at(7))?.code).toBe(
      'illegal_transition',
    )
  })

  test('H-06 the next refund of the same payment has a key of its own', () => {
    const more = after(held(), told('succeeded', 1, { amount: DUE + 300 }), asked('cancel', 5))
    expect(more.refunds.map(({ key }) => key)).toEqual(
      [1, 2].map((n) => `refund:${more.id}:${more.payments[0]?.id}:${n}`),
    )
  })
})
