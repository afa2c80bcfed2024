import { AsyncLocalStorage } from 'node:async_hooks'
import { isSpanContextValid, trace } from '@opentelemetry/api'

const BOOKING_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?=$|\.)/

/** What is being done is about one booking at most; which one may turn out on the way. */
const scope = new AsyncLocalStorage<{ bookingId: string | null }>()

/** The booking that a workflow id belongs to, its own or its follow-up's; null for any other workflow. */
export function bookingIdOf(workflowId: unknown): string | null {
  return typeof workflowId === 'string' ? (BOOKING_ID.exec(workflowId)?.[0] ?? null) : null
}

/** Does something about a booking (null: not known yet); what is logged meanwhile carries its id. */
export function aboutBooking<Answer>(bookingId: string | null, operation: () => Answer): Answer {
  return scope.run({ bookingId }, operation)
}

/** Says which booking it is about, for whoever asked. */
export function noteBooking(bookingId: string | null): void {
  const about = scope.getStore()
  if (about !== undefined) about.bookingId ??= bookingId
}

/** The booking in question, or null. */
export function bookingInQuestion(): string | null {
  return scope.getStore()?.bookingId ?? null
}

/** What every line of the log carries besides its own: where it belongs, as far as that is known (O-07). */
export function logFields(): Record<string, string> {
  const bookingId = bookingInQuestion()
  const span = trace.getActiveSpan()?.spanContext()
  return {
    ...(bookingId !== null && { booking_id: bookingId }),
    ...(span !== undefined && isSpanContextValid(span) && { trace_id: span.traceId, span_id: span.spanId }),
  }
}
