import { z } from '@hono/zod-openapi'
import { UNIT_KINDS } from '../../domain/booking.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'

const Instant = z.string().openapi({ format: 'date-time' })
const Kind = z.enum(UNIT_KINDS)
const Price = z.object({ amount: z.int(), currency: z.string() })

/** An offering as it was loaded. */
export const OfferingViewSchema = z
  .object({
    id: z.string(),
    profile: z.enum(PROFILE_NAMES),
    name: z.string(),
    description: z.string().nullable(),
    provider: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    venue: z.object({ id: z.string(), type: z.string().nullable(), name: z.string().nullable() }).nullable(),
    price: Price,
    price_unit: z.string(),
    duration_minutes: z.int().nullable(),
    requires_approval: z.boolean(),
    is_available: z.boolean(),
    on_sale_from: Instant.nullable(),
    on_sale_until: Instant.nullable(),
    time_zone: z.string(),
    availability_exceptions: z.array(z.object({ from: Instant, to: Instant, reason: z.string().nullable() })),
    capacity: z.int().nullable(),
  })
  .openapi('OfferingView')

/** The same with what can be had of it. */
export const OfferingOnSaleSchema = OfferingViewSchema.extend({
  unit_kinds: z.array(Kind),
  closed_because: z.string().nullable().openapi({ description: 'null: on sale now; else why it is not' }),
}).openapi('OfferingOnSale')
export type OfferingOnSale = z.infer<typeof OfferingOnSaleSchema>

export const OfferingPageSchema = z
  .object({ offerings: z.array(OfferingOnSaleSchema), next_cursor: z.string().nullable(), limit: z.int() })
  .openapi('OfferingPage')

/** A unit and what is left of it. */
const UnitViewSchema = z.object({
  id: z.string(),
  kind: Kind,
  label: z.string().nullable(),
  section: z.string().nullable(),
  row: z.string().nullable(),
  start: Instant.nullable(),
  end: Instant.nullable(),
  start_local: z.string().nullable().optional().openapi({ description: 'of slots: the start on the clock there' }),
  end_local: z.string().nullable().optional(),
  staff_id: z.string().nullable(),
  capacity: z.int().nullable(),
  booked_count: z.int(),
  price: Price,
  status: z.enum(['available', 'booked', 'blocked']),
})

export const UnitOnSaleSchema = UnitViewSchema.extend({
  min_party: z.int().nullable(),
  max_party: z.int().nullable(),
}).openapi('UnitOnSale')
export type UnitOnSale = z.infer<typeof UnitOnSaleSchema>

/** When it was loaded, and when it was last loaded with something else. */
const WRITTEN = { created_at: Instant, updated_at: Instant }

export const SlotsSchema = z
  .object({ service: OfferingViewSchema, slots: z.array(UnitViewSchema.extend(WRITTEN)) })
  .openapi('Slots')
export const SeatsSchema = z.object({ event: OfferingViewSchema, seats: z.array(UnitViewSchema) }).openapi('Seats')
export const ServicesSchema = z
  .object({ services: z.array(OfferingViewSchema.extend(WRITTEN)) })
  .openapi('ClinicServices')

const Warnings = z
  .array(z.object({ code: z.string(), message: z.string() }))
  .openapi({ description: 'what still keeps it from being sold' })
const Affected = z.array(z.string()).openapi({ description: 'the ids of bookings that this took units from' })

export const OfferingPutSchema = OfferingViewSchema.extend({
  warnings: Warnings,
  affected: Affected.optional(),
}).openapi('OfferingPut')
export const UnitsPutSchema = z
  .object({ offering_id: z.string(), written: z.int(), affected: Affected, warnings: Warnings })
  .openapi('UnitsPut')
export const BlockedSchema = z
  .object({
    offering_id: z.string(),
    unit_id: z.string(),
    status: z.enum(['available', 'blocked']),
    affected: Affected,
  })
  .openapi('Blocked')
