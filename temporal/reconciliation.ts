import { randomUUID } from 'node:crypto'
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client'
import { AUDIT_TYPE, RECONCILE_TYPE, type ReconcileInput, type ReconcileResult } from '../workflows/contract.ts'

/** The id of the Schedule of a task queue. */
export function scheduleId(taskQueue: string): string {
  return `reconcile-${taskQueue}`
}

/**
 * Has the bookings of a task queue reconciled every so many seconds, by a Temporal Schedule: the one that is there is brought up to date, and stays paused if
 * somebody paused it. 0: none is made, and one that is there is left as it is. Every worker does this when it starts.
 */
export async function keepReconciling(client: Client, taskQueue: string, everySeconds: number): Promise<void> {
  if (everySeconds === 0) return
  const id = scheduleId(taskQueue)
  const wanted = {
    spec: { intervals: [{ every: everySeconds * 1000 }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILE_TYPE,
      workflowId: id,
      taskQueue,
      args: [{}],
      // One that hangs must not keep the next ones away for ever.
      workflowExecutionTimeout: '1 hour',
    },
  } satisfies Partial<ScheduleOptions>
  try {
    await client.schedule.create({ scheduleId: id, ...wanted })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    await client.schedule.getHandle(id).update(({ state }) => ({ ...wanted, state }))
  }
}

/** Compares now, beside the Schedule; `repairs` false: only looks. Answers with the report's id and its figures when it is done. */
export async function reconcileNow(
  client: Client,
  taskQueue: string,
  { repairs, withinSeconds = 3600, ...input }: ReconcileInput & { repairs: boolean; withinSeconds?: number },
): Promise<ReconcileResult & { readonly id: string }> {
  const id = `${scheduleId(taskQueue)}-by-hand-${randomUUID()}`
  const result = await client.workflow.execute<(input: ReconcileInput) => Promise<ReconcileResult>>(
    repairs ? RECONCILE_TYPE : AUDIT_TYPE,
    { workflowId: id, taskQueue, args: [input], workflowExecutionTimeout: withinSeconds * 1000 },
  )
  return { id, ...result }
}
