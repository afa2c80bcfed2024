import { UNIT_KINDS, type UnitKind } from '../domain/booking.ts'
import { mechanismOf, resourceOf, type Offering, type Unit } from '../domain/offering.ts'
import type { Policy } from '../domain/policy.ts'
import { PRICE_UNITS } from '../domain/price.ts'
import { instantOf, type Instant } from '../domain/time.ts'
import { databaseError, type Database } from './client.ts'
import { whyColumns, type Why } from './displacements.ts'
import type { Offering as OfferingRow, Unit as UnitRow } from './generated/client.ts'

/** An offering, or null. */
export async function findOffering(db: Database, id: string): Promise<Offering | null> {
  const row = await db.offering.findUnique({ where: { id } })
  return row === null ? null : offeringOf(row)
}

/** Writes an offering as it is now. */
export async function putOffering(db: Database, offering: Offering): Promise<void> {
  const columns = {
    profile: offering.profile,
    name: offering.name,
    description: offering.description,
    providerId: offering.provider?.id ?? null,
    providerName: offering.provider?.name ?? null,
    venueId: offering.venue?.id ?? null,
    venueType: offering.venue?.type ?? null,
    venueName: offering.venue?.name ?? null,
    priceAmount: BigInt(offering.price.amount),
    currency: offering.price.currency,
    priceUnit: offering.priceUnit,
    durationMinutes: offering.durationMinutes,
    requiresApproval: offering.requiresApproval,
    isAvailable: offering.isAvailable,
    onSaleFrom: offering.onSaleFrom,
    onSaleUntil: offering.onSaleUntil,
    timeZone: offering.timeZone,
    availabilityExceptions: [...offering.availabilityExceptions],
    capacity: offering.capacity,
    policy: { ...offering.policy } as object,
    updatedAt: new Date(),
  }
  await db.offering.upsert({ where: { id: offering.id }, create: { id: offering.id, ...columns }, update: columns })
}

/** An offering's units, in the order of their ids. */
export async function listUnits(db: Database, offeringId: string): Promise<Unit[]> {
  const rows = await db.unit.findMany({ where: { offeringId }, orderBy: { id: 'asc' } })
  return rows.map(unitOf)
}

/** When a row was first written, and when last. */
export type Written = { readonly createdAt: Instant; readonly updatedAt: Instant }

function writtenOf({ createdAt, updatedAt }: { createdAt: Date; updatedAt: Date }): Written {
  return { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() }
}

/** An offering's slots that begin in a time, in the order of their ids. */
export async function listSlots(
  db: Database,
  offeringId: string,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<(Unit & Written)[]> {
  const startsAt = { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lt: to }) }
  const isBounded = from !== undefined || to !== undefined
  const where = { offeringId, kind: 'slot', ...(isBounded && { startsAt }) }
  const rows = await db.unit.findMany({ where, orderBy: { id: 'asc' } })
  return rows.map((row) => ({ ...unitOf(row), ...writtenOf(row) }))
}

/** How much of each unit of an offering is taken, by unit id; lapsed leases count as free. */
export async function takenUnits(db: Database, offeringId: string): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ unit_id: string; taken: number }[]>`SELECT * FROM taken_units(${offeringId})`
  return new Map(rows.map(({ unit_id, taken }) => [unit_id, taken]))
}

/** Offerings of a venue, by name. */
export async function listOfferings(db: Database, { venueId }: { venueId: string }): Promise<(Offering & Written)[]> {
  const rows = await db.offering.findMany({ where: { venueId }, orderBy: [{ name: 'asc' }, { id: 'asc' }] })
  return rows.map((row) => ({ ...offeringOf(row), ...writtenOf(row) }))
}

/**
 * Ids of the bookings that hold or have one of these units (H-13, H-14), as far as they are the actor's business (N-57); what is only offered to the
 * waitlist is no booking yet.
 */
export async function liveBookingsOn(
  db: Database,
  offeringId: string,
  unitIds: readonly string[],
  why: Why,
): Promise<string[]> {
  const rows = await db.$queryRaw<{ lock_id: string }[]>`
    SELECT DISTINCT c.lock_id FROM claims c JOIN units u ON u.resource = c.resource
    WHERE u.offering_id = ${offeringId} AND u.id = ANY (${[...unitIds]}) AND c.state <> 'released'
      AND booking_concerns(c.lock_id, ${whyColumns(why)}::jsonb)
      AND NOT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = c.lock_id AND e.status IN ('offered', 'expired'))
    ORDER BY c.lock_id`
  return rows.map(({ lock_id }) => lock_id)
}

const CHECK_VIOLATION = '23514'

/** Thrown by `putUnits` for a capacity below what is booked (H-13). */
export class BelowBooked extends Error {
  override readonly name = 'BelowBooked'
}

/**
 * Writes units of an offering, all or none, in one statement; those not named stay as they are. What a unit is claimed by (kind, resource) stays as
 * it was first. Places without a number, which a course has when nothing else is loaded, give way to what is loaded, unless some are booked (N-05).
 * Throws BelowBooked. With `force` (why not null) what is blocked or shrunk over bookings is written all the same, and those that have
 * to go (H-13: the latest first, as many as needed) are displaced in the same statement: the answer names them.
 */
export async function putUnits(
  db: Database,
  offering: Offering,
  units: readonly Omit<Unit, 'claimed'>[],
  force: Why | null = null,
): Promise<string[]> {
  const rows = units.map((unit) => ({
    offering_id: offering.id,
    id: unit.id,
    kind: unit.kind,
    mechanism: mechanismOf(unit.kind),
    resource: resourceOf(offering, unit),
    label: unit.label,
    section: unit.section,
    row: unit.row,
    starts_at: unit.start,
    ends_at: unit.end,
    staff_id: unit.staffId,
    capacity: unit.capacity,
    claimed: 0,
    overbooked: 0,
    min_party: unit.minParty,
    max_party: unit.maxParty,
    price_amount: unit.price,
    blocked: unit.blocked,
  }))
  try {
    const affected = await db.$queryRaw<{ booking_id: string }[]>`
      WITH written AS (
      INSERT INTO units SELECT * FROM jsonb_populate_recordset(NULL::units, ${JSON.stringify(rows)}::jsonb) AS n ORDER BY n.resource
      ON CONFLICT (offering_id, id) DO UPDATE SET label = excluded.label, section = excluded.section, row = excluded.row,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at, staff_id = excluded.staff_id, capacity = excluded.capacity,
        min_party = excluded.min_party, max_party = excluded.max_party, price_amount = excluded.price_amount, blocked = excluded.blocked,
        overbooked = CASE WHEN ${force !== null} THEN greatest(0, coalesce(units.claimed - excluded.capacity, 0)) ELSE units.overbooked END
      RETURNING offering_id, id, blocked, overbooked
      ), priced AS (
      UPDATE offerings SET priced_by_unit = true
      WHERE id = ${offering.id} AND NOT priced_by_unit AND ${units.some(({ price }) => price !== null)}
      ), given_way AS (
      DELETE FROM units u
      WHERE u.offering_id = ${offering.id} AND u.id = ${offering.id} AND u.kind = 'enrolment' AND u.capacity IS NULL AND u.claimed = 0
        AND ${units.some(({ kind }) => kind !== 'enrolment') && units.every(({ id }) => id !== offering.id)})
      SELECT DISTINCT d.booking_id FROM written w
      CROSS JOIN LATERAL displace_bookings(w.offering_id, w.id, CASE WHEN w.blocked THEN NULL ELSE w.overbooked END,
        ${force === null ? null : whyColumns(force)}::jsonb) AS d (booking_id)
      WHERE ${force !== null} AND (w.blocked OR w.overbooked > 0) ORDER BY d.booking_id`
    return affected.map(({ booking_id }) => booking_id)
  } catch (error) {
    if (databaseError(error)?.code === CHECK_VIOLATION) {
      throw new BelowBooked('a capacity is below what is booked', { cause: error })
    }
    throw error
  }
}

/** An offering of its row. */
function offeringOf(row: OfferingRow): Offering {
  return {
    id: row.id,
    profile: row.profile,
    name: row.name,
    description: row.description,
    provider: row.providerId === null ? null : { id: row.providerId, name: row.providerName },
    venue: row.venueId === null ? null : { id: row.venueId, type: row.venueType, name: row.venueName },
    price: { amount: Number(row.priceAmount), currency: row.currency },
    priceUnit: PRICE_UNITS.find((unit) => unit === row.priceUnit) ?? 'each',
    durationMinutes: row.durationMinutes,
    requiresApproval: row.requiresApproval,
    isAvailable: row.isAvailable,
    onSaleFrom: instantOrNull(row.onSaleFrom),
    onSaleUntil: instantOrNull(row.onSaleUntil),
    timeZone: row.timeZone,
    availabilityExceptions: row.availabilityExceptions as unknown as Offering['availabilityExceptions'],
    capacity: row.capacity,
    policy: row.policy as Partial<Policy>,
  }
}

/** An offering of its row as JSON. */
export function offeringOfJson(row: Record<string, unknown>): Offering {
  return offeringOf(camelCased(row) as OfferingRow)
}

/** A unit of its row as JSON. */
export function unitOfJson(row: Record<string, unknown>): Unit {
  return unitOf(camelCased(row) as UnitRow)
}

function unitOf(row: UnitRow): Unit {
  return {
    id: row.id,
    kind: kindOf(row.kind),
    label: row.label,
    section: row.section,
    row: row.row,
    start: instantOrNull(row.startsAt),
    end: instantOrNull(row.endsAt),
    staffId: row.staffId,
    capacity: row.capacity,
    claimed: row.claimed,
    minParty: row.minParty,
    maxParty: row.maxParty,
    price: row.priceAmount === null ? null : Number(row.priceAmount),
    blocked: row.blocked,
  }
}

/** A unit’s kind, from its column. Throws for what is none. */
export function kindOf(text: string): UnitKind {
  const kind = UNIT_KINDS.find((known) => known === text)
  if (kind === undefined) throw new Error(`there is no kind of unit ${text}`)
  return kind
}

/** A moment of a column: rows come from Prisma with dates, or from SQL as JSON with text. */
export function instantOrNull(value: Date | string | null): string | null {
  return value === null ? null : instantOf(new Date(value).getTime())
}

/** A row as JSON has it, under the names Prisma gives its columns. */
function camelCased(row: Record<string, unknown>): unknown {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
}
