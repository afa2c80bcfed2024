import { z } from 'zod'
import type { Operations } from '../openapi.ts'
import { pyDate, pyEnum, pyInt, pyText, pyTime } from '../pydantic.ts'
import { Availability, VenueBooking } from './answers.ts'

const Version = pyInt({ ge: 0 })
const Key = pyText(1, 255).nullish()
const Minutes = pyInt({ ge: 1, le: 60 * 24 * 31 })
const Party = pyInt({ ge: 1, le: 500 })

const Guest = {
  guest_name: pyText(1, 200).nullish(),
  guest_email: z.email().max(320).nullish(),
  guest_phone: pyText(3, 40).nullish(),
}

/** What the seed's document says a booking is asked for with (its data model); it gives no types, so ids are strings. */
export const CreateBooking = z.object({
  guest_id: pyText(1, 200),
  ...Guest,
  venue_id: pyText(1, 200),
  venue_type: pyText(0, 200).nullish(),
  venue_name: pyText(0, 200).nullish(),
  booking_date: pyDate(),
  booking_time: pyTime(),
  duration_minutes: Minutes.nullish(),
  party_size: Party,
  notes: pyText(0, 2000).nullish(),
  idempotency_key: Key,
})

export const UpdateBooking = z.object({
  expected_version: Version,
  booking_date: pyDate().nullish(),
  booking_time: pyTime().nullish(),
  duration_minutes: Minutes.nullish(),
  party_size: Party.nullish(),
  notes: pyText(0, 2000).nullish(),
  ...Guest,
  idempotency_key: Key,
})

export const CancelBooking = z.object({
  expected_version: Version,
  reason: pyText(0, 500).nullish(),
  idempotency_key: Key,
})

const STATUSES = ['PENDING', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW', 'EXPIRED'] as const
export type VenueStatus = (typeof STATUSES)[number]

export const ChangeStatus = z.object({
  status: pyEnum(STATUSES),
  expected_version: Version,
  reason: pyText(0, 500).nullish(),
  idempotency_key: Key,
})

export const CheckAvailability = z.object({
  venue_id: pyText(1, 200),
  venue_type: pyText(0, 200).nullish(),
  booking_date: pyDate(),
  booking_time: pyTime(),
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
