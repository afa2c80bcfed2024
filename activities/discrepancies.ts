import { heartbeat } from '@temporalio/activity'
import type { Logger } from 'pino'
import type { Discrepancy } from '../prisma/reconciliation.ts'
import type { BookingRuns } from '../temporal/runs.ts'
import type { ExaminePorts } from './examine.ts'

export type ReconcilePorts = ExaminePorts & {
  readonly runs: BookingRuns
  readonly log: Logger
  readonly config: { readonly DATABASE_URL: string }
}

/** How many bookings are seen to at a time. */
const AT_A_TIME = 8

/** Does something about each, some at a time, and beats after each; what it answers with is findings. */
export async function discrepanciesOf<Subject>(
  subjects: readonly Subject[],
  look: (subject: Subject) => Promise<Discrepancy | readonly Discrepancy[] | null>,
): Promise<Discrepancy[]> {
  const left = subjects.toReversed()
  const discrepancies: Discrepancy[] = []
  const work = async () => {
    for (let subject = left.pop(); subject !== undefined; subject = left.pop()) {
      const found = await look(subject)
      discrepancies.push(...[found ?? []].flat())
      heartbeat()
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  return discrepancies
}
