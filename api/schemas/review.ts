import { z } from '@hono/zod-openapi'
import { IdempotencyKeyField, text, Uuid } from './common.ts'

const Rating = z.int().min(1).max(5)

export const ReviewRequest = z
  .strictObject({
    rating: Rating,
    ratings_breakdown: z
      .record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'is a name like `friendliness`'), Rating)
      .refine((breakdown) => Object.keys(breakdown).length <= 10, { message: 'has ten entries at the most' })
      .optional()
      .openapi({ type: 'object', additionalProperties: { type: 'integer', minimum: 1, maximum: 5 } }),
    comment: text(1, 4000).optional(),
    attachments: z.array(Uuid).max(10).optional().openapi({ description: 'ids of attachments of the booking' }),
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('NewReview')

/** A review as it is shown; whose it is, only to those whom the booking concerns. */
export const ReviewSchema = z
  .object({
    id: z.string(),
    booking_id: z.string().nullable(),
    user_id: z.string().nullable(),
    clinic_id: z.string().nullable(),
    service_id: z.string(),
    rating: Rating,
    ratings_breakdown: z.record(z.string(), z.int()),
    comment: z.string().nullable(),
    attachments: z.array(z.object({ id: z.string(), url: z.string() })),
    is_verified: z.boolean(),
    is_published: z.boolean(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Review')

export const PublishRequest = z
  .strictObject({ is_published: z.boolean().default(true), idempotency_key: IdempotencyKeyField })
  .openapi('PublishReview')
