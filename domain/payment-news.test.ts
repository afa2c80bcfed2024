import { describe, expect, test } from 'vitest'
import { retained, type Booking } from './booking.ts'
import { cancellationOffer } from './cancellation.ts'
import type { DisputeState } from './disputes.ts'
import type { PaymentEvent } from './facts.ts'
import { faultOf, isEarly } from './payment-news.ts'
import { at, CUSTOMER, DUE, held, paymentEvent, OPERATOR } from './testing/builders.ts'
import { after, asked, due, factsOf, failed, refundsDone, requested, told, type Step } from './testing/steps.ts'

const confirmed = after(held(), requested(0), told('authorized', 1), told('succeeded', 2))
const cancelled = after(confirmed, asked('cancel', 10, OPERATOR))
const refunded = after(cancelled, told('refund_succeeded', 11, { refundKey: keyOf(cancelled), refundId: 're_1' }))

function keyOf({ refunds }: Booking, n = 0): string {
  return refunds[n]?.key ?? ''
}

function disputed(state: DisputeState, minute: number, amount = DUE): Step {
  return told('disputed', minute, { amount, dispute: { id: 'dp_1', state, reason: 'fraudulent' } })
}

const elsewhere = (minute: number, amount: number, refundId = 're_9') =>
  told('refund_succeeded', minute, { refundKey: null, refundId, amount })

describe('N-10 money in another currency than the price', () => {
  test.each([
    ['for our own intent', [requested(0), told('succeeded', 1, { currency: 'EUR' })]],
    ['for an intent made elsewhere', [requested(0), told('succeeded', 1, { currency: 'EUR', intentId: 'pi_x' })]],
    ['before ours is known', [told('succeeded', 1, { currency: 'EUR' })]],
  ])('N-10 a success %s confirms nothing, calls a person, and goes back whole in what it came in', (_, story) => {
    const booking = after(held(), ...story)
    expect(booking).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'amount_mismatch' },
      attention: { reason: 'amount_mismatch' },
      refunds: [{ amount: DUE, reason: 'amount_mismatch', status: 'pending' }],
    })
    expect(booking.payments.find(({ captured }) => captured > 0)).toMatchObject({ currency: 'EUR', captured: DUE })
    expect(retained(booking)).toBe(0)
    expect(after(booking, refundsDone(5))).toMatchObject({
      status: 'refunded',
      attention: { reason: 'amount_mismatch' },
    })
  })

  test('N-10 an authorisation is voided, and never captured', () => {
    const booking = after(held(), requested(0), told('authorized', 1, { currency: 'EUR' }))
    expect(booking).toMatchObject({ status: 'cancelled', attention: { reason: 'amount_mismatch' } })
    expect(due(booking, 2)).toEqual(['void'])
  })

  test('N-10 a confirmed booking stands, and the stray goes back', () => {
    const booking = after(confirmed, told('succeeded', 3, { intentId: 'pi_x', currency: 'JPY', amount: 5 }))
    expect(booking).toMatchObject({ status: 'confirmed', attention: { reason: 'amount_mismatch' } })
    expect(booking.refunds).toMatchObject([{ amount: 5 }])
    expect(retained(booking)).toBe(DUE)
  })

  test('N-10 told again it changes nothing, and an operator says that it is seen to', () => {
    const booking = after(confirmed, told('succeeded', 3, { intentId: 'pi_x', currency: 'EUR' }))
    expect(factsOf(booking, told('succeeded', 4, { intentId: 'pi_x', currency: 'EUR' }))).toEqual([])
    expect(after(booking, asked('acknowledge', 5, OPERATOR)).attention).toBeNull()
  })
})

describe('N-18 captures in parts', () => {
  test('N-18 the second part is counted, and what is too much goes back', () => {
    const booking = after(confirmed, told('succeeded', 3, { amount: DUE + 4900 }))
    expect(booking.payments).toMatchObject([{ captured: DUE + 4900 }])
    expect(booking.refunds).toMatchObject([{ amount: 4900, reason: 'surplus_payment' }])
  })

  test('N-18 of a booking that ended for too little, every part goes back', () => {
    const booking = after(held(), requested(0), told('succeeded', 1, { amount: 5000 }), told('succeeded', 2))
    expect(booking).toMatchObject({ status: 'cancelled', cancellation: { reason: 'amount_mismatch' } })
    expect(booking.refunds.map(({ amount }) => amount)).toEqual([5000, DUE - 5000])
  })

  test('N-18 what says less than is known was overtaken', () => {
    expect(factsOf(confirmed, told('succeeded', 3, { amount: 1 }))).toEqual([])
  })
})

describe('N-19 nothing is no payment', () => {
  const types = ['processing', 'authorized', 'succeeded', 'disputed'] as const satisfies PaymentEvent['type'][]
  test.each(types)('N-19 %s of 0 changes nothing, whatever the booking', (type) => {
    for (const booking of [held(), after(held(), requested(0)), confirmed, cancelled]) {
      for (const amount of [0, -1, 0.5, Number.NaN]) {
        expect(factsOf(booking, told(type, 5, { amount, intentId: 'pi_1' }))).toEqual([])
      }
    }
  })

  test('N-19 the doors know what is wrong', () => {
    expect(faultOf(paymentEvent('succeeded', 1, { amount: 0 }))).toBe('amount')
    expect(faultOf(paymentEvent('succeeded', 1, { currency: null }))).toBe('currency')
    expect(faultOf(paymentEvent('succeeded', 1, { intentId: '' }))).toBe('intent_id')
    expect(faultOf(paymentEvent('failed', 1, { amount: 0, currency: null }))).toBeNull()
  })
})

describe('N-13 a refund that comes back', () => {
  const failure = (refundId: string | null, second: number): Step =>
    told('refund_failed', 0, { refundKey: keyOf(cancelled), refundId, at: new Date(second * 1000).toISOString() })
  const settled = Date.parse(at(11)) / 1000

  test.each([-3600, -1, 0, 1, 3600])(
    'N-13 is that very refund, %i seconds from the success by another clock',
    (off) => {
      expect(after(refunded, failure('re_1', settled + off)).attention).toMatchObject({ reason: 'refund_bounced' })
    },
  )

  test.each([-3600, 0, 3600])('N-13 is not an earlier try of it, whenever that is told of (%i s)', (off) => {
    expect(factsOf(refunded, failure('re_0', settled + off))).toEqual([])
  })

  test('N-13 where refunds have no ids, the same second is not earlier', () => {
    const nameless = after(cancelled, told('refund_succeeded', 11.5, { refundKey: keyOf(cancelled) }))
    const second = Math.floor(Date.parse(at(11.5)) / 1000)
    expect(after(nameless, failure(null, second)).attention).toMatchObject({ reason: 'refund_bounced' })
    expect(factsOf(nameless, failure(null, second - 1))).toEqual([])
  })
})

describe('N-13 N-14 a refund that came back and is made anew at the payment service', () => {
  const part = after(confirmed, elsewhere(3, 5000))
  const failure = (refundId: string, minute: number): Step =>
    told('refund_failed', minute, { refundKey: null, refundId })
  const bounced = after(part, failure('re_9', 4))

  test('N-14 nobody pays it by other means as well, and it is counted once', () => {
    const again = after(bounced, elsewhere(5, 5000, 're_10'))
    expect(again.refunds).toMatchObject([{ amount: 5000, refundId: 're_10', settledAt: at(5) }])
    expect(retained(again)).toBe(DUE - 5000)
    expect(again.attention).toBeNull()
    expect(factsOf(again, elsewhere(6, 5000, 're_10'), elsewhere(6, 5000), failure('re_9', 6))).toEqual([])
  })

  test('N-14 what is more than that is another refund; what is less stands for none', () => {
    const more = after(bounced, elsewhere(5, 6000, 're_10'))
    expect(more.refunds).toMatchObject([
      { amount: 5000, settledAt: at(5) },
      { amount: 1000, key: 'elsewhere:re_10' },
    ])
    const less = after(bounced, elsewhere(5, 4000, 're_10'))
    expect(less.refunds).toMatchObject([{ settledAt: null }, { amount: 4000, key: 'elsewhere:re_10' }])
    expect(less.attention).toMatchObject({ reason: 'refunded_elsewhere' })
    expect(after(less, asked('acknowledge', 6, OPERATOR)).attention).toMatchObject({ reason: 'refund_bounced' })
  })

  test('N-13 that one may come back as well, by its own name alone', () => {
    const again = after(bounced, elsewhere(5, 5000, 're_10'))
    expect(after(again, failure('re_10', 6))).toMatchObject({ attention: { reason: 'refund_bounced' } })
    expect(factsOf(again, failure('re_11', 6))).toEqual([])
  })
})

describe('N-14 a refund made at the payment service, past us', () => {
  test('N-14 it lowers what is refundable, and the preview knows', () => {
    const booking = after(confirmed, elsewhere(3, 5000))
    expect(booking.refunds).toMatchObject([{ amount: 5000, status: 'succeeded', reason: 'refunded_elsewhere' }])
    expect(booking).toMatchObject({ status: 'confirmed', attention: { reason: 'refunded_elsewhere' } })
    expect(cancellationOffer(booking, CUSTOMER, at(4)).amount).toBe(DUE - 5000)
    const ended = after(booking, asked('cancel', 4))
    expect(ended.refunds.at(-1)).toMatchObject({ amount: DUE - 5000, status: 'pending' })
    expect(factsOf(booking, elsewhere(4, 5000))).toEqual([])
  })

  test('N-14 all of it: nothing is paid a second time', () => {
    const booking = after(confirmed, elsewhere(3, DUE))
    expect(cancellationOffer(booking, OPERATOR, at(4)).amount).toBe(0)
    expect(after(booking, asked('cancel', 4, OPERATOR)).refunds).toHaveLength(1)
  })

  test('N-14 a refund of ours that has no room any more is dropped', () => {
    const booking = after(cancelled, elsewhere(11, DUE))
    expect(booking.refunds.map(({ status }) => status)).toEqual(['dropped', 'succeeded'])
    expect(due(booking, 12)).toEqual([])
    const late = after(cancelled, failed('refund', 11, 'refused'), elsewhere(12, 5000))
    expect(late.refunds.map(({ status, amount }) => [status, amount])).toEqual([
      ['dropped', DUE],
      ['succeeded', 5000],
      ['pending', DUE - 5000],
    ])
    expect(late.attention).toBeNull()
  })
})

describe('N-14 disputes', () => {
  test('N-14 while it is open a person is needed, and nothing goes back by itself', () => {
    const booking = after(confirmed, disputed('opened', 3))
    expect(booking.attention).toMatchObject({ reason: 'disputed' })
    expect(cancellationOffer(booking, OPERATOR, at(4)).amount).toBe(0)
    const ended = after(booking, asked('cancel', 4, OPERATOR))
    expect(ended.refunds).toEqual([])
    expect(after(ended, disputed('won', 5)).refunds).toMatchObject([{ amount: DUE, status: 'pending' }])
    expect(after(ended, disputed('lost', 5))).toMatchObject({ refunds: [], attention: { reason: 'dispute_lost' } })
  })

  test('N-14 a dispute that is lost leaves nothing to give back of that payment, and all of another', () => {
    const ended = after(confirmed, asked('cancel', 3, OPERATOR))
    expect(ended.refunds).toMatchObject([{ amount: DUE, status: 'pending' }])
    const lost = after(ended, disputed('lost', 4))
    expect(lost.refunds).toMatchObject([{ amount: DUE, status: 'dropped' }])
    expect(due(lost, 5)).toEqual([])
    const twice = after(lost, told('succeeded', 5, { intentId: 'pi_again' }))
    expect(twice.refunds.at(-1)).toMatchObject({ amount: DUE, status: 'pending', paymentId: twice.payments.at(-1)?.id })
  })

  test('N-14 whatever the order its states are told in, the last one stands', () => {
    const stories = [
      ['opened', 'withdrawn', 'lost'],
      ['withdrawn', 'opened', 'lost'],
      ['lost', 'opened', 'withdrawn'],
      ['withdrawn', 'lost', 'opened'],
    ] as const
    for (const story of stories) {
      const booking = after(confirmed, ...story.map((state, n) => disputed(state, 3 + n)))
      expect(booking.disputes).toMatchObject([{ status: 'lost', withdrawn: true, amount: DUE }])
      expect(retained(booking)).toBe(0)
    }
    for (const story of [
      ['opened', 'withdrawn', 'reinstated', 'won'],
      ['won', 'withdrawn', 'opened'],
    ] as const) {
      const booking = after(confirmed, ...story.map((state, n) => disputed(state, 3 + n)))
      expect(booking.disputes).toMatchObject([{ status: 'won', withdrawn: false }])
      expect(retained(booking)).toBe(DUE)
      expect(booking.attention).toBeNull()
    }
  })
})

describe('N-13 N-14 a payment event that has overtaken what it builds on is kept for later', () => {
  const early = (booking: Booking, type: PaymentEvent['type'], more: Partial<PaymentEvent> = {}) =>
    isEarly(booking, paymentEvent(type, 5, more))

  test.each<[string, Booking, PaymentEvent['type'], Partial<PaymentEvent>, boolean]>([
    ['a dispute of what was not taken yet', held(), 'disputed', {}, true],
    ['a dispute of what was taken', confirmed, 'disputed', {}, false],
    ['a refund elsewhere of what was not taken yet', held(), 'refund_succeeded', { refundKey: null }, true],
    ['a refund elsewhere of what was taken', confirmed, 'refund_succeeded', { refundKey: null }, false],
    ['a refund of ours', held(), 'refund_succeeded', { refundKey: 'r' }, false],
    ['the failure of a refund that is under way', cancelled, 'refund_failed', { refundKey: keyOf(cancelled) }, true],
    ['the failure of another refund', cancelled, 'refund_failed', { refundKey: 'another' }, false],
    ['the failure of one that went through', refunded, 'refund_failed', { refundKey: keyOf(refunded) }, false],
    ['a payment', held(), 'succeeded', {}, false],
  ])('N-14 %s', (_, booking, type, more, isIt) => {
    expect(early(booking, type, more)).toBe(isIt)
  })
})
