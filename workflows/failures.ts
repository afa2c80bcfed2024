import { ApplicationFailureCategory } from '@temporalio/common'
import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow'
import { isFailureCode, type Refusal } from '../domain/failures.ts'

/** A refusal as a failure that keeps its name across Temporal; benign, because a sold-out seat is no error. */
export function refusal({ code, message, details }: Refusal): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: code,
    nonRetryable: true,
    details: details === undefined ? [] : [details],
    category: ApplicationFailureCategory.BENIGN,
  })
}

/**
 * The named failure behind an error: a local activity throws it as it is, a regular one wraps it, and anything else has no name (null).
 */
export function failureOf(error: unknown): ApplicationFailure | null {
  if (error instanceof ApplicationFailure) return error
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) return error.cause
  return null
}

/** Is this the product's refusal, and not a fault? */
export function isRefusal(error: unknown): boolean {
  const failure = failureOf(error)
  return failure !== null && failure.nonRetryable === true && isFailureCode(failure.type)
}

/**
 * Wraps an update handler: an error without a name would not fail the update but hang the workflow task, so it becomes a named failure.
 */
export function guarded<Args extends unknown[], Answer>(
  handler: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  return async (...args) => {
    try {
      return await handler(...args)
    } catch (error) {
      const known = failureOf(error)
      if (known !== null) throw known
      if (isCancellation(error)) throw refusal({ code: 'unavailable', message: 'The booking was stopped meanwhile.' })
      const message = error instanceof Error ? error.message : String(error)
      throw ApplicationFailure.create({ message, type: 'unavailable', nonRetryable: true })
    }
  }
}
