import { z } from '@hono/zod-openapi'
import { PROFILES } from '../../profiles/index.ts'
import type { Profile } from '../../profiles/profile.ts'
import { Id, IdempotencyKeyField, InstantText, line, Offset, text, WallTime } from './common.ts'

const MAX_QUANTITY = 100
export const MAX_PARTY = 500

export const ItemSchema = z.strictObject({
  offering_id: Id,
  unit_id: Id.optional(),
  quantity: z.int().min(1).max(MAX_QUANTITY).optional(),
  start: InstantText.optional(),
  start_local: WallTime.optional(),
  start_offset: Offset.optional(),
  end: InstantText.optional(),
  end_local: WallTime.optional(),
  end_offset: Offset.optional(),
  adjacent: z.boolean().optional().openapi({ description: 'seats that nobody names: side by side, or none at all' }),
  section: text(1, 100).optional().openapi({ description: 'seats that nobody names: in this section' }),
})

export const Contact = { name: line(1, 200), email: z.email().max(320), phone: line(3, 40) }

const CustomerSchema = z.strictObject({
  id: Id.optional().openapi({ description: 'for whom it is: needed, unless a customer books' }),
  name: Contact.name.optional(),
  email: Contact.email.optional(),
  phone: Contact.phone.optional(),
})

const Metadata = z
  .preprocess(
    // A record would pass over a member of this name in silence.
    (members, context) => {
      if (Object.hasOwn(Object(members), '__proto__')) {
        context.addIssue({ code: 'custom', path: ['__proto__'], message: 'is not a name for a member' })
      }
      return members
    },
    z
      .record(line(1, 40), text(0, 500))
      .refine((members) => Object.keys(members).length <= 20, { message: 'has more than 20 members' }),
  )
  .openapi({ type: 'object', additionalProperties: { type: 'string' } })

/** What a booking of any profile may be asked for with; each profile's own schema is stricter. */
export type OrderBody = {
  readonly profile: string
  readonly items: readonly z.infer<typeof ItemSchema>[]
  readonly customer?: z.infer<typeof CustomerSchema> | undefined
  readonly party_size?: number | undefined
  readonly subject?: string | undefined
  readonly pet_id?: string | undefined
  readonly notes?: string | undefined
  readonly metadata?: Record<string, string> | undefined
  readonly payment_method?: string | undefined
  readonly idempotency_key?: string | undefined
}

/** One strict schema per profile, made from its shape. */
function orderSchema<const Name extends string>({ name, shape }: Profile & { name: Name }) {
  return z
    .strictObject({
      profile: z.literal(name),
      items: z.array(ItemSchema).min(1).max(shape.maxItems),
      customer: CustomerSchema.optional(),
      notes: text(0, shape.notes).optional(),
      metadata: Metadata.optional(),
      payment_method: Id.optional(),
      idempotency_key: IdempotencyKeyField,
      ...(shape.partySize === 'required' && { party_size: z.int().min(1).max(MAX_PARTY) }),
      ...(shape.subject === 'required' && { subject: line(1, 100) }),
      ...(shape.pet === 'optional' && { pet_id: Id.optional() }),
    })
    .openapi(`${name[0]?.toUpperCase()}${name.slice(1)}Order`)
}

export const OrderSchema = z
  .discriminatedUnion('profile', [
    orderSchema({ ...PROFILES.tutoring, name: 'tutoring' }),
    orderSchema({ ...PROFILES.clinic, name: 'clinic' }),
    orderSchema({ ...PROFILES.ticketing, name: 'ticketing' }),
    orderSchema({ ...PROFILES.venue, name: 'venue' }),
    orderSchema({ ...PROFILES.course, name: 'course' }),
  ])
  .openapi('Order')

export const AvailabilitySchema = z
  .strictObject({
    items: z
      .array(ItemSchema.extend({ party_size: z.int().min(1).max(MAX_PARTY).optional() }))
      .min(1)
      .max(100),
  })
  .openapi('AvailabilityQuestion')
