import { setTimeout } from 'node:timers/promises'
import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import { takeChosenId } from './spans.ts'
import type { Tracing, TracingConfig } from './tracing.ts'

const CLOSE_MS = 3000
const COMPLAIN_MS = 60_000

/** Registers OpenTelemetry's SDK for this process. Spans wait in a bounded queue and go out in the background; what does not fit is dropped. */
export function sendSpans(
  options: TracingConfig & { readonly endpoint: string; readonly serviceName: string },
  log: Logger,
): Tracing {
  const random = new RandomIdGenerator()
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(detectResources({ detectors: [envDetector] }))
      .merge(resourceFromAttributes({ 'service.name': options.serviceName, 'process.pid': process.pid })),
    sampler: samplerOf(options),
    idGenerator: {
      generateTraceId: () => random.generateTraceId(),
      generateSpanId: () => takeChosenId() ?? random.generateSpanId(),
    },
    spanProcessors: [
      new BatchSpanProcessor({
        // Its headers, compression and certificates come from the standard variables, which the exporter reads itself.
        exporter: new OTLPTraceExporter({
          url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
          timeoutMillis: 5000,
        }),
        scheduledDelayMillis: 1000,
      }),
    ],
  })
  diag.setLogger(complaints(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return {
    async close() {
      const shutDown = provider.shutdown().catch(() => undefined)
      await Promise.race([shutDown, setTimeout(CLOSE_MS, undefined, { ref: false })])
      for (const api of [trace, context, propagation, diag]) api.disable()
    },
  }
}

/** As the standard variables OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG say. */
function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share }: TracingConfig): Sampler {
  const root: Sampler = name.endsWith('always_off')
    ? new AlwaysOffSampler()
    : name.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(share)
      : new AlwaysOnSampler()
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}

/** A collector that is away is told of once a minute and not with every batch. */
function complaints(log: Logger) {
  let last = -COMPLAIN_MS
  const complain = (message: string) => {
    if (performance.now() - last < COMPLAIN_MS) return
    last = performance.now()
    log.warn({ reason: message.slice(0, 500) }, 'traces could not be sent')
  }
  const ignore = () => undefined
  return { error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore }
}
