import type { Database } from './client.ts'

/** What there is of bookings at this moment. Ages in seconds, 0 when there is nothing of the kind. */
export type BookingFigures = {
  readonly byStatus: readonly { readonly profile: string; readonly status: string; readonly count: number }[]
  readonly byAttention: readonly { readonly reason: string; readonly count: number }[]
  readonly oldestAttention: number
  readonly holdsOpen: number
  readonly oldestHold: number
  readonly refundsPending: number
  readonly refundsFailed: number
  readonly overdue: number
  readonly inboxWaiting: number
  readonly confirmMedian: number
  readonly confirmP95: number
}

type Totals = Omit<BookingFigures, 'byStatus' | 'byAttention'>

/** Counts bookings, holds, refunds and what waits, by indexes alone: of all bookings only the first statement knows, from an index of status and profile (N-61). */
export async function lookAtBookings(db: Database): Promise<BookingFigures> {
  const [byStatus, byAttention, [totals]] = await Promise.all([
    db.$queryRaw<BookingFigures['byStatus']>`
      SELECT profile, status, count(*)::int AS count FROM bookings GROUP BY profile, status`,
    db.$queryRaw<BookingFigures['byAttention']>`
      SELECT attention_reason AS reason, count(*)::int AS count FROM bookings WHERE attention_reason IS NOT NULL GROUP BY 1`,
    db.$queryRaw<[Totals]>`
      WITH confirmations AS (
        SELECT extract(epoch FROM h.at - b.created_at) AS seconds
        FROM booking_history h JOIN bookings b ON b.id = h.booking_id
        -- Whatever happened within the hour has changed its booking since.
        WHERE b.updated_at > now() - interval '61 minutes' AND h.fact_type = 'confirmed' AND h.at > now() - interval '1 hour'
      )
      SELECT
        coalesce((SELECT extract(epoch FROM now() - min(attention_since)) FROM bookings WHERE attention_reason IS NOT NULL), 0)::float8 AS "oldestAttention",
        (SELECT count(*) FROM claims WHERE state = 'held')::int AS "holdsOpen",
        coalesce((SELECT extract(epoch FROM now() - min(created_at)) FROM claims WHERE state = 'held'), 0)::float8 AS "oldestHold",
        (SELECT count(*) FROM refunds WHERE status = 'pending')::int AS "refundsPending",
        (SELECT count(*) FROM refunds WHERE status = 'failed')::int AS "refundsFailed",
        (SELECT count(*) FROM bookings WHERE next_deadline < now() - interval '1 minute')::int AS "overdue",
        (SELECT count(*) FROM processed_events WHERE delivered_at IS NULL)::int AS "inboxWaiting",
        coalesce((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM confirmations), 0)::float8 AS "confirmMedian",
        coalesce((SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) FROM confirmations), 0)::float8 AS "confirmP95"`,
  ])
  return { byStatus, byAttention, ...totals }
}
