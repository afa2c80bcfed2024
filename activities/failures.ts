import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common'
import { Refused } from '../domain/failures.ts'

/** What `record` says for good; the workflow knows what to do about each. */
export type WriteRefusal = 'units_lost' | 'another_writer'

/** A failure that Temporal does not retry and that keeps its name in the workflow. */
export function final(type: WriteRefusal | Refused['code'], message: string, details?: object): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type,
    nonRetryable: true,
    details: details === undefined ? [] : [details],
    category: ApplicationFailureCategory.BENIGN,
  })
}

/**
 * Passes a service's refusal on under its own name. `unavailable` is no refusal: nobody said no, so it stays retryable, as does everything
 * that has no name.
 */
export async function namingRefusals<Answer>(operation: () => Promise<Answer>): Promise<Answer> {
  try {
    return await operation()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (error.code !== 'unavailable') throw final(error.code, error.message, error.details)
    throw ApplicationFailure.create({ message: error.message, type: error.code, cause: error })
  }
}
