import { status } from '@grpc/grpc-js'
import { isGrpcServiceError, type Client } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'
import { IDENTITY, openWith, versionOf, type VersionState } from './deployment-versions.ts'

/** Which version of the workers new bookings go to, and open ones with their next task (docs/adr/0018). */
export type Routing = {
  /** Null: workers without a version take everything. */
  readonly current: string | null
  readonly ramping: { readonly buildId: string; readonly percentage: number } | null
  readonly versions: readonly VersionState[]
}

/** What a rollout was asked for and cannot be: `message` says it to the operator. */
export class RolloutRefused extends Error {
  override readonly name = 'RolloutRefused'
}

/** Of an override, by its number: Node finds no names in Temporal's generated enums. */
const PINNED = 1

/** Reads the routing of a deployment. Throws RolloutRefused when no worker of that name has ever asked for work. */
export async function routingOf(client: Client, deploymentName: string): Promise<Routing> {
  const { routingConfig, versionSummaries } = await describe(client, deploymentName)
  const { currentDeploymentVersion: current, rampingDeploymentVersion: ramping } = routingConfig ?? {}
  const versions = await Promise.all(
    (versionSummaries ?? []).map((summary) => versionOf(client, deploymentName, summary)),
  )
  return {
    current: current?.buildId ?? null,
    ramping: ramping?.buildId
      ? { buildId: ramping.buildId, percentage: routingConfig?.rampingVersionPercentage ?? 0 }
      : null,
    versions: versions.toSorted((one, other) => (one.buildId < other.buildId ? -1 : 1)),
  }
}

/**
 * Routes everything to a version; null: to workers without one. Said again, it changes nothing. Throws RolloutRefused when no worker of the
 * version has asked for work yet: nobody would answer the customers.
 */
export async function makeCurrent(client: Client, deploymentName: string, buildId: string | null): Promise<void> {
  const { namespace } = client.options
  await refusing(() =>
    client.workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      deploymentName,
      buildId: buildId ?? '',
      identity: IDENTITY,
    }),
  )
}

/** Routes so many percent to a version, besides the current one; 0 ends the ramp. Throws RolloutRefused as `makeCurrent` does. */
export async function ramp(client: Client, deploymentName: string, buildId: string, percentage: number): Promise<void> {
  const { namespace } = client.options
  await refusing(() =>
    client.workflowService.setWorkerDeploymentRampingVersion({
      namespace,
      deploymentName,
      buildId: percentage === 0 ? '' : buildId,
      percentage,
      identity: IDENTITY,
    }),
  )
}

/**
 * Keeps the open runs of a version with it, whatever is current; answers with how many. Runs that are kept already are left as they are, so it may
 * be repeated, and has to be after a change of the current version for those that were begun in between.
 */
export function keepOpen(client: Client, deploymentName: string, buildId: string): Promise<number> {
  const pinned = { behavior: PINNED, version: { deploymentName, buildId } }
  const movable = `${openWith(deploymentName, buildId)} AND TemporalWorkflowVersioningBehavior = 'AutoUpgrade'`
  return override(client, movable, { pinned })
}

/** Lets the kept runs of a version go: they move to the current version with their next task. Answers with how many. */
export function letGo(client: Client, deploymentName: string, buildId: string): Promise<number> {
  const kept = `${openWith(deploymentName, buildId)} AND TemporalWorkflowVersioningBehavior = 'Pinned'`
  return override(client, kept, null)
}

async function override(
  client: Client,
  query: string,
  versioningOverride: temporal.api.workflow.v1.IVersioningOverride | null,
): Promise<number> {
  let changed = 0
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    try {
      await client.workflowService.updateWorkflowExecutionOptions({
        namespace: client.options.namespace,
        workflowExecution: { workflowId, runId },
        workflowExecutionOptions: { versioningOverride },
        updateMask: { paths: ['versioning_override'] },
        identity: IDENTITY,
      })
      changed += 1
    } catch (error) {
      // It has ended since it was listed.
      if (!isGrpcServiceError(error) || error.code !== status.NOT_FOUND) throw error
    }
  }
  return changed
}

async function describe(client: Client, deploymentName: string) {
  const { namespace } = client.options
  const answer = await refusing(() =>
    client.workflowService.describeWorkerDeployment({ namespace, deploymentName }),
  ).catch((error: unknown) => {
    throw isUnknown(error) ? new RolloutRefused(noVersions(deploymentName), { cause: error }) : error
  })
  return answer.workerDeploymentInfo ?? {}
}

const isUnknown = (error: unknown): boolean =>
  error instanceof RolloutRefused && isGrpcServiceError(error.cause) && error.cause.code === status.NOT_FOUND

const noVersions = (deploymentName: string): string =>
  `There is no version of ${deploymentName} yet: workers without one take everything. Start a worker that has one, as in: BUILD_ID=v2 node worker.ts`

/** What Temporal will not do, and what it does not know, is the operator's to hear; anything else is an error. */
async function refusing<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    if (isGrpcServiceError(error) && (error.code === status.NOT_FOUND || error.code === status.FAILED_PRECONDITION)) {
      throw new RolloutRefused(error.details, { cause: error })
    }
    throw error
  }
}
