import { isGrpcServiceError, ServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client'
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js'
import { followupId } from '../../workflows/contract.ts'
import { timelineEntriesOf, ifReadable, instantAt } from './entries.ts'
import type { Pending } from './work-labels.ts'
import type { Run } from './wording.ts'

/** What Temporal knows of a booking: its runs, oldest first, the work under way, and why it may not be all. */
export type Durable = {
  readonly runs: readonly Run[]
  readonly pending: readonly Pending[]
  /** `out_of_reach`: nobody answered in time. `not_kept`: the booking's own run is older than Temporal keeps. */
  readonly gap: 'out_of_reach' | 'not_kept' | null
}

const DEADLINE_MS = 5000
/** The newest so many runs: a booking has one, and one more each time it is woken after it came to rest. */
const MAX_RUNS = 40

type Found = { readonly workflowId: string; readonly runId: string; readonly pending: readonly Pending[] }

/**
 * Reads the histories of a booking's runs, follow-ups included. When Temporal fails, `onFailure` is told why, and the answer is that it is out
 * of reach.
 */
export async function readDurable(
  client: Client,
  bookingId: string,
  onFailure: (error: unknown) => void,
): Promise<Durable> {
  try {
    return await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
      const found = await runsOf(client, bookingId)
      const runs: Run[] = []
      let isOwnThere = false
      for (const { workflowId, runId } of found) {
        const run = await readRun(client, workflowId, runId)
        if (run === null) continue
        runs.push(run)
        isOwnThere ||= workflowId === bookingId
      }
      const pending = found.flatMap((each) => each.pending)
      return { runs: runs.toSorted(byStart), pending, gap: isOwnThere ? null : 'not_kept' }
    })
  } catch (error) {
    if (!isServerError(error)) throw error
    onFailure(error)
    return { runs: [], pending: [], gap: 'out_of_reach' }
  }
}

/** The latest run of each of the two workflows as they are at this moment, and the earlier ones that visibility and their links know of. */
async function runsOf(client: Client, bookingId: string): Promise<Found[]> {
  const found = new Map<string, Found>()
  for (const workflowId of [bookingId, followupId(bookingId)]) {
    try {
      const { runId, raw } = await client.workflow.getHandle(workflowId).describe()
      const pending = await Promise.all(
        (raw.pendingActivities ?? []).map((each) => pendingOf(client, { workflowId, runId }, each)),
      )
      found.set(runId, { workflowId, runId, pending })
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error
    }
  }
  try {
    const query = `WorkflowId = "${bookingId}" OR WorkflowId = "${followupId(bookingId)}"`
    for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: MAX_RUNS })) {
      if (!found.has(runId)) found.set(runId, { workflowId, runId, pending: [] })
      if (found.size >= MAX_RUNS) break
    }
  } catch (error) {
    // Without visibility (some have none) the latest runs must do.
    if (!isServerError(error)) throw error
  }
  return [...found.values()]
}

type Raw = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['describe']>>['raw']['pendingActivities']
>

async function pendingOf(client: Client, run: Pick<Run, 'workflowId' | 'runId'>, raw: Raw[number]): Promise<Pending> {
  const { activityId, activityType, attempt, lastStartedTime, scheduledTime, nextAttemptScheduleTime, lastFailure } =
    raw
  const { loadedDataConverter } = client.options
  const failure = await ifReadable(() => decodeOptionalFailureToOptionalError(loadedDataConverter, lastFailure))
  return {
    ...run,
    activityId: activityId ?? '',
    activity: activityType?.name ?? '',
    attempt: attempt ?? 1,
    at: instantAt(lastStartedTime ?? scheduledTime),
    nextAt: nextAttemptScheduleTime == null ? null : instantAt(nextAttemptScheduleTime),
    failure: failure?.message ?? null,
  }
}

/** A run's entries; null when Temporal keeps it no longer. */
async function readRun(client: Client, workflowId: string, runId: string): Promise<Run | null> {
  try {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    return { workflowId, runId, entries: await timelineEntriesOf(history, client.options.loadedDataConverter) }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
}

/** Some calls of the client give gRPC's own error, some wrap it. */
function isServerError(error: unknown): boolean {
  return error instanceof ServiceError || isGrpcServiceError(error)
}

function byStart({ entries: [a] }: Run, { entries: [b] }: Run): number {
  return (a?.at ?? '') < (b?.at ?? '') ? -1 : 1
}
