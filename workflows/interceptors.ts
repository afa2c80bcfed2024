import { defaultPayloadConverter, type Headers, type WorkflowInterceptors } from '@temporalio/workflow'
import { TRACE_HEADER } from './contract.ts'
import { currentTrace, inTrace, traced, type TraceContext } from './trace.ts'

/**
 * Carries traces through a booking's workflow: from who starts, updates or signals it to the activities that follow from that. They do nothing
 * when no trace comes in, so one bundle does for workers with tracing and without.
 */
export function interceptors(): WorkflowInterceptors {
  let signals = 0
  return {
    inbound: [
      {
        execute: (input, next) => inTrace(traceIn(input.headers), () => next(input)),
        handleUpdate: (input, next) =>
          inTrace(traceIn(input.headers), () =>
            traced(`HandleUpdate:${input.name}`, `update ${input.updateId}`, () => next(input)),
          ),
        handleSignal: (input, next) => {
          signals += 1
          return inTrace(traceIn(input.headers), () =>
            traced(`HandleSignal:${input.signalName}`, `signal ${signals}`, () => next(input)),
          )
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next({ ...input, headers: withTrace(input.headers) }),
        scheduleLocalActivity: (input, next) => next({ ...input, headers: withTrace(input.headers) }),
        getLogAttributes: (input, next) => next({ ...input, ...logged() }),
      },
    ],
  }
}

function traceIn(headers: Headers): TraceContext | undefined {
  const payload = headers[TRACE_HEADER]
  if (payload === undefined) return undefined
  const carrier = defaultPayloadConverter.fromPayload<Partial<TraceContext> | null>(payload)
  const traceparent = carrier?.traceparent
  if (typeof traceparent !== 'string') return undefined
  return { traceparent, ...(typeof carrier?.tracestate === 'string' && { tracestate: carrier.tracestate }) }
}

function withTrace(headers: Headers): Headers {
  const trace = currentTrace()
  return trace === undefined ? headers : { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(trace) }
}

function logged(): Record<string, string> {
  const [, traceId, spanId] = currentTrace()?.traceparent.split('-') ?? []
  return traceId === undefined || spanId === undefined ? {} : { trace_id: traceId, span_id: spanId }
}
