import type { Database } from './client.ts'

/** The IANA zones of offerings, by offering id; what is not there is left out. */
export async function timeZonesOf(db: Database, offeringIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (offeringIds.length === 0) return new Map()
  const rows = await db.$queryRaw<{ id: string; time_zone: string }[]>`
    SELECT id, time_zone FROM offerings WHERE id = ANY(${[...offeringIds]}::text[])`
  return new Map(rows.map(({ id, time_zone }) => [id, time_zone]))
}
