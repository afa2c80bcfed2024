import { Stripe } from 'stripe'
import { Refused } from '../../domain/failures.ts'
import { Faulty, Unreachable } from '../circuit.ts'

/** What each kind of error of Stripe's library says about the operation. */
const MEANING = {
  StripeCardError: 'refused',
  // The request is wrong, so the fault is ours, but for what the bank says by way of it (`NOS`).
  StripeInvalidRequestError: 'ours',
  StripeIdempotencyError: 'ours',
  StripeRateLimitError: 'failing',
  StripeAPIError: 'failing',
  // A wrong key is a fault of ours: bookings must not end for it.
  StripeAuthenticationError: 'failing',
  StripePermissionError: 'failing',
  StripeConnectionError: 'unreachable',
} as const

/** What Stripe answers for the bank as an invalid request: it will not be otherwise when it is asked again (docs.stripe.com/error-codes). */
const NOS: ReadonlySet<string> = new Set([
  'amount_too_large',
  'amount_too_small',
  'charge_already_refunded',
  'charge_disputed',
  'charge_expired_for_capture',
])

/** Somebody else holds the key or the object at this moment: no answer yet, and no failure of the service either. */
const BUSY: ReadonlySet<string> = new Set(['idempotency_key_in_use', 'lock_timeout'])

/**
 * An error of Stripe's library as the port has it: Refused `not_found` or `policy_forbids` when Stripe will never do it, anything else leaves the
 * outcome unknown.
 */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error
  const { message, code, decline_code, statusCode } = error
  const isAbsent = code === 'resource_missing' && statusCode === 404
  if (BUSY.has(code ?? '') || statusCode === 409) return new Error(`is busy with it: ${message}`, { cause: error })
  const meaning = MEANING[error.type as keyof typeof MEANING] ?? 'failing'
  switch (meaning === 'ours' && (isAbsent || NOS.has(code ?? '')) ? 'refused' : meaning) {
    case 'ours':
      // It says nothing about Stripe's health: other bookings' calls go on.
      return new Error(`was asked wrongly: ${message}`, { cause: error })
    case 'refused':
      return new Refused(
        {
          code: isAbsent ? 'not_found' : 'policy_forbids',
          message: `The payment service refused: ${message}`,
          details: { payment_code: decline_code ?? code ?? error.rawType ?? null },
        },
        { cause: error },
      )
    case 'failing':
      return new Faulty(`answered ${statusCode ?? 'something else than agreed'} ${code ?? ''}`, { cause: error })
    case 'unreachable':
      return isTimeout(error)
        ? new Faulty('did not answer in time', { cause: error })
        : new Unreachable('is out of reach', { cause: error })
  }
}

/** Was it refused because the intent's state does not allow it? Then the state is the answer. */
export function isAboutItsState(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === 'payment_intent_unexpected_state'
}

/** Was it refused without a code? So Stripe refuses to give back more than it has of a payment: what it has is the answer. */
export function isUnexplained(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError && error.code === undefined && error.statusCode === 400
  )
}

/** A refund of more than is left: never, until there is more (N-14). */
export function tooMuch(cause: unknown): Refused {
  return new Refused(
    {
      code: 'policy_forbids',
      message: `The payment service refused: ${cause instanceof Error ? cause.message : String(cause)}`,
      details: { payment_code: 'amount_too_large' },
    },
    { cause },
  )
}

/** Stripe keeps the first answer of a key for a day, its own failures too: asked again it would fail until tomorrow. */
export function isStoredFailure(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500 && isReplayed(error)
}

/** Is it the answer that Stripe kept of an earlier request under this key, whatever has become of things since? */
export function isReplayed(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.headers?.['idempotent-replayed'] === 'true'
}

function isTimeout({ detail }: Stripe.errors.StripeError): boolean {
  return typeof detail === 'object' && Reflect.get(detail, 'code') === 'ETIMEDOUT'
}
