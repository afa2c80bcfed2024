import type { Database } from './client.ts'

/** The IANA zones of offerings, by offering id; what is not there is left out. */
export async function timeZonesOf(db: Database, offeringIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (offeringIds.length === 0) return new Map()
  const rows = await db.offering.findMany({
    where: { id: { in: [...new Set(offeringIds)] } },
    select: { id: true, timeZone: true },
  })
  return new Map(rows.map(({ id, timeZone }) => [id, timeZone]))
}
