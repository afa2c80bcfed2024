import type { ClientPlugin } from '@temporalio/client'
import type { WorkerPlugin } from '@temporalio/worker'
import type { Config } from '../config.ts'
import { dataConverterOf } from './data-converter.ts'
import { activityTracing, clientTracing, workflowSpans } from './tracing.ts'

/**
 * What clients, workers and replays have in common: how payloads are stored, and how traces are carried. All of them get it from here and from
 * nowhere else, so a process cannot read what another does not write.
 */
export function holdfastPlugin(config: Pick<Config, 'PAYLOAD_KEYS'>): ClientPlugin & WorkerPlugin {
  const dataConverter = dataConverterOf(config)
  return {
    name: 'holdfast',
    configureClient: (options) => ({ ...options, dataConverter, interceptors: { workflow: [clientTracing] } }),
    configureWorker: (options) => ({
      ...options,
      dataConverter,
      interceptors: { activity: [activityTracing] },
      sinks: workflowSpans,
    }),
    configureReplayWorker: (options) => ({ ...options, dataConverter, sinks: workflowSpans }),
  }
}
