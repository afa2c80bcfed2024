import { WorkflowNotFoundError } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import { dataConverterOf } from '../../temporal/data-converter.ts'
import { followupId } from '../../workflows/contract.ts'
import type { Parts } from '../../wire.ts'

/** At most this many histories are replayed at the end of a test file: a crowd's are all alike. */
const MOST = 60

/**
 * Replays the history of every booking in the database, follow-ups included, against the workflow code as it is: a history that does not fit
 * throws (style.md, principle 13).
 */
export async function replay({ database, temporal, config }: Parts, codePath: string): Promise<void> {
  const bookings = await database.booking.findMany({ select: { id: true }, orderBy: { createdAt: 'desc' }, take: MOST })
  for (const { id } of bookings) {
    for (const workflowId of [id, followupId(id)]) {
      const history = await historyOf(temporal, workflowId)
      if (history !== null) {
        const options = { workflowBundle: { codePath }, dataConverter: dataConverterOf(config) }
        await Worker.runReplayHistory(options, history, workflowId)
      }
    }
  }
}

/** The history of a workflow, or null when there is none of that id. */
export async function historyOf(temporal: Parts['temporal'], workflowId: string) {
  const handle = temporal.workflow.getHandle(workflowId)
  try {
    await handle.describe()
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
  return handle.fetchHistory()
}
