import { createServer } from 'node:http'
import { Runtime } from '@temporalio/worker'
import { BadConfiguration, readConfig, type Config } from './config.ts'
import { startInboxSweep } from './events/inbox.ts'
import { startWaitlistSweep } from './events/waitlist.ts'
import { openWorkerConnection } from './temporal/connect.ts'
import { bundleWorkflows, createWorker } from './temporal/worker.ts'
import { temporalLogger } from './temporal/logger.ts'
import { activitiesOf, wire } from './wire.ts'

/** Process 1: runs the bookings' workflows and activities, sweeps the inbox and moves the waitlist on. */
async function main(config: Config): Promise<void> {
  const parts = await wire(config, 'worker')
  Runtime.install({ logger: temporalLogger(parts.log), shutdownSignals: [] })
  const connection = await openWorkerConnection(config)
  const worker = await createWorker({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TASK_QUEUE,
    activities: activitiesOf(parts),
    workflowBundle:
      config.WORKFLOW_BUNDLE === undefined ? await bundleWorkflows() : { codePath: config.WORKFLOW_BUNDLE },
  })
  const sweep = startInboxSweep(parts)
  const waitlist = startWaitlistSweep(parts)
  const health = createServer((request, response) => {
    const ready = request.url !== '/ready' || worker.getState() === 'RUNNING'
    response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ status: worker.getState(), pid: process.pid }))
  }).listen(config.METRICS_PORT, config.HOST)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => worker.shutdown())

  try {
    await worker.run()
  } finally {
    await Promise.all([sweep.stop(), waitlist.stop()])
    health.close()
    await connection.close()
    await parts.close()
  }
}

try {
  await main(readConfig(process.env))
} catch (error) {
  process.stderr.write(`${error instanceof BadConfiguration ? error.message : String(error)}\n`)
  process.exitCode = 1
}
