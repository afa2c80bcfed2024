import { once } from 'node:events'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { BadConfiguration, readConfig, type Config } from './config.ts'
import { startConsumers } from './events/consumers/start.ts'
import { serveHealth } from './events/health.ts'
import { kafkaOf } from './events/kafka.ts'
import { startRelay } from './events/relay.ts'
import { createTopicsWhenUp } from './events/topics.ts'
import { wire } from './runtime/wire.ts'

/** Process 3: carries the outbox to Kafka, and to the bookings what Kafka tells. */
async function main(config: Config): Promise<void> {
  if (config.KAFKA_BROKERS === undefined) throw new BadConfiguration('KAFKA_BROKERS is not set')
  const parts = await wire(config, 'relay')
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const kafka = kafkaOf(config, parts.log)
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())
  let state: 'starting' | 'running' | 'stopping' = 'starting'
  const health = await serveHealth({ ...parts, kafka, metrics, state: () => state })

  const running: { stop(): Promise<void> }[] = []
  try {
    if (!(await createTopicsWhenUp(kafka, config, parts.log, stopping.signal))) return
    const ports = { ...parts, kafka, metrics }
    running.push(startRelay(ports), await startConsumers(ports))
    state = 'running'
    parts.log.info('the relay runs')
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
  } finally {
    state = 'stopping'
    await Promise.all(running.map((part) => part.stop()))
    health.close()
    await parts.close()
  }
}

try {
  await main(readConfig(process.env))
} catch (error) {
  process.stderr.write(`${error instanceof BadConfiguration ? error.message : String(error)}\n`)
  process.exitCode = 1
}
