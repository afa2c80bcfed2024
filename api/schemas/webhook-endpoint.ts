import { z } from '@hono/zod-openapi'
import type { FactType } from '../../domain/facts.ts'
import { IdempotencyKeyField, text } from './common.ts'

/** What an endpoint can ask for: the `change` of `booking.changed`, with what it means. Leaving one out is a compile error. */
const CHANGES = {
  held: 'the units are held',
  payment_requested: 'it can be paid',
  payment_processing: 'the bank is at work',
  payment_authorized: 'the bank has set the money aside',
  payment_captured: 'the money was taken',
  payment_failed: 'a payment failed',
  payment_voided: 'a payment was cancelled',
  hold_extended: 'the units are held longer',
  reservation_confirmed: 'the second of two steps',
  displaced: 'its unit was taken away',
  displacement_settled: 'that was settled',
  approval_awaited: 'somebody has to approve it',
  approved: 'somebody approved it',
  meeting_made: 'the meeting has a link',
  confirmed: 'it stands',
  revival_started: 'it was paid late, and may stand after all',
  revival_failed: 'it does not',
  ended: 'it was cancelled, declined or has expired',
  moved: 'the visit began, was completed or missed',
  refund_requested: 'money is to go back',
  refund_succeeded: 'money is back',
  refund_failed: 'a refund failed',
  refund_bounced: 'a refund came back',
  bounce_settled: 'that was settled',
  refunded: 'all of it is back',
  attention_raised: 'a person is needed',
  attention_cleared: 'no more',
  noted: 'the notes changed',
  changed: 'time, units or party changed',
  change_held: 'a dearer change waits for its payment',
  change_extended: 'and waits longer',
  change_taken: 'its units are taken',
  change_ended: 'it fell through',
  contact_corrected: 'the guest’s contact data was corrected',
  items_cancelled: 'some items were cancelled',
  visit_over: 'one of several visits is over, or was missed',
  refund_found: 'money was given back at the payment service, past us',
  disputed: 'a payment is disputed, or a dispute moved on',
} as const satisfies Record<FactType, string>

const Changes = z
  .array(z.enum(Object.keys(CHANGES) as [keyof typeof CHANGES, ...(keyof typeof CHANGES)[]]))
  .max(Object.keys(CHANGES).length)
  .openapi({
    description: `which changes of a booking; empty: all. ${Object.entries(CHANGES)
      .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
      .join('; ')}`,
  })

const Url = text(1, 2000).openapi({ format: 'uri', description: 'https; no redirect is followed' })
const Description = text(0, 500).nullable()

export const EndpointRequest = z
  .strictObject({
    url: Url,
    events: Changes.default([]),
    description: Description.default(null),
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('WebhookEndpointRequest')

export const EndpointChangeRequest = z
  .strictObject({
    url: Url.optional(),
    events: Changes.optional(),
    description: Description.optional(),
    status: z.enum(['enabled', 'disabled']).optional(),
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('WebhookEndpointChange')

/** Of what is asked for without anything to say. */
export const AskRequest = z.strictObject({ idempotency_key: IdempotencyKeyField }).openapi('WebhookAsk')

const Instant = z.string().openapi({ format: 'date-time' })

export const EndpointSchema = z
  .object({
    id: z.uuid(),
    url: z.string(),
    events: z.array(z.string()),
    description: z.string().nullable(),
    status: z.enum(['enabled', 'disabled']),
    disabled_reason: z
      .enum(['by_owner', 'gone', 'failing'])
      .nullable()
      .openapi({ description: 'gone: it answered 410; failing: nothing arrived for three days' }),
    failing_since: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .openapi('WebhookEndpoint')

const Secret = z
  .string()
  .openapi({ description: 'signs the webhooks (Standard Webhooks); shown here and nowhere else' })

export const EndpointWithSecretSchema = EndpointSchema.extend({ secret: Secret }).openapi('WebhookEndpointWithSecret')

export const RotatedSchema = z
  .object({
    id: z.uuid(),
    secret: Secret,
    previous_until: Instant.openapi({ description: 'so long both secrets sign' }),
  })
  .openapi('WebhookSecret')

export const DeliverySchema = z
  .object({
    id: z.string(),
    event_id: z.uuid().openapi({ description: 'the `webhook-id`: the same at every attempt, and when it is replayed' }),
    booking_id: z.uuid().nullable(),
    version: z.int().nullable(),
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.int(),
    answer: z.int().nullable().openapi({ description: 'the status of the last answer' }),
    error: z.string().nullable(),
    next_try_at: Instant.nullable(),
    replay_of: z.string().nullable(),
    created_at: Instant,
    settled_at: Instant.nullable(),
  })
  .openapi('WebhookDelivery')
