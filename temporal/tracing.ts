import { context, propagation, SpanKind, trace, TraceFlags, type Context } from '@opentelemetry/api'
import { WorkflowNotFoundError, type WorkflowClientInterceptor } from '@temporalio/client'
import {
  ApplicationFailure,
  ApplicationFailureCategory,
  defaultPayloadConverter,
  type Headers,
} from '@temporalio/common'
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker'
import { aboutBooking, bookingIdOf, logFields, noteBooking } from '../observability/about.ts'
import { bookingAttribute, markFailed, spanned, spanUnder } from '../observability/spans.ts'
import { TRACE_HEADER } from '../workflows/contract.ts'
import type { TraceSinks } from '../workflows/trace.ts'

/** Makes a span of each start, update and signal, and hands the trace on to the workflow. The names are those of Temporal's own interceptors. */
export const clientTracing: WorkflowClientInterceptor = {
  startUpdateWithStart: ({ workflowStartHeaders, updateHeaders, ...input }, next) =>
    asking(`UpdateWithStartWorkflow:${input.updateName}`, input.workflowStartOptions.workflowId, (carry) =>
      next({ ...input, workflowStartHeaders: carry(workflowStartHeaders), updateHeaders: carry(updateHeaders) }),
    ),
  startUpdate: (input, next) =>
    asking(`UpdateWorkflow:${input.updateName}`, input.workflowExecution.workflowId, (carry) =>
      next({ ...input, headers: carry(input.headers) }),
    ),
  signal: (input, next) =>
    asking(`SignalWorkflow:${input.signalName}`, input.workflowExecution.workflowId, (carry) =>
      next({ ...input, headers: carry(input.headers) }),
    ),
}

function asking<Answer>(
  name: string,
  workflowId: string | null | undefined,
  ask: (carry: (headers: Headers) => Headers) => Promise<Answer>,
): Promise<Answer> {
  const bookingId = bookingIdOf(workflowId)
  noteBooking(bookingId)
  // That a booking's run has ended is as usual as that it has not.
  const refusalOf = (error: unknown) => (error instanceof WorkflowNotFoundError ? 'not_found' : null)
  const options = { kind: SpanKind.CLIENT, attributes: bookingAttribute(bookingId), refusalOf }
  return spanned(name, options, () => ask(withTrace))
}

function withTrace(headers: Headers): Headers {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  if (carrier['traceparent'] === undefined) return headers
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier) }
}

/** Makes a span of each try of an activity, within which its calls of services are made, and says in the log which booking it is for. */
export const activityTracing: ActivityInterceptorsFactory = ({ info }) => {
  const bookingId = bookingIdOf(info.workflowExecution?.workflowId)
  const attributes = { ...bookingAttribute(bookingId), 'temporal.activity.attempt': info.attempt }
  let logged = {}
  return {
    inbound: {
      execute: (input, next) => {
        const parent = extracted(input.headers)
        const options = { kind: SpanKind.INTERNAL, attributes, parent, refusalOf }
        return aboutBooking(bookingId, () =>
          spanned(`RunActivity:${info.activityType}`, options, () => {
            logged = logFields()
            return next(input)
          }),
        )
      },
    },
    // How it ended is logged when the span is over.
    outbound: { getLogAttributes: (input, next) => next({ ...input, ...logged }) },
  }
}

function extracted(headers: Headers): Context {
  const payload = headers[TRACE_HEADER]
  return payload === undefined
    ? context.active()
    : propagation.extract(context.active(), defaultPayloadConverter.fromPayload(payload))
}

/** What the domain or a service refuses is an answer. */
function refusalOf(error: unknown): string | null {
  const isBenign = error instanceof ApplicationFailure && error.category === ApplicationFailureCategory.BENIGN
  return isBenign ? (error.type ?? null) : null
}

/**
 * Makes spans of what workflows say they have done. A worker without tracing has it, too: its workflows may be in a trace that others began. A workflow
 * task that is done over tells it again, under the same id.
 */
export const workflowSpans: InjectedSinks<TraceSinks> = {
  tracing: {
    finished: {
      fn({ workflowId, runId }, { name, parent, spanId, startedAt, endedAt, failure }) {
        const parentContext = propagation.extract(context.active(), parent)
        const isSampled = trace.getSpanContext(parentContext)?.traceFlags === TraceFlags.SAMPLED
        if (!isSampled) return
        const attributes = { ...bookingAttribute(bookingIdOf(workflowId)), 'temporal.run_id': runId }
        const span = spanUnder(spanId, name, { kind: SpanKind.SERVER, startTime: startedAt, attributes }, parentContext)
        if (failure?.isRefusal === true) span.setAttribute('holdfast.refusal', failure.name)
        else if (failure !== null) markFailed(span, failure.name)
        span.end(endedAt)
      },
    },
  },
}
