import { Stripe } from 'stripe'
import type { Charge, Dispute, Intent, Refund } from './books.ts'

// The objects as Stripe writes them, as far as somebody here reads them.

export function intentObject(intent: Intent, isExpanded = false): object {
  const { id, secret, created, amount, currency, capture, metadata, status, method, charge } = intent
  return {
    id,
    object: 'payment_intent',
    client_secret: secret,
    created,
    amount,
    currency,
    status,
    capture_method: capture,
    amount_capturable: status === 'requires_capture' ? amount : 0,
    amount_received: charge?.captured ?? 0,
    automatic_payment_methods: { enabled: true },
    latest_charge: charge === null ? null : isExpanded ? chargeObject(intent, charge) : charge.id,
    last_payment_error: intent.declineCode === null ? null : errorOf(intent.declineCode),
    // A declined method is taken off the intent again.
    payment_method: status === 'requires_payment_method' ? null : method,
    metadata,
    livemode: false,
  }
}

function errorOf(declineCode: string): object {
  return { type: 'card_error', code: 'card_declined', decline_code: declineCode, message: 'Your card was declined.' }
}

export function chargeObject({ id: intentId, currency, metadata, created }: Intent, charge: Charge): object {
  const { id, amount, captured, refunded, wasDisputed } = charge
  return {
    id,
    object: 'charge',
    created,
    amount,
    // What an authorisation had besides is no refund (from API version 2025-03-31 on).
    amount_captured: captured,
    amount_refunded: refunded,
    captured: captured > 0,
    refunded: captured > 0 && refunded === captured,
    disputed: wasDisputed,
    currency,
    payment_intent: intentId,
    metadata,
    status: 'succeeded',
  }
}

export function refundObject({ id, intent, created, amount, metadata, status, failureReason }: Refund): object {
  return {
    id,
    object: 'refund',
    created,
    amount,
    currency: intent.currency,
    charge: intent.charge?.id ?? null,
    payment_intent: intent.id,
    metadata,
    reason: null,
    status,
    ...(failureReason !== null && { failure_reason: failureReason }),
  }
}

export function disputeObject({ id, intent, created, amount, reason, status, isWithdrawn }: Dispute): object {
  return {
    id,
    object: 'dispute',
    created,
    amount,
    currency: intent.currency,
    charge: intent.charge?.id ?? null,
    payment_intent: intent.id,
    reason,
    status,
    is_charge_refundable: false,
    balance_transactions: isWithdrawn ? [{ object: 'balance_transaction', amount: -amount }] : [],
    metadata: {},
  }
}

export function eventObject(id: string, type: string, created: number, object: object): object {
  // A snapshot: what changes later is told by another event.
  const data = { object: structuredClone(object) }
  return { id, object: 'event', api_version: Stripe.API_VERSION, type, created, livemode: false, data }
}
