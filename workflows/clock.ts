import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow'
import type { Deadline } from '../domain/deadlines.ts'
import { epochOf, instantOf, type Instant } from '../domain/time.ts'

/** The workflow's time: that of the task it is in, the same in every replay. */
export function now(): Instant {
  return instantOf(Date.now())
}

const LABELS: Readonly<Record<Deadline['kind'], string>> = {
  hold_expiry: 'hold expires',
  approval: 'approval is due',
  displacement: 'a displaced booking is given up',
  no_show: 'counts as a no-show',
  close: 'visit is taken as over',
  change_expiry: 'change expires unpaid',
}

/**
 * The booking's one timer. It is moved only when the deadline has changed: a timer that is cancelled costs one event of history, one that
 * fires stale costs four.
 */
export class DeadlineTimer {
  #set: { deadline: Deadline; scope: CancellationScope } | null = null
  readonly #fire: () => void

  constructor(fire: () => void) {
    this.#fire = fire
  }

  /** Sets the timer for a deadline, or off (null). */
  set(deadline: Deadline | null): void {
    if (this.#set?.deadline.at === deadline?.at && this.#set?.deadline.kind === deadline?.kind) return
    this.#set?.scope.cancel()
    this.#set = null
    if (deadline === null) return
    const scope = new CancellationScope()
    this.#set = { deadline, scope }
    const wait = Math.max(1, epochOf(deadline.at) - Date.now())
    scope
      .run(() => sleep(wait, { summary: `${LABELS[deadline.kind]} ${deadline.at}` }))
      .then(this.#fire)
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error
      })
  }
}
