import { context, propagation, SpanKind, type Span } from '@opentelemetry/api'
import { bookingInQuestion } from '../observability/about.ts'
import { bookingAttribute, spanned } from '../observability/spans.ts'

/**
 * Makes a span of a call of another service, and hands the trace on to it: `headers` are to go along. Neither the path nor the body is in the span,
 * because they may name people.
 */
export function tracedCall<Answer>(
  service: string,
  name: string,
  call: (headers: Readonly<Record<string, string>>, span: Span) => Promise<Answer>,
): Promise<Answer> {
  const attributes = { 'peer.service': service, ...bookingAttribute(bookingInQuestion()) }
  return spanned(`${name} ${service}`, { kind: SpanKind.CLIENT, attributes }, (span) => {
    const headers: Record<string, string> = {}
    propagation.inject(context.active(), headers)
    return call(headers, span)
  })
}
