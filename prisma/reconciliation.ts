import { DISCREPANCY_REASONS } from '../domain/discrepancies.ts'
import type { Database } from './client.ts'
import { inScope, type AuditScope, type Violation } from './invariants.ts'

/** What was found, about which booking or unit, and what became of it: made good, told to a person, or neither yet. */
export type Discrepancy = {
  readonly kind: string
  readonly subject: string
  readonly detail: string
  readonly outcome: 'repaired' | 'attention' | 'open'
}

/** A run that is over, or under way (`finishedAt` null). */
export type ReconciliationReport = {
  readonly id: string
  readonly repairs: boolean
  readonly restored: boolean
  readonly startedAt: Date
  readonly finishedAt: Date | null
  /** How many bookings and how many runs of workflows were looked at. */
  readonly bookings: number
  readonly runs: number
  readonly discrepancies: readonly Discrepancy[]
}

/** How long reports are kept, in days. */
const KEPT_DAYS = 30

/** By this a restored copy of a database is told from another database. */
export async function installationId(db: Database): Promise<string> {
  return (await db.installation.findFirstOrThrow()).id
}

/** Does the database remember this reconciliation? */
export async function isRemembered(db: Database, id: string): Promise<boolean> {
  return (await db.reconciliation.count({ where: { id } })) > 0
}

/**
 * Opens the report of a run, once per id, and says since when what has ended has to be looked at: since the last run that repaired, or for an hour when
 * there was none. A database that was `restored` has forgotten what came after its last run.
 */
export async function openReport(
  db: Database,
  run: { readonly id: string; readonly repairs: boolean; readonly restored: boolean; readonly graceSeconds: number },
): Promise<Date> {
  const last = await db.reconciliation.findFirst({
    where: { repairs: true, finishedAt: { not: null } },
    orderBy: { startedAt: 'desc' },
  })
  const never = run.restored ? new Date(0) : new Date(Date.now() - 3_600_000)
  const since = last === null ? never : new Date(last.startedAt.getTime() - run.graceSeconds * 1000)
  const { id, repairs, restored } = run
  const report = await db.reconciliation.upsert({ where: { id }, create: { id, repairs, restored, since }, update: {} })
  return report.since
}

/** Writes findings into a report; the same one found again takes the place of the first. */
export async function addDiscrepancies(
  db: Database,
  id: string,
  looked: { readonly bookings?: number; readonly runs?: number; readonly discrepancies: readonly Discrepancy[] },
): Promise<void> {
  const { bookings = 0, runs = 0, discrepancies } = looked
  await db.$executeRaw`
    WITH counted AS (
      UPDATE reconciliations SET bookings = bookings + ${bookings}::int, runs = runs + ${runs}::int WHERE id = ${id}
    )
    INSERT INTO reconciliation_discrepancies (reconciliation_id, kind, subject, detail, outcome)
    SELECT DISTINCT ON (kind, subject) ${id}, kind, subject, left(detail, 500), outcome
    FROM jsonb_to_recordset(${JSON.stringify(discrepancies)}::jsonb) AS f (kind text, subject text, detail text, outcome text)
    ORDER BY kind, subject
    ON CONFLICT (reconciliation_id, kind, subject) DO UPDATE SET detail = excluded.detail, outcome = excluded.outcome, at = now()`
}

/** Ends a report, and forgets those that are older than a month. */
export async function closeReport(db: Database, id: string): Promise<void> {
  await db.$executeRaw`UPDATE reconciliations SET finished_at = now() WHERE id = ${id} AND finished_at IS NULL`
  await db.$executeRaw`
    DELETE FROM reconciliations WHERE started_at < now() - make_interval(days => ${KEPT_DAYS}::int) AND id <> ${id}`
}

/** The report of a run with at most so many findings, those that are open first; without an id the latest that is over and repaired. Null: none. */
export async function findReport(db: Database, id: string | null, limit = 200): Promise<ReconciliationReport | null> {
  const report = await db.reconciliation.findFirst({
    where: id === null ? { repairs: true, finishedAt: { not: null } } : { id },
    orderBy: { startedAt: 'desc' },
  })
  if (report === null) return null
  const discrepancies = await db.$queryRaw<Discrepancy[]>`
    SELECT kind, subject, detail, outcome FROM reconciliation_discrepancies WHERE reconciliation_id = ${report.id}
    ORDER BY outcome = 'open' DESC, outcome = 'attention' DESC, kind, subject LIMIT ${limit}`
  return { ...report, discrepancies }
}

/** What a run left open of workflows, bookings and payments, as violations of invariant 9; those of the others are asked of the database anew. */
export function openDiscrepancies(report: ReconciliationReport | null): Violation[] {
  return (report?.discrepancies ?? [])
    .filter(({ kind, outcome }) => outcome === 'open' && !/^[1-8] /.test(kind))
    .map(({ kind, subject, detail }) => ({ invariant: '9 workflows', subject, detail: `${kind}: ${detail}` }))
}

/** How long ago the last run that repaired was over (since the installation, when there was none), in seconds, and what it found. */
export async function lookAtReconciliation(
  db: Database,
): Promise<{ readonly age: number; readonly repaired: number; readonly attention: number; readonly open: number }> {
  const [row] = await db.$queryRaw<[{ age: number; repaired: number; attention: number; open: number }]>`
    WITH last AS (
      SELECT id, finished_at FROM reconciliations WHERE repairs AND finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1
    )
    SELECT extract(epoch FROM now() - coalesce((SELECT finished_at FROM last), (SELECT min(created_at) FROM installation)))::float8 AS age,
      count(*) FILTER (WHERE outcome = 'repaired')::int AS repaired,
      count(*) FILTER (WHERE outcome = 'attention')::int AS attention,
      count(*) FILTER (WHERE outcome = 'open')::int AS open
    FROM reconciliation_discrepancies WHERE reconciliation_id = (SELECT id FROM last)`
  return row
}

/**
 * A page of bookings that have something ahead of them, or need a person, and were not changed just now, by id; `isOverdue`: nobody did it in time. Who needs
 * a person needs a run: operators give their updates to it.
 */
export async function pageOfOpenBookings(
  db: Database,
  page: { readonly after: string | null; readonly limit: number; readonly graceSeconds: number },
): Promise<{ readonly id: string; readonly isOverdue: boolean }[]> {
  return db.$queryRaw`
    SELECT id, coalesce(next_deadline < now() - make_interval(secs => ${page.graceSeconds}::int), false) AS "isOverdue" FROM bookings
    WHERE (next_deadline IS NOT NULL OR attention_reason IS NOT NULL) AND updated_at < now() - make_interval(secs => ${page.graceSeconds}::int)
      AND (${page.after}::uuid IS NULL OR id > ${page.after}::uuid)
    ORDER BY id LIMIT ${page.limit}`
}

/** Those of these bookings that exist; `isQuiet`: nothing has happened to them for a while; `isAtRest`: nor is anything ahead of them, or anybody needed. */
export async function bookingsAmong(
  db: Database,
  ids: readonly string[],
  graceSeconds: number,
): Promise<ReadonlyMap<string, { readonly isAtRest: boolean; readonly isQuiet: boolean; readonly status: string }>> {
  const rows = await db.$queryRaw<{ id: string; isAtRest: boolean; isQuiet: boolean; status: string }[]>`
    SELECT id, status, updated_at < now() - make_interval(secs => ${graceSeconds}::int) AS "isQuiet",
      next_deadline IS NULL AND attention_reason IS NULL AND updated_at < now() - make_interval(secs => ${graceSeconds}::int) AS "isAtRest"
    FROM bookings WHERE id = ANY (${[...ids]}::uuid[])`
  return new Map(rows.map((row) => [row.id, row]))
}

/** Lost bookings whose money was not settled in the last run. */
export async function unsettledLosses(db: Database, kind: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ subject: string }[]>`
    SELECT subject FROM reconciliation_discrepancies WHERE kind = ${kind} AND outcome = 'open' AND reconciliation_id = (
      SELECT id FROM reconciliations WHERE repairs AND finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1)`
  return rows.map(({ subject }) => subject)
}

/** Bookings that wait for a person because of what reconciliation found. */
export async function bookingsWithDiscrepancies(db: Database, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM bookings WHERE attention_reason = ANY (${[...DISCREPANCY_REASONS]}) ORDER BY attention_since LIMIT ${limit}`
  return rows.map(({ id }) => id)
}

/** Bookings in a scope for which money was captured, that do not wait for a person and were not changed just now; the latest first. */
export async function bookingsWithMoney(
  db: Database,
  scope: AuditScope,
  { graceSeconds, limit }: { readonly graceSeconds: number; readonly limit: number },
): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM bookings WHERE ${inScope(scope)} AND attention_reason IS NULL
      AND updated_at < now() - make_interval(secs => ${graceSeconds}::int)
      AND EXISTS (SELECT FROM payments p WHERE p.booking_id = bookings.id AND p.captured > 0)
    ORDER BY updated_at DESC LIMIT ${limit}`
  return rows.map(({ id }) => id)
}

/** Releases claims that nothing stands behind; answers with whose they were. */
export async function releaseOrphanedClaims(
  db: Database,
  graceSeconds: number,
  limit: number,
): Promise<{ readonly lockId: string; readonly released: number }[]> {
  return db.$queryRaw`
    SELECT lock_id AS "lockId", released FROM release_orphaned_claims(make_interval(secs => ${graceSeconds}::int), ${limit}::int)`
}

/** What came for a lost booking is processed: nobody will ever know it. */
export async function forgetFactsOf(db: Database, bookingId: string): Promise<void> {
  await db.$executeRaw`
    UPDATE processed_events SET delivered_at = now(), outcome = 'lost' WHERE booking_id = ${bookingId}::uuid AND delivered_at IS NULL`
}

/** The longest that an audit looks back, also after a restore or a long pause: what is older has its turn by the rolling share. */
const LOOKS_BACK_MS = 24 * 3_600_000

/** What the audit of a reconciliation looks at of what has ended (N-61): what changed since the last one, and what that one left open. */
export async function auditScopeOf(db: Database, id: string): Promise<AuditScope> {
  const now = new Date()
  const [report, named] = await Promise.all([
    db.reconciliation.findUnique({ where: { id } }),
    db.$queryRaw<{ id: string }[]>`
      SELECT DISTINCT b.id::text FROM reconciliation_discrepancies f JOIN bookings b ON b.id::text = f.subject
      WHERE f.outcome <> 'repaired' AND f.reconciliation_id = (
        SELECT r.id FROM reconciliations r WHERE r.finished_at IS NOT NULL AND r.id <> ${id} ORDER BY r.started_at DESC LIMIT 1)
      UNION SELECT id::text FROM bookings WHERE attention_reason = ANY (${[...DISCREPANCY_REASONS]})`,
  ])
  const earliest = new Date(now.getTime() - LOOKS_BACK_MS)
  const since = report === null || report.since < earliest ? earliest : report.since
  return { since, now, named: named.map((row) => row.id) }
}
