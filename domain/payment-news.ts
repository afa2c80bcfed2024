import { dueOf, givenBack, retained, type Actor, type Booking, type Payment } from './booking.ts'
import { evolve } from './evolve.ts'
import type { Fact, PaymentEvent } from './facts.ts'
import { isLive } from './lifecycle.ts'
import { isBounced, refundElsewhere } from './payments.ts'
import { epochOf, type Instant } from './time.ts'

export const PAYMENTS: Actor = { role: 'service', id: 'payments' }

/** Notices that say that money moved, or may: an amount of nothing is none of these (N-19). */
const ABOUT_MONEY: ReadonlySet<PaymentEvent['type']> = new Set([
  'processing',
  'authorized',
  'succeeded',
  'refund_succeeded',
  'refund_failed',
  'disputed',
])

/** What is wrong with a payment event, whoever tells it; null: nothing. The doors refuse it, the workflow makes nothing of it. */
export function faultOf({
  type,
  intentId,
  amount,
  currency,
}: PaymentEvent): 'amount' | 'currency' | 'intent_id' | null {
  if (intentId === '') return 'intent_id'
  if (!ABOUT_MONEY.has(type)) return null
  if (!Number.isSafeInteger(amount) || amount <= 0) return 'amount'
  return currency === null ? 'currency' : null
}

/**
 * Has this payment event overtaken what it builds on? What went back, or is disputed, of a payment that is not known to be captured; a refund that failed while
 * our own call for it is still under way (N-13, N-14). It is kept, and told later.
 */
export function isEarly({ payments, refunds }: Booking, { type, intentId, refundKey }: PaymentEvent): boolean {
  const payment = payments.find((payment) => payment.intentId === intentId)
  if (type === 'refund_failed') return refunds.some(({ key, status }) => key === refundKey && status === 'pending')
  if (type === 'disputed' || (type === 'refund_succeeded' && refundKey === null)) return (payment?.captured ?? 0) === 0
  return false
}

/** The facts that a payment event brings. What changes nothing may be among them; what is nothing about money is not (N-19). */
export function newsOf(booking: Booking, paymentEvent: PaymentEvent, now: Instant): Fact[] {
  if (
    paymentEvent.type !== 'refund_succeeded' &&
    paymentEvent.type !== 'refund_failed' &&
    faultOf(paymentEvent) !== null
  )
    return []
  const { id: paymentEventId, at: noticedAt, intentId, amount, method, failureCode } = paymentEvent
  const stamp = { at: now, by: PAYMENTS }
  const payment = booking.payments.find((payment) => payment.intentId === intentId)
  // Without one it was stored, or typed into the Temporal UI, by who knew of the booking's alone.
  const told = paymentEvent.currency ?? booking.price.currency
  const isForeign = told !== booking.price.currency
  const currency: { readonly currency?: string } = isForeign ? { currency: told } : {}
  const about = { ...stamp, intentId, amount, method, paymentEventId, noticedAt, ...currency }
  switch (paymentEvent.type) {
    case 'processing':
      return [{ ...about, type: 'payment_processing' }]
    case 'authorized':
      return raising(booking, { ...about, type: 'payment_authorized' }, isForeign ? 'amount_mismatch' : null)
    case 'succeeded': {
      const already = payment?.captured ?? 0
      // One payment has one currency: reconciliation tells a person of what says otherwise.
      if (already > 0 && payment?.currency !== currency.currency) return []
      const fact: Fact = { ...about, type: 'payment_captured', ...(already > 0 && { already }) }
      return raising(booking, fact, isForeign ? 'amount_mismatch' : null)
    }
    case 'failed':
      return [{ ...stamp, type: 'payment_failed', intentId, method, failureCode, paymentEventId, noticedAt }]
    case 'cancelled':
      return [{ ...stamp, type: 'payment_voided', intentId, noticedAt }]
    case 'refund_succeeded':
      return refundNews(booking, paymentEvent, payment, stamp)
    case 'refund_failed':
      return bounceNews(booking, paymentEvent, stamp)
    case 'disputed':
      return disputeNews(booking, paymentEvent, payment, stamp)
  }
}

type Stamp = Pick<Fact, 'at' | 'by'>

/** A fact, and the person it calls, unless it is known already. */
function raising(booking: Booking, fact: Fact, reason: string | null): Fact[] {
  const { at, by } = fact
  if (reason === null || evolve(booking, fact) === booking) return [fact]
  return [fact, { at, by, type: 'attention_raised', reason }]
}

function refundNews(
  booking: Booking,
  { refundKey, refundId = null, amount }: PaymentEvent,
  payment: Payment | undefined,
  stamp: Stamp,
): Fact[] {
  if (refundKey !== null) {
    const about = { key: refundKey, note: null, ...(refundId !== null && { refundId }) }
    return [{ ...stamp, type: 'refund_succeeded', ...about }]
  }
  // What says how much is back in all says not which refund did it: refunds have news of their own.
  if (refundId === null || payment === undefined || amount <= 0) return []
  if (booking.refunds.some((refund) => refund.refundId === refundId)) return []
  const replaced = replacedBy(booking, payment, refundId, amount, stamp)
  const gone = booking.refunds.filter(({ status }) => status === 'succeeded')
  const found = Math.min(replaced.left, payment.captured - givenBack(gone, payment.id))
  if (found <= 0) return replaced.facts
  const key = refundElsewhere(refundId)
  const fact: Fact = { ...stamp, type: 'refund_found', key, paymentId: payment.id, amount: found, refundId }
  const after = evolve(booking, fact)
  const isMissing = isLive(after.status) && retained(after) < dueOf(after)
  return [...replaced.facts, ...raising(booking, fact, isMissing ? 'refunded_elsewhere' : null)]
}

/**
 * A refund that is made at the payment service while others of the payment have come back stands for these first: nobody has to pay them by other means any
 * more, and nothing is counted twice (N-13, N-14). `left`: what of it is besides.
 */
function replacedBy(
  { refunds }: Booking,
  payment: Payment,
  refundId: string,
  amount: number,
  stamp: Stamp,
): { readonly facts: Fact[]; readonly left: number } {
  const facts: Fact[] = []
  let left = amount
  for (const refund of refunds.filter((refund) => isBounced(refund) && refund.paymentId === payment.id)) {
    if (refund.amount > left) continue
    left -= refund.amount
    facts.push({ ...stamp, type: 'bounce_settled', key: refund.key, note: null, refundId })
  }
  return { facts, left }
}

/**
 * Our own call for a refund answers for it and is retried under its key: news of one try decides nothing. Only when the very refund that went through
 * has failed did the money come back; where the payment service names no refunds, when it says so no earlier than the second of the success (N-13).
 */
function bounceNews({ refunds }: Booking, { refundKey, refundId = null, at }: PaymentEvent, stamp: Stamp): Fact[] {
  const key = refundKey ?? (refundId === null ? null : refundElsewhere(refundId))
  // One that was made at the payment service for another that had come back goes by that one's key.
  const refund =
    refunds.find((refund) => refund.key === key) ??
    (refundKey === null ? refunds.find((refund) => refundId !== null && refund.refundId === refundId) : undefined)
  if (refund?.status !== 'succeeded' || refund.settledAt === null) return []
  const isIt =
    refundId !== null && refund.refundId !== undefined
      ? refund.refundId === refundId
      : Math.floor(epochOf(refund.settledAt) / 1000) <= Math.floor(epochOf(at) / 1000)
  if (!isIt) return []
  return [
    { ...stamp, type: 'refund_bounced', key: refund.key },
    { ...stamp, type: 'attention_raised', reason: 'refund_bounced' },
  ]
}

function disputeNews(
  booking: Booking,
  { dispute, amount }: PaymentEvent,
  payment: Payment | undefined,
  stamp: Stamp,
): Fact[] {
  if (dispute === undefined || payment === undefined || payment.captured === 0) return []
  const { id: disputeId, state, reason } = dispute
  const known = booking.disputes?.find(({ id }) => id === disputeId)
  const about = { disputeId, paymentId: payment.id, amount: known?.amount ?? Math.min(amount, payment.captured), state }
  const fact: Fact = { ...stamp, type: 'disputed', ...about, ...(reason !== null && { reason }) }
  if (state === 'won') return [fact]
  return raising(booking, fact, state === 'lost' ? 'dispute_lost' : 'disputed')
}
