import { z } from '@hono/zod-openapi'
import { UNIT_KINDS, VISIT_OUTCOMES } from '../../domain/booking.ts'
import { STATUSES } from '../../domain/lifecycle.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'

const Instant = z.string().openapi({ format: 'date-time' })
const Local = z.string().openapi({
  description: 'the same moment on the clock of `time_zone`, with its offset',
  example: '2027-03-01T10:00:00+01:00',
})
const Minor = z.int().openapi({ description: 'minor units of the booking’s currency' })

/** A price as it was agreed or offered. */
export const AgreedPrice = z.object({
  subtotal: Minor,
  fees: Minor,
  tax: Minor,
  total: Minor,
  lines: z.array(z.object({ item_id: z.string(), unit_price: Minor, amount: Minor })),
  quote_id: z.string().nullable(),
  kept: Minor.openapi({
    description: 'the part of the fees that was kept of cancelled items and of changes for less',
  }),
  forfeited: Minor.openapi({
    description: 'what cancelling would not have given back when the booking was moved: nor does it by the new date',
  }),
})

const Paid = z.object({
  id: z.string(),
  intent_id: z.string(),
  client_secret: z.string().nullable(),
  status: z.enum(['pending', 'processing', 'authorized', 'succeeded', 'failed', 'cancelled', 'refunded']),
  amount: Minor,
  amount_refunded: Minor,
  method: z.string().nullable(),
  paid_at: Instant.nullable(),
})

/** A booking on the wire (contract.md, section 1). */
export const BookingSchema = z
  .object({
    id: z.uuid(),
    reference: z.string(),
    profile: z.enum(PROFILE_NAMES),
    status: z.enum(STATUSES),
    version: z.int(),
    customer: z.object({
      id: z.string(),
      name: z.string().nullable(),
      email: z.string().nullable(),
      phone: z.string().nullable(),
    }),
    provider: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    venue: z.object({ id: z.string(), type: z.string().nullable(), name: z.string().nullable() }).nullable(),
    items: z.array(
      z.object({
        id: z.string(),
        offering_id: z.string(),
        unit_id: z.string(),
        unit_label: z.string().nullable().openapi({ description: 'what the unit was called when it was booked' }),
        kind: z.enum(UNIT_KINDS),
        quantity: z.int(),
        start: Instant.nullable(),
        end: Instant.nullable(),
        start_local: Local.nullable(),
        end_local: Local.nullable(),
        unit_price: Minor,
        amount: Minor,
        status: z.enum(['active', 'released', 'cancelled', ...VISIT_OUTCOMES]).openapi({
          description: '`attended`, `missed`: its visit is over, and another one of the booking was ahead',
        }),
      }),
    ),
    start: Instant.nullable(),
    end: Instant.nullable(),
    time_zone: z.string(),
    start_local: Local.nullable(),
    end_local: Local.nullable(),
    party_size: z.int().nullable(),
    already: z
      .object({ at: Instant, by: z.object({ role: z.string(), id: z.string() }) })
      .optional()
      .openapi({ description: 'in the answer to a second check-in: when and by whom the guest was checked in' }),
    subject: z.string().nullable(),
    pet_id: z.string().nullable(),
    notes: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    amount: Minor,
    currency: z.string(),
    price: AgreedPrice,
    hold: z.object({ lock_id: z.string(), expires_at: Instant }).nullable(),
    payment: Paid.nullable(),
    refund: z
      .object({
        amount: Minor,
        status: z.enum(['pending', 'completed', 'failed']),
        reason: z.string(),
        refunded_at: Instant.nullable(),
      })
      .nullable(),
    change: z
      .object({
        id: z.string(),
        items: z.array(
          z.object({
            id: z.string(),
            offering_id: z.string(),
            unit_id: z.string(),
            quantity: z.int(),
            start: Instant.nullable(),
            end: Instant.nullable(),
            amount: Minor,
          }),
        ),
        start: Instant.nullable(),
        end: Instant.nullable(),
        party_size: z.int().nullable(),
        amount: Minor,
        supplement: Minor,
        expires_at: Instant,
        payment: Paid.nullable(),
      })
      .nullable()
      .openapi({
        description: 'a change that is made once its supplement is paid; until then the booking stands as it is',
      }),
    cancellation: z
      .object({ reason: z.string(), by: z.object({ role: z.string(), id: z.string() }), at: Instant })
      .nullable(),
    ticket_reference: z.string().nullable(),
    meeting_url: z.string().nullable(),
    snapshots: z.record(z.string(), z.unknown()),
    available_actions: z.array(z.string()),
    waiting_for: z.string().nullable(),
    next_deadline: Instant.nullable(),
    attention: z.object({ reason: z.string(), since: Instant }).nullable(),
    displacement: z
      .object({ reason: z.string(), at: Instant, until: Instant })
      .nullable()
      .openapi({ description: 'its unit is gone: move it or cancel it with everything back, until then' }),
    number: z.int().openapi({ description: 'a number that is this booking’s alone, for clients that need one' }),
    steps: z
      .object({
        held_until: Instant,
        confirmed_at: Instant.nullable(),
        checked_in_at: Instant.nullable(),
        started_at: Instant.nullable(),
        completed_at: Instant.nullable(),
        no_show_at: Instant.nullable(),
        cancelled_at: Instant.nullable(),
        expired_at: Instant.nullable(),
        refunded_at: Instant.nullable(),
      })
      .openapi({ description: 'when it last came to each status' }),
    created_at: Instant,
    updated_at: Instant,
  })
  .openapi('Booking')

export const BookingPageSchema = z
  .object({
    bookings: z.array(BookingSchema),
    next_cursor: z.string().nullable(),
    page: z.int().optional(),
    limit: z.int(),
    total: z.int().optional(),
  })
  .openapi('BookingPage')

export type BookingBody = z.infer<typeof BookingSchema>
export type BookingPageBody = z.infer<typeof BookingPageSchema>
