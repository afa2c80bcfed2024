import type { Fault, FailureCode } from '../../domain/failures.ts'
import { problemOf, type Problem } from '../problems.ts'

const AGAIN = { retry_after: 2 }

/** One refusal of each code, in words that a caller may meet. Leaving one out is a compile error. */
const REFUSALS: Readonly<Record<FailureCode, { message: string; details?: Record<string, unknown> }>> = {
  malformed: { message: 'The body is not JSON.' },
  validation_failed: refusalAt({ pointer: '/items/0/offering_id', message: 'there is no such offering' }),
  unauthenticated: { message: 'Send a token: authorization: Bearer ….' },
  forbidden: { message: 'Only an operator may do this.' },
  not_found: { message: 'There is no booking 5f0c3a52-6f0e-4a6e-9a51-0c8d6a4f5b11.' },
  sold_out: { message: 'demo-event is sold out.' },
  hold_expired: { message: 'The hold has run out; book again.' },
  version_conflict: { message: 'The booking is at version 5 by now; you looked at version 3.' },
  illegal_transition: {
    message: 'A completed booking cannot be cancelled.',
    details: { booking_status: 'completed', legal: [] },
  },
  policy_forbids: { message: 'Dinner is booked at most 365 days ahead.', details: { pointer: '/items/0' } },
  idempotency_mismatch: {
    message: 'This Idempotency-Key was used with another body. Use a new key for a new request.',
  },
  payload_too_large: { message: 'The body is larger than 64 KB.' },
  unsupported_media_type: { message: 'Only application/json is read here.' },
  rate_limited: { message: 'Too many requests.', details: AGAIN },
  unavailable: { message: 'The database is out of reach at this moment.' },
}

/** The problem documents of all codes, by code. */
export const PROBLEM_EXAMPLES: Readonly<Record<string, { summary: string; value: Problem }>> = Object.fromEntries(
  Object.entries(REFUSALS).map(([code, refusal]) => {
    const value = problemOf({ code: code as FailureCode, ...refusal })
    return [code, { summary: value.title, value }]
  }),
)

function refusalAt(fault: Fault) {
  return { message: `${fault.pointer}: ${fault.message}`, details: { errors: [fault] } }
}
