import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow'
import type { ReconcileActivities } from '../activities/reconcile.ts'
import type { ReconcileCursor, ReconcileInput, ReconcileResult } from './contract.ts'

/** A page is some hundred bookings, of which each may wait for its run or the payment service: it says how it is while it works. */
const { openReconciliation, reconcileBookings, reconcileRuns, reconcileRecords, closeReconciliation } =
  proxyActivities<ReconcileActivities>({
    startToCloseTimeout: '15 minutes',
    heartbeatTimeout: '3 minutes',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  })

/** What was changed within this time is left alone: lists are behind, and runs may be just closing. */
const GRACE_SECONDS = 60

/** After so many pages a run goes on as a new one, so that no history grows without bounds. */
const PAGES = 100

/**
 * Compares what workflows, bookings, claims, payments and outbox know of each other, page by page, and repairs what has one right answer (H-25). It may be
 * killed anywhere: every page may be repeated.
 */
export function reconcile(input: ReconcileInput = {}): Promise<ReconcileResult> {
  return compare(true, input)
}

/** The same, but only says what it would have to do. */
export function audit(input: ReconcileInput = {}): Promise<ReconcileResult> {
  return compare(false, input)
}

async function compare(repairs: boolean, input: ReconcileInput): Promise<ReconcileResult> {
  const { graceSeconds = GRACE_SECONDS } = input
  const task = { id: workflowInfo().workflowId, repairs, graceSeconds }
  const begin = async (): Promise<ReconcileCursor> => ({
    ...(await openReconciliation({ task, isKnownRestored: input.restored ?? false })),
    phase: 'bookings',
    after: null,
  })
  let cursor = input.from ?? (await begin())
  for (let pages = 1; ; pages += 1) {
    const { since, restored, phase, after } = cursor
    const next: string | null =
      phase === 'bookings'
        ? await reconcileBookings({ task, after })
        : await reconcileRuns({ task, since, restored, after })
    if (next === null && phase === 'runs') break
    cursor = next === null ? { ...cursor, phase: 'runs', after: null } : { ...cursor, after: next }
    if (pages === PAGES) await continueAsNew<typeof reconcile>({ graceSeconds, from: cursor })
  }
  await reconcileRecords(task)
  return closeReconciliation(task)
}
