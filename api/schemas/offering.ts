import { z } from '@hono/zod-openapi'
import { UNIT_KINDS } from '../../domain/booking.ts'
import type { Policy } from '../../domain/policy.ts'
import { PRICE_UNITS } from '../../domain/price.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'
import { Amount, CurrencyCode, Id, InstantText, line, Offset, text, TimeZone, WallTime } from './common.ts'

const DAY_SECONDS = 86_400
const Seconds = z
  .int()
  .min(0)
  .max(90 * DAY_SECONDS)
const Minutes = z
  .int()
  .min(0)
  .max(24 * 60)
const Percent = z.int().min(0).max(100)

/** Two tiers of the same hour leave open what comes back; and nobody is to get more back for cancelling later (N-59). */
function refuseOddTiers(
  tiers: readonly { readonly hours_before: number; readonly percent: number }[],
  context: z.RefinementCtx,
): void {
  for (const [index, tier] of tiers.entries()) {
    const others = tiers.slice(0, index)
    if (others.some(({ hours_before }) => hours_before === tier.hours_before)) {
      context.addIssue({ code: 'custom', path: [index, 'hours_before'], message: 'is in another tier, too' })
    } else if (
      others.some(
        (other) =>
          other.hours_before < tier.hours_before !== other.percent <= tier.percent && other.percent !== tier.percent,
      )
    ) {
      context.addIssue({ code: 'custom', path: [index, 'percent'], message: 'gives more back for cancelling later' })
    }
  }
}

/** What an offering does differently from its profile. */
const PolicySchema = z
  .strictObject({
    hold_seconds: z
      .int()
      .min(1)
      .max(7 * DAY_SECONDS),
    lapse_grace_seconds: Seconds,
    extend_seconds: Seconds,
    max_extensions: z.int().min(0).max(20),
    processing_grace_seconds: Seconds,
    approval_seconds: z
      .int()
      .min(1)
      .max(30 * DAY_SECONDS),
    on_payment_failed: z.enum(['cancel', 'retry']),
    capture: z.enum(['automatic', 'manual']),
    refund_tiers: z
      .array(
        z.strictObject({
          hours_before: z
            .number()
            .min(0)
            .max(24 * 366),
          percent: Percent,
        }),
      )
      .max(10)
      .superRefine(refuseOddTiers),
    forfeits_on_move: z.boolean().openapi({
      description:
        'what cancelling would not give back any more is forfeited by a move to another date as well; true if absent',
    }),
    no_show_grace_seconds: Seconds.nullable(),
    no_show_fee_percent: Percent,
    check_in_opens_minutes: z
      .int()
      .min(0)
      .max(30 * 24 * 60),
    buffer_before_minutes: Minutes,
    buffer_after_minutes: Minutes,
    min_notice_minutes: z
      .int()
      .min(0)
      .max(60 * 24 * 60),
    max_lead_days: z.int().min(1).max(3660).nullable(),
    reminders: z
      .array(
        z.strictObject({
          type: z.enum(['upcoming', 'check_in', 'follow_up', 'review_request']),
          offset_minutes: z
            .int()
            .min(-60 * 24 * 60)
            .max(60 * 24 * 60),
        }),
      )
      .max(10),
    platform_fee_basis_points: z.int().min(0).max(10_000),
    stale_price_seconds: z.int().min(0).max(DAY_SECONDS),
  })
  .partial()
  .openapi('Policy')

/** Without a currency: the offering’s for a unit, the profile’s for an offering (C-05, E-03). */
const PriceSchema = z.strictObject({ amount: Amount, currency: CurrencyCode.optional() }).openapi('ListPrice')

export const OfferingSchema = z
  .strictObject({
    profile: z.enum(PROFILE_NAMES),
    name: line(1, 255),
    description: text(0, 5000).optional(),
    provider: z.strictObject({ id: Id, name: line(1, 200).optional() }).optional(),
    venue: z.strictObject({ id: Id, type: line(1, 50).optional(), name: line(1, 200).optional() }).optional(),
    price: PriceSchema,
    price_unit: z.enum(PRICE_UNITS).optional(),
    duration_minutes: z
      .int()
      .min(1)
      .max(60 * 24 * 60)
      .optional(),
    requires_approval: z.boolean().optional(),
    is_available: z.boolean().optional(),
    on_sale_from: InstantText.optional(),
    on_sale_until: InstantText.optional(),
    time_zone: TimeZone.optional(),
    availability_exceptions: z
      .array(
        z.strictObject({
          from: InstantText.optional(),
          from_local: WallTime.optional(),
          from_offset: Offset.optional(),
          to: InstantText.optional(),
          to_local: WallTime.optional(),
          to_offset: Offset.optional(),
          reason: text(1, 200).optional(),
        }),
      )
      .max(200)
      .optional(),
    capacity: z.int().min(0).max(10_000_000).nullable().optional(),
    policy: PolicySchema.optional(),
    force: z
      .boolean()
      .default(false)
      .openapi({ description: 'fewer places than are booked: the latest bookings are displaced' }),
  })
  .openapi('Offering')
export type OfferingBody = Omit<z.infer<typeof OfferingSchema>, 'force'>

const Count = z.int().min(0).max(10_000_000)

const UnitSchema = z.strictObject({
  id: Id,
  kind: z.enum(UNIT_KINDS),
  label: line(1, 100).optional(),
  section: line(1, 100).optional(),
  row: line(1, 50).optional(),
  start: InstantText.optional(),
  start_local: WallTime.optional(),
  start_offset: Offset.optional(),
  end: InstantText.optional(),
  end_local: WallTime.optional(),
  end_offset: Offset.optional(),
  staff_id: Id.optional(),
  capacity: Count.nullable().optional(),
  min_party: z.int().min(1).max(500).optional(),
  max_party: z.int().min(1).max(500).optional(),
  price: PriceSchema.optional(),
  status: z.enum(['available', 'blocked']).optional(),
})

export const UnitsSchema = z
  .strictObject({
    units: z.array(UnitSchema).min(1).max(5000),
    force: z.boolean().default(false),
    reason: text(1, 200).optional(),
  })
  .openapi('Units')
export type UnitBody = z.infer<typeof UnitSchema>

/** A policy as it is sent, in the domain's names. */
export function policyOf(body: z.infer<typeof PolicySchema>): Partial<Policy> {
  const { refund_tiers: tiers, reminders, ...rest } = body
  const plain = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
  return {
    ...(plain as Partial<Policy>),
    ...(tiers !== undefined && {
      refundTiers: tiers.map(({ hours_before, percent }) => ({ hoursBefore: hours_before, percent })),
    }),
    ...(reminders !== undefined && {
      reminders: reminders.map(({ type, offset_minutes }) => ({ type, offsetMinutes: offset_minutes })),
    }),
  }
}
