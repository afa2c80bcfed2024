import { Refused } from '../domain/failures.ts'
import { DISCREPANCY_REASONS, type DiscrepancyReason } from '../domain/discrepancies.ts'
import { openDatabase } from '../prisma/client.ts'
import { auditInvariants, type Violation } from '../prisma/invariants.ts'
import {
  auditScopeOf,
  addDiscrepancies,
  bookingsAmong,
  bookingsWithDiscrepancies,
  releaseOrphanedClaims,
  type Discrepancy,
} from '../prisma/reconciliation.ts'
import type { ReconcileTask } from '../workflows/contract.ts'
import { reconcileCaptures } from './captures.ts'
import { examine } from './examine.ts'
import { discrepanciesOf, type ReconcilePorts } from './discrepancies.ts'

/** At most so many bookings are seen to in one run: whoever finds more has another trouble. */
const MOST = 500

/** The audit reads much: it gets longer than a statement usually may take, on a connection of its own. */
const AUDIT_MS = 120_000

/** What a booking needs a person for when an invariant stays broken; the others are about units, or about time. */
const REASONS: Readonly<Record<string, DiscrepancyReason>> = {
  '2': 'claims_disagree',
  '3': 'money_disagrees',
  '4': 'money_disagrees',
  '5': 'money_disagrees',
  '6': 'records_disagree',
  '7': 'records_disagree',
}

/**
 * Releases claims that nothing stands behind; has each booking that breaks an invariant go on from what is recorded, and when that does not help calls a
 * person, until it is well again.
 */
export async function reconcileRecords(
  ports: ReconcilePorts,
  task: ReconcileTask,
  seeTo: (task: ReconcileTask, kind: string, subject: string, detail: string) => Promise<Discrepancy[]>,
): Promise<void> {
  const { database, workflows } = ports
  const orphans = task.repairs ? await releaseOrphanedClaims(database, task.graceSeconds, MOST) : []
  const discrepancies = orphans.map(({ lockId, released }): Discrepancy => ({
    kind: 'orphaned_claims',
    subject: lockId,
    detail: `${released} claims that no live booking stood behind were released`,
    outcome: 'repaired',
  }))
  discrepancies.push(...(await reconcileCaptures(ports, task, seeTo)))
  const first = await audit(ports, task)
  const bookings = await bookingsAmong(database, subjectsOf(first).filter(isId), task.graceSeconds)
  const breaking = [...bookings.keys()].slice(0, MOST)
  const seen = task.repairs
    ? await discrepanciesOf(breaking, (id) => seeTo(task, 'records', id, detailOf(first, id)))
    : []
  const left = seen.length > 0 ? await audit(ports, task) : first
  const stillBroken = new Set(subjectsOf(left))
  discrepancies.push(...seen.filter(({ kind, subject }) => kind !== 'records' || !stillBroken.has(subject)))
  discrepancies.push(
    ...(await discrepanciesOf(left, async ({ invariant, subject, detail }) => {
      const reason = bookings.has(subject) ? REASONS[invariant.charAt(0)] : undefined
      const isTold = task.repairs && reason !== undefined && (await raise(ports, task, subject, reason))
      return { kind: invariant, subject, detail, outcome: isTold ? 'attention' : 'open' }
    })),
  )
  await addDiscrepancies(database, task.id, { discrepancies })
  if (!task.repairs) return

  const mended = (await bookingsWithDiscrepancies(database, MOST)).filter((id) => !stillBroken.has(id))
  await discrepanciesOf(mended, async (id) => {
    try {
      if ((await examine(ports, id, `${task.id}:mended`)) !== null) return null
      await workflows.reconcile(id, { discrepancy: null }, `${task.id}:clear`)
      return null
    } catch (error) {
      if (error instanceof Refused) return null
      throw error
    }
  })
}

/** Calls a person through the booking's own run. */
async function raise(
  { workflows }: ReconcilePorts,
  task: ReconcileTask,
  bookingId: string,
  discrepancy: DiscrepancyReason,
): Promise<boolean> {
  try {
    await workflows.reconcile(bookingId, { discrepancy }, `${task.id}:${discrepancy}`)
    return true
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

/** Every violation; whoever may call a person also sees those that one was called for by an earlier run. */
async function audit({ config, database }: ReconcilePorts, { id, repairs }: ReconcileTask): Promise<Violation[]> {
  const scope = await auditScopeOf(database, id)
  const patient = openDatabase(config.DATABASE_URL, 1, AUDIT_MS)
  try {
    return await auditInvariants(patient, repairs ? DISCREPANCY_REASONS : [], scope)
  } finally {
    await patient.$disconnect()
  }
}

const isId = (subject: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(subject)

function subjectsOf(violations: readonly Violation[]): string[] {
  return [...new Set(violations.map(({ subject }) => subject))]
}

function detailOf(violations: readonly Violation[], id: string): string {
  return violations
    .filter(({ subject }) => subject === id)
    .map(({ invariant, detail }) => `${invariant}: ${detail}`)
    .join('; ')
}
