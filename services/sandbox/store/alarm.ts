import type { Logger } from 'pino'

/** The longest single timer. An injected clock may jump, and setTimeout overflows after 24.8 days. */
const LONGEST_MS = 60_000
/** How long to wait when what is due could not be done, a full disk say. */
const TROUBLE_MS = 1_000

export interface Alarm {
  /** Asks to be rung at this instant (milliseconds since the epoch), or earlier. Later wishes do not replace earlier ones. */
  wake(at: number): void
  stop(): void
}

/**
 * One timer for the earliest of many deadlines kept elsewhere.
 * @param ring does what is due and answers when something is due next; rung again after a second when it throws
 */
export function createAlarm(now: () => Date, log: Logger, ring: () => number | undefined): Alarm {
  let timer: NodeJS.Timeout | undefined
  let earliest = Infinity
  let stopped = false

  function wake(at: number): void {
    if (stopped || at >= earliest) return
    clearTimeout(timer)
    earliest = at
    timer = setTimeout(fire, Math.min(Math.max(at - now().getTime(), 0), LONGEST_MS))
  }

  function fire(): void {
    earliest = Infinity
    try {
      const next = ring()
      if (next !== undefined) wake(next)
    } catch (error) {
      log.error({ err: error }, 'what was due could not be done')
      wake(now().getTime() + TROUBLE_MS)
    }
  }

  return {
    wake,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
