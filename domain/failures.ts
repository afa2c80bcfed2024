/**
 * The named refusals and faults of the product: the `code` of A-32 and the `type` of a Temporal failure are the same word, so that a refusal
 * keeps its name from the database to the problem document.
 */
export const FAILURE_CODES = [
  'malformed',
  'validation_failed',
  'unauthenticated',
  'forbidden',
  'not_found',
  'sold_out',
  'hold_expired',
  'version_conflict',
  'illegal_transition',
  'policy_forbids',
  'idempotency_mismatch',
  'payload_too_large',
  'unsupported_media_type',
  'rate_limited',
  'unavailable',
] as const
export type FailureCode = (typeof FAILURE_CODES)[number]

/** One fault in what the caller sent: a JSON pointer and a sentence; `candidates`: what could have been meant (H-15). */
export type Fault = { readonly pointer: string; readonly message: string; readonly candidates?: readonly string[] }

/** A refusal as a value: what the domain answers instead of throwing. `details` are extra members of the problem document. */
export type Refusal = {
  readonly code: FailureCode
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Is it a no that stays one, however often it is asked again? */
export function isRefusedForGood(error: unknown): error is Refused {
  return error instanceof Refused && !isUnavailable(error) && error.code !== 'rate_limited'
}

/** Is a try over? Also where the engine itself says that it cannot be done now, and when (`at`). Where nobody answered, it may still be on its way. */
export function isTryOver(error: unknown): error is Refused {
  return isRefusedForGood(error) || (error instanceof Refused && typeof error.details['at'] === 'string')
}

/** A refusal on its way through code that throws (services, API). Workflows use Temporal's ApplicationFailure with the same code. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: FailureCode
  readonly details: Readonly<Record<string, unknown>>

  constructor({ code, message, details }: Refusal, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = details ?? {}
  }
}

/** Did nobody answer, so that nothing was decided? Everything else that is refused is an answer. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Refused && error.code === 'unavailable'
}

/** Is this one of the product's failure codes? */
export function isFailureCode(text: unknown): text is FailureCode {
  return FAILURE_CODES.some((code) => code === text)
}
