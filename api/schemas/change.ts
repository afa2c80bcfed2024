import { z } from '@hono/zod-openapi'
import { IdempotencyKeyField, text } from './common.ts'
import { ItemSchema, MAX_PARTY } from './order.ts'

/** The most of any profile; each booking's own says less (api/routes/change.ts). */
const MAX_ITEMS = 100
const MAX_NOTES = 2000

export const ChangeSchema = z
  .strictObject({
    items: z
      .array(ItemSchema)
      .min(1)
      .max(MAX_ITEMS)
      .optional()
      .openapi({ description: 'all that is to be booked from then on; what is asked for as it was keeps its unit' }),
    party_size: z.int().min(1).max(MAX_PARTY).optional(),
    notes: text(0, MAX_NOTES).nullable().optional(),
    reason: text(1, 500).optional(),
    expected_version: z.int().min(0).optional().openapi({ description: 'the version you looked at; or If-Match' }),
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('Change')

export type ChangeBody = z.infer<typeof ChangeSchema>
