import {
  context,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api'

/** Asked for each time: who keeps a tracer keeps the one that there was then. Without an SDK it costs next to nothing (tracing.ts). */
function tracer(): Tracer {
  return trace.getTracer('holdfast')
}

/**
 * Does something as a span, within which `context.active()` is the span's. What it throws marks the span as failed, by name only: messages may name
 * people. `refusalOf` gives the code of what is thrown and is no fault.
 */
export function spanned<Answer>(
  name: string,
  options: SpanOptions & { readonly parent?: Context; readonly refusalOf?: (error: unknown) => string | null },
  operation: (span: Span) => Promise<Answer>,
): Promise<Answer> {
  const { parent = context.active(), refusalOf, ...spanOptions } = options
  return tracer().startActiveSpan(name, spanOptions, parent, async (span) => {
    try {
      return await operation(span)
    } catch (error) {
      const refusal = refusalOf?.(error) ?? null
      if (refusal === null) markFailed(span, error instanceof Error ? error.name : 'unknown')
      else span.setAttribute('holdfast.refusal', refusal)
      throw error
    } finally {
      span.end()
    }
  })
}

/** The attribute by which a booking's traces are found, when it is known. */
export function bookingAttribute(bookingId: string | null): Attributes {
  return bookingId === null ? {} : { 'holdfast.booking_id': bookingId }
}

/** Marks a span as failed, with the name of the failure. */
export function markFailed(span: Span, failure: string): void {
  span.setAttribute('error.type', failure)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** The id that the next span is to have; set and taken within one call. */
let chosenId: string | null = null

/** A span under an id that somebody else has chosen: that of a workflow, where everything must be the same in a replay. */
export function spanUnder(spanId: string, name: string, options: SpanOptions, parent: Context): Span {
  chosenId = spanId
  try {
    return tracer().startSpan(name, options, parent)
  } finally {
    chosenId = null
  }
}

/** What the SDK's generator of ids asks first (otlp.ts). */
export function takeChosenId(): string | null {
  const id = chosenId
  chosenId = null
  return id
}
