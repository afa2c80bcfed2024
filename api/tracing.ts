import { context, propagation, SpanKind, trace } from '@opentelemetry/api'
import type { MiddlewareHandler } from 'hono'
import { aboutBooking, bookingInQuestion } from '../observability/about.ts'
import { bookingAttribute, markFailed, spanned } from '../observability/spans.ts'
import { routeOf } from './route-of.ts'

const IN_PATH = /\/(?:bookings|reservations)\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?=$|\/)/

/** What is asked for every few seconds by machines, and would bury the rest. */
const PROBES = new Set(['/health', '/ready', '/metrics'])

/**
 * Makes a span of each request, in the trace of whoever asks, and says in the log which booking it is about. It is named by the route's pattern; what
 * stands in the path, the query or the body is not in it, but for the booking's id.
 */
export const traced: MiddlewareHandler = (c, next) => {
  const { method, path } = c.req
  if (PROBES.has(path)) return next()
  // A request that the API asks of itself, under its other name, is part of what is being done.
  const parent =
    trace.getActiveSpan() === undefined ? propagation.extract(context.active(), c.req.header()) : context.active()
  const options = { kind: SpanKind.SERVER, attributes: { 'http.request.method': method }, parent }
  return aboutBooking(IN_PATH.exec(path)?.[1] ?? null, () =>
    spanned(method, options, async (span) => {
      await next()
      const route = routeOf(c)
      const { status } = c.res
      span.updateName(`${method} ${route}`)
      span.setAttributes({
        'http.route': route,
        'http.response.status_code': status,
        ...bookingAttribute(bookingInQuestion()),
      })
      if (status >= 500) markFailed(span, String(status))
    }),
  )
}
