import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { Refused } from '../../domain/failures.ts'
import type { Offering, Unit } from '../../domain/offering.ts'
import { BelowBooked, findOffering, liveBookingsOn, listUnits, putOffering, putUnits } from '../../prisma/catalogue.ts'
import { blockUnit, type Why } from '../../prisma/displacements.ts'
import { allowAt, isAllowedAt } from '../../prisma/venue-providers.ts'
import type { Parts } from '../../runtime/wire.ts'
import { unitsLoaded } from '../../prisma/units-loaded.ts'
import { actorOf, requireRole, type Principal, type Variables } from '../auth.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { OFFERING_EXAMPLES } from '../examples/examples.ts'
import { offeringNamed, offeringOf, ownUnitOf, refuseRepeated, unitOf } from '../offering.ts'
import { withOwnPolicy } from '../field-owners.ts'
import { invalid } from '../problems.ts'
import { refuseUnsellable, warningsFor } from '../sellable.ts'
import { currentInstant } from '../clock.ts'
import { renderOffering } from '../render-offering.ts'
import { Id, text } from '../schemas/common.ts'
import { OfferingSchema, UnitsSchema, type OfferingBody } from '../schemas/offering.ts'
import { BlockedSchema, OfferingPutSchema, UnitsPutSchema } from '../schemas/on-sale.ts'

const params = z.object({ id: Id })

const putOfferingRoute = createRoute({
  method: 'put',
  path: '/offerings/{id}',
  ...about(
    'Offerings',
    'putOffering',
    'Put something on sale, or change it',
    'For operators, and providers for themselves. `warnings` say what still keeps it from being sold. A policy that is not named is that of the profile.',
  ),
  request: { params, ...jsonBody(OfferingSchema, ...OFFERING_EXAMPLES) },
  responses: {
    ...answers(200, 'the offering as it is now, with `warnings` for what keeps it from being sold', OfferingPutSchema),
    ...problems(403, 409, 422),
  },
})

const putUnitsRoute = createRoute({
  method: 'put',
  path: '/offerings/{id}/units',
  ...about(
    'Offerings',
    'putUnits',
    'Load slots, seats, tables, rooms or calendars',
    'Units that are not named stay as they are. What takes places away from bookings is refused with their ids, unless `force` is named: then the latest bookings are displaced and told.',
  ),
  request: { params, ...jsonBody(UnitsSchema, 'seats', 'slots', 'tables') },
  responses: {
    ...answers(200, 'how many were written, with `warnings` for what keeps them from being sold', UnitsPutSchema),
    ...problems(403, 404, 409, 422),
  },
})

const BlockSchema = z
  .strictObject({
    offering_id: Id,
    blocked: z.boolean().default(true),
    reason: text(1, 200).optional(),
    force: z.boolean().default(false),
  })
  .openapi('Block')

const blockRoute = createRoute({
  method: 'post',
  path: '/units/{id}/block',
  ...about(
    'Offerings',
    'blockUnit',
    'Take a unit off sale, or put it back',
    'Over bookings only with `force`: they are displaced and told.',
  ),
  request: { params, ...jsonBody(BlockSchema, 'block') },
  responses: { ...answers(200, 'the unit, and the bookings on it', BlockedSchema), ...problems(403, 404, 409, 422) },
})

/** what can be booked is loaded by operators, and by providers for themselves. */
export function offeringRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database } = parts
  const warningsNow = async (offering: Offering) =>
    warningsFor(parts, offering, await unitsLoaded(database, offering.id), currentInstant())

  app.openapi(putOfferingRoute, async (c) => {
    const { id } = c.req.valid('param')
    const before = await findOffering(database, id)
    const offering = withOwnPolicy(c.get('principal'), offeringOf(id, c.req.valid('json')), before)
    const principal = c.get('principal')
    requireOwner(principal, before ?? offering)
    requireOwner(principal, offering)
    await requireVenue(database, principal, offering)
    if (before !== null && before.profile !== offering.profile) {
      throw invalid({ pointer: '/profile', message: `the offering is ${before.profile} and stays so` })
    }
    const { force, ...body } = c.req.valid('json')
    const own = await ownUnit(offering, body)
    refuseUnsellable(offering, own)
    const why = { by: actorOf(principal), reason: 'fewer_places' }
    // Its unit may refuse to shrink: then nothing of the offering is changed.
    const affected = own !== null && before !== null ? await writeUnits(offering, [own], why, force) : []
    await putOffering(database, offering)
    if (principal.role === 'operator') await allowAtVenueOf(database, offering, principal.id)
    if (own !== null && before === null) await writeUnits(offering, [own], why, force)
    const warnings = await warningsNow(offering)
    return c.json({ ...renderOffering(offering), ...(affected.length > 0 && { affected }), warnings }, 200)
  })

  app.openapi(putUnitsRoute, async (c) => {
    const offering = await offeringNamed(database, c.req.valid('param').id)
    requireOwner(c.get('principal'), offering)
    await requireVenue(database, c.get('principal'), offering)
    const { units: bodies, force, reason } = c.req.valid('json')
    const units = bodies.map((unit, index) => unitOf(unit, index, offering))
    refuseRepeated(units)
    const blocked = units.filter((unit) => unit.blocked).map(({ id }) => id)
    const why = { by: actorOf(c.get('principal')), reason: reason ?? 'units_changed' }
    await bookingsUnder(offering.id, blocked, why, force)
    const affected = await writeUnits(offering, units, why, force)
    const warnings = await warningsNow(offering)
    return c.json({ offering_id: offering.id, written: units.length, affected, warnings }, 200)
  })

  /** The unit that an offering has by itself. A course that says nothing of places has any number, unless slots are what it sells. */
  const ownUnit = async (offering: Offering, body: Omit<OfferingBody, 'force'>) => {
    const own = ownUnitOf(offering, body)
    if (own === null || own.kind !== 'enrolment' || body.capacity !== undefined) return own
    return (await unitsLoaded(database, offering.id)).kinds.some((kind) => kind !== own.kind) ? null : own
  }

  /** The bookings on units that are to be blocked; blocking them takes `force` (H-14). */
  const bookingsUnder = async (offeringId: string, unitIds: readonly string[], why: Why, force: boolean) => {
    const affected = unitIds.length === 0 || force ? [] : await liveBookingsOn(database, offeringId, unitIds, why)
    if (affected.length > 0) throw underBookings(affected)
  }

  const writeUnits = async (
    offering: Offering,
    units: readonly Omit<Unit, 'claimed'>[],
    why: Why,
    force: boolean,
  ): Promise<string[]> => {
    try {
      return await putUnits(database, offering, units, force ? why : null)
    } catch (error) {
      if (!(error instanceof BelowBooked)) throw error
      const claimed = new Map((await listUnits(database, offering.id)).map((unit) => [unit.id, unit.claimed]))
      const shrunk = units.filter(({ id, capacity }) => capacity !== null && (claimed.get(id) ?? 0) > capacity)
      throw new Refused({
        code: 'policy_forbids',
        message:
          'A capacity is below what is booked: move or cancel those bookings first, or name force to displace the latest.',
        details: {
          affected: await liveBookingsOn(
            database,
            offering.id,
            shrunk.map(({ id }) => id),
            why,
          ),
        },
      })
    }
  }

  app.openapi(blockRoute, async (c) => {
    const { id } = c.req.valid('param')
    const { offering_id: offeringId, blocked, reason, force } = c.req.valid('json')
    const offering = await offeringNamed(database, offeringId)
    requireOwner(c.get('principal'), offering)
    const why = { by: actorOf(c.get('principal')), reason: reason ?? (blocked ? 'unit_blocked' : 'unit_is_back') }
    const { found, done, affected } = await blockUnit(database, { offeringId, id }, { ...why, blocked, force })
    if (!found) throw new Refused({ code: 'not_found', message: `There is no unit ${id} in ${offeringId}.` })
    if (!done) throw underBookings(affected)
    return c.json({ offering_id: offeringId, unit_id: id, status: blocked ? 'blocked' : 'available', affected }, 200)
  })
}

function underBookings(affected: readonly string[]): Refused {
  return new Refused({
    code: 'policy_forbids',
    message: `${affected.length} bookings are on what is to be blocked: name force to block it all the same.`,
    details: { affected },
  })
}

/** Operators load anything, providers what is theirs. */
function requireOwner(principal: Principal, offering: Pick<Offering, 'provider'>): void {
  requireRole(principal, 'operator', 'provider')
  if (principal.role === 'provider' && offering.provider?.id !== principal.id) {
    throw new Refused({ code: 'forbidden', message: 'A provider loads offerings of their own: provider.id is you.' })
  }
}

/** A house's tables and rooms are others' too: a provider sells there only where an operator has said so (N-57). */
async function requireVenue(
  database: Parts['database'],
  principal: Principal,
  { venue }: Pick<Offering, 'venue'>,
): Promise<void> {
  if (principal.role !== 'provider' || venue === null) return
  if (await isAllowedAt(database, venue.id, principal.id)) return
  throw new Refused({
    code: 'forbidden',
    message: `No operator has said that you sell at ${venue.id}.`,
    details: { errors: [{ pointer: '/venue/id', message: 'is a place where you do not sell yet: ask an operator' }] },
  })
}

/** An operator who loads an offering of a provider's at a venue has said so. */
async function allowAtVenueOf(database: Parts['database'], { venue, provider }: Offering, by: string): Promise<void> {
  if (venue !== null && provider !== null) await allowAt(database, venue.id, provider.id, by)
}
