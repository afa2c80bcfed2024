import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow'
import type { Deadline } from '../domain/deadlines.ts'
import { epochOf, instantOf, type Instant } from '../domain/time.ts'
import { pauseAfter } from './pauses.ts'

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

/** A timer that can be moved. It is moved only when its time has changed: one that is cancelled costs one event of history, one that fires stale four. */
export class Timer {
  #set: { readonly at: number; readonly scope: CancellationScope } | null = null
  #hasRung = false
  readonly #fire: () => void

  constructor(fire: () => void = () => undefined) {
    this.#fire = fire
  }

  /** Has it rung, and was it not set again since? */
  get hasRung(): boolean {
    return this.#hasRung
  }

  /** Sets it for a time (epoch milliseconds), or off (null). */
  set(at: number | null, summary: string): void {
    this.#hasRung = false
    if (this.#set?.at === at) return
    this.#set?.scope.cancel()
    this.#set = null
    if (at === null) return
    const scope = new CancellationScope()
    const set = { at, scope }
    this.#set = set
    scope
      .run(() => sleep(Math.max(1, at - Date.now()), { summary }))
      .then(() => {
        if (this.#set === set) this.#set = null
        this.#hasRung = true
        this.#fire()
      })
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error
      })
  }
}

/** A deadline that rang before its time, because the server's clock was stepped, is waited for at least so long, in milliseconds (N-22). */
const SHORTEST_REPEAT_MS = 1000

/** The timer of the booking's one deadline. It rings once for each, and again for one that has not passed, or that could not be processed. */
export class DeadlineTimer {
  readonly #timer: Timer
  /** The deadline that the timer is set for or has rung for. */
  #deadline: Deadline | null = null
  #tries = 0

  constructor(fire: () => void) {
    this.#timer = new Timer(fire)
  }

  /** Sets the timer for a deadline, or off (null). */
  set(deadline: Deadline | null): void {
    const isSame = this.#deadline?.at === deadline?.at && this.#deadline?.kind === deadline?.kind
    if (deadline === null) this.#timer.set(null, '')
    else if (!isSame) this.#arm(deadline, epochOf(deadline.at))
    else if (this.#timer.hasRung && Date.now() < epochOf(deadline.at)) {
      this.#arm(deadline, Math.max(epochOf(deadline.at), Date.now() + SHORTEST_REPEAT_MS))
    }
    if (!isSame) this.#tries = 0
    this.#deadline = deadline
  }

  /** What it rang for could not be processed: it rings again, each time after a longer pause. */
  repeat(): void {
    if (this.#deadline === null) return
    this.#tries += 1
    this.#arm(this.#deadline, Date.now() + pauseAfter(this.#tries))
  }

  #arm({ kind, at }: Deadline, epochMs: number): void {
    this.#timer.set(epochMs, `${LABELS[kind]} ${at}`)
  }
}
