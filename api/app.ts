import { OpenAPIHono } from '@hono/zod-openapi'
import { Hono, type Handler } from 'hono'
import { isOutage } from '../prisma/client.ts'
import type { Parts } from '../runtime/wire.ts'
import { authentication, authenticator, type Variables } from './auth.ts'
import { consoleRoutes } from './console/console.ts'
import { docsRoutes } from './docs.ts'
import { doorRoutes } from './doors/doors.ts'
import { addressOfText, bodyOfText, knownParameters, noParameters } from './input.ts'
import { isUpload, jsonOnly, loadLimit, rateLimit, requestLimit, uploadLimit } from './limits.ts'
import { createMetrics } from './metrics.ts'
import { traced } from './tracing.ts'
import { answerProblem, problemBehind, problemOf, refuseInvalid } from './problems.ts'
import { attachmentRoutes } from './routes/attachments.ts'
import { availabilityRoutes } from './routes/availability.ts'
import { catalogueRoutes } from './routes/catalogue.ts'
import { changeRoutes } from './routes/change.ts'
import { codecRoutes } from './routes/codec.ts'
import { commandRoutes } from './routes/commands.ts'
import { contactRoutes } from './routes/contact.ts'
import { createRoutes } from './routes/create.ts'
import { erasureRoutes } from './routes/erasure.ts'
import { eventRoutes } from './routes/events.ts'
import { financialEntryRoutes } from './routes/financial-entries.ts'
import { healthRoutes } from './routes/health.ts'
import { invariantRoutes } from './routes/invariants.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { offeringRoutes } from './routes/offerings.ts'
import { onSaleRoutes } from './routes/on-sale.ts'
import { paymentFactRoutes } from './routes/payment-facts.ts'
import { operationRoutes } from './routes/operations.ts'
import { readRoutes } from './routes/read.ts'
import { timelineRoutes } from './routes/timeline.ts'
import { stripeWebhookRoute } from './routes/stripe-webhook.ts'
import { reportRoutes } from './routes/reports.ts'
import { reservationRoutes } from './routes/reservations.ts'
import { reviewRoutes } from './routes/reviews.ts'
import { venueProviderRoutes } from './routes/venue-providers.ts'
import { waitlistRoutes } from './routes/waitlist.ts'
import { webhookDeliveryRoutes } from './routes/webhook-deliveries.ts'
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts'
import { webhookRoutes } from './routes/webhooks.ts'

const DESCRIPTION = `Bookings that are priced, held, paid, confirmed, cancelled and refunded, each one a durable workflow.
Errors are problem documents (RFC 9457) with a stable \`code\`. Give an \`Idempotency-Key\` with whatever changes something: a repeated request gets the first answer.`

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
  app.use(measured, traced, addressOfText)
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

  const api = new OpenAPIHono<{ Variables: Variables }>({ defaultHook: refuseInvalid })
  api.use(
    authentication(authenticate),
    rateLimit(parts.config.RATE_LIMIT_PER_MINUTE, parts.redis, parts.config.REDIS_PREFIX),
    jsonOnly,
    knownParameters(api),
  )
  const uploads = uploadLimit(parts.config.ATTACHMENTS_MAX_BYTES)
  api.use((c, next) => {
    if (isUpload(c)) return uploads(c, next)
    return c.req.path.endsWith('/units') ? loadLimit(c, next) : requestLimit(c, next)
  }, bodyOfText)
  createRoutes(api, parts)
  availabilityRoutes(api, parts)
  readRoutes(api, parts)
  eventRoutes(api, parts, stopping)
  timelineRoutes(api, parts)
  commandRoutes(api, parts)
  contactRoutes(api, parts)
  changeRoutes(api, parts)
  reservationRoutes(api, parts)
  operationRoutes(api, parts)
  offeringRoutes(api, parts)
  venueProviderRoutes(api, parts)
  onSaleRoutes(api, parts)
  catalogueRoutes(api, parts)
  reviewRoutes(api, parts)
  notificationRoutes(api, parts)
  attachmentRoutes(api, parts)
  waitlistRoutes(api, parts)
  invariantRoutes(api, parts)
  financialEntryRoutes(api, parts)
  reportRoutes(api, parts)
  paymentFactRoutes(api, parts)
  webhookEndpointRoutes(api, parts)
  webhookDeliveryRoutes(api, parts)
  erasureRoutes(api, parts)
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  })

  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Holdfast', version: '1', description: DESCRIPTION, license: { name: 'Apache-2.0' } },
    servers: [{ url: '/api/v1' }],
  })
  app.get('/openapi.json', noParameters, (c) => c.json(document))

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
