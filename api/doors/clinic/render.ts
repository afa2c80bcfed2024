import type { z } from 'zod'
import type { OfferingOnSale } from '../../routes/catalogue.ts'
import type { BookingBody } from '../../schemas/booking.ts'
import type { ReservationBody } from '../../schemas/reservation.ts'
import { major } from '../door.ts'
import type { BookingRow, LogEntryRow, ReservationRow, ServiceRow, SlotRow } from './answers.ts'
import type { ClinicStatus } from './schemas.ts'

/** The seed's statuses; it has no booking before the payment, so one that waits for it is `pending` (N-42). */
const STATUSES: Readonly<Record<BookingBody['status'], ClinicStatus | 'pending'>> = {
  pending: 'pending',
  awaiting_approval: 'pending',
  confirmed: 'confirmed',
  checked_in: 'in-progress',
  in_progress: 'in-progress',
  completed: 'completed',
  no_show: 'no-show',
  cancelled: 'cancelled',
  expired: 'cancelled',
  refunded: 'cancelled',
}

export const OURS = {
  confirmed: 'confirmed',
  'in-progress': 'in_progress',
  completed: 'completed',
  cancelled: 'cancelled',
  'no-show': 'no_show',
} as const satisfies Record<ClinicStatus, BookingBody['status']>

/** A booking with the columns of the seed's table. */
export function clinicBooking(booking: BookingBody): z.infer<typeof BookingRow> {
  const item = booking.items[0]!
  const offerings = booking.snapshots['offerings'] as readonly Record<string, unknown>[] | undefined
  return {
    id: booking.id,
    reservation_id: booking.id,
    user_id: booking.customer.id,
    pet_id: booking.pet_id,
    clinic_id: booking.venue?.id ?? null,
    service_id: item.offering_id,
    slot_id: item.unit_id,
    payment_id: booking.payment?.id ?? null,
    reference_code: booking.reference,
    amount: major(booking.amount, booking.currency),
    status: STATUSES[booking.status],
    cancellation_reason: booking.cancellation?.reason ?? null,
    notes: booking.notes,
    pet_snapshot: (booking.snapshots['pet'] ?? {}) as Record<string, unknown>,
    service_snapshot: {
      ...offerings?.[0],
      price: major(item.unit_price, booking.currency),
      currency: booking.currency,
    },
    booking_time: booking.start,
    // The document has a booking from its confirmation on; what was before is its reservation.
    created_at: booking.steps.confirmed_at ?? booking.created_at,
    updated_at: booking.updated_at,
  }
}

/** A reservation with the columns of the seed's table. */
export function clinicReservation({ booking, ...reservation }: ReservationBody): z.infer<typeof ReservationRow> {
  const item = booking.items[0]!
  return {
    id: reservation.reservation_id,
    user_id: booking.customer.id,
    pet_id: booking.pet_id,
    service_id: item.offering_id,
    slot_id: item.unit_id,
    lock_id: reservation.lock_id,
    status: reservation.status,
    expires_at: reservation.expires_at ?? booking.steps.held_until,
    created_at: reservation.created_at,
    updated_at: reservation.updated_at,
  }
}

export type ServiceBody = OfferingOnSale & Written

type Written = { readonly created_at: string; readonly updated_at: string }

/** A service with the columns of the seed's table. */
export function clinicService(service: ServiceBody): z.infer<typeof ServiceRow> {
  return {
    id: service.id,
    clinic_id: service.venue?.id ?? null,
    name: service.name,
    description: service.description,
    price: major(service.price.amount, service.price.currency),
    duration_minutes: service.duration_minutes,
    requires_approval: service.requires_approval,
    is_available: service.is_available,
    availability_exceptions: service.availability_exceptions,
    created_at: service.created_at,
    updated_at: service.updated_at,
  }
}

export type SlotBody = Written & {
  readonly id: string
  readonly staff_id: string | null
  readonly start_local: string | null
  readonly end_local: string | null
  readonly capacity: number | null
  readonly booked_count: number
  readonly status: z.infer<typeof SlotRow>['status']
}

/** A slot with the columns of the seed's table, its date and times by the clock of the clinic. */
export function clinicSlot(slot: SlotBody, serviceId: string): z.infer<typeof SlotRow> {
  const timeOf = (local: string | null) => local?.slice(11, 19) ?? null
  return {
    id: slot.id,
    service_id: serviceId,
    staff_id: slot.staff_id,
    slot_date: slot.start_local?.slice(0, 10) ?? null,
    slot_start_time: timeOf(slot.start_local),
    slot_end_time: timeOf(slot.end_local),
    status: slot.status,
    capacity: slot.capacity,
    booked_count: slot.booked_count,
    created_at: slot.created_at,
    updated_at: slot.updated_at,
  }
}

export type HistoryLine = {
  readonly action: string
  readonly status: BookingBody['status']
  readonly previous_status: BookingBody['status'] | null
  readonly version: number
  readonly actor: { readonly id: string }
  readonly reason: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly at: string
}

/** A line of the log with the columns of the seed's table (C-10). */
export function clinicLogEntry(line: HistoryLine, bookingId: string): z.infer<typeof LogEntryRow> {
  const { previous_status: before } = line
  return {
    id: `${bookingId}-${line.version}`,
    log_id: bookingId,
    action: line.action,
    status: STATUSES[line.status],
    previous_state: before === null ? null : { status: STATUSES[before], version: line.version - 1 },
    new_state: { ...line.data, status: STATUSES[line.status], version: line.version },
    performed_by: line.actor.id,
    notes: line.reason,
    created_at: line.at,
  }
}
