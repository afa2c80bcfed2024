import { fileURLToPath } from 'node:url'
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type NativeConnection,
  type WorkflowBundle,
} from '@temporalio/worker'
import type { DataConverter } from '@temporalio/common'
import type { Activities } from '../activities/index.ts'
import { FAILURE_CONVERTER } from './data-converter.ts'
import { activityTracing, workflowSpans } from './tracing.ts'

/**
 * Bundles the workflow code for the sandbox it runs in: some seconds of work, to be done once and handed to every worker. Its modules keep no state
 * of their own, so they are loaded once and shared by all workflows. `encrypted`: for workers with `PAYLOAD_KEYS`.
 */
export function bundleWorkflows({ encrypted = false } = {}): Promise<WorkflowBundle> {
  const [stackDepth, workflowsPath, interceptors] = ['stack-depth', 'index', 'interceptors'].map((name) =>
    fileURLToPath(new URL(`../workflows/${name}.ts`, import.meta.url)),
  )
  return bundleWorkflowCode({
    workflowsPath: workflowsPath!,
    workflowInterceptorModules: [interceptors!],
    preloadModules: [stackDepth!, workflowsPath!, interceptors!],
    ...(encrypted && { failureConverterPath: FAILURE_CONVERTER }),
    logger: new DefaultLogger('WARN'),
  })
}

/** A worker for bookings. `workflowBundle` is code or a file made by `bundleWorkflows`. */
export async function createWorker(options: {
  readonly connection: NativeConnection
  readonly namespace: string
  readonly taskQueue: string
  readonly activities: Activities
  readonly dataConverter: DataConverter
  readonly workflowBundle: { code: string } | { codePath: string }
}): Promise<Worker> {
  return Worker.create({
    ...options,
    interceptors: { activity: [activityTracing] },
    sinks: workflowSpans,
    // A worker that is killed leaves its bookings to others after this long. Shorter is worse: when 2,000 holds expire at once, tasks that wait longer
    // than this move to the queue where new bookings wait, and push them back by a quarter of a minute and more (docs/adr/0003).
    stickyQueueScheduleToStartTimeout: '10 seconds',
    // What is under way when we are told to stop is finished; the pod's grace must be longer (docs/runbook.md).
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '20 seconds',
  })
}
