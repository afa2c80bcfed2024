import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { listOfferings, listSlots, listUnits, takenUnits, type Written } from '../../prisma/catalogue.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Variables } from '../auth.ts'
import { about, answers, problems } from '../documented.ts'
import { offeringNamed } from '../offering.ts'
import { renderOffering, renderUnit } from '../render-offering.ts'
import { Id, InstantText } from '../schemas/common.ts'
import { SeatsSchema, ServicesSchema, SlotsSchema } from '../schemas/on-sale.ts'

const params = z.object({ id: Id })

const TimeQuery = z.object({ from: InstantText.optional(), to: InstantText.optional() })

const slotsRoute = createRoute({
  method: 'get',
  path: '/services/{id}/slots',
  ...about('Availability', 'listSlots', 'List the slots of a service, with what is left'),
  request: { params, query: TimeQuery },
  responses: { ...answers(200, 'slots with what is left of them', SlotsSchema), ...problems(404, 422) },
})

const seatsRoute = createRoute({
  method: 'get',
  path: '/events/{id}/seats',
  ...about('Availability', 'listSeats', 'List the seats of an event, and which are free'),
  request: { params },
  responses: { ...answers(200, 'seats and whether they are free', SeatsSchema), ...problems(404, 422) },
})

const servicesRoute = createRoute({
  method: 'get',
  path: '/clinics/{id}/services',
  ...about('Availability', 'listClinicServices', 'List the services of a clinic'),
  request: { params },
  responses: { ...answers(200, 'services', ServicesSchema), ...problems(422) },
})

/** what is on sale, for everybody to read. */
export function onSaleRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database }: Parts): void {
  app.openapi(slotsRoute, async (c) => {
    const offering = await offeringNamed(database, c.req.valid('param').id)
    const units = await listSlots(database, offering.id, c.req.valid('query'))
    const taken = await takenUnits(database, offering.id)
    return c.json(
      {
        service: renderOffering(offering),
        slots: units.map((unit) => ({
          ...renderUnit(unit, offering, taken.get(unit.id) ?? 0),
          ...renderWritten(unit),
        })),
      },
      200,
    )
  })

  app.openapi(seatsRoute, async (c) => {
    const offering = await offeringNamed(database, c.req.valid('param').id)
    const units = (await listUnits(database, offering.id)).filter(({ kind }) => kind === 'seat')
    const taken = await takenUnits(database, offering.id)
    return c.json(
      {
        event: renderOffering(offering),
        seats: units.map((unit) => renderUnit(unit, offering, taken.get(unit.id) ?? 0)),
      },
      200,
    )
  })

  app.openapi(servicesRoute, async (c) => {
    const offerings = await listOfferings(database, { venueId: c.req.valid('param').id })
    return c.json(
      { services: offerings.map((offering) => ({ ...renderOffering(offering), ...renderWritten(offering) })) },
      200,
    )
  })
}

function renderWritten({ createdAt, updatedAt }: Written) {
  return { created_at: createdAt, updated_at: updatedAt }
}
