import { givenBack, type Booking, type Payment, type Refund } from './booking.ts'
import { withdrawn, type Dispute } from './disputes.ts'
import type { Fact } from './facts.ts'
import type { Instant } from './time.ts'

type PaymentFact = Extract<Fact, { intentId: string }>
/** What an intent was asked for (domain/change.ts). */
export type Purpose = Pick<Payment, 'change' | 'superseded'>
type RefundFact = Extract<
  Fact,
  { type: `refund_${'requested' | 'succeeded' | 'failed' | 'bounced' | 'found'}` | 'bounce_settled' }
>

/**
 * The payments of a booking after a fact about one of them, or null when it changes nothing. An intent nobody here asked for (paid twice,
 * H-05; a webhook that overtook the answer, H-07) is taken on as a payment of its own.
 */
export function paymentsAfter(
  booking: Pick<Booking, 'id' | 'payments'>,
  fact: PaymentFact,
  purpose: Purpose = {},
): readonly Payment[] | null {
  const index = booking.payments.findIndex(({ intentId }) => intentId === fact.intentId)
  const before = booking.payments[index] ?? unknownPayment(booking, fact.intentId, fact.noticedAt)
  const after = paymentAfter(before, fact, purpose)
  if (after === null) return null
  return index === -1 ? [...booking.payments, after] : booking.payments.with(index, after)
}

/** The refunds of a booking after a fact about one of them, or null when it changes nothing. */
export function refundsAfter(
  refunds: readonly Refund[],
  fact: RefundFact,
  payments: readonly Payment[] = [],
): readonly Refund[] | null {
  const after = refundsBy(refunds, fact)
  if (after === null || (fact.type !== 'refund_found' && fact.type !== 'refund_succeeded')) return after
  const possible = withinCaptures(payments, after)
  // More than there was cannot have gone back: whoever says so is wrong, or speaks of what somebody else gave back before.
  const paymentId = possible.find(({ key }) => key === fact.key)?.paymentId
  const payment = payments.find(({ id }) => id === paymentId)
  if (payment === undefined) return fact.type === 'refund_found' ? null : possible
  return givenBack(possible, payment.id) > payment.captured ? null : possible
}

/** Stands for the id of a refund that a person paid by other means. */
const OTHER_MEANS = 'by_other_means'

const ELSEWHERE = 'elsewhere:'

/** What stands for the key of a refund that was made at the payment service, past us (N-14). */
export function refundElsewhere(refundId: string): string {
  return `${ELSEWHERE}${refundId}`
}

/** The customer has what a dispute was lost about: refunds of ours that have not gone through are dropped as far as there is no more (N-14). */
export function refundsAfterDispute({ payments, refunds }: Booking, disputes: readonly Dispute[]): readonly Refund[] {
  const lost = disputes.filter(({ status }) => status === 'lost')
  return withinCaptures(
    payments.map((payment) => ({ ...payment, captured: payment.captured - withdrawn({ disputes: lost }, payment.id) })),
    refunds,
  )
}

/** No payment gives back more than it took (H-06): what somebody else gave back leaves no room for refunds of ours that have not gone through. */
function withinCaptures(payments: readonly Payment[], refunds: readonly Refund[]): readonly Refund[] {
  let left = refunds
  for (const { id, captured } of payments) {
    while (givenBack(left, id) > captured) {
      const last = left.findLastIndex(
        ({ paymentId, status }) => paymentId === id && (status === 'pending' || status === 'failed'),
      )
      if (last === -1) break
      left = left.with(last, { ...left[last]!, status: 'dropped' })
    }
  }
  return left
}

function refundsBy(refunds: readonly Refund[], fact: RefundFact): readonly Refund[] | null {
  const index = refunds.findIndex(({ key }) => key === fact.key)
  const before = refunds[index]
  if (before === undefined) {
    if (fact.type === 'refund_found') {
      const { key, paymentId, amount, refundId, at } = fact
      const found = { key, paymentId, amount, reason: 'refunded_elsewhere', refundId, requestedAt: at, settledAt: at }
      return [...refunds, { ...found, status: 'succeeded' }]
    }
    if (fact.type !== 'refund_requested') return null
    const { key, paymentId, amount, reason, at } = fact
    return [...refunds, { key, paymentId, amount, reason, status: 'pending', requestedAt: at, settledAt: null }]
  }
  if (fact.type === 'refund_requested' && before.status === 'failed') {
    return refunds.with(index, { ...before, status: 'pending', requestedAt: fact.at })
  }
  if (fact.type === 'refund_succeeded' && before.status !== 'succeeded') {
    const { at: settledAt, refundId } = fact
    return refunds.with(index, {
      ...before,
      status: 'succeeded',
      settledAt,
      ...(refundId !== undefined && { refundId }),
    })
  }
  if (fact.type === 'refund_failed' && before.status === 'pending') {
    return refunds.with(index, { ...before, status: 'failed' })
  }
  if (fact.type === 'refund_bounced' && before.status === 'succeeded' && before.settledAt !== null) {
    return refunds.with(index, { ...before, settledAt: null })
  }
  // What has gone through now is another one, or none of the payment service's: whatever it still says of the first is no news (N-13).
  if (fact.type === 'bounce_settled' && isBounced(before))
    return refunds.with(index, { ...before, settledAt: fact.at, refundId: fact.refundId ?? OTHER_MEANS })
  return null
}

/** Did this refund go through, and come back? It waits for a person, and is not tried again: its key is used up. */
export function isBounced({ status, settledAt }: Refund): boolean {
  return status === 'succeeded' && settledAt === null
}

/** Does this refund wait for a person, because it failed or bounced? */
export function needsPerson(refund: Refund): boolean {
  return refund.status === 'failed' || isBounced(refund)
}

function paymentAfter(payment: Payment, fact: PaymentFact, purpose: Purpose): Payment | null {
  const open = payment.status === 'requested' || payment.status === 'processing' || payment.status === 'failed'
  switch (fact.type) {
    case 'payment_requested':
      return payment.clientSecret === null
        ? { ...payment, clientSecret: fact.clientSecret, amount: fact.amount, ...purpose }
        : null
    case 'payment_processing':
      // Of two words of the same instant, failing is the later one: else they would take turns with every repetition.
      return (payment.status === 'requested' && payment.asOf <= fact.noticedAt) ||
        (payment.status === 'failed' && payment.asOf < fact.noticedAt)
        ? { ...payment, status: 'processing', method: fact.method ?? payment.method, asOf: fact.noticedAt }
        : null
    case 'payment_failed':
      return open && (payment.status === 'failed' ? payment.asOf < fact.noticedAt : payment.asOf <= fact.noticedAt)
        ? {
            ...payment,
            status: 'failed',
            method: fact.method ?? payment.method,
            // That it failed is what ends a booking, whether or not anybody says why.
            failureCode: fact.failureCode ?? 'unknown',
            asOf: fact.noticedAt,
          }
        : null
    case 'payment_authorized':
      return open ? { ...paid(payment, fact), status: 'authorized' } : null
    case 'payment_captured':
      // Captured in parts, it is counted as it grows (N-18); what says less was overtaken.
      return fact.amount <= payment.captured || (fact.already ?? 0) !== payment.captured
        ? null
        : { ...paid(payment, fact), status: 'succeeded', captured: fact.amount, paidAt: fact.noticedAt }
    case 'payment_voided':
      return payment.status === 'succeeded' || payment.status === 'voided'
        ? null
        : { ...payment, status: 'voided', asOf: fact.noticedAt }
  }
}

function paid(payment: Payment, fact: Extract<PaymentFact, { amount: number; paymentEventId: string }>): Payment {
  return {
    ...payment,
    method: fact.method ?? payment.method,
    amount: payment.amount === 0 ? fact.amount : payment.amount,
    failureCode: null,
    asOf: fact.noticedAt,
    ...(fact.currency !== undefined && { currency: fact.currency, superseded: true }),
  }
}

/** Money that the bank has set aside or taken, in another currency than the price's (N-10). */
export function isForeignMoney({ status, currency }: Payment): boolean {
  return currency !== undefined && (status === 'authorized' || status === 'succeeded')
}

function unknownPayment(booking: Pick<Booking, 'id' | 'payments'>, intentId: string, asOf: Instant): Payment {
  return {
    id: paymentId(booking.id, booking.payments.length + 1),
    intentId,
    clientSecret: null,
    status: 'requested',
    method: null,
    amount: 0,
    captured: 0,
    paidAt: null,
    failureCode: null,
    asOf,
  }
}

const BY_HAND = 'manual:'

/** What stands for an intent where the money was taken by hand, and no payment service knows of it. */
export function manualIntentId({ id, payments }: Pick<Booking, 'id' | 'payments'>): string {
  return `${BY_HAND}${id}:${payments.length + 1}`
}

/** Was this money taken by hand? Then it is given back by hand, too. */
export function isManual({ intentId }: Pick<Payment, 'intentId'>): boolean {
  return intentId.startsWith(BY_HAND)
}

/**
 * The id of a booking's n-th payment, a UUID (version 8: ours to define) worked out from the booking's, so that it is the same wherever the
 * fact is applied again.
 */
export function paymentId(bookingId: string, n: number): string {
  return `${bookingId.slice(0, 14)}8${bookingId.slice(15, 33)}${n.toString(16).padStart(3, '0')}`
}
