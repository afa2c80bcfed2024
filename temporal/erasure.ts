import { status } from '@grpc/grpc-js'
import { isGrpcServiceError, type Client } from '@temporalio/client'
import { followupId, WORKFLOW_TYPE } from '../workflows/contract.ts'

/** In one question to the server. */
const AT_ONCE = 50

/**
 * Deletes the histories of these bookings' runs that have ended, with their memo and search attributes. Each is deleted by its run's id, so that a run which begins
 * meanwhile is never touched. `left`: those that are open, or ended just now.
 */
export async function eraseRuns(
  client: Client,
  bookingIds: readonly string[],
): Promise<{ readonly deleted: number; readonly left: number }> {
  let [deleted, left] = [0, 0]
  for (let from = 0; from < bookingIds.length; from += AT_ONCE) {
    const ids = bookingIds.slice(from, from + AT_ONCE).flatMap((id) => [`'${id}'`, `'${followupId(id)}'`])
    const query = `WorkflowType = '${WORKFLOW_TYPE}' AND WorkflowId IN (${ids.join(', ')})`
    for await (const { workflowId, runId, closeTime } of client.workflow.list({ query })) {
      if (closeTime === undefined) left += 1
      else if (await isDeleted(client, workflowId, runId)) deleted += 1
    }
  }
  return { deleted, left }
}

/** False: it was gone already. */
async function isDeleted(client: Client, workflowId: string, runId: string): Promise<boolean> {
  try {
    await client.workflowService.deleteWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, runId },
    })
    return true
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === status.NOT_FOUND) return false
    throw error
  }
}
