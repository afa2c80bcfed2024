import type { PaymentNotice } from '../domain/facts.ts'
import type { Database } from './client.ts'

/** A payment fact in the inbox; `bookingId` null when it named none. */
export type StoredNotice = {
  readonly eventId: string
  readonly bookingId: string | null
  readonly notice: PaymentNotice
  readonly attempts: number
  readonly delivered: boolean
}

type NoticeRow = {
  event_id: string
  booking_id: string | null
  notice: PaymentNotice
  attempts: number
  delivered_at: Date | null
}

/** How long a notice is left to whoever stored it before the sweep takes it up. */
const PATIENCE_SECONDS = 3

/**
 * Stores a payment fact, once per event id, before anybody acknowledges it (K-04). A fact that says the payment may yet turn out paid bars the
 * booking's units from takeover in the same transaction. Answers with the row as it stands.
 */
export async function storeNotice(
  db: Database,
  source: string,
  bookingId: string | null,
  notice: PaymentNotice,
): Promise<StoredNotice> {
  const [row] = await db.$queryRaw<[NoticeRow]>`
    SELECT * FROM store_notice(${notice.id}, ${source}, ${notice.type}, ${bookingId}::uuid, ${JSON.stringify(notice)}::jsonb,
      make_interval(secs => ${PATIENCE_SECONDS}::int))`
  return storedNoticeOf(row)
}

/** Marks a notice as delivered, with what became of it; one that its own effect marked already is left as it is. */
export async function markDelivered(db: Database, eventId: string, outcome: string): Promise<void> {
  await db.$executeRaw`
    UPDATE processed_events SET delivered_at = now(), outcome = ${outcome} WHERE event_id = ${eventId} AND delivered_at IS NULL`
}

/** Puts off the next try of a notice: 2, 4, 8 … seconds, ten minutes at the most. */
export async function putOff(db: Database, eventId: string, error: string): Promise<void> {
  await db.$executeRaw`
    UPDATE processed_events SET last_error = ${error.slice(0, 500)},
      next_try_at = now() + make_interval(secs => least(600, 2 ^ least(attempts, 10)))
    WHERE event_id = ${eventId} AND delivered_at IS NULL`
}

/**
 * Claims up to `limit` notices that are due, so that two sweeps do not deliver the same one at once: each is put off for a minute while its
 * claimant works, and comes back by itself when that one dies.
 */
export async function claimDueNotices(db: Database, limit: number): Promise<StoredNotice[]> {
  const rows = await db.$queryRaw<NoticeRow[]>`
    UPDATE processed_events SET attempts = attempts + 1, next_try_at = now() + interval '1 minute'
    WHERE event_id IN (
      SELECT event_id FROM processed_events WHERE delivered_at IS NULL AND next_try_at <= now()
      ORDER BY next_try_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING *`
  return rows.map(storedNoticeOf)
}

function storedNoticeOf(row: NoticeRow): StoredNotice {
  return {
    eventId: row.event_id,
    bookingId: row.booking_id,
    notice: row.notice,
    attempts: row.attempts,
    delivered: row.delivered_at !== null,
  }
}
