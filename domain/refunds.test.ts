import { describe, expect, test } from 'vitest'
import { DUE, held, OPERATOR } from './testing/builders.ts'
import { after, asked, due, failed, refundsDone, theDuty, told } from './testing/steps.ts'

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
    expect(theDuty(again, 'refund', 20).key).toBe(key)
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

  test('H-06 the next refund of the same payment has a key of its own', () => {
    const more = after(held(), told('succeeded', 1, { amount: DUE + 300 }), asked('cancel', 5))
    expect(more.refunds.map(({ key }) => key)).toEqual(
      [1, 2].map((n) => `refund:${more.id}:${more.payments[0]?.id}:${n}`),
    )
  })
})
