import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger, Worker, type NativeConnection, type WorkflowBundle } from '@temporalio/worker'
import type { Activities } from '../activities/index.ts'

/** Bundles the workflow code for the sandbox it runs in: some seconds of work, to be done once and handed to every worker. */
export function bundleWorkflows(): Promise<WorkflowBundle> {
  const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url))
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') })
}

/** A worker for bookings. `workflowBundle` is code or a file made by `bundleWorkflows`. */
export async function createWorker(options: {
  readonly connection: NativeConnection
  readonly namespace: string
  readonly taskQueue: string
  readonly activities: Activities
  readonly workflowBundle: { code: string } | { codePath: string }
}): Promise<Worker> {
  return Worker.create({
    ...options,
    // A worker that dies leaves its bookings to others after this long (temporal.md, 5: 2 s instead of 6.5).
    stickyQueueScheduleToStartTimeout: '1 second',
    // What is under way when we are told to stop is finished; the pod's grace must be longer (docs/runbook.md).
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '20 seconds',
  })
}
