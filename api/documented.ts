import type { z } from '@hono/zod-openapi'
import { ProblemSchema } from './problems.ts'

/** How routes describe themselves in the OpenAPI document. */

export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/json': { schema } } } } as const
}

/** The good answer of a route. Its type is left open here: what a handler gives is typed where it is rendered. */
export function answers(
  status: number,
  description: string,
  schema: z.ZodType,
  mediaType = 'application/json',
): Record<string, { description: string }> {
  return { [status]: documented(description, mediaType, schema) }
}

const MEANING: Readonly<Record<number, string>> = {
  400: 'malformed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'sold_out, version_conflict, illegal_transition, policy_forbids or hold_expired',
  412: 'If-Match names another version',
  422: 'validation_failed or idempotency_mismatch',
  429: 'rate_limited',
  503: 'unavailable',
}

/** The problems a route may answer with; 400, 401, 429 and 503 may come from any. */
export function problems(...statuses: number[]): Record<string, { description: string }> {
  return Object.fromEntries(
    [400, 401, 429, 503, ...statuses].map((status) => [
      status,
      documented(MEANING[status] ?? 'problem', 'application/problem+json', ProblemSchema),
    ]),
  )
}

function documented(description: string, mediaType: string, schema: z.ZodType): { description: string } {
  const response = { description, content: { [mediaType]: { schema } } }
  return response
}

export const SECURITY = [{ bearer: [] }]
