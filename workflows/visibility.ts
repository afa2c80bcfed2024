import type { SearchAttributeUpdatePair } from '@temporalio/common'
import { patched, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { Booking } from '../domain/booking.ts'
import { changedSince, REJECTED } from './search-attributes.ts'

/**
 * The booking in Temporal's list of workflows: its search attributes, and that it is open while it needs a person. Runs that began before there was
 * such a thing go on without it, because their histories have no such commands (H-23). `patched` may say no during a replay and yes after it: it
 * is asked once, at the start of the run.
 */
export class Visibility {
  readonly #isKept = patched('search-attributes')

  /** Upserts what operators filter by and what has changed, all in one command of the task that is under way anyway. */
  show(booking: Booking): void {
    this.#upsert(changedSince(workflowInfo().typedSearchAttributes, booking))
  }

  /** There is no booking, and will be none. */
  showRejected(): void {
    this.#upsert(REJECTED)
  }

  /** Is the run to stay open for a person, who could not give an update to one that has ended (ADR 0004)? */
  needsPerson(booking: Booking): boolean {
    return this.#isKept && booking.attention !== null
  }

  #upsert(changed: readonly SearchAttributeUpdatePair[]): void {
    if (this.#isKept && changed.length > 0) upsertSearchAttributes([...changed])
  }
}
