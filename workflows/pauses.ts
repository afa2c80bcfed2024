/** How often something was begun and is still to be done, and when it is begun again (epoch milliseconds). */
type Pause = { readonly tries: number; readonly until: number }

/** What a run that continues as a new one hands on. */
export type KeptPauses = Readonly<Record<string, Pause>>

const FIRST_PAUSE_MS = 120_000
const LONGEST_PAUSE_MS = 86_400_000

/** Each pause is so many times the one before: three tries in the first hour, one a day in the end. */
const GROWTH = 5

/** How long to wait after so many tries, in milliseconds. */
export function pauseAfter(tries: number): number {
  return Math.min(FIRST_PAUSE_MS * GROWTH ** (tries - 1), LONGEST_PAUSE_MS)
}

/**
 * The one rule for what was begun, has ended, and is still to be done: it is begun again after a pause, and each is longer than the one before, whatever the
 * answer was. So an answer that changes nothing cannot make a run spin (N-20).
 */
export class Pauses {
  readonly #pauses: Map<string, Pause>

  constructor(kept: KeptPauses = {}) {
    this.#pauses = new Map(Object.entries(kept))
  }

  /** It has ended: should it still be to be done, it has to wait. */
  add(key: string): void {
    const tries = (this.#pauses.get(key)?.tries ?? 0) + 1
    this.#pauses.set(key, { tries, until: Date.now() + pauseAfter(tries) })
  }

  /** Nobody wants it done any more: should it be wanted again, it is a new operation. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#pauses.keys()) if (!keys.has(key)) this.#pauses.delete(key)
  }

  /** No pause lasts past this time, when it is ahead: what a deadline needs is done by then. */
  endBy(epochMs: number): void {
    if (epochMs <= Date.now()) return
    for (const [key, { tries, until }] of this.#pauses) {
      if (until > epochMs) this.#pauses.set(key, { tries, until: epochMs })
    }
  }

  /** Somebody wants it done now. */
  end(): void {
    for (const [key, { tries }] of this.#pauses) this.#pauses.set(key, { tries, until: 0 })
  }

  isPaused(key: string): boolean {
    return (this.#pauses.get(key)?.until ?? 0) > Date.now()
  }

  /** When the first of them ends; null: none is waiting. */
  get next(): number | null {
    const waiting = [...this.#pauses.values()].map(({ until }) => until).filter((until) => until > Date.now())
    return waiting.length === 0 ? null : Math.min(...waiting)
  }

  get kept(): KeptPauses {
    return Object.fromEntries(this.#pauses)
  }
}
