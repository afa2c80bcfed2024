import { OpenAPIHono } from '@hono/zod-openapi'
import type { Parts } from '../runtime/wire.ts'
import { authentication, type Authenticate, type Variables } from './auth.ts'
import { bodyOfText, knownParameters } from './input.ts'
import { isUpload, jsonOnly, loadLimit, rateLimit, requestLimit, uploadLimit } from './limits.ts'
import { refuseInvalid } from './problems.ts'
import { attachmentRoutes } from './routes/attachments.ts'
import { availabilityRoutes } from './routes/availability.ts'
import { catalogueRoutes } from './routes/catalogue.ts'
import { changeRoutes } from './routes/change.ts'
import { commandRoutes } from './routes/commands.ts'
import { contactRoutes } from './routes/contact.ts'
import { createRoutes } from './routes/create.ts'
import { erasureRoutes } from './routes/erasure.ts'
import { eventRoutes } from './routes/events.ts'
import { financialEntryRoutes } from './routes/financial-entries.ts'
import { invariantRoutes } from './routes/invariants.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { offeringRoutes } from './routes/offerings.ts'
import { onSaleRoutes } from './routes/on-sale.ts'
import { operationRoutes } from './routes/operations.ts'
import { paymentFactRoutes } from './routes/payment-facts.ts'
import { readRoutes } from './routes/read.ts'
import { reportRoutes } from './routes/reports.ts'
import { reservationRoutes } from './routes/reservations.ts'
import { reviewRoutes } from './routes/reviews.ts'
import { timelineRoutes } from './routes/timeline.ts'
import { venueProviderRoutes } from './routes/venue-providers.ts'
import { waitlistRoutes } from './routes/waitlist.ts'
import { webhookDeliveryRoutes } from './routes/webhook-deliveries.ts'
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts'

/** What is under `/api/v1` and in the OpenAPI document: for callers with a token, each request within its limits. */
export function apiOf(
  parts: Parts,
  authenticate: Authenticate,
  stopping: AbortSignal,
): OpenAPIHono<{ Variables: Variables }> {
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
  return api
}
