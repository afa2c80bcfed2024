import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { Booking } from '../../domain/booking.ts'
import { Refused } from '../../domain/failures.ts'
import type { StoredBooking } from '../../prisma/bookings.ts'
import { profileNamed } from '../../profiles/index.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Principal, type Variables } from '../auth.ts'
import { expectedVersionOf, giveCommand } from '../command.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once, type Answer } from '../idempotency.ts'
import { invalid } from '../problems.ts'
import { etagOf, renderBooking } from '../render.ts'
import { IdempotencyHeader, Uuid } from '../schemas/common.ts'
import { ConfirmSchema, ReservationSchema, type ReservationBody } from '../schemas/reservation.ts'
import { visibleBooking } from '../visibility.ts'

const params = z.object({ id: Uuid })

const read = createRoute({
  method: 'get',
  path: '/reservations/{id}',
  ...about('Reservations', 'getReservation', 'Get a reservation, with the booking it is'),
  request: { params },
  responses: { ...answers(200, 'the reservation', ReservationSchema), ...problems(404, 422) },
})

const confirm = createRoute({
  method: 'post',
  path: '/reservations/{id}/confirm',
  ...about(
    'Reservations',
    'confirmReservation',
    'Confirm a reservation: it is to be paid now',
    'The second of two steps. The answer has the payment to be made.',
  ),
  request: { params, headers: IdempotencyHeader, ...jsonBody(ConfirmSchema, 'confirmReservation', 'nothingMore') },
  responses: { ...answers(200, 'the payment to be made', ReservationSchema), ...problems(403, 404, 409, 412, 422) },
})

const release = createRoute({
  method: 'delete',
  path: '/reservations/{id}',
  ...about(
    'Reservations',
    'releaseReservation',
    'Release a reservation that was not confirmed',
    'What was released before is answered as it is.',
  ),
  request: { params, headers: IdempotencyHeader },
  responses: { ...answers(200, 'the reservation, cancelled', ReservationSchema), ...problems(404, 409, 412, 422) },
})

/** a booking in two steps. The first, `POST /reservations`, is made with the bookings (routes/create.ts). */
export function reservationRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  app.openapi(read, async (c) => {
    const principal = c.get('principal')
    const booking = await visibleBooking(parts.database, principal, c.req.valid('param').id)
    c.header('etag', etagOf(booking))
    return c.json(renderReservation(booking, principal), 200)
  })

  app.openapi(confirm, (c) => {
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    const principal = c.get('principal')
    // It is the customer who pays (N-58): a provider confirms nothing for them, and with no card of their own.
    requireRole(principal, 'customer', 'operator', 'service')
    return once(c, parts, 'confirm', id, body, async (operation) => {
      const before = await visibleBooking(parts.database, principal, id)
      const longest = profileNamed(before.profile)?.shape.notes ?? 0
      if ((body.notes?.length ?? 0) > longest) {
        throw invalid({ pointer: '/notes', message: `are at most ${longest} characters` })
      }
      await giveCommand(parts, principal, {
        id,
        commandFor: () => 'confirm_reservation',
        reason: null,
        expected: expectedVersionOf(c, body.expected_version),
        operation,
        more: () => ({ paymentMethod: body.payment_method ?? null, notes: body.notes ?? null }),
      })
      return answerOf(parts, principal, id)
    })
  })

  app.openapi(release, (c) => {
    const { id } = c.req.valid('param')
    const principal = c.get('principal')
    return once(c, parts, 'release', id, {}, async (operation) => {
      const before = await visibleBooking(parts.database, principal, id)
      // Gone already: that is what was asked for.
      if (statusOf(before) === 'cancelled') return answerOf(parts, principal, id)
      if (!operation.begunBefore && !isReserved(before)) throw notReserved(before)
      await giveCommand(parts, principal, {
        id,
        commandFor: () => 'cancel',
        reason: 'reservation_released',
        expected: expectedVersionOf(c, undefined),
        operation,
      })
      return answerOf(parts, principal, id)
    })
  })
}

/** A booking as the reservation it began as. */
export function renderReservation(booking: StoredBooking, viewer: Principal): ReservationBody {
  return {
    reservation_id: booking.id,
    lock_id: 'hold' in booking ? booking.hold.lockId : booking.id,
    reference: booking.reference,
    status: statusOf(booking),
    expires_at: 'hold' in booking ? booking.hold.expiresAt : null,
    created_at: booking.createdAt,
    updated_at: booking.updatedAt,
    booking: renderBooking(booking, viewer),
  }
}

async function answerOf({ database }: Parts, principal: Principal, id: string): Promise<Answer> {
  const booking = await visibleBooking(database, principal, id)
  return { status: 200, body: renderReservation(booking, principal), etag: etagOf(booking) }
}

function isReserved(booking: Booking): boolean {
  return booking.status === 'pending' && booking.hold.reserved
}

/** What became of it (C-02): pending until it is paid, and approved where that is needed (N-42); one that ended later says how it ended. */
function statusOf(booking: Booking): ReservationBody['status'] {
  if (booking.status === 'pending' || booking.status === 'awaiting_approval') return 'pending'
  if (booking.status === 'expired') return 'expired'
  if (!('cancellation' in booking)) return 'confirmed'
  return booking.cancellation.reason === 'hold_expired' ? 'expired' : 'cancelled'
}

function notReserved(booking: Booking): Refused {
  if (statusOf(booking) === 'expired') {
    return new Refused({ code: 'hold_expired', message: 'The reservation has run out; there is nothing to let go of.' })
  }
  return new Refused({
    code: 'illegal_transition',
    message: 'The reservation was confirmed: cancel the booking instead.',
    details: { booking_status: booking.status },
  })
}
