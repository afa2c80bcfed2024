import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Work that a process does over and over beside everything else. `stop` resolves when the current round is done. */
export type Poller = { stop(): Promise<void> }

/**
 * Repeats `round` until stopped: at once when it answers that there may be more to do, otherwise after `intervalMs`. When a round throws, the error is
 * logged under `trouble`, and the next round comes after the interval. Several processes may poll side by side: each round has to allow it.
 */
export function startPoller({
  round,
  intervalMs,
  log,
  trouble,
}: {
  readonly round: () => Promise<boolean>
  readonly intervalMs: number
  readonly log: Logger
  readonly trouble: string
}): Poller {
  const stopping = new AbortController()
  const done = (async () => {
    while (!stopping.signal.aborted) {
      const isMore = await round().catch((error: unknown) => {
        log.error({ err: error }, trouble)
        return false
      })
      if (!isMore) await setTimeout(intervalMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await done
    },
  }
}
