import { Refused } from '../domain/failures.ts'
import { mechanismOf, type Offering, type Unit } from '../domain/offering.ts'
import type { TimeRange } from '../domain/time.ts'
import { findOffering } from '../prisma/catalogue.ts'
import type { Database } from '../prisma/client.ts'
import { PROFILES } from '../profiles/index.ts'
import { instantIn } from './local-times.ts'
import { invalid } from './problems.ts'
import { canBePriced } from './sellable.ts'
import { policyOf, type OfferingBody, type UnitBody } from './schemas/offering.ts'

/** The offering of that id; `not_found` when there is none. */
export async function offeringNamed(database: Database, id: string): Promise<Offering> {
  const offering = await findOffering(database, id)
  if (offering === null) throw noOffering(id)
  return offering
}

/** What is told of an id that no offering has. */
export function noOffering(id: string): Refused {
  return new Refused({ code: 'not_found', message: `There is no offering ${id}.` })
}

/** An offering from a request's body; refuses with `validation_failed` and the field at fault. */
export function offeringOf(id: string, body: OfferingBody): Offering {
  const profile = PROFILES[body.profile]
  const { amount, currency = profile.defaultCurrency } = body.price
  if (profile.currencies !== null && !profile.currencies.includes(currency)) {
    throw invalid({ pointer: '/price/currency', message: `${profile.name} sells in ${profile.currencies.join(', ')}` })
  }
  const timeZone = body.time_zone ?? 'UTC'
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
    timeZone,
    availabilityExceptions: (body.availability_exceptions ?? []).map((exception, index) => ({
      ...rangeOf(exception, timeZone, `/availability_exceptions/${index}`),
      reason: exception.reason ?? null,
    })),
    capacity: body.capacity ?? null,
    policy: policyOf(body.policy ?? {}),
  }
}

/** From when to when an offering cannot be had; by the clock of its zone where the request says so. */
function rangeOf(
  exception: NonNullable<OfferingBody['availability_exceptions']>[number],
  timeZone: string,
  pointer: string,
): TimeRange {
  const { from: at, from_local: local, from_offset: offset } = exception
  const { to, to_local, to_offset } = exception
  const start = instantIn({ at, local, offset }, timeZone, `${pointer}/from`)
  const end = instantIn({ at: to, local: to_local, offset: to_offset }, timeZone, `${pointer}/to`)
  if (start === undefined)
    throw invalid({ pointer: `${pointer}/from`, message: 'is needed (or from_local): from when?' })
  if (end === undefined) throw invalid({ pointer: `${pointer}/to`, message: 'is needed (or to_local): until when?' })
  if (end <= start) throw invalid({ pointer: `${pointer}/to`, message: 'is not after from' })
  return { start, end }
}

/** The unit an offering has by itself: its provider's calendar, or its places, any number of them unless it says how many. */
export function ownUnitOf(offering: Offering, body: OfferingBody): Omit<Unit, 'claimed'> | null {
  const { ownUnit } = PROFILES[body.profile]
  if (ownUnit === 'calendar' && offering.provider !== null) return plainUnit(offering.provider.id, ownUnit, null)
  if (ownUnit === 'enrolment') return plainUnit(offering.id, ownUnit, offering.capacity)
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

/** Refuses units of which two have one id. */
export function refuseRepeated(units: readonly Pick<Unit, 'id'>[]): void {
  const seen = new Set<string>()
  for (const [index, { id }] of units.entries()) {
    if (seen.has(id)) throw invalid({ pointer: `/units/${index}/id`, message: 'is in the request twice' })
    seen.add(id)
  }
}

/** The `index`-th unit of a request, checked against its offering. */
export function unitOf(body: UnitBody, index: number, offering: Offering): Omit<Unit, 'claimed'> {
  const fault = (field: string, message: string) => invalid({ pointer: `/units/${index}/${field}`, message })
  if (body.price?.currency !== undefined && body.price.currency !== offering.price.currency) {
    throw fault('price/currency', `is ${offering.price.currency} like the offering’s`)
  }
  const at = `/units/${index}`
  const { timeZone } = offering
  const start = instantIn(
    { at: body.start, local: body.start_local, offset: body.start_offset },
    timeZone,
    `${at}/start`,
  )
  const end = instantIn({ at: body.end, local: body.end_local, offset: body.end_offset }, timeZone, `${at}/end`)
  if (body.kind === 'slot' && (start === undefined || end === undefined)) {
    throw fault('start', 'a slot has a start and an end')
  }
  if (start !== undefined && end !== undefined && end <= start) throw fault('end', 'is not after start')
  if (body.min_party !== undefined && body.max_party !== undefined && body.max_party < body.min_party)
    throw fault('max_party', 'is below min_party')
  if (!canBePriced(offering, { kind: body.kind, start: start ?? null })) {
    throw fault('start', `is needed: the offering is priced by the ${offering.priceUnit}`)
  }
  const isCounted = mechanismOf(body.kind) === 'counter'
  return {
    ...plainUnit(body.id, body.kind, isCounted ? (body.capacity === undefined ? 1 : body.capacity) : 1),
    label: body.label ?? null,
    section: body.section ?? null,
    row: body.row ?? null,
    start: start ?? null,
    end: end ?? null,
    staffId: body.staff_id ?? null,
    minParty: body.min_party ?? null,
    maxParty: body.max_party ?? null,
    price: body.price?.amount ?? null,
    blocked: body.status === 'blocked',
  }
}
