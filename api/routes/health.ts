import { setTimeout } from 'node:timers/promises'
import type { Hono } from 'hono'
import type { Registry } from 'prom-client'
import type { Parts } from '../../wire.ts'

/** A dependency that does not answer within this time counts as down. */
const PATIENCE_MS = 2000

/** alive; ready, with each dependency named; metrics. */
export function healthRoutes(app: Hono, { database, temporal }: Parts, metrics: Registry): void {
  app.get('/health', (c) => c.json({ status: 'ok' }))

  app.get('/ready', async (c) => {
    const [databaseState, temporalState] = await Promise.all([
      stateOf(() => database.$queryRaw`SELECT 1`),
      stateOf(() => temporal.workflowService.getSystemInfo({})),
    ])
    const checks = { database: databaseState, temporal: temporalState, kafka: 'not configured' }
    const isReady = databaseState === 'up' && temporalState === 'up'
    return c.json({ status: isReady ? 'ready' : 'not ready', checks }, isReady ? 200 : 503)
  })

  app.get('/metrics', async (c) => c.text(await metrics.metrics(), 200, { 'content-type': metrics.contentType }))
}

async function stateOf(probe: () => Promise<unknown>): Promise<'up' | 'down'> {
  const late = new AbortController()
  try {
    const answer = Promise.race([
      probe().then(() => 'up' as const),
      setTimeout(PATIENCE_MS, 'down' as const, { signal: late.signal }),
    ])
    return await answer
  } catch {
    return 'down'
  } finally {
    late.abort()
  }
}
