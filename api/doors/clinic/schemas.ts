import { z } from 'zod'
import type { Operations } from '../openapi.ts'
import { BookingPage, BookingRow, LogEntryRow, ReservationRow, ReviewRow, ServiceRow, SlotRow } from './answers.ts'

const Id = z.string().min(1).max(200)

/** What the seed calls `PaymentDetails`; it names no fields, so only the method is read. */
const PaymentDetails = z.looseObject({ method: Id.optional(), payment_method: Id.optional() })

/** A DTO that is read in the words of the seed's tables and of its commands: `user_id` and `userId`. */
function inSnakeCase(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
}

/** Reads names in both ways of spelling. */
function either<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((body) => inSnakeCase(body as Record<string, unknown>), z.object(shape))
}

export const CreateReservation = either({
  user_id: Id,
  pet_id: Id,
  service_id: Id,
  slot_id: Id,
  notes: z.string().max(2000).nullish(),
  payment_details: PaymentDetails.nullish(),
})

export const ConfirmReservation = either({
  payment_method: Id.nullish(),
  payment_details: PaymentDetails.nullish(),
  notes: z.string().max(2000).nullish(),
})

export const CancelBooking = either({ cancellation_reason: z.string().max(500).nullish() })

const STATUSES = ['confirmed', 'in-progress', 'completed', 'cancelled', 'no-show'] as const
export type ClinicStatus = (typeof STATUSES)[number]

export const UpdateStatus = either({ status: z.enum(STATUSES), notes: z.string().max(500).nullish() })

export const Review = either({
  rating: z.int().min(1).max(5),
  comment: z.string().max(4000).nullish(),
  attachments: z.array(z.uuid()).max(10).nullish(),
  ratings_breakdown: z.record(z.string(), z.int().min(1).max(5)).nullish(),
})

const Day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}([T ].*)?$/, 'must be a valid ISO 8601 date string')
  .refine((text) => !Number.isNaN(Date.parse(text)), { message: 'must be a valid ISO 8601 date string' })

/** The seed's GetUpcomingBookingsQuery. */
export const BookingsQuery = either({
  user_id: Id.optional(),
  start_date: Day.optional(),
  end_date: Day.optional(),
  status: z.array(z.enum(STATUSES)).optional(),
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

export const SlotsQuery = either({ start_date: Day.optional(), end_date: Day.optional() })

export const CLINIC_OPERATIONS: Operations = {
  'GET /health': { summary: 'Alive', answer: z.strictObject({ status: z.string() }), open: true },
  'GET /bookings': { summary: 'Bookings of a user, a time and statuses', query: BookingsQuery, answer: BookingPage },
  'GET /bookings/{id}': { summary: 'One booking', answer: BookingRow },
  'GET /bookings/{id}/logs': {
    summary: 'Its log: the state before and after each entry',
    answer: z.array(LogEntryRow),
  },
  'POST /bookings/{id}/cancel': { summary: 'Cancels it', body: CancelBooking, answer: BookingRow, status: 201 },
  'PUT /bookings/{id}/status': { summary: 'To another status', body: UpdateStatus, answer: BookingRow },
  'POST /bookings/{id}/reviews': { summary: 'Reviews a visit', body: Review, answer: ReviewRow, status: 201 },
  'POST /reservations': { summary: 'Holds a slot', body: CreateReservation, answer: ReservationRow, status: 201 },
  'GET /reservations/{id}': { summary: 'One reservation', answer: ReservationRow },
  'POST /reservations/{id}/confirm': {
    summary: 'Asks for its payment',
    body: ConfirmReservation,
    answer: BookingRow,
    status: 201,
  },
  'GET /services/{id}/slots': { summary: 'The slots of a service', query: SlotsQuery, answer: z.array(SlotRow) },
  'GET /clinics/{id}/services': { summary: 'The services of a clinic', answer: z.array(ServiceRow) },
}
