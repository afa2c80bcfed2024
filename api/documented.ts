import type { z } from '@hono/zod-openapi'
import type { FailureCode } from '../domain/failures.ts'
import type { ExampleName } from './examples/examples.ts'
import { ProblemSchema } from './problems.ts'

/** How routes describe themselves in the OpenAPI document. */

/** The groups of the reference, in the order in which readers meet them. */
export const TAGS = {
  Availability: 'What is sold, what is free, and what it would cost.',
  Bookings: 'Book, wait for the payment, read, change, cancel, and run the visit.',
  Reservations: 'Booking in two steps: hold first, decide about paying later.',
  Waitlist: 'Wait for what is sold out, and accept what is offered.',
  History: 'What happened to a booking: as a list, in plain words, or as it happens.',
  'Reviews and attachments': 'What goes with a visit.',
  Notifications: 'What people were told, and what they will be reminded of.',
  Offerings: 'Put things on sale and take them off again; for operators and providers.',
  Payments: 'What became of payments, and who gets what of them.',
  Webhooks: 'Be told of bookings by signed requests to an address of yours.',
  Reports: 'How the business goes; for operators and providers.',
  Operations: 'Repair what went wrong, and audit; for operators.',
} as const
type Tag = keyof typeof TAGS

const SECURITY = [{ bearer: [] }]

/** What a route is called: its group, its name in generated clients, a line for lists, and what else a reader has to know. */
export function about(tag: Tag, operationId: string, summary: string, description?: string) {
  return { tags: [tag], operationId, summary, security: SECURITY, ...(description !== undefined && { description }) }
}

/** A JSON body, with examples that work when they are sent. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema, ...names: ExampleName[]) {
  const content = { 'application/json': { schema, ...(names.length > 0 && { examples: referred(names) }) } }
  return { body: { required: true, content } } as const
}

/** The good answer of a route. Its type is left open here: what a handler gives is typed where it is rendered. */
export function answers(
  status: number,
  description: string,
  schema: z.ZodType,
  mediaType = 'application/json',
): Record<string, { description: string }> {
  return { [status]: documented(description, mediaType, { schema }) }
}

const MEANING = {
  400: { description: 'The request cannot be read.', codes: ['malformed'] },
  401: { description: 'The token is missing, or not valid.', codes: ['unauthenticated'] },
  403: { description: 'The caller may not do this.', codes: ['forbidden'] },
  404: { description: 'It is not there, or belongs to somebody else.', codes: ['not_found'] },
  409: {
    description: 'Not possible as things stand; `code` says why.',
    codes: ['sold_out', 'version_conflict', 'illegal_transition', 'policy_forbids', 'hold_expired'],
  },
  412: { description: '`If-Match` names another version than the booking’s.', codes: ['version_conflict'] },
  413: { description: 'The body is too large.', codes: ['payload_too_large'] },
  415: { description: 'The body is of another type than the one read here.', codes: ['unsupported_media_type'] },
  422: {
    description: 'The request is not valid; `errors` says where. Or its `Idempotency-Key` was used for another one.',
    codes: ['validation_failed', 'idempotency_mismatch'],
  },
  429: { description: 'Too many requests: come back after `Retry-After` seconds.', codes: ['rate_limited'] },
  503: {
    description: 'Not now: try again after `Retry-After` seconds, under the same `Idempotency-Key`.',
    codes: ['unavailable'],
  },
} as const satisfies Record<number, { description: string; codes: readonly FailureCode[] }>
type ProblemStatus = keyof typeof MEANING

/** The problems a route may answer with; 400, 401, 429 and 503 may come from any. */
export function problems(...statuses: ProblemStatus[]): Record<string, { description: string }> {
  return Object.fromEntries(
    ([400, 401, 429, 503, ...statuses] as const).map((status) => {
      const { description, codes } = MEANING[status]
      return [
        status,
        documented(description, 'application/problem+json', { schema: ProblemSchema, examples: referred(codes) }),
      ]
    }),
  )
}

function referred(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/examples/${name}` }]))
}

function documented(description: string, mediaType: string, content: object): { description: string } {
  const response = { description, content: { [mediaType]: content } }
  return response
}
