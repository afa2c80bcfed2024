import { status } from '@grpc/grpc-js'
import { isGrpcServiceError } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import { holdfastPlugin } from '../../temporal/plugin.ts'
import { followupId } from '../../workflows/contract.ts'
import type { Parts } from '../../runtime/wire.ts'

/** At most this many histories are replayed at the end of a test file: a crowd's are all alike. */
const MOST = 60

/**
 * Replays the history of every booking in the database, follow-ups included, against the workflow code as it is: a history that does not fit
 * throws (style.md, principle 13). One worker replays them all, because starting one takes longer than a history.
 */
export async function replay({ database, temporal, config }: Parts, codePath: string): Promise<void> {
  const bookings = await database.booking.findMany({ select: { id: true }, orderBy: { createdAt: 'desc' }, take: MOST })
  async function* histories() {
    for (const { id } of bookings) {
      for (const workflowId of [id, followupId(id)]) {
        const history = await historyOf(temporal, workflowId)
        if (history !== null) yield { workflowId, history }
      }
    }
  }
  const options = { workflowBundle: { codePath }, plugins: [holdfastPlugin(config)] }
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories())) {
    if (error !== undefined) throw new Error(`The history of ${workflowId} does not fit the code`, { cause: error })
  }
}

/** The history of a workflow, or null when there is none of that id. */
export async function historyOf(temporal: Parts['temporal'], workflowId: string) {
  try {
    return await temporal.workflow.getHandle(workflowId).fetchHistory()
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === status.NOT_FOUND) return null
    throw error
  }
}
