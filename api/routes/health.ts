import type { Hono } from 'hono'
import type { Registry } from 'prom-client'
import { askCluster, kafkaOf } from '../../events/kafka.ts'
import { stateOf } from '../../reachable.ts'
import type { Parts } from '../../wire.ts'

/**
 * alive; ready, with each dependency named; metrics. Kafka is named, but bookings go on without it (K-06): an API that does not see it is
 * ready all the same.
 */
export function healthRoutes(app: Hono, { database, temporal, config, log }: Parts, metrics: Registry): void {
  const kafka = config.KAFKA_BROKERS === undefined ? null : kafkaOf(config, log)

  app.get('/health', (c) => c.json({ status: 'ok' }))

  app.get('/ready', async (c) => {
    const [{ isReady, ...needed }, kafkaState] = await Promise.all([
      readinessOf({ database, temporal }),
      kafka === null ? 'not configured' : stateOf(() => askCluster(kafka)),
    ])
    const checks = { ...needed, kafka: kafkaState }
    return c.json({ status: isReady ? 'ready' : 'not ready', checks }, isReady ? 200 : 503)
  })

  app.get('/metrics', async (c) => c.text(await metrics.metrics(), 200, { 'content-type': metrics.contentType }))
}

/** Are those there without whom no booking is made or read? */
export async function readinessOf({ database, temporal }: Pick<Parts, 'database' | 'temporal'>) {
  const [databaseState, temporalState] = await Promise.all([
    stateOf(() => database.$queryRaw`SELECT 1`),
    stateOf(() => temporal.workflowService.getSystemInfo({})),
  ])
  const isReady = databaseState === 'up' && temporalState === 'up'
  return { isReady, database: databaseState, temporal: temporalState }
}
