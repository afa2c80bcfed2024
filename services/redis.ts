import { circuitBreaker, ConsecutiveBreaker, handleWhen, timeout, TimeoutStrategy, wrap } from 'cockatiel'
import type { Logger } from 'pino'
import { createClient } from 'redis'

const CONNECT_MS = 1000
/** Left alone after this many failures in a row, for this long: a Redis that hangs must not cost every request its deadline. */
const FAILURES = 3
const LEFT_ALONE_MS = 1000

/** A Redis that may be away: what it holds is shared between replicas, and nothing that would be missed. */
export type Redis = {
  readonly client: ReturnType<typeof clientOf>
  /** Runs a command within the deadline. Throws when Redis is away, too slow, or left alone for now: do without it then. */
  ask<Answer>(command: () => Promise<Answer>): Promise<Answer>
  close(): void
}

/**
 * Opens Redis and waits a second for it at the most; it is connected to again whenever it comes back. `deadlineMs` is for each command. Nothing is
 * queued for a Redis that is away.
 */
export async function openRedis(url: string, deadlineMs: number, log: Logger): Promise<Redis> {
  const client = clientOf(url)
  let isAway = false
  const now = (away: boolean, why?: unknown) => {
    if (away !== isAway) log.warn({ err: why }, away ? 'Redis is out of reach: done without it' : 'Redis is back')
    isAway = away
  }
  client.on('error', (error: unknown) => now(true, error))
  client.on('ready', () => now(false))
  const connected = new Promise<void>((resolve) => client.once('ready', () => resolve()))
  // It goes on trying until it is closed, which ends it with an error.
  client.connect().catch(() => undefined)
  const patience = new AbortController()
  await Promise.race([connected, late(patience.signal)])
  patience.abort()

  // A refusal that is no Error, like the limiter's, is an answer.
  const faults = handleWhen((error) => error instanceof Error)
  const breaker = circuitBreaker(faults, { halfOpenAfter: LEFT_ALONE_MS, breaker: new ConsecutiveBreaker(FAILURES) })
  const policy = wrap(breaker, timeout(deadlineMs, TimeoutStrategy.Aggressive))
  return { client, ask: (command) => policy.execute(command), close: () => client.destroy() }
}

function late(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CONNECT_MS)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}

function clientOf(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 2000) },
  })
}
