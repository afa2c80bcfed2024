import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { mechanismOf } from '../../domain/offering.ts'
import { listUnits, takenUnits } from '../../prisma/catalogue.ts'
import { pageOfOfferings, type OfferingWithKinds } from '../../prisma/offering-lists.ts'
import { profileNamed } from '../../profiles/index.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Variables } from '../auth.ts'
import { about, answers, problems } from '../documented.ts'
import { noOffering, offeringNamed } from '../offering.ts'
import { currentInstant } from '../clock.ts'
import { closedBecause } from '../items.ts'
import { renderOffering, renderUnit } from '../render-offering.ts'
import { Id, whole } from '../schemas/common.ts'
import { OfferingOnSaleSchema, OfferingPageSchema, UnitOnSaleSchema } from '../schemas/on-sale.ts'

export type { OfferingOnSale, UnitOnSale } from '../schemas/on-sale.ts'

const params = z.object({ id: Id })
const list = createRoute({
  method: 'get',
  path: '/offerings',
  ...about(
    'Availability',
    'listOfferings',
    'List what is sold',
    'In the order of the ids. Pass `next_cursor` on as `cursor` until it is null.',
  ),
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
  ...about(
    'Availability',
    'getOffering',
    'Get one offering, with the kinds of units it has',
    '`closed_because` says why it cannot be booked now.',
  ),
  request: { params },
  responses: { ...answers(200, 'the offering', OfferingOnSaleSchema), ...problems(404, 422) },
})

const units = createRoute({
  method: 'get',
  path: '/offerings/{id}/units',
  ...about(
    'Availability',
    'listUnits',
    'List the units of an offering, with what is left',
    'Tables, rooms and calendars are had for a time: whether they are free is asked with the time, by the availability check.',
  ),
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
