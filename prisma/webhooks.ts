import type { Database } from './client.ts'
import type { WebhookDelivery, WebhookEndpoint } from './generated/client.ts'

export type { WebhookDelivery, WebhookEndpoint }

/** Whose an endpoint is: each caller sees its own. */
export type EndpointOwner = { readonly id: string; readonly role: string }

/** The most endpoints that one caller has. */
export const MOST_ENDPOINTS = 20

/** Makes an endpoint; made before under the same id, it answers with that. Null: the owner has as many as may be. */
export async function createEndpoint(
  db: Database,
  owner: EndpointOwner,
  given: { id: string; url: string; description: string | null; events: readonly string[]; secret: string },
): Promise<WebhookEndpoint | null> {
  return db.$transaction(async (tx) => {
    // Two requests of one owner count one after the other.
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`webhook endpoints of ${owner.id}`}, 0))::text`
    const known = await tx.webhookEndpoint.findUnique({ where: { id: given.id } })
    if (known !== null) return known
    const count = await tx.webhookEndpoint.count({ where: { ownerId: owner.id, ownerRole: owner.role } })
    if (count >= MOST_ENDPOINTS) return null
    return tx.webhookEndpoint.create({
      data: { ...given, events: [...given.events], ownerId: owner.id, ownerRole: owner.role },
    })
  })
}

export function listEndpoints(db: Database, owner: EndpointOwner): Promise<WebhookEndpoint[]> {
  return db.webhookEndpoint.findMany({
    where: { ownerId: owner.id, ownerRole: owner.role },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
}

/** An endpoint of an owner; null also when it is somebody else's. */
export function findEndpoint(db: Database, owner: EndpointOwner, id: string): Promise<WebhookEndpoint | null> {
  return db.webhookEndpoint.findFirst({ where: { id, ownerId: owner.id, ownerRole: owner.role } })
}

export type EndpointChange = {
  readonly url?: string
  readonly description?: string | null
  readonly events?: readonly string[]
  readonly status?: 'enabled' | 'disabled'
}

/** Changes an endpoint. Enabled again, it starts afresh: what waits for it goes out. */
export async function changeEndpoint(db: Database, id: string, change: EndpointChange, now: Date): Promise<void> {
  const { events, status, ...rest } = change
  await db.$transaction([
    db.webhookEndpoint.updateMany({
      where: { id },
      data: {
        ...rest,
        ...(events !== undefined && { events: [...events] }),
        ...(status === 'disabled' && { status, disabledReason: 'by_owner' }),
        ...(status === 'enabled' && {
          status,
          disabledReason: null,
          failures: 0,
          failingSince: null,
          pausedUntil: null,
        }),
        updatedAt: now,
      },
    }),
    ...(status === 'enabled'
      ? [
          db.webhookDelivery.updateMany({
            where: { endpointId: id, status: 'pending', nextTryAt: { gt: now } },
            data: { nextTryAt: now },
          }),
        ]
      : []),
  ])
}

/** Deletes an endpoint; what was queued for it is pruned later. */
export async function deleteEndpoint(db: Database, id: string): Promise<void> {
  await db.webhookEndpoint.deleteMany({ where: { id } })
}

/** Puts a new secret in the place of the one there is, which goes on signing beside it until `previousUntil`. */
export async function rotateSecret(
  db: Database,
  endpoint: WebhookEndpoint,
  secret: string,
  previousUntil: Date,
): Promise<boolean> {
  const { count } = await db.webhookEndpoint.updateMany({
    where: { id: endpoint.id, secret: endpoint.secret },
    data: { secret, previousSecret: endpoint.secret, previousUntil },
  })
  return count === 1
}

/** Queues an event that no booking made, or one that was sent before. */
export function queueDelivery(
  db: Database,
  delivery: Pick<WebhookDelivery, 'endpointId' | 'bookingId' | 'version' | 'eventId'> & {
    readonly payload: object
    readonly replayOf?: bigint
  },
): Promise<WebhookDelivery> {
  return db.webhookDelivery.create({ data: delivery })
}

/** Deliveries of an endpoint, newest first, before an id. */
export function listDeliveries(
  db: Database,
  endpointId: string,
  { status, before, limit }: { status: string | null; before: bigint | null; limit: number },
): Promise<WebhookDelivery[]> {
  return db.webhookDelivery.findMany({
    where: { endpointId, ...(status !== null && { status }), ...(before !== null && { id: { lt: before } }) },
    orderBy: { id: 'desc' },
    take: limit,
  })
}

export function findDelivery(db: Database, endpointId: string, id: bigint): Promise<WebhookDelivery | null> {
  return db.webhookDelivery.findFirst({ where: { id, endpointId } })
}

/** A delivery in the hands of a sender. */
export type ClaimedDelivery = {
  readonly id: bigint
  readonly endpoint_id: string
  readonly event_id: string
  /** JSON as it stands in the database: the same text at every attempt. */
  readonly payload: string
  readonly attempts: number
  readonly created_at: Date
  readonly url: string
  readonly secret: string
  readonly previous_secret: string | null
}

export function claimDeliveries(
  db: Database,
  now: Date,
  { each, total, busy, leaseSeconds }: { each: number; total: number; busy: readonly string[]; leaseSeconds: number },
): Promise<ClaimedDelivery[]> {
  return db.$queryRaw<ClaimedDelivery[]>`
    SELECT * FROM claim_deliveries(${now}::timestamptz, ${each}::int, ${total}::int, ${[...busy]}::uuid[],
      make_interval(secs => ${leaseSeconds}::int))`
}

/** What an attempt came to; `answer` null: there was none. Answers why the endpoint was disabled by it, if it was. */
export async function settleDelivery(
  db: Database,
  id: bigint,
  now: Date,
  attempt: { answer: number | null; error: string | null; pauseSeconds: number; patienceSeconds: number },
): Promise<string | null> {
  const [row] = await db.$queryRaw<[{ reason: string | null }]>`
    SELECT settle_delivery(${id}::bigint, ${now}::timestamptz, ${attempt.answer}::int, ${attempt.error}, make_interval(secs => ${attempt.pauseSeconds}::int),
      make_interval(secs => ${attempt.patienceSeconds}::int)) AS reason`
  return row.reason
}
