import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { Refused } from '../../domain/failures.ts'
import { mechanismOf, type Offering, type Unit } from '../../domain/offering.ts'
import {
  BelowBooked,
  blockUnit,
  findOffering,
  liveBookingsOn,
  listOfferings,
  listUnits,
  putOffering,
  putUnits,
  takenUnits,
} from '../../prisma/catalogue.ts'
import { PROFILES } from '../../profiles/index.ts'
import type { Parts } from '../../wire.ts'
import { requireRole, type Principal, type Variables } from '../auth.ts'
import { answers, jsonBody, problems, SECURITY } from '../documented.ts'
import { invalid } from '../problems.ts'
import { Id, InstantText, text } from '../schemas/common.ts'
import { OfferingSchema, policyOf, UnitsSchema, type OfferingBody, type UnitBody } from '../schemas/offering.ts'

const params = z.object({ id: Id })
const Anything = z.looseObject({})

const putOfferingRoute = createRoute({
  method: 'put',
  path: '/offerings/{id}',
  summary: 'Load what is sold (A-20)',
  security: SECURITY,
  request: { params, ...jsonBody(OfferingSchema) },
  responses: { ...answers(200, 'the offering as it is now', Anything), ...problems(403, 409, 422) },
})

const putUnitsRoute = createRoute({
  method: 'put',
  path: '/offerings/{id}/units',
  summary: 'Load slots, seats, tables, rooms or calendars; those not named stay (A-20)',
  security: SECURITY,
  request: { params, ...jsonBody(UnitsSchema) },
  responses: { ...answers(200, 'how many were written', Anything), ...problems(403, 404, 409, 422) },
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
  summary: 'Take a unit off sale, or put it back; over bookings only with `force` (A-20)',
  security: SECURITY,
  request: { params, ...jsonBody(BlockSchema) },
  responses: { ...answers(200, 'the unit, and the bookings on it', Anything), ...problems(403, 404, 409, 422) },
})

const TimeQuery = z.object({ from: InstantText.optional(), to: InstantText.optional() })

const slotsRoute = createRoute({
  method: 'get',
  path: '/services/{id}/slots',
  summary: 'The slots of a service (A-12)',
  security: SECURITY,
  request: { params, query: TimeQuery },
  responses: { ...answers(200, 'slots with what is left of them', Anything), ...problems(404, 422) },
})

const seatsRoute = createRoute({
  method: 'get',
  path: '/events/{id}/seats',
  summary: 'The seats of an event (A-12)',
  security: SECURITY,
  request: { params },
  responses: { ...answers(200, 'seats and whether they are free', Anything), ...problems(404, 422) },
})

const servicesRoute = createRoute({
  method: 'get',
  path: '/clinics/{id}/services',
  summary: 'The services of a clinic (A-12)',
  security: SECURITY,
  request: { params },
  responses: { ...answers(200, 'services', Anything), ...problems(422) },
})

/** what can be booked is loaded by operators and by providers for themselves, and read by everybody. */
export function offeringRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database }: Parts): void {
  const offeringNamed = async (id: string): Promise<Offering> => {
    const offering = await findOffering(database, id)
    if (offering === null) throw new Refused({ code: 'not_found', message: `There is no offering ${id}.` })
    return offering
  }

  app.openapi(putOfferingRoute, async (c) => {
    const { id } = c.req.valid('param')
    const offering = offeringOf(id, c.req.valid('json'))
    const before = await findOffering(database, id)
    requireOwner(c.get('principal'), before ?? offering)
    requireOwner(c.get('principal'), offering)
    if (before !== null && before.profile !== offering.profile) {
      throw invalid({ pointer: '/profile', message: `the offering is ${before.profile} and stays so` })
    }
    await putOffering(database, offering)
    const own = ownUnitOf(offering, c.req.valid('json'))
    if (own !== null) await writeUnits(offering, [own])
    return c.json(renderOffering(offering), 200)
  })

  app.openapi(putUnitsRoute, async (c) => {
    const offering = await offeringNamed(c.req.valid('param').id)
    requireOwner(c.get('principal'), offering)
    const units = c.req.valid('json').units.map((unit, index) => unitOf(unit, index, offering))
    await writeUnits(offering, units)
    return c.json({ offering_id: offering.id, written: units.length }, 200)
  })

  const writeUnits = async (offering: Offering, units: readonly Omit<Unit, 'claimed'>[]) => {
    try {
      await putUnits(database, offering, units)
    } catch (error) {
      if (!(error instanceof BelowBooked)) throw error
      throw new Refused({
        code: 'policy_forbids',
        message: 'A capacity is below what is booked: move or cancel those bookings first.',
        details: {
          affected: await liveBookingsOn(
            database,
            offering.id,
            units.map(({ id }) => id),
          ),
        },
      })
    }
  }

  app.openapi(blockRoute, async (c) => {
    const { id } = c.req.valid('param')
    const { offering_id: offeringId, blocked, reason, force } = c.req.valid('json')
    const offering = await offeringNamed(offeringId)
    requireOwner(c.get('principal'), offering)
    const affected = blocked ? await liveBookingsOn(database, offeringId, [id]) : []
    if (affected.length > 0 && !force) {
      throw new Refused({
        code: 'policy_forbids',
        message: `${affected.length} bookings are on this unit: name force to block it all the same.`,
        details: { affected },
      })
    }
    if (!(await blockUnit(database, offeringId, id, blocked, reason ?? null))) {
      throw new Refused({ code: 'not_found', message: `There is no unit ${id} in ${offeringId}.` })
    }
    return c.json({ offering_id: offeringId, unit_id: id, status: blocked ? 'blocked' : 'available', affected }, 200)
  })

  app.openapi(slotsRoute, async (c) => {
    const offering = await offeringNamed(c.req.valid('param').id)
    const { from, to } = c.req.valid('query')
    const units = (await listUnits(database, offering.id)).filter(
      ({ kind, start }) =>
        kind === 'slot' && (from === undefined || (start ?? '') >= from) && (to === undefined || (start ?? '') < to),
    )
    const taken = await takenUnits(database, offering.id)
    return c.json(
      {
        service: renderOffering(offering),
        slots: units.map((unit) => renderUnit(unit, offering, taken.get(unit.id) ?? 0)),
      },
      200,
    )
  })

  app.openapi(seatsRoute, async (c) => {
    const offering = await offeringNamed(c.req.valid('param').id)
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
    return c.json({ services: offerings.map(renderOffering) }, 200)
  })
}

/** Operators load anything, providers what is theirs. */
function requireOwner(principal: Principal, offering: Pick<Offering, 'provider'>): void {
  requireRole(principal, 'operator', 'provider')
  if (principal.role === 'provider' && offering.provider?.id !== principal.id) {
    throw new Refused({ code: 'forbidden', message: 'A provider loads offerings of their own: provider.id is you.' })
  }
}

function offeringOf(id: string, body: OfferingBody): Offering {
  const profile = PROFILES[body.profile]
  const { amount, currency = profile.defaultCurrency } = body.price
  if (profile.currencies !== null && !profile.currencies.includes(currency)) {
    throw invalid({ pointer: '/price/currency', message: `${profile.name} sells in ${profile.currencies.join(', ')}` })
  }
  for (const [index, { from, to }] of (body.availability_exceptions ?? []).entries()) {
    if (to <= from) throw invalid({ pointer: `/availability_exceptions/${index}/to`, message: 'is not after from' })
  }
  return {
    id,
    profile: body.profile,
    name: body.name,
    description: body.description ?? null,
    provider: body.provider === undefined ? null : { id: body.provider.id, name: body.provider.name ?? null },
    venue:
      body.venue === undefined
        ? null
        : { id: body.venue.id, type: body.venue.type ?? null, name: body.venue.name ?? null },
    price: { amount, currency },
    priceUnit: body.price_unit ?? (profile.priceSource === 'tutor_rate' ? 'hour' : 'each'),
    durationMinutes: body.duration_minutes ?? null,
    requiresApproval: body.requires_approval ?? false,
    isAvailable: body.is_available ?? true,
    onSaleFrom: body.on_sale_from ?? null,
    onSaleUntil: body.on_sale_until ?? null,
    timeZone: body.time_zone ?? 'UTC',
    availabilityExceptions: (body.availability_exceptions ?? []).map(({ from, to, reason }) => ({
      start: from,
      end: to,
      reason: reason ?? null,
    })),
    capacity: body.capacity ?? null,
    policy: policyOf(body.policy ?? {}),
  }
}

/** The unit an offering has by itself: its provider's calendar, or its places when it says how many there are. */
function ownUnitOf(offering: Offering, body: OfferingBody): Omit<Unit, 'claimed'> | null {
  const { ownUnit } = PROFILES[body.profile]
  if (ownUnit === 'calendar' && offering.provider !== null) return plainUnit(offering.provider.id, ownUnit, null)
  if (ownUnit === 'enrolment' && body.capacity !== undefined) return plainUnit(offering.id, ownUnit, offering.capacity)
  return null
}

function plainUnit(id: string, kind: Unit['kind'], capacity: number | null): Omit<Unit, 'claimed'> {
  return {
    id,
    kind,
    label: null,
    section: null,
    row: null,
    start: null,
    end: null,
    staffId: null,
    capacity,
    minParty: null,
    maxParty: null,
    price: null,
    blocked: false,
  }
}

function unitOf(body: UnitBody, index: number, offering: Offering): Omit<Unit, 'claimed'> {
  const fault = (field: string, message: string) => invalid({ pointer: `/units/${index}/${field}`, message })
  if (body.price?.currency !== undefined && body.price.currency !== offering.price.currency) {
    throw fault('price/currency', `is ${offering.price.currency} like the offering’s`)
  }
  if (body.kind === 'slot' && (body.start === undefined || body.end === undefined)) {
    throw fault('start', 'a slot has a start and an end')
  }
  if (body.start !== undefined && body.end !== undefined && body.end <= body.start)
    throw fault('end', 'is not after start')
  const isCounted = mechanismOf(body.kind) === 'counter'
  return {
    ...plainUnit(body.id, body.kind, isCounted ? (body.capacity === undefined ? 1 : body.capacity) : 1),
    label: body.label ?? null,
    section: body.section ?? null,
    row: body.row ?? null,
    start: body.start ?? null,
    end: body.end ?? null,
    staffId: body.staff_id ?? null,
    minParty: body.min_party ?? null,
    maxParty: body.max_party ?? null,
    price: body.price?.amount ?? null,
    blocked: body.status === 'blocked',
  }
}

function renderOffering(offering: Offering) {
  return {
    id: offering.id,
    profile: offering.profile,
    name: offering.name,
    description: offering.description,
    provider: offering.provider,
    venue: offering.venue,
    price: offering.price,
    price_unit: offering.priceUnit,
    duration_minutes: offering.durationMinutes,
    requires_approval: offering.requiresApproval,
    is_available: offering.isAvailable,
    on_sale_from: offering.onSaleFrom,
    on_sale_until: offering.onSaleUntil,
    time_zone: offering.timeZone,
    availability_exceptions: offering.availabilityExceptions.map(({ start, end, reason }) => ({
      from: start,
      to: end,
      reason,
    })),
    capacity: offering.capacity,
  }
}

function renderUnit(unit: Unit, offering: Offering, taken: number) {
  const capacity = mechanismOf(unit.kind) === 'counter' ? unit.capacity : 1
  const isFull = capacity !== null && taken >= capacity
  return {
    id: unit.id,
    kind: unit.kind,
    label: unit.label,
    section: unit.section,
    row: unit.row,
    start: unit.start,
    end: unit.end,
    staff_id: unit.staffId,
    capacity,
    booked_count: taken,
    price: { amount: unit.price ?? offering.price.amount, currency: offering.price.currency },
    status: unit.blocked ? 'blocked' : isFull ? 'booked' : 'available',
  }
}
