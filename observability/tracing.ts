import type { Logger } from 'pino'
import type { Config } from '../config.ts'

export type TracingConfig = Pick<
  Config,
  'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_SERVICE_NAME' | 'OTEL_TRACES_SAMPLER' | 'OTEL_TRACES_SAMPLER_ARG'
>

/** `close` sends what waits, for three seconds at the most: who collects traces must not keep a process from ending. */
export type Tracing = { close(): Promise<void> }

/**
 * Begins to send spans to OTEL_EXPORTER_OTLP_ENDPOINT. When that is not set the SDK is not even loaded, and OpenTelemetry's API, which the rest of the
 * product talks to, does nothing (docs/adr/0019-traces.md).
 */
export async function openTracing(config: TracingConfig, serviceName: string, log: Logger): Promise<Tracing> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined) return { close: async () => undefined }
  const { sendSpans } = await import('./otlp.ts')
  return sendSpans({ ...config, endpoint, serviceName: config.OTEL_SERVICE_NAME ?? serviceName }, log)
}
