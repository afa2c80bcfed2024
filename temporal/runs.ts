import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import {
  followupId,
  RECONCILE_TYPE,
  WORKFLOW_TYPE,
  type BookingResult,
  type ReconcileResult,
} from '../workflows/contract.ts'
import { ATTRIBUTES } from '../workflows/search-attributes.ts'

/** A booking that has a run which is open, or has ended lately. */
export type BookingRun = {
  readonly bookingId: string
  readonly workflowId: string
  readonly startedAt: Date
  readonly isOpen: boolean
  /** The booking's status as the run shows it; null: it has shown none yet. */
  readonly status: string | null
}

/**
 * The runs of bookings, as the server lists them. A list is some moments old (visibility is eventually consistent): what is built on it is confirmed with
 * `isOpen`, which asks about one run itself.
 */
export type BookingRuns = {
  /** Those of these bookings that have an open run, in one question. */
  openAmong(bookingIds: readonly string[]): Promise<ReadonlySet<string>>
  /** Has the booking an open run, its own or a follow-up? */
  isOpen(bookingId: string): Promise<boolean>
  /** A page of runs that are open, or have ended since; `next` null: that was the last. */
  page(since: Date, after: string | null, size: number): Promise<{ runs: readonly BookingRun[]; next: string | null }>
  /** The booking's status as its open run shows it now; null: there is none, or it has shown none yet. */
  statusShown(bookingId: string): Promise<string | null>
  /** What a booking's own run came to; null: there is none, or it did not end by itself. */
  resultOf(bookingId: string): Promise<BookingResult | null>
  /** The latest run of reconciliation that completed, with the database it was of; null: none is known. */
  latestReconciliation(): Promise<{ readonly id: string; readonly installation: string } | null>
}

const FOLLOWUP = followupId('')

/** The runs on a task queue. */
export function bookingRuns(client: Client, taskQueue: string): BookingRuns {
  const { namespace } = client.options
  const of = (type: string) => `WorkflowType = '${type}' AND TaskQueue = '${taskQueue}'`

  async function list(query: string, pageSize: number, after: string | null) {
    const nextPageToken = after === null ? new Uint8Array() : Buffer.from(after, 'base64')
    const { executions, nextPageToken: next } = await client.workflowService.listWorkflowExecutions({
      namespace,
      query,
      pageSize,
      nextPageToken,
    })
    const hasMore = next !== null && next !== undefined && next.length > 0
    return { executions: executions ?? [], next: hasMore ? Buffer.from(next).toString('base64') : null }
  }

  async function statusOf(workflowId: string): Promise<string | null> {
    try {
      return (await client.workflow.getHandle(workflowId).describe()).status.name
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null
      throw error
    }
  }

  return {
    async openAmong(bookingIds) {
      if (bookingIds.length === 0) return new Set()
      const ids = bookingIds.flatMap((id) => [id, followupId(id)]).map((id) => `'${id}'`)
      const query = `${of(WORKFLOW_TYPE)} AND ExecutionStatus = 'Running' AND WorkflowId IN (${ids.join(', ')})`
      const open = new Set<string>()
      for (let after: string | null = null; ;) {
        const { executions, next } = await list(query, ids.length, after)
        for (const { execution } of executions) open.add(bookingIdOf(execution?.workflowId ?? ''))
        if (next === null) return open
        after = next
      }
    },

    async isOpen(bookingId) {
      const own = await statusOf(bookingId)
      return own === 'RUNNING' || (await statusOf(followupId(bookingId))) === 'RUNNING'
    },

    async page(since, after, size) {
      const query = `${of(WORKFLOW_TYPE)} AND (ExecutionStatus = 'Running' OR CloseTime >= '${since.toISOString()}')`
      const { executions, next } = await list(query, size, after)
      const runs = executions.map(({ execution, startTime, closeTime, searchAttributes }) => {
        const workflowId = execution?.workflowId ?? ''
        const startedAt = new Date(Number(startTime?.seconds ?? 0) * 1000)
        const status = shownStatus(searchAttributes?.indexedFields)
        return { bookingId: bookingIdOf(workflowId), workflowId, startedAt, isOpen: closeTime == null, status }
      })
      return { runs, next }
    },

    async statusShown(bookingId) {
      for (const workflowId of [bookingId, followupId(bookingId)]) {
        try {
          const { status, typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe()
          if (status.name === 'RUNNING') return typedSearchAttributes.get(ATTRIBUTES.status) ?? null
        } catch (error) {
          if (!(error instanceof WorkflowNotFoundError)) throw error
        }
      }
      return null
    },

    async resultOf(bookingId) {
      const handle = client.workflow.getHandle<() => Promise<BookingResult>>(bookingId)
      return (await statusOf(bookingId)) === 'COMPLETED' ? handle.result() : null
    },

    async latestReconciliation() {
      const { executions } = await list(`${of(RECONCILE_TYPE)} AND ExecutionStatus = 'Completed'`, 1, null)
      const execution = executions[0]?.execution
      if (execution?.workflowId == null) return null
      const handle = client.workflow.getHandle<() => Promise<ReconcileResult>>(
        execution.workflowId,
        execution.runId ?? undefined,
      )
      return { id: execution.workflowId, installation: (await handle.result()).installation }
    },
  }
}

/** Temporal keeps search attributes as JSON in the clear. */
function shownStatus(fields: Record<string, { readonly data?: Uint8Array | null }> | null | undefined): string | null {
  const data = fields?.[ATTRIBUTES.status.name]?.data
  const value: unknown = data == null || data.length === 0 ? null : JSON.parse(Buffer.from(data).toString())
  return typeof value === 'string' ? value : null
}

function bookingIdOf(workflowId: string): string {
  return workflowId.endsWith(FOLLOWUP) ? workflowId.slice(0, -FOLLOWUP.length) : workflowId
}
