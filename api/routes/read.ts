import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { setTimeout } from 'node:timers/promises'
import { STATUSES } from '../../domain/lifecycle.ts'
import { bookingOf } from '../../prisma/bookings.ts'
import { findByNumber, findByReference, listBookings, listHistory, type BookingFilter } from '../../prisma/lists.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Principal, Variables } from '../auth.ts'
import { requireRole } from '../auth.ts'
import { about, answers, problems } from '../documented.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { etagOf, renderBooking } from '../render.ts'
import { BookingPageSchema, BookingSchema } from '../schemas/booking.ts'
import { Id, InstantText, line, Uuid, whole } from '../schemas/common.ts'
import { HistorySchema } from '../schemas/history.ts'
import { maySee, noBooking, visibleBooking } from '../visibility.ts'

const MAX_WAIT_SECONDS = 30
const MAX_PAGE = 100
/** A long poll looks again after this long at first, and ever less often: quick for what happens at once, cheap for what does not. */
const FIRST_LOOK_MS = 20
const LAST_LOOK_MS = 400
/** A deadline is worked on within this; the audit calls what is later a fault (invariant 8). */
const OVERDUE_AFTER_MS = 60_000

const byId = createRoute({
  method: 'get',
  path: '/bookings/{id}',
  ...about(
    'Bookings',
    'getBooking',
    'Get a booking, or wait until it changes',
    'With `wait` and `after_version` the answer comes as soon as the booking has a newer version than the one you know, or after `wait` seconds as it is. This is the way to see a payment arrive without asking again and again.',
  ),
  request: {
    params: z.object({ id: Uuid }),
    query: z.object({
      wait: whole(0, MAX_WAIT_SECONDS).optional(),
      after_version: whole(0, 999_999_999).optional(),
    }),
  },
  responses: { ...answers(200, 'the booking; its ETag is the version', BookingSchema), ...problems(404, 422) },
})

const byReference = createRoute({
  method: 'get',
  path: '/bookings/reference/{reference}',
  ...about(
    'Bookings',
    'getBookingByReference',
    'Get a booking by its reference',
    'The reference is what people read out on the telephone, like `ORD-W5NDT8D3ERAJ`.',
  ),
  request: { params: z.object({ reference: line(1, 20) }) },
  responses: { ...answers(200, 'the booking', BookingSchema), ...problems(404, 422) },
})

const byNumber = createRoute({
  method: 'get',
  path: '/bookings/number/{number}',
  ...about(
    'Bookings',
    'getBookingByNumber',
    'Get a booking by its number',
    'The number is for clients that know bookings by whole numbers.',
  ),
  request: { params: z.object({ number: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }) },
  responses: { ...answers(200, 'the booking', BookingSchema), ...problems(404, 422) },
})

const Page = z.object({
  cursor: z.string().max(500).optional(),
  page: whole(1, 10_000).optional(),
  limit: whole(1, MAX_PAGE).default(20),
})

const Filters = Page.extend({
  status: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(STATUSES)))
    .optional()
    .openapi({ type: 'string', description: 'one or more, separated by commas' }),
  profile: z.enum(PROFILE_NAMES).optional(),
  customer_id: Id.optional(),
  venue_id: Id.optional(),
  provider_id: Id.optional(),
  offering_id: Id.optional(),
  from: InstantText.optional(),
  to: InstantText.optional(),
  attention: z.enum(['true', 'false']).optional().openapi({ description: '`true`: those that need a person' }),
  refund: z
    .enum(['pending', 'failed'])
    .optional()
    .openapi({ description: 'with a refund on its way, or with one that failed or bounced' }),
  overdue: z.enum(['true']).optional().openapi({ description: 'their deadline passed more than a minute ago' }),
})

const list = createRoute({
  method: 'get',
  path: '/bookings',
  ...about(
    'Bookings',
    'listBookings',
    'List bookings, newest first',
    'By cursor: pass `next_cursor` on as `cursor` until it is null. Or by `page` and `limit`, which also counts all of them. Customers and providers see their own only, whatever they filter by.',
  ),
  request: { query: Filters },
  responses: { ...answers(200, 'a page', BookingPageSchema), ...problems(422) },
})

const scopedList = {
  responses: { ...answers(200, 'a page', BookingPageSchema), ...problems(403, 422) },
}

const ofGuest = createRoute({
  ...scopedList,
  method: 'get',
  path: '/bookings/guest/{guest_id}',
  ...about(
    'Bookings',
    'listGuestBookings',
    'List the bookings of a guest',
    'The same filters and pages as the list of all bookings.',
  ),
  request: { params: z.object({ guest_id: Id }), query: Filters },
})

const ofVenue = createRoute({
  ...scopedList,
  method: 'get',
  path: '/bookings/venue/{venue_id}',
  ...about(
    'Bookings',
    'listVenueBookings',
    'List the bookings of a venue',
    'For operators, services, and providers, who see their own. The same filters and pages as the list of all bookings.',
  ),
  request: { params: z.object({ venue_id: Id }), query: Filters },
})

const history = createRoute({
  method: 'get',
  path: '/bookings/{id}/history',
  ...about(
    'History',
    'getHistory',
    'List what happened to a booking, version by version',
    'Each entry is one change: who made it, when and why, and the status before and after.',
  ),
  request: { params: z.object({ id: Uuid }) },
  responses: { ...answers(200, 'the history', HistorySchema), ...problems(404, 422) },
})

/** reads come from PostgreSQL, never from Temporal. */
export function readRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database }: Parts): void {
  app.openapi(byReference, async (c) => {
    const { reference } = c.req.valid('param')
    const booking = await findByReference(database, reference)
    if (booking === null || !maySee(c.get('principal'), booking)) throw noBooking(reference)
    return c.json(renderBooking(booking, c.get('principal')), 200, { etag: etagOf(booking) })
  })

  app.openapi(byNumber, async (c) => {
    const { number } = c.req.valid('param')
    const booking = await findByNumber(database, number)
    if (booking === null || !maySee(c.get('principal'), booking)) throw noBooking(String(number))
    return c.json(renderBooking(booking, c.get('principal')), 200, { etag: etagOf(booking) })
  })

  app.openapi(byId, async (c) => {
    const { id } = c.req.valid('param')
    const { wait = 0, after_version: afterVersion = 0 } = c.req.valid('query')
    const deadline = Math.min(Date.now() + wait * 1000, c.get('principal').endsAt)
    let booking = await visibleBooking(database, c.get('principal'), id)
    let pause = FIRST_LOOK_MS
    while (booking.version <= afterVersion && Date.now() < deadline && !c.req.raw.signal.aborted) {
      await setTimeout(Math.min(pause, deadline - Date.now()))
      pause = Math.min(LAST_LOOK_MS, pause * 1.5)
      booking = await visibleBooking(database, c.get('principal'), id)
    }
    return c.json(renderBooking(booking, c.get('principal')), 200, { etag: etagOf(booking) })
  })

  app.openapi(history, async (c) => {
    const { id } = c.req.valid('param')
    await visibleBooking(database, c.get('principal'), id)
    return c.json({ history: await listHistory(database, id) }, 200)
  })

  const page = async (principal: Principal, query: z.infer<typeof Filters>, scope: BookingFilter) => {
    const filter: BookingFilter = { ...filterOf(query), ...scope, ...ownScope(principal) }
    const { rows, total } = await listBookings(database, filter, {
      limit: query.limit,
      page: query.page ?? null,
      after: query.cursor === undefined ? null : readCursor(query.cursor),
    })
    const last = rows.at(-1)
    return {
      bookings: rows.map((row) => renderBooking(bookingOf(row), principal)),
      next_cursor: rows.length === query.limit && last !== undefined ? writeCursor(last.createdAt, last.id) : null,
      limit: query.limit,
      ...(query.page !== undefined && { page: query.page }),
      ...(total !== null && { total }),
    }
  }

  app.openapi(ofGuest, async (c) => {
    const { guest_id: customerId } = c.req.valid('param')
    return c.json(await page(c.get('principal'), c.req.valid('query'), { customerId }), 200)
  })
  app.openapi(ofVenue, async (c) => {
    requireRole(c.get('principal'), 'operator', 'service', 'provider')
    const { venue_id: venueId } = c.req.valid('param')
    return c.json(await page(c.get('principal'), c.req.valid('query'), { venueId }), 200)
  })
  app.openapi(list, async (c) => c.json(await page(c.get('principal'), c.req.valid('query'), {}), 200))
}

function filterOf(query: z.infer<typeof Filters>): BookingFilter {
  return {
    statuses: query.status,
    profile: query.profile,
    customerId: query.customer_id,
    venueId: query.venue_id,
    providerId: query.provider_id,
    offeringId: query.offering_id,
    from: query.from,
    to: query.to,
    needsAttention: query.attention === undefined ? undefined : query.attention === 'true',
    refund: query.refund,
    overdueAt: query.overdue === undefined ? undefined : new Date(Date.now() - OVERDUE_AFTER_MS),
  }
}

/** Whatever they ask for, customers and providers are shown what is theirs. */
function ownScope({ role, id }: Principal): BookingFilter {
  switch (role) {
    case 'customer':
      return { ownCustomerId: id }
    case 'provider':
      return { ownProviderId: id }
    case 'operator':
    case 'service':
      return {}
  }
}
