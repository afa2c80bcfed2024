import type { Booking } from '../domain/booking.ts'
import { dutiesOf, type Duty } from '../domain/outlook.ts'
import type { Instant } from '../domain/time.ts'
import { findBooking } from '../prisma/bookings.ts'
import type { Database } from '../prisma/client.ts'
import { final } from './failures.ts'

/** A duty by its name. What it is about is read from the database when it is done: a history holds no booking for it (N-23). */
export type Errand = {
  readonly bookingId: string
  readonly key: string
  /** The workflow's time when it was begun: what is due depends on it. */
  readonly at: Instant
}

/**
 * The booking and the duty of an errand. Fails for good as `another_writer` when the database does not know of the duty (any more): then whoever
 * sent us is behind, or it was stopped, and nothing may be done on its word (N-21).
 */
export async function dueDuty<Type extends Duty['type']>(
  database: Database,
  { bookingId, key, at }: Errand,
  type: Type,
): Promise<{ readonly booking: Booking; readonly duty: Extract<Duty, { type: Type }> }> {
  const booking = await findBooking(database, bookingId)
  const isIt = (duty: Duty): duty is Extract<Duty, { type: Type }> => duty.type === type && duty.key === key
  const duty = booking === null ? undefined : dutiesOf(booking, at).find(isIt)
  if (booking === null || duty === undefined) {
    throw final('another_writer', `By what the database knows, ${key} is not due.`)
  }
  return { booking, duty }
}
