import { z } from '@hono/zod-openapi'
import { BookingSchema } from './booking.ts'
import { Id, IdempotencyKeyField, text } from './common.ts'

const Instant = z.string().openapi({ format: 'date-time' })

const RESERVATION_STATUSES = ['pending', 'confirmed', 'cancelled', 'expired'] as const

/** A reservation on the wire (A-11, C-02): the first of two steps, with the booking it is. */
export const ReservationSchema = z
  .object({
    reservation_id: z.uuid().openapi({ description: 'the booking’s id' }),
    lock_id: z.string(),
    reference: z.string(),
    status: z.enum(RESERVATION_STATUSES),
    expires_at: Instant.nullable().openapi({ description: 'null once nothing is held any more that could expire' }),
    created_at: Instant,
    updated_at: Instant,
    booking: BookingSchema,
  })
  .openapi('Reservation')
export type ReservationBody = z.infer<typeof ReservationSchema>

export const ConfirmSchema = z
  .strictObject({
    payment_method: Id.optional(),
    notes: text(0, 2000).optional(),
    expected_version: z.int().min(0).optional().openapi({ description: 'the version you looked at; or If-Match' }),
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('ConfirmReservation')
