import type { UnitKind } from '../domain/booking.ts'
import type { Offering } from '../domain/offering.ts'
import { kindOf, offeringOf } from './catalogue.ts'
import type { Database } from './client.ts'

/** Which offerings, and which page of them: up to `limit` after one of them. */
export type OfferingPage = {
  readonly profile?: string | undefined
  readonly providerId?: string | undefined
  readonly venueId?: string | undefined
  readonly after: string | null
  readonly limit: number
}

/** Offerings in the order of their ids. */
export async function pageOfOfferings(
  db: Database,
  { profile, providerId, venueId, after, limit }: OfferingPage,
): Promise<Offering[]> {
  const where = {
    ...(profile !== undefined && { profile }),
    ...(providerId !== undefined && { providerId }),
    ...(venueId !== undefined && { venueId }),
    ...(after !== null && { id: { gt: after } }),
  }
  const rows = await db.offering.findMany({ where, orderBy: { id: 'asc' }, take: limit })
  return rows.map(offeringOf)
}

/** The kinds of units that each of these offerings has, by offering; one without units is not in it. */
export async function unitKindsOf(
  db: Database,
  offeringIds: readonly string[],
): Promise<ReadonlyMap<string, readonly UnitKind[]>> {
  const rows = await db.unit.groupBy({
    by: ['offeringId', 'kind'],
    where: { offeringId: { in: [...offeringIds] } },
    orderBy: [{ offeringId: 'asc' }, { kind: 'asc' }],
  })
  const kinds = new Map<string, UnitKind[]>()
  for (const { offeringId, kind } of rows) kinds.set(offeringId, [...(kinds.get(offeringId) ?? []), kindOf(kind)])
  return kinds
}
