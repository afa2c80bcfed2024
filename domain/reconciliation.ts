import { givenBack, type Actor, type Booking } from './booking.ts'
import { withdrawn } from './disputes.ts'
import { isDiscrepancyReason, type DiscrepancyReason } from './discrepancies.ts'
import type { PaymentEvent } from './facts.ts'
import { isManual } from './payments.ts'
import { withConsequences, type Outcome } from './consequences.ts'
import type { Instant } from './time.ts'

/** Who acts when places that know of a booking are compared (H-25). */
export const RECONCILIATION: Actor = { role: 'system', id: 'reconciliation' }

/** What the payment service says of one intent, as far as it is compared; amounts in minor units. */
export type IntentAsTold = {
  readonly id: string
  readonly status: string
  readonly currency: string
  readonly amountCaptured: number
  readonly amountRefunded?: number
  readonly amountDisputed?: number
}

/**
 * Compares a booking's money with what the payment service has of it: what differs, in words, or null. More given back than we know of is a difference;
 * less is not: a refund may have been made by hand, or be on its way. What banks took back in disputes is compared where it is told (N-14). Money taken by
 * hand no payment service knows.
 */
export function moneyDiffers(booking: Booking, intents: readonly IntentAsTold[]): string | null {
  for (const intent of intents) {
    const payment = booking.payments.find(({ intentId }) => intentId === intent.id)
    const theirs = intent.status === 'succeeded' ? intent.amountCaptured : 0
    const back = intent.amountRefunded ?? 0
    const ours = payment?.captured ?? 0
    // What was taken and has gone back whole is as if it had never been taken, unless we say that we have it.
    if (theirs !== ours && !(ours === 0 && back === theirs)) {
      return `payment ${intent.id}: ${theirs} is captured there, ${ours} here`
    }
    const currency = payment?.currency ?? booking.price.currency
    if (ours > 0 && currency !== intent.currency) {
      return `payment ${intent.id}: it is in ${intent.currency} there, in ${currency} here`
    }
    const known = payment === undefined ? 0 : givenBack(booking.refunds, payment.id)
    if (ours > 0 && back > known) return `payment ${intent.id}: ${back} went back there, ${known} here`
    const gone = payment === undefined ? 0 : withdrawn(booking, payment.id)
    const { amountDisputed: disputed = gone } = intent
    if (disputed !== gone) return `payment ${intent.id}: banks have taken back ${disputed} there, ${gone} here`
  }
  const unknown = booking.payments.find(
    (payment) => payment.captured > 0 && !isManual(payment) && !intents.some(({ id }) => id === payment.intentId),
  )
  return unknown === undefined ? null : `payment ${unknown.intentId}: the payment service does not know it`
}

/**
 * What became of the booking by itself, and whether it needs a person because of what was found (null: nothing, any more). Somebody who is called
 * already is not called anew: one reason is enough, and this one comes again with the next run.
 */
export function onDiscrepancy(booking: Booking, discrepancy: DiscrepancyReason | null, now: Instant): Outcome {
  const stamp = { at: now, by: RECONCILIATION }
  const { attention } = booking
  if (discrepancy !== null && attention === null) {
    return withConsequences(booking, [{ ...stamp, type: 'attention_raised', reason: discrepancy }], { now })
  }
  if (discrepancy === null && attention !== null && isDiscrepancyReason(attention.reason)) {
    return withConsequences(booking, [{ ...stamp, type: 'attention_cleared' }], { now })
  }
  return withConsequences(booking, [], { now })
}

/** Is this worth telling a booking? Not an intent that nobody has paid, nor one that it never knew of and that came to nothing. */
export function isNews({ payments }: Booking, { intentId, type }: Pick<PaymentEvent, 'intentId' | 'type'>): boolean {
  const isKnown = payments.some((payment) => payment.intentId === intentId)
  return isKnown || type === 'authorized' || type === 'processing' || type === 'succeeded'
}
