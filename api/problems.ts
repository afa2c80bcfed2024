import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { FAILURE_CODES, Refused, type FailureCode, type Fault, type Refusal } from '../domain/failures.ts'

/** From a failure's name to its HTTP status, and a title for people. */
const STATUS_OF: Readonly<Record<FailureCode, { status: ContentfulStatusCode; title: string }>> = {
  malformed: { status: 400, title: 'The request cannot be read' },
  validation_failed: { status: 422, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Who are you?' },
  forbidden: { status: 403, title: 'You may not do this' },
  not_found: { status: 404, title: 'Not found' },
  sold_out: { status: 409, title: 'Sold out' },
  hold_expired: { status: 409, title: 'The hold has expired' },
  version_conflict: { status: 409, title: 'The booking has changed' },
  illegal_transition: { status: 409, title: 'Not possible where the booking stands' },
  policy_forbids: { status: 409, title: 'The policy forbids it' },
  idempotency_mismatch: { status: 422, title: 'The key was used for another request' },
  payload_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'Send application/json' },
  rate_limited: { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'Not available now' },
}

/** A caller is told to come back after this many seconds when nothing better is known. */
const RETRY_AFTER_SECONDS = 2

/** An RFC 9457 problem document with a stable `code`. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: ContentfulStatusCode
  readonly code: FailureCode
  readonly detail: string
  readonly [member: string]: unknown
}

export const ProblemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(FAILURE_CODES),
    detail: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), message: z.string(), candidates: z.array(z.string()).optional() }))
      .optional(),
  })
  .openapi('Problem')

/** The problem document of a refusal. `details.status_override` is for the one code with two statuses (412 by If-Match, A-31). */
export function problemOf({ code, message, details }: Refusal): Problem {
  const { status, title } = STATUS_OF[code]
  const { status_override, at: _at, stale: _stale, ...members } = details ?? {}
  return {
    ...(code === 'validation_failed' && { errors: [{ pointer: '', message }] }),
    ...members,
    type: `urn:holdfast:problem:${code}`,
    title,
    status: status_override === 412 ? 412 : status,
    code,
    detail: message,
  }
}

/** Any error as a problem; null for a bug, which the caller reports as a 500 without details. */
export function problemBehind(error: unknown): Problem | null {
  if (error instanceof Refused) return problemOf({ code: error.code, message: error.message, details: error.details })
  if (error instanceof HTTPException) {
    if (error.status === 413)
      return problemOf({ code: 'payload_too_large', message: error.message || 'The body is too large.' })
    if (error.status === 415)
      return problemOf({ code: 'unsupported_media_type', message: 'Only application/json is read here.' })
    if (error.status < 500)
      return problemOf({ code: 'malformed', message: error.message || 'The request cannot be read.' })
  }
  return null
}

/** Answers with a problem document. */
export function answerProblem(c: Context, problem: Problem): Response {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  const retryAfter = problem['retry_after']
  if (problem.status === 429 || problem.status === 503) {
    headers['retry-after'] = String(typeof retryAfter === 'number' ? retryAfter : RETRY_AFTER_SECONDS)
  }
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer'
  return c.body(JSON.stringify(problem), problem.status, headers)
}

/** A refusal of what was sent, one fault per pointer. */
export function invalid(...errors: Fault[]): Refused {
  return new Refused({
    code: 'validation_failed',
    message: errors.map(({ pointer, message }) => `${pointer || '/'}: ${message}`).join('; '),
    details: { errors },
  })
}

/** Zod's issues as faults with JSON pointers; an unknown field is pointed at by its own name. */
export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    const pointer = issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
    if (issue.code !== 'unrecognized_keys') return [{ pointer, message: issue.message }]
    return issue.keys.map((key) => ({ pointer: `${pointer}/${key}`, message: 'is not a field of this request' }))
  })
}

/** The hook of every route: what does not fit its schema is a 422. */
export function refuseInvalid(result: { success: boolean; error?: z.ZodError }): void {
  if (!result.success && result.error !== undefined) throw invalid(...faultsOf(result.error))
}
