import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Work that a process does over and over beside everything else. `stop` resolves when the round in hand is done. */
export type Poller = { stop(): Promise<void> }

/**
 * Does `round` again and again until stopped: at once when it answers that there may be more to do, otherwise after `intervalMs`. What a round throws
 * is logged with the words of `trouble`, and the next one comes after the interval. Several processes may sweep side by side: that is the rounds' affair.
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
