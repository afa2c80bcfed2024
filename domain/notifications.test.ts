import { describe, expect, test } from 'vitest'
import type { Fact } from './facts.ts'
import { newsOf } from './notifications.ts'
import { anItem, at, CUSTOMER, held, OPERATOR } from './testing/builders.ts'
import { after, asked, rang, requested, told } from './testing/steps.ts'

const waiting = after(held(), requested(0))
const confirmed = after(waiting, told('authorized', 1), told('succeeded', 2))
const fact = (type: Fact['type'], more: object = {}) => ({ type, ...more })

describe('what there is to tell people', () => {
  test.each<[string, ReturnType<typeof fact>, typeof waiting, typeof waiting, string | null]>([
    ['a refund', fact('refund_succeeded'), confirmed, confirmed, 'refund_succeeded'],
    ['a confirmation', fact('confirmed'), waiting, confirmed, 'booking_confirmed'],
    ['an approval that is needed', fact('approval_awaited'), waiting, awaiting(), 'approval_needed'],
    ['an approver’s no', fact('ended', { trigger: 'decline' }), awaiting(), declined(), 'approval_declined'],
    ['a cancellation', fact('ended', { trigger: 'cancel' }), confirmed, cancelled(), 'booking_cancelled'],
    ['a hold that ran out', fact('ended', { trigger: 'expire' }), held(), after(held(), rang(15)), 'booking_expired'],
    ['a visit', fact('moved'), confirmed, { ...confirmed, status: 'checked_in' }, null],
    ['a no-show that is taken back', fact('moved'), { ...confirmed, status: 'no_show' }, confirmed, null],
    ['a note', fact('noted'), confirmed, { ...confirmed, notes: 'by the window' }, null],
    ['another time', fact('changed'), confirmed, { ...confirmed, start: at(1) }, 'booking_changed'],
    ['another unit', fact('changed'), confirmed, { ...confirmed, items: [anItem('1', 1)] }, 'booking_changed'],
    ['another time of what is not confirmed', fact('changed'), waiting, { ...waiting, start: at(1) }, null],
  ])('of %s', (_, what, before, after, news) => {
    expect(newsOf(what, before, after)).toBe(news)
  })
})

function awaiting() {
  return after(held({ terms: { requiresApproval: true } }), requested(0), told('authorized', 1))
}

function declined() {
  return after(awaiting(), asked('decline', 2, OPERATOR))
}

function cancelled() {
  return after(confirmed, asked('cancel', 3, CUSTOMER))
}
