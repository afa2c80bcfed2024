import { z } from '@hono/zod-openapi'

/** What happened to a booking. */
export const HistorySchema = z
  .object({
    history: z.array(
      z.object({
        version: z.int(),
        action: z.string(),
        previous_status: z.string().nullable(),
        status: z.string(),
        actor: z.object({ role: z.string(), id: z.string() }),
        reason: z.string().nullable(),
        data: z.record(z.string(), z.unknown()),
        at: z.string(),
      }),
    ),
  })
  .openapi('History')
