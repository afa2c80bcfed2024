import { ApplicationFailure } from '@temporalio/activity'
import { Refused } from '../domain/failures.ts'
import {
  addDiscrepancies,
  bookingsAmong,
  closeReport,
  findReport,
  installationId,
  isRemembered,
  openReport,
  pageOfOpenBookings,
  unsettledLosses,
  type Discrepancy,
} from '../prisma/reconciliation.ts'
import type { BookingRun } from '../temporal/runs.ts'
import type { ReconcileResult, ReconcileTask } from '../workflows/contract.ts'
import { examine, isMoneyLeft, settleLost } from './examine.ts'
import { discrepanciesOf, type ReconcilePorts } from './discrepancies.ts'
import { reconcileRecords } from './records.ts'

/** How many bookings or runs are compared by one activity. */
const PAGE = 200

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * What reconciliation consists of (H-25): each is one page of work, may be repeated, and repairs only what has one right answer. Bookings are changed by their
 * own runs alone. Discrepancies go into the report of `task.id`; without `task.repairs` nothing else is changed.
 */
export function reconcileActivities(ports: ReconcilePorts) {
  const { database, runs, workflows } = ports

  /** Examines one booking because of `kind`, and says what came of it. */
  async function seeTo(task: ReconcileTask, kind: string, subject: string, detail: string): Promise<Discrepancy[]> {
    const discrepancy = (outcome: Discrepancy['outcome'], more = ''): Discrepancy => ({
      kind,
      subject,
      detail: detail + more,
      outcome,
    })
    if (!task.repairs) return [discrepancy('open')]
    try {
      const differs = await examine(ports, subject, `${task.id}:${kind}`)
      if (differs === null) return [discrepancy('repaired')]
      await workflows.reconcile(subject, { discrepancy: 'payments_disagree' }, `${task.id}:${kind}:money`)
      return [discrepancy('repaired'), { kind: 'payments', subject, detail: differs, outcome: 'attention' }]
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return [discrepancy('open', `: ${error.message}`)]
    }
  }

  /** A booking that has, or had, a run, and is not in the database: its run is ended, and its money goes back (ADR 0017). */
  async function lose(task: ReconcileTask, bookingId: string): Promise<Discrepancy | null> {
    const discrepancy = (outcome: Discrepancy['outcome'], detail: string): Discrepancy => ({
      kind: LOST,
      subject: bookingId,
      detail: `the database does not know this booking any more; ${detail}`,
      outcome,
    })
    const hasRun = await runs.isOpen(bookingId)
    // It was refused when it was made: there never was a booking.
    if (!hasRun && (await runs.resultOf(bookingId))?.status === 'rejected') return null
    try {
      if (!task.repairs) {
        if (hasRun) return discrepancy('open', 'it has a run')
        return (await isMoneyLeft(ports, bookingId)) ? discrepancy('open', 'the payment service does') : null
      }
      if (hasRun && !(await isEnded(task, bookingId))) return null
      if (!hasRun && !(await isMoneyLeft(ports, bookingId))) return null
      const { ended, refunded, isLeft } = await settleLost(ports, bookingId)
      const told = `given back: ${refunded}, payments cancelled: ${ended}`
      return discrepancy(isLeft ? 'open' : 'repaired', isLeft ? `${told}; a payment is still under way` : told)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return discrepancy('open', `it could not be settled yet: ${error.message}`)
    }
  }

  /** Has the run of a booking that is not there looked for it in vain, and so come to its end? False: it was there after all, or was refused just now. */
  async function isEnded(task: ReconcileTask, bookingId: string): Promise<boolean> {
    try {
      await workflows.reconcile(bookingId, {}, `${task.id}:${LOST}`)
      return false
    } catch (error) {
      if (error instanceof Refused && error.code === 'not_found') return true
      if (error instanceof Refused && error.code !== 'unavailable') return false
      throw error
    }
  }

  return {
    /**
     * Opens the report. `restored`: the database has forgotten a run that completed, so it is a backup. Fails for good when Temporal knows of another
     * database on this task queue: then nothing may be concluded from what is missing here.
     */
    async openReconciliation(opening: {
      task: ReconcileTask
      isKnownRestored: boolean
    }): Promise<{ since: string; restored: boolean }> {
      const { task, isKnownRestored } = opening
      const [latest, installation] = await Promise.all([runs.latestReconciliation(), installationId(database)])
      if (latest !== null && latest.installation !== installation) {
        throw ApplicationFailure.nonRetryable(
          'This is another database than the one that the bookings on this task queue belong to: nothing was compared.',
          'another_database',
        )
      }
      const restored = isKnownRestored || (latest !== null && !(await isRemembered(database, latest.id)))
      if (restored) ports.log.warn({ reconciliation: task.id }, 'the database was restored to an earlier time')
      const since = await openReport(database, { ...task, restored })
      return { since: since.toISOString(), restored }
    },

    /** A page of open bookings: each needs an open run that does its work in time. Answers with where the next page begins. */
    async reconcileBookings({ task, after }: { task: ReconcileTask; after: string | null }): Promise<string | null> {
      const page = await pageOfOpenBookings(database, { after, limit: PAGE, graceSeconds: task.graceSeconds })
      const listed = await runs.openAmong(page.map(({ id }) => id))
      const suspects = page.filter(({ id, isOverdue }) => isOverdue || !listed.has(id))
      const discrepancies = await discrepanciesOf(suspects, async ({ id, isOverdue }) => {
        const isOpen = await runs.isOpen(id)
        if (isOpen && !isOverdue) return null
        return isOpen
          ? seeTo(task, 'overdue', id, 'past its deadline, though it has a run')
          : seeTo(task, 'no_run', id, 'had no open run')
      })
      await addDiscrepancies(database, task.id, { bookings: page.length, discrepancies })
      return page.length < PAGE ? null : (page.at(-1)?.id ?? null)
    },

    /**
     * A page of runs that are open, or have ended since the last reconciliation: each is a run of a booking that is there. After a restore each of those
     * bookings is examined, since what they did last may not be known any more.
     */
    async reconcileRuns(page: {
      task: ReconcileTask
      since: string
      restored: boolean
      after: string | null
    }): Promise<string | null> {
      const { task, restored } = page
      const { runs: listed, next } = await runs.page(new Date(page.since), page.after, PAGE)
      const youngest = Date.now() - task.graceSeconds * 1000
      const byBooking = new Map<string, BookingRun>()
      for (const run of listed) {
        if (UUID.test(run.bookingId) && run.startedAt.getTime() < youngest) byBooking.set(run.bookingId, run)
      }
      const known = await bookingsAmong(database, [...byBooking.keys()], task.graceSeconds)
      const discrepancies = await discrepanciesOf([...byBooking.values()], async ({ bookingId, isOpen, status }) => {
        const booking = known.get(bookingId)
        if (booking === undefined) return lose(task, bookingId)
        if (restored) return seeTo(task, 'restored', bookingId, 'the database was restored to an earlier time')
        // A list is some moments old: the run itself is asked before it counts as behind (N-21).
        const isOther = isOpen && booking.isQuiet && status !== null && status !== booking.status
        const shown = isOther ? await runs.statusShown(bookingId) : null
        if (shown !== null && shown !== booking.status) {
          return seeTo(task, 'behind', bookingId, `is ${booking.status}, and its run believes that it is ${shown}`)
        }
        if (!booking.isAtRest || !isOpen || !(await runs.isOpen(bookingId))) return null
        return seeTo(task, 'idle_run', bookingId, 'is at rest, and has an open run')
      })
      if (page.after === null) {
        const again = (await unsettledLosses(database, LOST)).filter((id) => !byBooking.has(id))
        discrepancies.push(...(await discrepanciesOf(again, (bookingId) => lose(task, bookingId))))
      }
      await addDiscrepancies(database, task.id, { runs: listed.length, discrepancies })
      return next
    },

    /** Claims, money, history and messages, by the audit of the invariants. */
    reconcileRecords: (task: ReconcileTask): Promise<void> => reconcileRecords(ports, task, seeTo),

    /** Ends the report, and answers with what it says in figures. */
    async closeReconciliation(task: ReconcileTask): Promise<ReconcileResult> {
      await closeReport(database, task.id)
      const report = await findReport(database, task.id, 10_000)
      const count = (outcome: Discrepancy['outcome']) =>
        report?.discrepancies.filter((discrepancy) => discrepancy.outcome === outcome).length ?? 0
      const [repaired, attention, open] = [count('repaired'), count('attention'), count('open')]
      if (open > 0) ports.log.warn({ reconciliation: task.id, open }, 'reconciliation left something open')
      return { installation: await installationId(database), repaired, attention, open }
    },
  }
}

export type ReconcileActivities = ReturnType<typeof reconcileActivities>

/** The kind of finding of a booking that the database does not know. */
const LOST = 'lost'
