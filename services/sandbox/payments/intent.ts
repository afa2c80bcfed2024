import { toInstant } from '../http/fields.ts'
import { Problem } from '../http/problem.ts'
import type { SlowOutcome } from './schemas.ts'

type IntentStatus = 'requires_payment_method' | 'processing' | 'authorized' | 'succeeded' | 'failed' | 'cancelled'

/** An intent as it is kept. Money in minor units, instants in milliseconds, flags as 0 and 1. */
export interface Intent {
  id: string
  client_secret: string
  booking_id: string
  status: IntentStatus
  amount: number
  currency: string
  capture: 'automatic' | 'manual'
  payment_method: string | null
  amount_captured: number
  amount_refunded: number
  failure_code: string | null
  /** The bank will refuse to capture what it authorised. */
  refuses_capture: 0 | 1
  /** How often a refund fails under one key before it works. */
  refund_failures: number
  /** When `processing` or an authorisation ends, and how. */
  settle_at: number | null
  outcome: SlowOutcome | 'released' | null
  created_at: number
  updated_at: number
}

/** The intent on the wire [S-03]. */
export function toWire(intent: Intent): Record<string, unknown> {
  return {
    id: intent.id,
    client_secret: intent.client_secret,
    booking_id: intent.booking_id,
    status: intent.status,
    amount: intent.amount,
    currency: intent.currency,
    amount_captured: intent.amount_captured,
    amount_refunded: intent.amount_refunded,
    capture: intent.capture,
    payment_method: intent.payment_method,
    created_at: toInstant(intent.created_at),
    updated_at: toInstant(intent.updated_at),
    failure_code: intent.failure_code,
    ...(intent.status === 'authorized' &&
      intent.settle_at !== null && { authorization_expires_at: toInstant(intent.settle_at) }),
  }
}

/** 409 `invalid_state`, with the intent so that the caller can see what is the case. */
export function invalidState(intent: Intent, operation: string): Problem {
  return new Problem(409, 'invalid_state', `An intent that is ${intent.status} cannot be ${operation}.`, {
    intent: toWire(intent),
  })
}
