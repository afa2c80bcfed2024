import { status } from '@grpc/grpc-js'
import { isGrpcServiceError, type Client } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'

/** What a version of the workers is to Temporal's routing. */
export type VersionState = {
  readonly buildId: string
  /** `inactive`: nothing was ever routed to it. `draining`: no new runs, and open ones that are kept with it. */
  readonly state: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive'
  /** How many open runs are with it now. */
  readonly open: number
  /** When it was last in use, or made if it never was; milliseconds. */
  readonly lastUsed: number
}

/** What became of the versions that are needed no more. */
export type Pruned = {
  readonly deleted: readonly string[]
  /** Those that Temporal did not delete, with what it said; they are tried again next time. */
  readonly left: readonly { readonly buildId: string; readonly reason: string }[]
}

export const IDENTITY = 'holdfast-rollout'
/** So many versions that nothing goes to are kept unless it is said otherwise: one may have to go back by a few. */
export const KEPT_VERSIONS = 5

type Summary = temporal.api.deployment.v1.WorkerDeploymentInfo.IWorkerDeploymentVersionSummary
type Stamp = { seconds?: { toNumber(): number } | number | null } | null | undefined

/** By their numbers: Node finds no names in Temporal's generated enums. */
const STATES: Readonly<Record<number, VersionState['state']>> = {
  2: 'current',
  3: 'ramping',
  4: 'draining',
  5: 'drained',
}

/** Reads what a summary of Temporal's says of a version, and counts its open runs. */
export async function versionOf(client: Client, deploymentName: string, summary: Summary): Promise<VersionState> {
  const buildId = summary.deploymentVersion?.buildId ?? ''
  const { count } = await client.workflow.count(openWith(deploymentName, buildId))
  const lastUsed = Math.max(
    ...[summary.createTime, summary.lastCurrentTime, summary.lastDeactivationTime, summary.routingUpdateTime].map(
      millis,
    ),
  )
  return { buildId, state: STATES[summary.status ?? 0] ?? 'inactive', open: count, lastUsed }
}

/** The open runs that are with a version, as a query of visibility. */
export const openWith = (deploymentName: string, buildId: string): string =>
  `TemporalWorkerDeploymentVersion = '${deploymentName}:${buildId}' AND ExecutionStatus = 'Running'`

/**
 * Deletes the versions that nothing goes to, but for the `keep` that were in use last: Temporal takes no new build once a deployment has its limit of
 * them (100), and does not always make room itself (N-72). `except` is about to be made current. What Temporal refuses, such as a version whose
 * workers still ask for work, or one whose record it has lost, is left and does not keep the others.
 */
export async function pruneVersions(
  client: Client,
  deploymentName: string,
  versions: readonly VersionState[],
  keep: number,
  except: string | null,
): Promise<Pruned> {
  const idle = versions
    .filter(({ buildId, state, open }) => open === 0 && buildId !== except && /^(?:drained|inactive)$/.test(state))
    .toSorted((one, other) => other.lastUsed - one.lastUsed)
  const deleted: string[] = []
  const left: { buildId: string; reason: string }[] = []
  for (const { buildId } of idle.slice(keep).toReversed()) {
    const reason = await deleteVersion(client, deploymentName, buildId)
    if (reason === null) deleted.push(buildId)
    else left.push({ buildId, reason })
  }
  return { deleted, left }
}

/** Null: it is gone. Otherwise why not. What is no answer about this version is thrown. */
async function deleteVersion(client: Client, deploymentName: string, buildId: string): Promise<string | null> {
  try {
    await client.workflowService.deleteWorkerDeploymentVersion({
      namespace: client.options.namespace,
      deploymentVersion: { deploymentName, buildId },
      identity: IDENTITY,
    })
    return null
  } catch (error) {
    if (isGrpcServiceError(error) && !OUT_OF_REACH.has(error.code)) return error.details
    throw error
  }
}

const OUT_OF_REACH = new Set<number>([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
])

const millis = (time: Stamp): number => Number(time?.seconds ?? 0) * 1000
