import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { Refused } from '../../domain/failures.ts'
import { findDelivery, listDeliveries, queueDelivery, type WebhookDelivery } from '../../prisma/webhooks.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Variables } from '../auth.ts'
import { currentInstant } from '../clock.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { IdempotencyHeader, Uuid } from '../schemas/common.ts'
import { AskRequest, DeliverySchema } from '../schemas/webhook-endpoint.ts'
import { ownEndpoint } from './webhook-endpoints.ts'

const params = z.object({ id: Uuid })
const DeliveryId = z.string().regex(/^[1-9]\d{0,17}$/, 'is no id of a delivery')

const list = createRoute({
  method: 'get',
  path: '/webhook-endpoints/{id}/deliveries',
  ...about(
    'Webhooks',
    'listDeliveries',
    'List what was sent to an endpoint, and its answers',
    'Newest first. For the next page, pass the last id on as `before`.',
  ),
  request: {
    params,
    query: z.strictObject({
      status: z.enum(['pending', 'delivered', 'failed']).optional(),
      before: DeliveryId.optional().openapi({ description: 'those before this one' }),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
  },
  responses: { ...answers(200, 'a page', z.object({ deliveries: z.array(DeliverySchema) })), ...problems(404, 422) },
})

const ping = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{id}/ping',
  ...about('Webhooks', 'pingWebhookEndpoint', 'Send a test event to an endpoint'),
  request: { params, headers: IdempotencyHeader, ...jsonBody(AskRequest, 'nothingMore') },
  responses: { ...answers(202, 'it is on its way', DeliverySchema), ...problems(404, 409, 422) },
})

const replay = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{id}/deliveries/{delivery}/replay',
  ...about(
    'Webhooks',
    'replayDelivery',
    'Send an event again',
    'Under the same `webhook-id`, so that a receiver that has it can tell.',
  ),
  request: {
    params: params.extend({ delivery: DeliveryId }),
    headers: IdempotencyHeader,
    ...jsonBody(AskRequest, 'nothingMore'),
  },
  responses: { ...answers(202, 'it is on its way', DeliverySchema), ...problems(404, 409, 422) },
})

/** W-03: the log of what went to an endpoint, and having something sent. */
export function webhookDeliveryRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database } = parts

  app.openapi(list, async (c) => {
    const { id } = await ownEndpoint(parts, c.get('principal'), c.req.valid('param').id)
    const { status = null, before, limit } = c.req.valid('query')
    const rows = await listDeliveries(database, id, {
      status,
      before: before === undefined ? null : BigInt(before),
      limit,
    })
    return c.json({ deliveries: rows.map(render) }, 200)
  })

  app.openapi(ping, (c) => {
    const { id } = c.req.valid('param')
    return once(c, parts, 'webhook-ping', id, c.req.valid('json'), async (operation) => {
      await enabled(id, c.get('principal'))
      const payload = { event_type: 'ping', event_id: operation.id, occurred_at: currentInstant() }
      const row = { endpointId: id, bookingId: null, version: null, eventId: operation.id, payload }
      return { status: 202, body: render(await queueDelivery(database, row)) }
    })
  })

  app.openapi(replay, (c) => {
    const { id, delivery } = c.req.valid('param')
    return once(c, parts, 'webhook-replay', `${id} ${delivery}`, c.req.valid('json'), async () => {
      await enabled(id, c.get('principal'))
      const sent = await findDelivery(database, id, BigInt(delivery))
      if (sent === null) throw new Refused({ code: 'not_found', message: `There is no delivery ${delivery} any more.` })
      if (sent.status === 'pending') {
        throw new Refused({ code: 'illegal_transition', message: 'The delivery is still under way.' })
      }
      const { bookingId, version, eventId } = sent
      // The JSON column is written by the product alone.
      const payload = sent.payload as object
      const row = { endpointId: id, bookingId, version, eventId, payload, replayOf: sent.id }
      return { status: 202, body: render(await queueDelivery(database, row)) }
    })
  })

  async function enabled(id: string, principal: Variables['principal']): Promise<void> {
    const { status } = await ownEndpoint(parts, principal, id)
    if (status === 'disabled') {
      throw new Refused({ code: 'illegal_transition', message: 'The endpoint is disabled: enable it first.' })
    }
  }
}

function render(row: WebhookDelivery): object {
  return {
    id: String(row.id),
    event_id: row.eventId,
    booking_id: row.bookingId,
    version: row.version,
    status: row.status,
    attempts: row.attempts,
    answer: row.answer,
    error: row.error,
    next_try_at: row.status === 'pending' ? row.nextTryAt.toISOString() : null,
    replay_of: row.replayOf === null ? null : String(row.replayOf),
    created_at: row.createdAt.toISOString(),
    settled_at: row.settledAt?.toISOString() ?? null,
  }
}
