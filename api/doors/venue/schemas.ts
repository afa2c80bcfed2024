import { z } from 'zod'
import type { Operations } from '../openapi.ts'
import { Availability, VenueBooking } from './answers.ts'

const Version = z.int().min(0)
const Key = z.string().min(1).max(255).nullish()
const BookingDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'Input should be a valid date')
const BookingTime = z
  .string()
  .regex(/^\d{2}:\d{2}(:\d{2})?$/, 'Input should be a valid time')
  .transform((time) => (time.length === 5 ? `${time}:00` : time))
const Minutes = z
  .int()
  .min(1)
  .max(60 * 24 * 31)
const Party = z.int().min(1).max(500)

const Guest = {
  guest_name: z.string().min(1).max(200).nullish(),
  guest_email: z.email().max(320).nullish(),
  guest_phone: z.string().min(3).max(40).nullish(),
}

/** What the seed's document says a booking is asked for with (its data model); it gives no types, so ids are strings. */
export const CreateBooking = z.object({
  guest_id: z.string().min(1).max(200),
  ...Guest,
  venue_id: z.string().min(1).max(200),
  venue_type: z.string().max(200).nullish(),
  venue_name: z.string().max(200).nullish(),
  booking_date: BookingDate,
  booking_time: BookingTime,
  duration_minutes: Minutes.nullish(),
  party_size: Party,
  notes: z.string().max(2000).nullish(),
  idempotency_key: Key,
})

export const UpdateBooking = z.object({
  expected_version: Version,
  booking_date: BookingDate.nullish(),
  booking_time: BookingTime.nullish(),
  duration_minutes: Minutes.nullish(),
  party_size: Party.nullish(),
  notes: z.string().max(2000).nullish(),
  ...Guest,
  idempotency_key: Key,
})

export const CancelBooking = z.object({
  expected_version: Version,
  reason: z.string().max(500).nullish(),
  idempotency_key: Key,
})

const STATUSES = ['CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW'] as const
export type VenueStatus = (typeof STATUSES)[number]

export const ChangeStatus = z.object({
  status: z.string().toUpperCase().pipe(z.enum(STATUSES)),
  expected_version: Version,
  reason: z.string().max(500).nullish(),
  idempotency_key: Key,
})

export const CheckAvailability = z.object({
  venue_id: z.string().min(1).max(200),
  venue_type: z.string().max(200).nullish(),
  booking_date: BookingDate,
  booking_time: BookingTime,
  duration_minutes: Minutes.nullish(),
  party_size: Party,
})
export type Wanted = z.infer<typeof CheckAvailability>

const AT = '/api/v1/bookings'
export const VENUE_OPERATIONS: Operations = {
  'GET /health': { summary: 'Alive', answer: z.strictObject({ status: z.string() }), open: true },
  [`POST ${AT}`]: {
    summary: 'Books a table or a room for a party',
    body: CreateBooking,
    answer: VenueBooking,
    status: 201,
  },
  [`POST ${AT}/availability/check`]: {
    summary: 'Is there something free?',
    body: CheckAvailability,
    answer: Availability,
  },
  [`GET ${AT}/reference/{booking_reference}`]: { summary: 'One booking, by its reference', answer: VenueBooking },
  [`GET ${AT}/guest/{guest_id}`]: { summary: 'A guest’s bookings', answer: z.array(VenueBooking) },
  [`GET ${AT}/venue/{venue_id}`]: { summary: 'A venue’s bookings', answer: z.array(VenueBooking) },
  [`GET ${AT}/{booking_id}`]: { summary: 'One booking', answer: VenueBooking },
  [`PUT ${AT}/{booking_id}`]: { summary: 'Changes it', body: UpdateBooking, answer: VenueBooking },
  [`POST ${AT}/{booking_id}/cancel`]: { summary: 'Cancels it', body: CancelBooking, answer: VenueBooking },
  [`POST ${AT}/{booking_id}/status`]: { summary: 'To another status', body: ChangeStatus, answer: VenueBooking },
}
