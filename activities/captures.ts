import { auditScopeOf, bookingsWithMoney, type Discrepancy } from '../prisma/reconciliation.ts'
import type { ReconcileTask } from '../workflows/contract.ts'
import { discrepanciesOf, type ReconcilePorts } from './discrepancies.ts'
import { isUnavailable } from '../domain/failures.ts'
import { moneyOf } from './examine.ts'

/** At most so many bookings are asked about in one run; what is left has its turn by the rolling share. */
const MOST = 2000

/**
 * Compares what we have as captured with what the payment service has, of bookings that changed since the last run and of the share that has its turn:
 * whoever said that it was paid, a booking stands on money that somebody took (N-11). Who waits for a person is left to them.
 */
export async function reconcileCaptures(
  ports: ReconcilePorts,
  task: ReconcileTask,
  seeTo: (task: ReconcileTask, kind: string, subject: string, detail: string) => Promise<Discrepancy[]>,
): Promise<Discrepancy[]> {
  const { database, log } = ports
  const scope = await auditScopeOf(database, task.id)
  const ids = await bookingsWithMoney(database, scope, { graceSeconds: task.graceSeconds, limit: MOST })
  return discrepanciesOf(ids, async (id) => {
    const differs = await moneyOf(ports, id).catch((error: unknown) => {
      if (!isUnavailable(error)) throw error
      log.warn(
        { err: error, bookingId: id },
        'the payment service is away: the booking is compared with its share, within a week',
      )
      return null
    })
    if (differs === null) return null
    const found = await seeTo(task, 'captures', id, differs)
    const isLeft = found.some(({ outcome }) => outcome === 'attention')
    return isLeft ? found.filter(({ outcome }) => outcome === 'attention') : found
  })
}
