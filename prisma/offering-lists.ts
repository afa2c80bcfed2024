import type { UnitKind } from '../domain/booking.ts'
import type { Offering } from '../domain/offering.ts'
import { kindOf, offeringOfJson } from './catalogue.ts'
import type { Database } from './client.ts'
import { Prisma } from './generated/client.ts'

/** Which offerings, and which page of them: up to `limit` after one of them. */
export type OfferingPage = {
  readonly id?: string | undefined
  readonly profile?: string | undefined
  readonly providerId?: string | undefined
  readonly venueId?: string | undefined
  readonly after: string | null
  readonly limit: number
}

/** An offering, and the kinds of units that it has. */
export type OfferingWithKinds = { readonly offering: Offering; readonly unitKinds: readonly UnitKind[] }

/** Offerings in the order of their ids, in one round trip: doors look offerings up before each booking. */
export async function pageOfOfferings(
  db: Database,
  { id, profile, providerId, venueId, after, limit }: OfferingPage,
): Promise<OfferingWithKinds[]> {
  const conditions = [
    Prisma.sql`true`,
    ...(id === undefined ? [] : [Prisma.sql`o.id = ${id}`]),
    ...(profile === undefined ? [] : [Prisma.sql`o.profile = ${profile}`]),
    ...(providerId === undefined ? [] : [Prisma.sql`o.provider_id = ${providerId}`]),
    ...(venueId === undefined ? [] : [Prisma.sql`o.venue_id = ${venueId}`]),
    ...(after === null ? [] : [Prisma.sql`o.id > ${after}`]),
  ]
  const rows = await db.$queryRaw<{ offering: Record<string, unknown>; kinds: string[] }[]>`
    SELECT to_jsonb(o) AS offering, ARRAY(SELECT DISTINCT u.kind FROM units u WHERE u.offering_id = o.id ORDER BY u.kind) AS kinds
    FROM offerings o WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY o.id LIMIT ${limit}::int`
  return rows.map(({ offering, kinds }) => ({ offering: offeringOfJson(offering), unitKinds: kinds.map(kindOf) }))
}
