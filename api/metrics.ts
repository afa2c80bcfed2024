import type { MiddlewareHandler } from 'hono'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { routeOf } from './route-of.ts'

/** The metrics of one API process: Node's own, and a histogram of requests by route pattern, so that ids do not become labels. */
export function createMetrics(): { registry: Registry; measured: MiddlewareHandler } {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'holdfast_http_request_seconds',
    help: 'Time to answer, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  return {
    registry,
    measured: async (c, next) => {
      const end = requests.startTimer()
      await next()
      end({ method: c.req.method, route: routeOf(c), status: String(c.res.status) })
    },
  }
}
