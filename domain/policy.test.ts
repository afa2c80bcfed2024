import { describe, expect, test } from 'vitest'
import { termsApart, type Policy } from './policy.ts'
import { POLICY } from './testing/builders.ts'

/** Another value for every rule there is. */
const OTHER: Readonly<Record<keyof Policy, unknown>> = {
  holdSeconds: 1,
  lapseGraceSeconds: 1,
  extendSeconds: 1,
  maxExtensions: 19,
  processingGraceSeconds: 1,
  approvalSeconds: 1,
  onPaymentFailed: POLICY.onPaymentFailed === 'cancel' ? 'retry' : 'cancel',
  capture: POLICY.capture === 'manual' ? 'automatic' : 'manual',
  refundTiers: [{ hoursBefore: 77, percent: 7 }],
  forfeitsOnMove: false,
  noShowGraceSeconds: 7,
  noShowFeePercent: 7,
  checkInOpensMinutes: 7,
  bufferBeforeMinutes: 7,
  bufferAfterMinutes: 7,
  minNoticeMinutes: 7,
  maxLeadDays: 7,
  reminders: [{ type: 'upcoming', offsetMinutes: -7 }],
  platformFeeBasisPoints: 7,
  stalePriceSeconds: 7,
}
const OF_EACH_ITEM = ['bufferBeforeMinutes', 'bufferAfterMinutes', 'minNoticeMinutes', 'maxLeadDays']

describe('N-82 what is sold by other terms is not sold together', () => {
  test.each(Object.entries(OTHER))('%s', (rule, value) => {
    const other = { ...POLICY, [rule]: value } as Policy
    const apart = OF_EACH_ITEM.includes(rule) ? [] : [rule]
    expect(termsApart(POLICY, other)).toEqual(apart)
    expect(termsApart(other, POLICY)).toEqual(apart)
  })

  test('the same, however it is written', () => {
    const written = (text: string): Policy => ({ ...POLICY, refundTiers: JSON.parse(text) as Policy['refundTiers'] })
    const one = written('[{"hoursBefore":24,"percent":100}]')
    expect(termsApart(one, written('[{"percent":100,"hoursBefore":24}]'))).toEqual([])
  })
})
