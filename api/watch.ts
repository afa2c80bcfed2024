import { setTimeout } from 'node:timers/promises'

/** How often the bookings that somebody waits for are looked at, and how long it is left after a look that failed, in milliseconds. */
const PAUSE_MS = 200
const PAUSE_AFTER_FAILURE_MS = 2000

type Waiting = { readonly version: number; readonly tell: () => void }

/**
 * Tells those who wait for it that a booking has changed. One look at the database serves everybody in the process: what it costs does not grow with
 * the number of streams, and nobody pays for it while nobody waits. No NOTIFY: it would lock every write at its commit (design.md).
 */
export class Watch {
  readonly #versionsOf: (bookingIds: readonly string[]) => Promise<ReadonlyMap<string, number>>
  readonly #onFailure: (error: unknown) => void
  readonly #waiting = new Map<string, Set<Waiting>>()
  #isLooking = false

  constructor(
    versionsOf: (bookingIds: readonly string[]) => Promise<ReadonlyMap<string, number>>,
    onFailure: (error: unknown) => void,
  ) {
    this.#versionsOf = versionsOf
    this.#onFailure = onFailure
  }

  /** Resolves once the booking is beyond a version, or the signal says that nobody waits any more. */
  async changed(bookingId: string, version: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const leave = () => resolve()
    const waiting = { version, tell: resolve }
    const others = this.#waiting.get(bookingId) ?? new Set<Waiting>()
    this.#waiting.set(bookingId, others.add(waiting))
    signal.addEventListener('abort', leave, { once: true })
    if (!this.#isLooking) void this.#look()
    await promise
    signal.removeEventListener('abort', leave)
    others.delete(waiting)
    if (others.size === 0) this.#waiting.delete(bookingId)
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    let pause = PAUSE_MS
    while (this.#waiting.size > 0) {
      await setTimeout(pause)
      pause = PAUSE_MS
      // They may all have left because the process stops: a question now would open the database again, and keep the process for seconds.
      if (this.#waiting.size === 0) break
      try {
        const versions = await this.#versionsOf([...this.#waiting.keys()])
        for (const [id, waiting] of this.#waiting) {
          for (const { version, tell } of waiting) if ((versions.get(id) ?? 0) > version) tell()
        }
      } catch (error) {
        this.#onFailure(error)
        pause = PAUSE_AFTER_FAILURE_MS
      }
      // Those who were told take themselves off the list first.
      await setTimeout(0)
    }
    this.#isLooking = false
  }
}
