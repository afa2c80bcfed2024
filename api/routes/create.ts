import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { bulkhead, isBulkheadRejectedError } from 'cockatiel'
import { isTryOver, Refused } from '../../domain/failures.ts'
import type { Order } from '../../domain/order.ts'
import { bookingOf, findBooking, WHOLE_BOOKING } from '../../prisma/bookings.ts'
import { lookUpItems, type ItemFound } from '../../prisma/item-lookup.ts'
import { letGo } from '../../prisma/withheld.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Principal, type Variables } from '../auth.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { ORDER_EXAMPLES } from '../examples/examples.ts'
import { once, otherBody, type Answer, type Operation } from '../idempotency.ts'
import { currentInstant } from '../clock.ts'
import { BUFFERS, leavesOpen, makeOrder, profileOf, questionsOf, withheldOf } from '../order.ts'
import { etagOf, renderBooking } from '../render.ts'
import { BookingSchema } from '../schemas/booking.ts'
import { IdempotencyHeader } from '../schemas/common.ts'
import { OrderSchema, type OrderBody } from '../schemas/order.ts'
import { inInstants } from '../local-times.ts'
import { ReservationSchema } from '../schemas/reservation.ts'
import { renderReservation } from './reservations.ts'

const route = createRoute({
  method: 'post',
  path: '/bookings',
  ...about(
    'Bookings',
    'createBooking',
    'Book: hold units and get the price and the payment',
    'Each line of business (`profile`) has its own body; the examples show one of each. Where `unit_id` is left out, a free unit is chosen. The units are held until `hold.expires_at`; the customer pays with `payment.client_secret` at the payment service, and the booking is confirmed. What is paid too late is refunded.',
  ),
  request: { ...jsonBody(OrderSchema, ...ORDER_EXAMPLES), headers: IdempotencyHeader },
  responses: {
    ...answers(201, 'held: the price, the payment to be made, and until when', BookingSchema),
    ...problems(403, 409, 413, 415, 422),
  },
})

const reserveRoute = createRoute({
  method: 'post',
  path: '/reservations',
  ...about(
    'Reservations',
    'createReservation',
    'Hold units first, and decide about paying later',
    'The first of two steps. Takes the same body as a booking. Nothing is to be paid before the reservation is confirmed; it ends by itself at `expires_at`.',
  ),
  request: { ...jsonBody(OrderSchema, ...ORDER_EXAMPLES), headers: IdempotencyHeader },
  responses: {
    ...answers(201, 'held: the price, and until when it can be confirmed', ReservationSchema),
    ...problems(403, 409, 413, 415, 422),
  },
})

/** How many creates may wait for their turn at the gate before the answer is 503. */
const WAITING_ROOM = 2000

/** A look at the database older than this is taken anew before a workflow is started on its word, in milliseconds. */
const FRESH_MS = 25

/**
 * What is not free is refused from SQL. What looks free passes a gate: no more creates at once than Temporal digests without growing
 * queues, and who waited at it looks again, so that 500 buyers of one seat make a few workflows and not 500.
 */
export function createRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const gate = bulkhead(parts.config.CREATE_CONCURRENCY, WAITING_ROOM)

  const creating = (c: Context<{ Variables: Variables }>, body: OrderBody, reserved: boolean) => {
    const principal = c.get('principal')
    const { customersOnly } = profileOf(body).shape
    requireRole(
      principal,
      ...(customersOnly ? (['customer'] as const) : (['customer', 'operator', 'service'] as const)),
    )
    return once(c, parts, reserved ? 'reserve' : 'create', '', body, async (operation) => {
      try {
        return await made(principal, body, operation, reserved)
      } catch (error) {
        // Nobody will come for its contact data, but an earlier try that may still be on its way to the run. What was named and is sold out has left none, or so
        // seldom that they go by their age: the many who are refused cost one statement each.
        const isGone = isTryOver(error) && (error.code !== 'sold_out' || leavesOpen(body))
        if (isGone && !operation.begunBefore) await letGo(parts.database, operation.id)
        throw error
      }
    })
  }

  const made = async (principal: Principal, body: OrderBody, operation: Operation, reserved: boolean) => {
    const order = await freeOrder(parts, body, principal, operation)
    if (order === null) return bookingMade(parts, operation, principal, reserved)
    const lookedAt = performance.now()
    try {
      return await gate.execute(async () => {
        const isStale = performance.now() - lookedAt > FRESH_MS
        const current = isStale ? await freeOrder(parts, body, principal, operation) : order
        if (current !== null) await parts.workflows.create(reserved ? { ...current, reserved } : current)
        return bookingMade(parts, operation, principal, reserved)
      })
    } catch (error) {
      if (!isBulkheadRejectedError(error)) throw error
      throw new Refused({ code: 'unavailable', message: 'Too many bookings are being made at this moment.' })
    }
  }

  app.openapi(route, (c) => creating(c, c.req.valid('json') as OrderBody, false))
  app.openapi(reserveRoute, (c) => creating(c, c.req.valid('json') as OrderBody, true))
}

/**
 * The order, when its units are free. A request that was begun before may find them taken by itself: then its booking is there, and the order
 * stands. Null when it could not be ordered any more, and was before.
 */
async function freeOrder(
  parts: Parts,
  body: OrderBody,
  principal: Principal,
  { id, fingerprint }: Operation,
): Promise<Order | null> {
  const profile = profileOf(body)
  let asked: { found: ItemFound[]; body: OrderBody } | null = null
  const known = { profile, principal, bookingId: id, fingerprint, now: currentInstant() }
  try {
    const timed = await inInstants(parts.database, body)
    asked = {
      body: timed,
      found: await lookUpItems(parts.database, questionsOf(timed), BUFFERS, withheldOf(body, principal, id)),
    }
    return makeOrder({ ...known, ...asked })
  } catch (error) {
    if (!(error instanceof Refused) || (await findBooking(parts.database, id)) === null) throw error
    if (error.code !== 'sold_out' || asked === null) return null
    const { found } = asked
    return makeOrder({ ...known, ...asked, found: found.map((item) => ({ ...item, freeUnit: item.freeUnit ?? '' })) })
  }
}

/** The booking of an operation, as it stands. Throws `idempotency_mismatch` when it was made of another body. */
async function bookingMade(
  parts: Parts,
  { id, fingerprint }: Operation,
  principal: Principal,
  reserved: boolean,
): Promise<Answer> {
  const row = await parts.database.booking.findUniqueOrThrow({ where: { id }, ...WHOLE_BOOKING })
  if (row.fingerprint !== fingerprint) throw otherBody()
  const booking = bookingOf(row)
  const body = reserved ? renderReservation(booking, principal) : renderBooking(booking, principal)
  return { status: 201, body, etag: etagOf(booking) }
}
