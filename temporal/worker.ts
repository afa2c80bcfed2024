import { fileURLToPath } from 'node:url'
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
} from '@temporalio/worker'
import type { WorkerDeploymentVersion } from '@temporalio/common'
import type { Activities } from '../activities/index.ts'
import type { Config } from '../config.ts'
import { connectionOptions, type Address } from './connect.ts'
import { FAILURE_CONVERTER } from './data-converter.ts'
import { holdfastPlugin } from './plugin.ts'

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

/** Opens the connection a worker needs. It is not among the clients': they need not load the SDK's worker, a third of a second. */
export async function openWorkerConnection(config: Address): Promise<NativeConnection> {
  return NativeConnection.connect(await connectionOptions(config))
}

/** After so long a worker that was told to stop is gone, whatever it was doing. */
export const SHUTDOWN_SECONDS = 20

/** The version that a worker's configuration names; null: it has none. */
export function versionOf(config: Pick<Config, 'DEPLOYMENT_NAME' | 'BUILD_ID'>): WorkerDeploymentVersion | null {
  const { DEPLOYMENT_NAME: deploymentName, BUILD_ID: buildId } = config
  return buildId === undefined ? null : { deploymentName, buildId }
}

/**
 * A worker for bookings. `workflowBundle` is code or a file made by `bundleWorkflows`. With a `version` it takes what Temporal routes to that
 * version, and nothing before the version is made current (`npm run rollout`, docs/adr/0018); without one, what is routed to nobody else.
 */
export async function createWorker(options: {
  readonly config: Pick<Config, 'TEMPORAL_NAMESPACE' | 'TASK_QUEUE' | 'PAYLOAD_KEYS'>
  readonly connection: NativeConnection
  readonly activities: Activities
  readonly workflowBundle: { code: string } | { codePath: string }
  readonly version?: WorkerDeploymentVersion | null
  /** How much it takes on at once (worker-limits.ts); absent: what the SDK would. */
  readonly limits?: Partial<WorkerOptions>
}): Promise<Worker> {
  const { config, version = null, limits = {}, ...usual } = options
  return Worker.create({
    ...usual,
    ...limits,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TASK_QUEUE,
    plugins: [holdfastPlugin(config)],
    // A booking may be open for months: it moves to the current version with its next task (docs/adr/0018).
    ...(version !== null && {
      workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' },
    }),
    // A worker that is killed leaves its bookings to others after this long. Shorter is worse: when 2,000 holds expire at once, tasks that wait longer
    // than this move to the queue where new bookings wait, and push them back by a quarter of a minute and more (docs/adr/0003).
    stickyQueueScheduleToStartTimeout: '10 seconds',
    // What is under way when we are told to stop is finished; the pod's grace must be longer (docs/runbook.md).
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: `${SHUTDOWN_SECONDS} seconds`,
  })
}
