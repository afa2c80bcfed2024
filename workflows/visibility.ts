import type { SearchAttributeUpdatePair } from '@temporalio/common'
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { Booking } from '../domain/booking.ts'
import { changedSince, REJECTED } from './search-attributes.ts'

/** The booking in Temporal's list of workflows: its search attributes, all that changed in one command of the task that is under way anyway. */
export const visibility = {
  show(booking: Booking): void {
    upsert(changedSince(workflowInfo().typedSearchAttributes, booking))
  },

  /** There is no booking, and will be none. */
  showRejected(): void {
    upsert(REJECTED)
  },
} as const

function upsert(changed: readonly SearchAttributeUpdatePair[]): void {
  if (changed.length > 0) upsertSearchAttributes([...changed])
}
