import type { UnitKind } from '../domain/booking.ts'
import { kindOf } from './catalogue.ts'
import type { Database } from './client.ts'

/** An offering's units, counted: how many there are, and how many of them cannot be had for which reason. */
export type UnitsLoaded = {
  readonly units: number
  readonly blocked: number
  /** Begin in the past. */
  readonly over: number
  /** Have the capacity 0. */
  readonly full: number
  /** Have a price of their own. */
  readonly priced: number
  /** Would need a time to be priced, and have none. */
  readonly unpriceable: number
  readonly kinds: readonly UnitKind[]
}

type Row = Omit<UnitsLoaded, 'kinds'> & { readonly kinds: readonly string[] }

/** Counts what is loaded under an offering. */
export async function unitsLoaded(db: Database, offeringId: string): Promise<UnitsLoaded> {
  const [row] = await db.$queryRaw<[Row]>`
    SELECT count(*)::int AS units, count(*) FILTER (WHERE u.blocked)::int AS blocked,
      count(*) FILTER (WHERE u.starts_at <= now())::int AS over, count(*) FILTER (WHERE u.capacity = 0)::int AS full,
      count(u.price_amount)::int AS priced,
      count(*) FILTER (WHERE o.price_unit IN ('hour', 'night') AND u.mechanism <> 'range' AND u.starts_at IS NULL)::int AS unpriceable,
      coalesce(array_agg(DISTINCT u.kind ORDER BY u.kind), '{}') AS kinds
    FROM units u JOIN offerings o ON o.id = u.offering_id WHERE u.offering_id = ${offeringId}`
  return { ...row, kinds: row.kinds.map(kindOf) }
}
