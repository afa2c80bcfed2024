import { createServer } from 'node:http'
import type { Kafka } from 'kafkajs'
import type { Registry } from 'prom-client'
import type { Config } from '../config.ts'
import type { Database } from '../prisma/client.ts'
import { stateOf } from '../runtime/health-probe.ts'
import { askCluster } from './kafka.ts'

export type HealthPorts = {
  readonly database: Database
  readonly kafka: Kafka
  readonly config: Pick<Config, 'RELAY_METRICS_PORT' | 'HOST'>
  readonly metrics: Registry
  /** Where the process is: `starting` until it carries messages. */
  readonly state: () => 'starting' | 'running' | 'stopping'
}

/** Serves `/health`, `/ready` (each dependency named) and `/metrics` of the relay process. */
export async function serveHealth({
  database,
  kafka,
  config,
  metrics,
  state,
}: HealthPorts): Promise<{ close(): void }> {
  const answers: Record<string, () => Promise<{ status: number; type: string; body: string }>> = {
    '/health': async () => json(200, { status: 'ok' }),
    '/ready': async () => {
      const [databaseState, kafkaState] = await Promise.all([
        stateOf(() => database.$queryRaw`SELECT 1`),
        stateOf(() => askCluster(kafka)),
      ])
      const isReady = databaseState === 'up' && kafkaState === 'up' && state() === 'running'
      const checks = { database: databaseState, kafka: kafkaState }
      return json(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', process: state(), checks })
    },
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
  }
  const server = createServer((request, response) => {
    const answer = answers[new URL(request.url ?? '/', 'http://relay').pathname]
    const given = answer?.() ?? Promise.resolve(json(404, { status: 'not found' }))
    void given
      .catch(() => json(500, { status: 'failed' }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.RELAY_METRICS_PORT, config.HOST, () => resolve())
  })
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function json(status: number, body: object): { status: number; type: string; body: string } {
  return { status, type: 'application/json', body: JSON.stringify(body) }
}
