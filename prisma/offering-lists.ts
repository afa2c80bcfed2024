import type { UnitKind } from '../domain/booking.ts'
import type { Offering } from '../domain/offering.ts'
import { kindOf, offeringOf } from './catalogue.ts'
import type { Database } from './client.ts'

/** Up to `limit` offerings in the order of their ids, after one of them. */
export async function pageOfOfferings(
  db: Database,
  { profile, after, limit }: { readonly profile: string | null; readonly after: string | null; readonly limit: number },
): Promise<Offering[]> {
  const rows = await db.offering.findMany({
    where: { ...(profile !== null && { profile }), ...(after !== null && { id: { gt: after } }) },
    orderBy: { id: 'asc' },
    take: limit,
  })
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
