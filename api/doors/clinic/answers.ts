import { z } from 'zod'
import { TimeOfDay, Timestamp } from '../openapi.ts'

// The tables of the document, column by column; null where the engine may have none, as for a booking that was made elsewhere than at this door.

export const ReservationRow = z.strictObject({
  id: z.uuid(),
  user_id: z.string(),
  pet_id: z.string().nullable(),
  service_id: z.string(),
  slot_id: z.string(),
  lock_id: z.string(),
  status: z.enum(['pending', 'confirmed', 'cancelled', 'expired']),
  expires_at: Timestamp,
  created_at: Timestamp,
  updated_at: Timestamp,
})

export const BookingRow = z.strictObject({
  id: z.uuid(),
  reservation_id: z.uuid(),
  user_id: z.string(),
  pet_id: z.string().nullable(),
  clinic_id: z.string().nullable(),
  service_id: z.string(),
  slot_id: z.string(),
  payment_id: z.string().nullable(),
  reference_code: z.string().max(20),
  amount: z.number(),
  /** `pending` until it is paid: the document has no row before that (N-42). */
  status: z.enum(['pending', 'confirmed', 'in-progress', 'completed', 'cancelled', 'no-show']),
  cancellation_reason: z.string().nullable(),
  notes: z.string().nullable(),
  pet_snapshot: z.record(z.string(), z.unknown()),
  service_snapshot: z.record(z.string(), z.unknown()),
  booking_time: Timestamp.nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
})

export const BookingPage = z.strictObject({
  data: z.array(BookingRow),
  total: z.int(),
  page: z.int(),
  limit: z.int(),
})

export const ServiceRow = z.strictObject({
  id: z.string(),
  clinic_id: z.string().nullable(),
  name: z.string(),
  description: z.string().nullable(),
  price: z.number(),
  duration_minutes: z.int().nullable(),
  requires_approval: z.boolean(),
  is_available: z.boolean(),
  availability_exceptions: z.array(z.strictObject({ from: Timestamp, to: Timestamp, reason: z.string().nullable() })),
  created_at: Timestamp,
  updated_at: Timestamp,
})

export const SlotRow = z.strictObject({
  id: z.string(),
  service_id: z.string(),
  staff_id: z.string().nullable(),
  slot_date: z.iso.date().nullable(),
  slot_start_time: TimeOfDay.nullable(),
  slot_end_time: TimeOfDay.nullable(),
  status: z.enum(['available', 'booked', 'blocked']),
  capacity: z.int().nullable(),
  booked_count: z.int(),
  created_at: Timestamp,
  updated_at: Timestamp,
})

export const LogEntryRow = z.strictObject({
  id: z.string(),
  log_id: z.uuid(),
  action: z.string(),
  status: z.string(),
  previous_state: z.record(z.string(), z.unknown()).nullable(),
  new_state: z.record(z.string(), z.unknown()),
  performed_by: z.string(),
  notes: z.string().nullable(),
  created_at: Timestamp,
})

export const ReviewRow = z.strictObject({
  id: z.uuid(),
  booking_id: z.uuid(),
  user_id: z.string(),
  clinic_id: z.string().nullable(),
  service_id: z.string(),
  rating: z.int().min(1).max(5),
  comment: z.string().nullable(),
  attachments: z.array(z.strictObject({ id: z.string(), url: z.string() })),
  is_verified: z.boolean(),
  is_published: z.boolean(),
  ratings_breakdown: z.record(z.string(), z.int()),
  created_at: Timestamp,
  updated_at: Timestamp,
})
