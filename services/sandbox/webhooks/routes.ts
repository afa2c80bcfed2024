import { setTimeout as delay } from 'node:timers/promises'
import { Hono } from 'hono'
import type { SandboxEnv } from '../http/env.ts'
import { Problem } from '../http/problem.ts'
import type { Sender } from './sender.ts'

const FLUSH_MS = 30_000
const POLL_MS = 5

interface FlushParts {
  sender: Sender
  /** Makes the facts that are due by now. */
  settle: () => void
  closing: AbortSignal
}

/**
 * `POST /control/webhooks/flush` [S-07]: every wait is cut short once, then 200 `{pending: 0}` when the queue is empty.
 * Failures: 503 `unavailable` with `pending` after 30 s, or at once when there is no URL to send to.
 */
export function webhookRoutes({ sender, settle, closing }: FlushParts): Hono<SandboxEnv> {
  return new Hono<SandboxEnv>().post('/flush', async (c) => {
    settle()
    const deadline = performance.now() + FLUSH_MS
    sender.hasten()
    for (;;) {
      const { pending, sending } = sender.state()
      if (pending === 0) return c.json({ pending })
      if (!sending || performance.now() > deadline) {
        throw new Problem(503, 'unavailable', 'Not every webhook was answered 2xx.', { pending })
      }
      await delay(POLL_MS, undefined, { signal: closing })
    }
  })
}
