import { STATUS_CODES } from 'node:http'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** One thing wrong with a body. `pointer` is a JSON pointer (RFC 6901) into it. */
export interface Fault {
  pointer: string
  message: string
}

/** A refusal as it leaves over HTTP: RFC 9457 with a stable `code`. Returned by what decides, thrown by what parses. */
export class Problem extends Error {
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly members: Readonly<Record<string, unknown>>

  constructor(status: ContentfulStatusCode, code: string, detail: string, members: Record<string, unknown> = {}) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.members = members
  }
}

/** 422 `validation_failed`, naming every fault. */
export function invalid(...errors: Fault[]): Problem {
  return new Problem(422, 'validation_failed', 'The body is not valid.', { errors })
}

/** 404 `not_found`. */
export function notFound(what: string): Problem {
  return new Problem(404, 'not_found', `There is no such ${what}.`)
}

/** Writes a problem; 429 and 503 carry `Retry-After` (one second). */
export function problemResponse(c: Context, problem: Problem): Response {
  const { status, code, message: detail, members } = problem
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (status === 429 || status === 503) headers['retry-after'] = '1'
  const title = STATUS_CODES[status] ?? 'Error'
  return c.body(JSON.stringify({ type: 'about:blank', title, status, code, detail, ...members }), status, headers)
}
