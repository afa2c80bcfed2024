import type { Database } from './client.ts'

/** Who sells at a venue, as operators have said (N-57). */

export async function isAllowedAt(db: Database, venueId: string, providerId: string): Promise<boolean> {
  return (await db.venueProvider.count({ where: { venueId, providerId } })) > 0
}

/** Lets a provider sell at a venue; said again, it stays as it was first. */
export async function allowAt(db: Database, venueId: string, providerId: string, allowedBy: string): Promise<void> {
  await db.venueProvider.createMany({ data: [{ venueId, providerId, allowedBy }], skipDuplicates: true })
}

/** Lets a provider sell at a venue no longer: their offerings there are taken off sale in the same transaction, and named. Bookings stay. */
export async function disallowAt(db: Database, venueId: string, providerId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    WITH gone AS (DELETE FROM venue_providers WHERE venue_id = ${venueId} AND provider_id = ${providerId})
    UPDATE offerings SET is_available = false, updated_at = now()
    WHERE venue_id = ${venueId} AND provider_id = ${providerId} AND is_available RETURNING id`
  return rows.map(({ id }) => id).toSorted()
}

export type VenueSeller = { readonly providerId: string; readonly allowedBy: string; readonly allowedAt: Date }

/** Everybody who sells at a venue, by id. */
export async function sellersAt(db: Database, venueId: string): Promise<VenueSeller[]> {
  return db.venueProvider.findMany({
    where: { venueId },
    orderBy: { providerId: 'asc' },
    select: { providerId: true, allowedBy: true, allowedAt: true },
  })
}
