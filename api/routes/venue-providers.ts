import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { allowAt, disallowAt, sellersAt } from '../../prisma/venue-providers.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Variables } from '../auth.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { Id } from '../schemas/common.ts'

const params = z.object({ venue_id: Id, provider_id: Id })

const SellersSchema = z
  .object({
    venue_id: z.string(),
    providers: z.array(z.object({ id: z.string(), allowed_by: z.string(), allowed_at: z.string() })),
  })
  .openapi('VenueProviders')

const list = createRoute({
  method: 'get',
  path: '/venues/{venue_id}/providers',
  ...about('Offerings', 'listVenueProviders', 'List who sells at a venue', 'For operators.'),
  request: { params: params.pick({ venue_id: true }) },
  responses: { ...answers(200, 'by id', SellersSchema), ...problems(403, 422) },
})

const allow = createRoute({
  method: 'put',
  path: '/venues/{venue_id}/providers/{provider_id}',
  ...about(
    'Offerings',
    'allowVenueProvider',
    'Let a provider sell at a venue',
    'For operators. The tables and rooms of a venue belong to others too, so that a provider sells there only once an operator has said so.',
  ),
  request: { params, ...jsonBody(z.strictObject({}).openapi('VenueProvider'), 'nothingMore') },
  responses: { ...answers(200, 'everybody who sells there', SellersSchema), ...problems(403, 422) },
})

const disallow = createRoute({
  method: 'delete',
  path: '/venues/{venue_id}/providers/{provider_id}',
  ...about(
    'Offerings',
    'disallowVenueProvider',
    'Let a provider sell at a venue no longer',
    'For operators. The provider’s offerings there are taken off sale.',
  ),
  request: { params },
  responses: {
    ...answers(200, 'the offerings that are off sale now', z.object({ off_sale: z.array(z.string()) })),
    ...problems(403, 422),
  },
})

/** N-57: where providers may sell is an operator's to say. */
export function venueProviderRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database }: Parts): void {
  const rendered = async (venueId: string) => ({
    venue_id: venueId,
    providers: (await sellersAt(database, venueId)).map(({ providerId, allowedBy, allowedAt }) => ({
      id: providerId,
      allowed_by: allowedBy,
      allowed_at: allowedAt.toISOString(),
    })),
  })

  app.openapi(list, async (c) => {
    requireRole(c.get('principal'), 'operator')
    return c.json(await rendered(c.req.valid('param').venue_id), 200)
  })

  app.openapi(allow, async (c) => {
    const principal = c.get('principal')
    requireRole(principal, 'operator')
    const { venue_id: venueId, provider_id: providerId } = c.req.valid('param')
    await allowAt(database, venueId, providerId, principal.id)
    return c.json(await rendered(venueId), 200)
  })

  app.openapi(disallow, async (c) => {
    requireRole(c.get('principal'), 'operator')
    const { venue_id: venueId, provider_id: providerId } = c.req.valid('param')
    return c.json({ off_sale: await disallowAt(database, venueId, providerId) }, 200)
  })
}
