import { z } from '@hono/zod-openapi'
import { WAITLIST_STATUSES } from '../../prisma/waitlist.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'
import { AgreedPrice } from './booking.ts'

const Instant = z.string().openapi({ format: 'date-time' })

/** An entry of the waitlist on the wire. */
export const WaitlistEntrySchema = z
  .object({
    id: z.uuid(),
    status: z.enum(WAITLIST_STATUSES),
    profile: z.enum(PROFILE_NAMES),
    customer: z.object({ id: z.string() }),
    items: z.array(
      z.object({
        id: z.string(),
        offering_id: z.string(),
        unit_id: z.string().nullable().openapi({ description: 'the one wanted, or the one offered' }),
        quantity: z.int(),
        start: Instant.nullable(),
        end: Instant.nullable(),
      }),
    ),
    party_size: z.int().nullable(),
    position: z.int().nullable().openapi({ description: '1: next in line; null unless it waits' }),
    offer: z
      .object({
        expires_at: Instant,
        amount: z
          .int()
          .nullable()
          .openapi({ description: 'what it costs if it is accepted; null for the moment in which it is priced' }),
        currency: z.string().nullable(),
        price: AgreedPrice.nullable(),
        refund_tiers: z
          .array(z.object({ hours_before: z.number(), percent: z.number() }))
          .nullable()
          .openapi({
            description: 'how much comes back by the policy of the offer, which is that of the booking it becomes',
          }),
        no_show_fee_percent: z.number().nullable(),
      })
      .nullable()
      .openapi({ description: 'price and terms hold until `expires_at`, whatever becomes of the offering’s' }),
    booking_id: z.uuid().nullable().openapi({ description: 'the booking that it became' }),
    closes_at: Instant.nullable(),
    available_actions: z.array(z.enum(['accept', 'withdraw'])),
    history: z.array(
      z.object({
        status: z.enum(WAITLIST_STATUSES),
        at: Instant,
        by: z.object({ role: z.string(), id: z.string() }),
      }),
    ),
    created_at: Instant,
    updated_at: Instant,
  })
  .openapi('WaitlistEntry')

export const WaitlistPageSchema = z
  .object({ entries: z.array(WaitlistEntrySchema), next_cursor: z.string().nullable(), limit: z.int() })
  .openapi('WaitlistPage')

export type WaitlistEntryBody = z.infer<typeof WaitlistEntrySchema>
