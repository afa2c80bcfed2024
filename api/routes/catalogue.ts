import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { UNIT_KINDS } from '../../domain/booking.ts'
import { mechanismOf } from '../../domain/offering.ts'
import { listUnits, takenUnits } from '../../prisma/catalogue.ts'
import { pageOfOfferings, type OfferingWithKinds } from '../../prisma/offering-lists.ts'
import { profileNamed } from '../../profiles/index.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Variables } from '../auth.ts'
import { answers, problems, SECURITY } from '../documented.ts'
import { noOffering, offeringNamed } from '../offering.ts'
import { currentInstant } from '../clock.ts'
import { closedBecause } from '../items.ts'
import { renderOffering, renderUnit } from '../render-offering.ts'
import { Id, whole } from '../schemas/common.ts'

const params = z.object({ id: Id })
const Instant = z.string().openapi({ format: 'date-time' })
const Kind = z.enum(UNIT_KINDS)

/** An offering on the wire, with what can be had of it. */
export const OfferingOnSaleSchema = z
  .object({
    id: z.string(),
    profile: z.enum(PROFILE_NAMES),
    name: z.string(),
    description: z.string().nullable(),
    provider: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    venue: z.object({ id: z.string(), type: z.string().nullable(), name: z.string().nullable() }).nullable(),
    price: z.object({ amount: z.int(), currency: z.string() }),
    price_unit: z.string(),
    duration_minutes: z.int().nullable(),
    requires_approval: z.boolean(),
    is_available: z.boolean(),
    on_sale_from: Instant.nullable(),
    on_sale_until: Instant.nullable(),
    time_zone: z.string(),
    availability_exceptions: z.array(z.object({ from: Instant, to: Instant, reason: z.string().nullable() })),
    capacity: z.int().nullable(),
    unit_kinds: z.array(Kind),
    closed_because: z.string().nullable().openapi({ description: 'null: on sale now; else why it is not' }),
  })
  .openapi('OfferingOnSale')
export type OfferingOnSale = z.infer<typeof OfferingOnSaleSchema>

const OfferingPageSchema = z
  .object({ offerings: z.array(OfferingOnSaleSchema), next_cursor: z.string().nullable(), limit: z.int() })
  .openapi('OfferingPage')

const UnitOnSaleSchema = z
  .object({
    id: z.string(),
    kind: Kind,
    label: z.string().nullable(),
    section: z.string().nullable(),
    row: z.string().nullable(),
    start: Instant.nullable(),
    end: Instant.nullable(),
    staff_id: z.string().nullable(),
    capacity: z.int().nullable(),
    booked_count: z.int(),
    min_party: z.int().nullable(),
    max_party: z.int().nullable(),
    price: z.object({ amount: z.int(), currency: z.string() }),
    status: z.enum(['available', 'booked', 'blocked']),
  })
  .openapi('UnitOnSale')
export type UnitOnSale = z.infer<typeof UnitOnSaleSchema>

const list = createRoute({
  method: 'get',
  path: '/offerings',
  summary: 'What is sold, in the order of the ids (A-12)',
  security: SECURITY,
  request: {
    query: z.strictObject({
      profile: z.enum(PROFILE_NAMES).optional(),
      provider_id: Id.optional(),
      venue_id: Id.optional(),
      cursor: Id.optional(),
      limit: whole(1, 200).default(50),
    }),
  },
  responses: { ...answers(200, 'a page', OfferingPageSchema), ...problems(422) },
})

const one = createRoute({
  method: 'get',
  path: '/offerings/{id}',
  summary: 'One offering, and what kinds of units it has (A-12)',
  security: SECURITY,
  request: { params },
  responses: { ...answers(200, 'the offering', OfferingOnSaleSchema), ...problems(404, 422) },
})

const units = createRoute({
  method: 'get',
  path: '/offerings/{id}/units',
  summary:
    'The units of an offering; of what is had for a time, whether it is free is asked with the time (A-10, A-12)',
  security: SECURITY,
  request: { params },
  responses: {
    ...answers(200, 'units with what is left of them', z.object({ units: z.array(UnitOnSaleSchema) })),
    ...problems(404, 422),
  },
})

/** what is sold, whatever its profile, for everybody to read. */
export function catalogueRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database }: Parts): void {
  const onSale = ({ offering, unitKinds }: OfferingWithKinds) => {
    const profile = profileNamed(offering.profile)
    return {
      ...renderOffering(offering),
      unit_kinds: [...unitKinds],
      closed_because: profile === undefined ? null : closedBecause(null, offering, profile, currentInstant()),
    }
  }

  app.openapi(list, async (c) => {
    const { profile, provider_id: providerId, venue_id: venueId, cursor = null, limit } = c.req.valid('query')
    const offerings = await pageOfOfferings(database, { profile, providerId, venueId, after: cursor, limit })
    const last = offerings.length === limit ? offerings.at(-1) : undefined
    return c.json({ offerings: offerings.map(onSale), next_cursor: last?.offering.id ?? null, limit }, 200)
  })

  app.openapi(one, async (c) => {
    const { id } = c.req.valid('param')
    const [found] = await pageOfOfferings(database, { id, after: null, limit: 1 })
    if (found === undefined) throw noOffering(id)
    return c.json(onSale(found), 200)
  })

  app.openapi(units, async (c) => {
    const offering = await offeringNamed(database, c.req.valid('param').id)
    const [all, taken] = await Promise.all([listUnits(database, offering.id), takenUnits(database, offering.id)])
    const rendered = all.map((unit) => {
      // What is had for a time is not taken as such.
      const count = mechanismOf(unit.kind) === 'range' ? 0 : (taken.get(unit.id) ?? 0)
      return { ...renderUnit(unit, offering, count), min_party: unit.minParty, max_party: unit.maxParty }
    })
    return c.json({ units: rendered }, 200)
  })
}
