import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { Refused } from '../../domain/failures.ts'
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  MOST_ENDPOINTS,
  rotateSecret,
  type WebhookEndpoint,
} from '../../prisma/webhooks.ts'
import { addressIn, allowedAddresses, isAllowed } from '../../services/webhooks/addresses.ts'
import { newSecret, seal, unseal } from '../../services/webhooks/secrets.ts'
import { payloadKeysOf } from '../../temporal/codec.ts'
import type { Config } from '../../config.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Principal, Variables } from '../auth.ts'
import { currentInstant } from '../clock.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { invalid } from '../problems.ts'
import { IdempotencyHeader, Uuid } from '../schemas/common.ts'
import {
  AskRequest,
  EndpointChangeRequest,
  EndpointRequest,
  EndpointSchema,
  EndpointWithSecretSchema,
  RotatedSchema,
} from '../schemas/webhook-endpoint.ts'

/** How long both secrets sign after a rotation. */
const OVERLAP_MS = 24 * 3_600_000

const params = z.object({ id: Uuid })

const create = createRoute({
  method: 'post',
  path: '/webhook-endpoints',
  ...about(
    'Webhooks',
    'createWebhookEndpoint',
    'Be told of bookings by signed webhook',
    'A customer is told of theirs, a provider of those of its offerings, an operator or a service of all. The secret is in this answer alone.',
  ),
  request: { headers: IdempotencyHeader, ...jsonBody(EndpointRequest, 'endpoint') },
  responses: { ...answers(201, 'the endpoint, with its secret', EndpointWithSecretSchema), ...problems(409, 422) },
})

const list = createRoute({
  method: 'get',
  path: '/webhook-endpoints',
  ...about('Webhooks', 'listWebhookEndpoints', 'List your own endpoints'),
  responses: { ...answers(200, 'all of them', z.object({ endpoints: z.array(EndpointSchema) })), ...problems() },
})

const read = createRoute({
  method: 'get',
  path: '/webhook-endpoints/{id}',
  ...about('Webhooks', 'getWebhookEndpoint', 'Get an endpoint; why it was disabled, if it was'),
  request: { params },
  responses: { ...answers(200, 'the endpoint', EndpointSchema), ...problems(404, 422) },
})

const change = createRoute({
  method: 'put',
  path: '/webhook-endpoints/{id}',
  ...about(
    'Webhooks',
    'changeWebhookEndpoint',
    'Change an endpoint, or enable it again',
    'What is left out stays. `enabled` starts afresh, with what waits.',
  ),
  request: { params, headers: IdempotencyHeader, ...jsonBody(EndpointChangeRequest, 'endpointEnabled') },
  responses: { ...answers(200, 'the endpoint', EndpointSchema), ...problems(404, 422) },
})

const remove = createRoute({
  method: 'delete',
  path: '/webhook-endpoints/{id}',
  ...about('Webhooks', 'deleteWebhookEndpoint', 'Delete an endpoint, with what waits for it'),
  request: { params, headers: IdempotencyHeader },
  responses: { ...answers(200, 'the endpoint as it was', EndpointSchema), ...problems(404, 422) },
})

const rotate = createRoute({
  method: 'post',
  path: '/webhook-endpoints/{id}/rotate-secret',
  ...about('Webhooks', 'rotateWebhookSecret', 'Get a new secret; the old one signs for another day'),
  request: { params, headers: IdempotencyHeader, ...jsonBody(AskRequest, 'nothingMore') },
  responses: { ...answers(200, 'the new secret', RotatedSchema), ...problems(404, 409, 422) },
})

/** W-01: endpoints of the caller's own. Whose bookings each is told of, `queue_webhooks` decides. */
export function webhookEndpointRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database, config } = parts
  const keys = config.PAYLOAD_KEYS === undefined ? [] : payloadKeysOf(config.PAYLOAD_KEYS)

  app.openapi(create, (c) => {
    const body = c.req.valid('json')
    const principal = c.get('principal')
    const url = checkedUrl(body.url, config)
    // The answer has a secret, which is not to be kept: it is made anew from the endpoint.
    return once(c, parts, 'webhook-endpoint', '', body, async ({ id }) => {
      const endpoint = await createEndpoint(database, principal, {
        id,
        url,
        description: body.description,
        events: body.events,
        secret: seal(newSecret(), keys),
      })
      if (endpoint === null) throw tooMany()
      return { status: 201, body: { ...render(endpoint), secret: unseal(endpoint.secret, keys) } }
    })
  })

  app.openapi(list, async (c) =>
    c.json({ endpoints: (await listEndpoints(database, c.get('principal'))).map(render) }, 200),
  )

  app.openapi(read, async (c) => c.json(render(await own(c.get('principal'), c.req.valid('param').id)), 200))

  app.openapi(change, (c) => {
    const body = c.req.valid('json')
    const principal = c.get('principal')
    const { id } = c.req.valid('param')
    const { url, events, description, status } = body
    return once(c, parts, 'webhook-endpoint-change', id, body, async () => {
      await own(principal, id)
      await changeEndpoint(
        database,
        id,
        {
          ...(url !== undefined && { url: checkedUrl(url, config) }),
          ...(events !== undefined && { events }),
          ...(description !== undefined && { description }),
          ...(status !== undefined && { status }),
        },
        new Date(currentInstant()),
      )
      return { status: 200, body: render(await own(principal, id)) }
    })
  })

  app.openapi(remove, (c) => {
    const { id } = c.req.valid('param')
    const principal = c.get('principal')
    return once(c, parts, 'webhook-endpoint-delete', id, {}, async () => {
      const endpoint = await own(principal, id)
      await deleteEndpoint(database, id)
      return { status: 200, body: render(endpoint) }
    })
  })

  app.openapi(rotate, (c) => {
    const { id } = c.req.valid('param')
    const principal = c.get('principal')
    // The answer that is kept has no secret: given again, it has the one that the endpoint signs with then.
    return once(c, parts, 'webhook-rotate', id, c.req.valid('json'), async () => {
      const endpoint = await own(principal, id)
      const secret = newSecret()
      const previousUntil = new Date(Date.parse(currentInstant()) + OVERLAP_MS)
      if (!(await rotateSecret(database, endpoint, seal(secret, keys), previousUntil))) {
        throw new Refused({ code: 'version_conflict', message: 'The secret is being rotated by another request.' })
      }
      return { status: 200, body: { id, secret, previous_until: previousUntil.toISOString() } }
    })
  })

  function own(principal: Principal, id: string): Promise<WebhookEndpoint> {
    return ownEndpoint(parts, principal, id)
  }
}

/** An endpoint of the caller's; somebody else's is not there. */
export async function ownEndpoint({ database }: Parts, principal: Principal, id: string): Promise<WebhookEndpoint> {
  const endpoint = await findEndpoint(database, principal, id)
  if (endpoint === null) throw new Refused({ code: 'not_found', message: `You have no webhook endpoint ${id}.` })
  return endpoint
}

/** A URL that webhooks may go to. What its name stands for is judged at each connection (W-05). */
function checkedUrl(given: string, { WEBHOOK_ALLOW_PRIVATE }: Pick<Config, 'WEBHOOK_ALLOW_PRIVATE'>): string {
  const fault = (message: string) => invalid({ pointer: '/url', message })
  const url = URL.canParse(given) ? new URL(given) : null
  if (url === null) throw fault('is no URL')
  const isPlainAllowed = WEBHOOK_ALLOW_PRIVATE !== 'false'
  if (url.protocol !== 'https:' && !(isPlainAllowed && url.protocol === 'http:')) throw fault('is not https://…')
  if (url.username !== '' || url.password !== '') throw fault('has a name or password in it')
  if (url.hash !== '') throw fault('has a fragment')
  const address = addressIn(url.hostname)
  const allowed = allowedAddresses(WEBHOOK_ALLOW_PRIVATE)
  if (address !== null && allowed !== null && !isAllowed(address, allowed)) throw fault('is no public address')
  return url.href
}

function tooMany(): Refused {
  return new Refused({ code: 'policy_forbids', message: `A caller has at most ${MOST_ENDPOINTS} webhook endpoints.` })
}

function render(endpoint: WebhookEndpoint): object {
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events,
    description: endpoint.description,
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  }
}
