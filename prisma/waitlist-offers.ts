import { instantOf, type Instant } from '../domain/time.ts'
import type { Database } from './client.ts'
import { notificationColumns, type NotificationEntry } from './notifications.ts'

/** What the waitlist offers somebody: the names of what is offered, when it begins, and until when it is kept for them. */
export type Offered = {
  readonly entryId: string
  readonly customerId: string
  readonly profile: string
  readonly names: readonly string[]
  readonly start: Instant | null
  readonly timeZone: string
  readonly expiresAt: Instant
}

type OfferedRow = {
  id: string
  customer_id: string
  profile: string
  names: string[]
  starts_at: Date | null
  time_zone: string
  offer_expires_at: Date
}

/**
 * Makes notifications of up to `limit` offers that nobody was told of yet, in one transaction, so each is told once (X-11, C-08). One that is over is
 * not told any more. Returns how many were told.
 */
export function tellOffers(
  db: Database,
  now: Date,
  limit: number,
  tell: (offered: Offered) => NotificationEntry,
): Promise<number> {
  return db.$transaction(async (tx) => {
    const rows = await tx.$queryRaw<OfferedRow[]>`
        SELECT e.id, e.customer_id, e.profile, e.offer_expires_at, what.names, what.time_zone,
          (SELECT min((c ->> 'starts_at')::timestamptz) FROM jsonb_array_elements(e.claims) c) AS starts_at
        FROM waitlist_entries e, LATERAL (
          SELECT array_agg(o.name ORDER BY o.name) AS names, min(o.time_zone) AS time_zone FROM offerings o WHERE o.id = ANY(e.offering_ids)) what
        WHERE e.status = 'offered' AND e.told_at IS NULL AND e.offer_expires_at > ${now}::timestamptz
        ORDER BY e.offer_expires_at LIMIT ${limit} FOR UPDATE OF e SKIP LOCKED`
    if (rows.length === 0) return 0
    const told = rows.map((row) => tell(offeredOf(row)))
    await tx.$executeRaw`SELECT write_notifications(${JSON.stringify(notificationColumns(told))}::jsonb)`
    await tx.waitlistEntry.updateMany({ where: { id: { in: rows.map(({ id }) => id) } }, data: { toldAt: now } })
    return rows.length
  })
}

function offeredOf(row: OfferedRow): Offered {
  return {
    entryId: row.id,
    customerId: row.customer_id,
    profile: row.profile,
    names: row.names,
    start: row.starts_at === null ? null : instantOf(row.starts_at.getTime()),
    timeZone: row.time_zone,
    expiresAt: instantOf(row.offer_expires_at.getTime()),
  }
}
