import { Hono, type Handler } from 'hono'
import { isOutage } from '../prisma/client.ts'
import type { Parts } from '../runtime/wire.ts'
import { apiOf } from './api.ts'
import { authenticator } from './auth.ts'
import { compressed } from './compression.ts'
import { consoleRoutes } from './console/console.ts'
import { docsRoutes } from './docs.ts'
import { documentOf } from './document.ts'
import { doorRoutes } from './doors/doors.ts'
import { asOfToday } from './examples/moments.ts'
import { addressOfText, noParameters } from './input.ts'
import { createMetrics } from './metrics.ts'
import { traced } from './tracing.ts'
import { answerProblem, problemBehind, problemOf } from './problems.ts'
import { codecRoutes } from './routes/codec.ts'
import { healthRoutes } from './routes/health.ts'
import { stripeWebhookRoute } from './routes/stripe-webhook.ts'
import { webhookRoutes } from './routes/webhooks.ts'

/**
 * The HTTP API: it translates and refuses, and leaves the rest to the workflow and to PostgreSQL. `stopping` ends what would go on by itself,
 * so that the process can end; `isOutOfService` says that it is not to be sent any requests, because it is about to, or not begun yet.
 */
export function createApp(
  parts: Parts,
  {
    metrics: { registry, measured } = createMetrics(),
    stopping = new AbortController().signal,
    isOutOfService = () => false,
  }: { metrics?: ReturnType<typeof createMetrics>; stopping?: AbortSignal; isOutOfService?: () => boolean } = {},
): Hono {
  const app = new Hono()
  app.use(measured, traced, compressed, addressOfText)
  app.onError((error, c) => {
    const problem = problemBehind(error)
    if (problem !== null) return answerProblem(c, problem)
    if (isOutage(error)) {
      parts.log.warn({ err: error, method: c.req.method, path: c.req.path }, 'the database is out of reach')
      return answerProblem(
        c,
        problemOf({ code: 'unavailable', message: 'The database is out of reach at this moment.' }),
      )
    }
    parts.log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed')
    return answerProblem(c, {
      ...problemOf({ code: 'unavailable', message: 'Something went wrong here.' }),
      status: 500,
    })
  })
  app.notFound((c) =>
    answerProblem(c, problemOf({ code: 'not_found', message: `There is nothing at ${c.req.method} ${c.req.path}.` })),
  )

  const authenticate = authenticator(parts.config, parts.log)
  healthRoutes(app, parts, registry, isOutOfService)
  docsRoutes(app)
  codecRoutes(app, parts, authenticate)

  const hooks = new Hono()
  webhookRoutes(hooks, parts)
  stripeWebhookRoute(hooks, parts)
  app.route('/api/v1', hooks)

  const api = apiOf(parts, authenticate, stopping)
  const document = documentOf(api)
  app.get('/openapi.json', noParameters, (c) =>
    c.body(asOfToday(document, new Date()), 200, { 'content-type': 'application/json' }),
  )

  app.route('/api/v1', api)
  consoleRoutes(app, parts, authenticate)
  doorRoutes(app, parts)
  // The tutoring document's clients know the API without its version.
  const alias: Handler = (c) => app.fetch(versioned(c.req.raw))
  // A request of another method (TRACE) cannot be made anew, and there is nothing for it.
  app.on(['GET', 'POST', 'PUT', 'DELETE'], ['/api/bookings', '/api/bookings/*'], alias)
  return app
}

function versioned(request: Request): Request {
  const url = new URL(request.url)
  url.pathname = url.pathname.replace(/^\/api\/bookings/, '/api/v1/bookings').replace(/\/$/, '')
  return new Request(url, request)
}
