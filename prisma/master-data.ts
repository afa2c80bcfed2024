import type { Instant } from '../domain/time.ts'
import type { Database } from './client.ts'

/** What another system says of one of its own; `data` is what of it is kept here. */
export type MasterData = {
  readonly kind: 'user' | 'pet' | 'clinic' | 'service'
  readonly id: string
  readonly data: Readonly<Record<string, string | number | boolean | null>>
  readonly updatedAt: Instant
}

/** Takes it, unless something newer is known, and brings the copies of names and prices up to date (C-11). False: it was old news. */
export async function takeMasterData(db: Database, { kind, id, data, updatedAt }: MasterData): Promise<boolean> {
  const [row] = await db.$queryRaw<[{ taken: boolean }]>`
    SELECT take_master_data(${kind}, ${id}, ${JSON.stringify(data)}::jsonb, ${updatedAt}::timestamptz) AS taken`
  return row.taken
}
