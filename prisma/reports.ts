import type { Database } from './client.ts'

/** A span of time, from, included, to, excluded; null is open. */
export type Span = { readonly from: string | null; readonly to: string | null }

export type CompletionRate = {
  /** When the month begins by the clock of `time_zone`. */
  readonly month: Date
  readonly time_zone: string
  readonly total_bookings: number
  readonly completed_bookings: number
  readonly cancelled_bookings: number
  readonly no_show_bookings: number
  readonly completion_rate: number
  readonly cancellation_rate: number
}

export type UpcomingBooking = {
  readonly id: string
  readonly reference_code: string
  readonly user_id: string
  readonly pet_id: string | null
  readonly clinic_id: string | null
  readonly service_id: string
  readonly service_name: string
  /** A decimal in major units, as the view has it. */
  readonly amount: string
  readonly currency: string
  readonly status: string
  readonly slot_date: string | null
  readonly slot_start_time: string | null
  readonly slot_end_time: string | null
}

/** Of one payee, currency and period, in minor units: gross − refunds = fees + tax + net, and net = settled + open. */
export type SettlementLine = {
  readonly clinic_id: string | null
  readonly provider_id: string | null
  readonly currency: string
  /** When the period begins by the clock of `time_zone`. */
  readonly period: Date
  readonly time_zone: string
  readonly gross: number
  readonly refunds: number
  readonly fees: number
  readonly tax: number
  readonly net: number
  readonly settled: number
  readonly open: number
}

/**
 * How each month's clinic bookings ended (C-13), newest first: of all clinics from the view as it was last refreshed, of one provider as it is now,
 * since the document's view does not tell clinics apart.
 */
export async function completionRates(
  db: Database,
  providerId: string | null,
  { from, to }: Span,
): Promise<CompletionRate[]> {
  return providerId === null
    ? db.$queryRaw`
        SELECT month, time_zone, total_bookings::int, completed_bookings::int, cancelled_bookings::int, no_show_bookings::int,
          completion_rate::float8, cancellation_rate::float8
        FROM booking_completion_rates
        WHERE month >= coalesce(${from}::timestamptz, '-infinity') AND month < coalesce(${to}::timestamptz, 'infinity')
        ORDER BY month DESC, time_zone`
    : db.$queryRaw`
        SELECT month, time_zone, total_bookings::int, completed_bookings::int, cancelled_bookings::int, no_show_bookings::int,
          completion_rate::float8, cancellation_rate::float8
        FROM completion_by_month(${providerId})
        WHERE month >= coalesce(${from}::timestamptz, '-infinity') AND month < coalesce(${to}::timestamptz, 'infinity')
        ORDER BY month DESC, time_zone`
}

/** The clinic's bookings ahead as the view was last refreshed, soonest first (C-13). `from` and `to` are about their start. */
export async function upcomingBookings(
  db: Database,
  filter: Span & { readonly clinicId: string | null; readonly providerId: string | null },
  { limit, page }: { readonly limit: number; readonly page: number },
): Promise<{ readonly rows: UpcomingBooking[]; readonly total: number }> {
  const { from, to, clinicId, providerId } = filter
  const rows = await db.$queryRaw<(UpcomingBooking & { total: number })[]>`
    SELECT v.id::text, v.reference_code, v.user_id, v.pet_id, v.clinic_id, v.service_id, v.service_name, v.amount::text, b.currency, v.status,
      v.slot_date::text, v.slot_start_time::text, v.slot_end_time::text, (count(*) OVER ())::int AS total
    FROM upcoming_bookings_view v JOIN bookings b ON b.id = v.id
    WHERE b.starts_at >= coalesce(${from}::timestamptz, '-infinity') AND b.starts_at < coalesce(${to}::timestamptz, 'infinity')
      AND (${clinicId}::text IS NULL OR v.clinic_id = ${clinicId}) AND (${providerId}::text IS NULL OR b.provider_id = ${providerId})
    ORDER BY b.starts_at, v.id LIMIT ${limit}::int OFFSET ${(page - 1) * limit}::int`
  return { rows: rows.map(({ total: _total, ...row }) => row), total: rows[0]?.total ?? 0 }
}

/** What was earned and is owed, per payee, currency and period by the clock of the bookings' zone (N-88), newest first: as it is now (C-06, A-23). */
export async function settlementReport(
  db: Database,
  filter: Span & { readonly clinicId: string | null; readonly providerId: string | null },
  period: 'day' | 'month',
): Promise<SettlementLine[]> {
  const { from, to, clinicId, providerId } = filter
  return db.$queryRaw`
    WITH e AS MATERIALIZED (
        SELECT f.*, b.time_zone FROM financial_entries f JOIN bookings b ON b.id = f.booking_id
        WHERE f.created_at >= coalesce(${from}::timestamptz, '-infinity') AND f.created_at < coalesce(${to}::timestamptz, 'infinity')
          AND (${clinicId}::text IS NULL OR f.clinic_id = ${clinicId}) AND (${providerId}::text IS NULL OR f.provider_id = ${providerId})),
      z AS MATERIALIZED (SELECT d.time_zone, as_known_zone(d.time_zone) AS known FROM (SELECT DISTINCT time_zone FROM e) d)
    SELECT clinic_id, provider_id, currency, date_trunc(${period}, created_at, z.known) AS period, z.known AS time_zone,
      coalesce(sum(total_amount) FILTER (WHERE type = 'payment'), 0)::float8 AS gross,
      coalesce(-sum(total_amount) FILTER (WHERE type = 'refund'), 0)::float8 AS refunds,
      sum(platform_fee)::float8 AS fees, sum(tax_amount)::float8 AS tax, sum(clinic_amount)::float8 AS net,
      coalesce(sum(clinic_amount) FILTER (WHERE status = 'settled'), 0)::float8 AS settled,
      coalesce(sum(clinic_amount) FILTER (WHERE status = 'pending'), 0)::float8 AS open
    FROM e JOIN z USING (time_zone)
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY period DESC, clinic_id, provider_id, currency, time_zone`
}

/** When the views were last made anew: what they say is of then. */
export async function viewsRefreshedAt(db: Database): Promise<Date> {
  const { refreshedAt } = await db.reportRefresh.findUniqueOrThrow({ where: { name: 'views' } })
  return refreshedAt
}

/**
 * Makes both views anew unless they are younger than that, or another process is at it: then false. Readers are not kept waiting. It takes as long
 * as the views are large: not for the connections that bookings need.
 */
export async function refreshViews(db: Database, youngerThanSeconds: number): Promise<boolean> {
  const [row] = await db.$queryRaw<[{ refreshed: boolean }]>`
    SELECT refresh_reports(make_interval(secs => ${youngerThanSeconds}::float8)) AS refreshed`
  return row.refreshed
}
