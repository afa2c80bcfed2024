import type { Hono } from 'hono'
import type { Registry } from 'prom-client'
import { askCluster, kafkaOf } from '../../events/kafka.ts'
import { stateOf } from '../../runtime/health-probe.ts'
import type { Parts } from '../../runtime/wire.ts'

/**
 * alive; ready, with each dependency named; metrics. Kafka and Redis are named, but bookings go on without them (K-06, A-35): an API that does not
 * see them is ready all the same. One that is about to stop (`DRAIN_SECONDS`) or held back (`READY_FILE`) is not.
 */
export function healthRoutes(
  app: Hono,
  { database, temporal, config, log, redis }: Parts,
  metrics: Registry,
  isOutOfService: () => boolean,
): void {
  const kafka = config.KAFKA_BROKERS === undefined ? null : kafkaOf(config, log)

  app.get('/health', (c) => c.json({ status: 'ok' }))

  app.get('/ready', async (c) => {
    const [{ isReady: isThere, ...needed }, kafkaState, redisState] = await Promise.all([
      readinessOf({ database, temporal }),
      kafka === null ? 'not configured' : stateOf(() => askCluster(kafka)),
      redis === null ? 'not configured' : stateOf(() => redis.client.ping()),
    ])
    const isReady = isThere && !isOutOfService()
    const checks = { ...needed, kafka: kafkaState, redis: redisState }
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
