import { z } from 'zod'
import { FastApiRefusal } from '../fastapi.ts'
import { TimeOfDay, Timestamp } from '../openapi.ts'

/** A booking with the fields that the document's data model names; it gives no types. */
export const VenueBooking = z.strictObject({
  id: z.uuid(),
  booking_reference: z.string(),
  guest_id: z.string(),
  guest_name: z.string().nullable(),
  guest_email: z.string().nullable(),
  guest_phone: z.string().nullable(),
  venue_id: z.string().nullable(),
  venue_type: z.string().nullable(),
  venue_name: z.string().nullable(),
  booking_date: z.iso.date(),
  booking_time: TimeOfDay,
  duration_minutes: z.int(),
  party_size: z.int().nullable(),
  status: z.enum(['PENDING', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW', 'EXPIRED']),
  version: z.int(),
  total_amount: z.number(),
  currency: z.string(),
  payment_intent_id: z.string().nullable(),
  payment_status: z.string().nullable(),
  inventory_reservation_id: z.string(),
  notes: z.string().nullable(),
  expires_at: Timestamp.nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
  confirmed_at: Timestamp.nullable(),
  checked_in_at: Timestamp.nullable(),
  completed_at: Timestamp.nullable(),
  cancelled_at: Timestamp.nullable(),
  no_show_at: Timestamp.nullable(),
  expired_at: Timestamp.nullable(),
})

export const Availability = z.strictObject({
  venue_id: z.string(),
  venue_type: z.string().nullish(),
  booking_date: z.iso.date(),
  booking_time: TimeOfDay,
  duration_minutes: z.int(),
  party_size: z.int(),
  available: z.boolean(),
  conflicts: z.array(z.looseObject({})),
  estimated_amount: z.number().nullable(),
  currency: z.string().nullable(),
})

/** The document's conflict error has the booking as it now is, where the versions differ. */
export const VenueRefusal = z.union([
  z.strictObject({ detail: z.string(), code: z.string(), current: VenueBooking.optional() }),
  FastApiRefusal,
])
