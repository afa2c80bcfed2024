import { Runtime } from '@temporalio/worker'
import { BadConfiguration, readConfig, type Config } from './config.ts'
import { startDisplacementPoller } from './events/displacements.ts'
import { startInboxPoller } from './events/inbox.ts'
import { startWaitlistPoller } from './events/waitlist.ts'
import { startWebhooks } from './events/webhooks/sender.ts'
import { startNotificationPoller } from './events/notifications/poller.ts'
import { freeLocalAddress, serveWorkerHealth } from './observability/worker.ts'
import { startReportRefresh } from './prisma/report-refresh.ts'
import { startRetention } from './prisma/retention.ts'
import { startOrphanPoller } from './services/attachments/orphans.ts'
import { requireSearchAttributes } from './temporal/search-attributes.ts'
import { keepReconciling } from './temporal/reconciliation.ts'
import { bundleWorkflows, createWorker, openWorkerConnection, versionOf } from './temporal/worker.ts'
import { workerLimits } from './temporal/worker-limits.ts'
import { temporalLogger } from './temporal/logger.ts'
import { activitiesOf, quotingOf, reconcilingOf, webhooksOf, wire } from './runtime/wire.ts'

/** Process 1: runs the bookings' workflows and activities, and the pollers. */
async function main(config: Config): Promise<void> {
  // Without them the first task of every booking would fail, again and again.
  await requireSearchAttributes(config)
  const parts = await wire(config, 'worker')
  const sdkMetrics = await freeLocalAddress()
  Runtime.install({
    logger: temporalLogger(parts.log),
    shutdownSignals: [],
    telemetryOptions: { metrics: { prometheus: { bindAddress: sdkMetrics, countersTotalSuffix: true } } },
  })
  const connection = await openWorkerConnection(config)
  // The image has two bundles: they differ in how messages of failures are written (temporal/data-converter.ts).
  const encrypted = config.PAYLOAD_KEYS !== undefined
  const bundleFile = encrypted ? config.WORKFLOW_BUNDLE?.replace(/\.js$/, '.encrypted.js') : config.WORKFLOW_BUNDLE
  const worker = await createWorker({
    config,
    connection,
    activities: { ...activitiesOf(parts), ...reconcilingOf(parts) },
    limits: workerLimits(config),
    workflowBundle: bundleFile === undefined ? await bundleWorkflows({ encrypted }) : { codePath: bundleFile },
    version: versionOf(config),
  })
  try {
    await keepReconciling(parts.temporal, config.TASK_QUEUE, config.RECONCILE_EVERY_SECONDS)
  } catch (error) {
    // Another worker may have made it; bookings do not wait for it.
    parts.log.error({ err: error }, 'the schedule of the reconciliation could not be made')
  }
  const pollers = [
    startInboxPoller(parts),
    startDisplacementPoller(parts),
    startWaitlistPoller({ ...parts, quote: quotingOf(parts) }),
    startNotificationPoller(parts),
    startOrphanPoller(parts),
    startReportRefresh(parts),
    startWebhooks(webhooksOf(parts)),
    startRetention(parts),
  ]
  const health = serveWorkerHealth({ ...parts, sdkMetrics, state: () => worker.getState() })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => worker.shutdown())

  try {
    await worker.run()
  } finally {
    await Promise.all(pollers.map((poller) => poller.stop()))
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
