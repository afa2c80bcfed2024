import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { listEntries, WAITLIST_STATUSES, withdrawEntry } from '../../prisma/waitlist.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'
import type { Parts } from '../../runtime/wire.ts'
import { actorOf, type Variables } from '../auth.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { etagOf, renderBooking } from '../render.ts'
import { BookingSchema } from '../schemas/booking.ts'
import { Id, IdempotencyHeader, IdempotencyKeyField, Uuid, whole } from '../schemas/common.ts'
import { OrderSchema, type OrderBody } from '../schemas/order.ts'
import { WaitlistEntrySchema, WaitlistPageSchema } from '../schemas/waitlist.ts'
import { visibleBooking } from '../visibility.ts'
import { illegal, joined, makeBooking, renderEntry, requireBuyer, visibleEntry } from '../waitlist.ts'

const params = z.object({ id: Uuid })

const join = createRoute({
  method: 'post',
  path: '/waitlist',
  ...about(
    'Waitlist',
    'joinWaitlist',
    'Wait for something that is sold out',
    'Takes the body of the booking that you want. What comes free is offered in the order of joining; the customer is told, and accepts the offer before it runs out.',
  ),
  request: { ...jsonBody(OrderSchema, 'waitForCourse'), headers: IdempotencyHeader },
  responses: { ...answers(201, 'the entry and its place in line', WaitlistEntrySchema), ...problems(403, 409, 422) },
})

const byId = createRoute({
  method: 'get',
  path: '/waitlist/{id}',
  ...about('Waitlist', 'getWaitlistEntry', 'Get an entry: its place in line, or its offer'),
  request: { params },
  responses: { ...answers(200, 'the entry', WaitlistEntrySchema), ...problems(404, 422) },
})

const accept = createRoute({
  method: 'post',
  path: '/waitlist/{id}/accept',
  ...about('Waitlist', 'acceptOffer', 'Accept the offer: it becomes a booking to pay for'),
  request: {
    params,
    headers: IdempotencyHeader,
    ...jsonBody(z.strictObject({ idempotency_key: IdempotencyKeyField }).openapi('Acceptance'), 'nothingMore'),
  },
  responses: {
    ...answers(201, 'held: the price, the payment to be made, and until when', BookingSchema),
    ...problems(403, 404, 409, 422),
  },
})

const withdraw = createRoute({
  method: 'delete',
  path: '/waitlist/{id}',
  ...about('Waitlist', 'leaveWaitlist', 'Leave the waitlist', 'What was offered goes to the next in line at once.'),
  request: { params, headers: IdempotencyHeader },
  responses: { ...answers(200, 'the entry', WaitlistEntrySchema), ...problems(403, 404, 409, 422) },
})

const Filters = z.object({
  status: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(WAITLIST_STATUSES)))
    .optional()
    .openapi({ type: 'string', description: 'one or more, separated by commas' }),
  profile: z.enum(PROFILE_NAMES).optional(),
  customer_id: Id.optional(),
  offering_id: Id.optional(),
  cursor: z.string().max(500).optional(),
  limit: whole(1, 100).default(20),
})

const list = createRoute({
  method: 'get',
  path: '/waitlist',
  ...about(
    'Waitlist',
    'listWaitlist',
    'List entries of the waitlist, newest first',
    'Customers and providers see their own only.',
  ),
  request: { query: Filters },
  responses: { ...answers(200, 'a page', WaitlistPageSchema), ...problems(422) },
})

/**
 * who finds something sold out waits for it here. An entry is a create request for later: what comes free is held for it by PostgreSQL
 * under the id of the booking to be, and accepting makes that booking in the usual way.
 */
export function waitlistRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database } = parts

  app.openapi(join, (c) => {
    const body = c.req.valid('json') as OrderBody
    const principal = c.get('principal')
    requireBuyer(principal, body)
    return once(c, parts, 'waitlist', '', body, (operation) => joined(parts, body, principal, operation))
  })

  app.openapi(list, async (c) => {
    const { id, role } = c.get('principal')
    const { status, profile, customer_id, offering_id, cursor, limit } = c.req.valid('query')
    const filter = {
      statuses: status,
      profile,
      offeringId: offering_id,
      customerIds: [...(customer_id === undefined ? [] : [customer_id]), ...(role === 'customer' ? [id] : [])],
      providerIds: role === 'provider' ? [id] : [],
    }
    const after = cursor === undefined ? null : readCursor(cursor)
    const entries = await listEntries(database, filter, { limit, after })
    const last = entries.at(-1)
    const next = entries.length === limit && last !== undefined ? writeCursor(last.createdAt, last.id) : null
    return c.json({ entries: entries.map(renderEntry), next_cursor: next, limit }, 200)
  })

  app.openapi(byId, async (c) =>
    c.json(renderEntry(await visibleEntry(database, c.get('principal'), c.req.valid('param').id)), 200),
  )

  app.openapi(accept, (c) => {
    const { id } = c.req.valid('param')
    const principal = c.get('principal')
    return once(c, parts, 'waitlist_accept', id, c.req.valid('json'), async () => {
      const entry = await visibleEntry(database, principal, id)
      await makeBooking(parts, entry, principal)
      const booking = await visibleBooking(database, principal, entry.bookingId)
      return { status: 201, body: renderBooking(booking, principal), etag: etagOf(booking) }
    })
  })

  app.openapi(withdraw, (c) => {
    const { id } = c.req.valid('param')
    const principal = c.get('principal')
    return once(c, parts, 'waitlist_withdraw', id, {}, async () => {
      const entry = await visibleEntry(database, principal, id)
      requireBuyer(principal, entry.body as unknown as OrderBody)
      const status = await withdrawEntry(database, id, actorOf(principal))
      if (status !== 'withdrawn') {
        const message = status === 'accepted' ? 'It is a booking by now: cancel that.' : `It is ${status} already.`
        throw illegal({ ...entry, status: status ?? 'expired' }, message)
      }
      return { status: 200, body: renderEntry(await visibleEntry(database, principal, id)) }
    })
  })
}
