import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { activityInfo } from '@temporalio/activity'
import { bundleWorkflowCode, DefaultLogger, NativeConnection } from '@temporalio/worker'
import type { Activities } from '../../activities/index.ts'
import { createWorker } from '../../temporal/worker.ts'
import { activitiesOf } from '../../runtime/wire.ts'
import { historyOf } from './replay.ts'
import type { World } from './world.ts'

/** A worker of one version, within the test's process. */
export type Version = {
  /** The activities it ran, and for which workflow. */
  readonly ran: readonly { readonly activity: string; readonly workflowId: string }[]
  /** Finishes what it has begun, as on SIGTERM. */
  stop(): Promise<void>
}

/** Bundles the workflows of a file into a folder; answers with the bundle's file. */
export async function bundleOf(workflows: URL, folder: string): Promise<string> {
  const workflowsPath = fileURLToPath(workflows)
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
  const file = join(folder, `${basename(workflowsPath, '.ts')}.js`)
  writeFileSync(file, code)
  return file
}

/** Runs a worker for a world's task queue under a build id; null: one without a version. */
export async function runVersion({ config, parts }: World, buildId: string | null, codePath: string): Promise<Version> {
  const ran: { activity: string; workflowId: string }[] = []
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS })
  const worker = await createWorker({
    config,
    connection,
    activities: noting(activitiesOf(parts), ran),
    workflowBundle: { codePath },
    version: buildId === null ? null : { deploymentName: config.DEPLOYMENT_NAME, buildId },
  })
  const running = worker.run()
  return {
    ran,
    async stop() {
      worker.shutdown()
      await running
      await connection.close()
    },
  }
}

function noting(activities: Activities, ran: { activity: string; workflowId: string }[]): Activities {
  const noted = Object.entries(activities).map(([activity, act]) => [
    activity,
    (...args: readonly unknown[]) => {
      const { workflowExecution } = activityInfo()
      ran.push({ activity, workflowId: workflowExecution?.workflowId ?? '' })
      return (act as (...args: readonly unknown[]) => unknown)(...args)
    },
  ])
  return Object.fromEntries(noted) as Activities
}

/** Under which build each task of a booking's run was done, in order; null: without a version. */
export async function buildsOf({ parts }: World, bookingId: string): Promise<(string | null)[]> {
  const history = await historyOf(parts.temporal, bookingId)
  return (history?.events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: task }) =>
    task ? [task.deploymentVersion?.buildId ?? null] : [],
  )
}

/** `npm run rollout -- …` against a world's deployment; answers with what it said, or throws it. */
export async function rollout({ config }: World, ...args: string[]): Promise<string> {
  const program = fileURLToPath(new URL('../../temporal/rollout-main.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, ...args],
    {
      env: {
        PATH: process.env['PATH'],
        TEMPORAL_ADDRESS: config.TEMPORAL_ADDRESS,
        DEPLOYMENT_NAME: config.DEPLOYMENT_NAME,
      },
    },
  )
  return stdout.trim()
}
