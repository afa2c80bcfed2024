import { describe, expect, test } from 'vitest'
import { SYSTEM, type Payment } from './booking.ts'
import type { Fact } from './facts.ts'
import { paymentId, paymentsAfter, refundsAfter } from './payments.ts'
import { aPayment, aRefund, at, DUE, held } from './testing/builders.ts'

const STATUSES = ['requested', 'processing', 'failed', 'authorized', 'succeeded', 'voided'] as const
const BOOKING_ID = held().id

type Paying = Extract<Fact, { type: 'payment_processing' | 'payment_authorized' | 'payment_captured' }>['type']

/** A fact that the payment service noticed at a minute; the example payments know of minute 1. */
function fact(type: Paying | 'payment_failed' | 'payment_voided', minute: number, intentId = 'pi_1', amount = DUE) {
  const noticed = {
    at: at(50),
    by: SYSTEM,
    intentId,
    noticedAt: at(minute),
    method: 'card',
    paymentEventId: `n:${minute}`,
  }
  if (type === 'payment_voided') return { ...noticed, type }
  if (type === 'payment_failed') return { ...noticed, type, failureCode: 'declined' }
  return { ...noticed, type, amount }
}

function statusAfter(status: Payment['status'], type: Parameters<typeof fact>[0], minute: number): Payment['status'] {
  const payments = paymentsAfter({ id: BOOKING_ID, payments: [aPayment(status)] }, fact(type, minute))
  return payments?.[0]?.status ?? status
}

describe('a newer fact about a payment', () => {
  const expected: Record<Parameters<typeof fact>[0], Partial<Record<Payment['status'], Payment['status']>>> = {
    payment_processing: { requested: 'processing', failed: 'processing' },
    payment_failed: { requested: 'failed', processing: 'failed' },
    payment_authorized: { requested: 'authorized', processing: 'authorized', failed: 'authorized' },
    payment_captured: {
      requested: 'succeeded',
      processing: 'succeeded',
      failed: 'succeeded',
      authorized: 'succeeded',
      voided: 'succeeded',
    },
    payment_voided: { requested: 'voided', processing: 'voided', failed: 'voided', authorized: 'voided' },
  }
  const types = Object.keys(expected) as (keyof typeof expected)[]

  test.each(types.flatMap((type) => STATUSES.map((status) => [type, status] as const)))(
    '%s of a %s payment does what the table says',
    (type, status) => {
      expect(statusAfter(status, type, 2)).toBe(expected[type][status] ?? status)
    },
  )

  test('H-08 an older word of processing or failing is stale, whatever the payment is', () => {
    for (const status of STATUSES) {
      expect(statusAfter(status, 'payment_processing', 0)).toBe(status)
      expect(statusAfter(status, 'payment_failed', 0)).toBe(status)
    }
  })

  test('H-08 money that was set aside or taken counts, however late the word of it is', () => {
    expect(statusAfter('failed', 'payment_authorized', 0)).toBe('authorized')
    expect(statusAfter('failed', 'payment_captured', 0)).toBe('succeeded')
    expect(statusAfter('voided', 'payment_captured', 0)).toBe('succeeded')
  })

  test('H-08 of two words of the same instant, failing is the later one: in any order and however often', () => {
    const [processing, failing] = [fact('payment_processing', 2), fact('payment_failed', 2)]
    for (const facts of [
      [processing, failing],
      [failing, processing],
      [processing, failing, processing, failing, processing],
    ]) {
      const payments = facts.reduce<readonly Payment[]>(
        (payments, fact) => paymentsAfter({ id: BOOKING_ID, payments }, fact) ?? payments,
        [aPayment('requested')],
      )
      expect(payments[0]?.status).toBe('failed')
    }
  })
})

describe('what a payment remembers', () => {
  const after = (payment: Payment, ...facts: Parameters<typeof paymentsAfter>[1][]) =>
    facts.reduce<readonly Payment[]>(
      (payments, fact) => paymentsAfter({ id: BOOKING_ID, payments }, fact) ?? payments,
      [payment],
    )[0]

  test('how much was captured, and when', () => {
    expect(after(aPayment('authorized'), fact('payment_captured', 3, 'pi_1', 5000))).toMatchObject({
      captured: 5000,
      amount: DUE,
      paidAt: at(3),
      method: 'card',
    })
  })

  test('why it failed, until it works after all', () => {
    const failed = after(aPayment('requested'), fact('payment_failed', 2))
    expect(failed?.failureCode).toBe('declined')
    expect(after(failed!, fact('payment_authorized', 3))?.failureCode).toBeNull()
  })

  test('X-13 that it failed, even when nobody says why', () => {
    const failed = after(aPayment('requested'), {
      ...fact('payment_failed', 2),
      type: 'payment_failed',
      failureCode: null,
    })
    expect(failed?.failureCode).toBe('unknown')
  })

  test('its method when a later fact does not name one', () => {
    const paid = { ...fact('payment_captured', 3), method: null }
    expect(after(aPayment('authorized', { method: 'card' }), paid)?.method).toBe('card')
  })

  test('T-07 a second capture of the same intent takes nothing more', () => {
    expect(paymentsAfter({ id: BOOKING_ID, payments: [aPayment('succeeded')] }, fact('payment_captured', 9))).toBeNull()
  })
})

describe('an intent that nobody here asked for', () => {
  test('H-05 is a payment of its own', () => {
    const payments = paymentsAfter(
      { id: BOOKING_ID, payments: [aPayment('authorized')] },
      fact('payment_captured', 2, 'pi_2', 700),
    )
    expect(payments).toHaveLength(2)
    expect(payments?.[1]?.id).toBe(paymentId(BOOKING_ID, 2))
    expect(payments?.[1]).toMatchObject({ intentId: 'pi_2', status: 'succeeded', captured: 700, clientSecret: null })
  })

  test('H-07 takes its secret from the answer that the webhook overtook, once', () => {
    const overtaken = paymentsAfter({ id: BOOKING_ID, payments: [] }, fact('payment_authorized', 2))!
    const answer = {
      at: at(3),
      by: SYSTEM,
      type: 'payment_requested',
      intentId: 'pi_1',
      clientSecret: 's',
      amount: DUE,
      noticedAt: at(1),
    } as const
    const answered = paymentsAfter({ id: BOOKING_ID, payments: overtaken }, answer)!
    expect(answered).toHaveLength(1)
    expect(answered[0]).toMatchObject({ status: 'authorized', clientSecret: 's', amount: DUE, asOf: at(2) })
    expect(paymentsAfter({ id: BOOKING_ID, payments: answered }, answer)).toBeNull()
  })
})

test('the id of a booking’s n-th payment is a UUID of its own, the same wherever it is worked out', () => {
  const ids = Array.from({ length: 300 }, (_, n) => paymentId(BOOKING_ID, n + 1))
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  expect(new Set([...ids, BOOKING_ID]).size).toBe(301)
  expect(paymentId(BOOKING_ID, 7)).toBe(ids[6])
})

describe('H-06 refunds', () => {
  const refund = (type: 'refund_succeeded' | 'refund_failed', key = aRefund('pending').key) =>
    ({ at: at(9), by: SYSTEM, type, key, note: null }) as const
  const { key, paymentId: payment, amount, reason } = aRefund('pending')
  const request = { at: at(9), by: SYSTEM, type: 'refund_requested', key, paymentId: payment, amount, reason } as const
  const statusAfter = (status: 'pending' | 'succeeded' | 'failed', fact: Parameters<typeof refundsAfter>[1]) =>
    refundsAfter([aRefund(status)], fact)?.[0]?.status ?? 'the same'

  test('a refund is requested once, and again only after it failed: under the same key', () => {
    expect(refundsAfter([], request)).toEqual([aRefund('pending', { requestedAt: at(9) })])
    expect(statusAfter('pending', request)).toBe('the same')
    expect(statusAfter('succeeded', request)).toBe('the same')
    expect(refundsAfter([aRefund('failed')], request)).toEqual([aRefund('pending', { requestedAt: at(9) })])
  })

  test('what went through stays through', () => {
    expect(refundsAfter([aRefund('pending')], refund('refund_succeeded'))?.[0]).toMatchObject({
      status: 'succeeded',
      settledAt: at(9),
    })
    expect(statusAfter('failed', refund('refund_succeeded'))).toBe('succeeded')
    expect(statusAfter('succeeded', refund('refund_succeeded'))).toBe('the same')
    expect(statusAfter('succeeded', refund('refund_failed'))).toBe('the same')
  })

  test('a refund fails once', () => {
    expect(statusAfter('pending', refund('refund_failed'))).toBe('failed')
    expect(statusAfter('failed', refund('refund_failed'))).toBe('the same')
  })

  test('word of a refund nobody asked for changes nothing', () => {
    expect(refundsAfter([], refund('refund_succeeded'))).toBeNull()
    expect(refundsAfter([aRefund('pending')], refund('refund_failed', 'another'))).toBeNull()
  })
})
