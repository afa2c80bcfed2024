import type { Booking } from '../domain/booking.ts'
import { pendingEffects, type PendingEffect } from '../domain/effects.ts'
import type { Instant } from '../domain/time.ts'
import { final } from './failures.ts'

/** A pending effect by its name. What it is about is read from the database when it is done: a history holds no booking for it (N-23). */
export type Errand = {
  readonly bookingId: string
  readonly key: string
  /** The workflow's time when it was begun: what is due depends on it. */
  readonly at: Instant
}

/** Reads a booking; null: there is none. */
export type FindBooking = (this: void, bookingId: string) => Promise<Booking | null>

/**
 * The booking and the pending effect of an errand. Fails for good as `another_writer` when the database does not know of the pending effect (any more): then whoever
 * sent us is behind, or it was stopped, and nothing may be done on its word (N-21).
 */
export async function dueDuty<Type extends PendingEffect['type']>(
  find: FindBooking,
  { bookingId, key, at }: Errand,
  type: Type,
): Promise<{ readonly booking: Booking; readonly effect: Extract<PendingEffect, { type: Type }> }> {
  const booking = await find(bookingId)
  const isIt = (effect: PendingEffect): effect is Extract<PendingEffect, { type: Type }> =>
    effect.type === type && effect.key === key
  const effect = booking === null ? undefined : pendingEffects(booking, at).find(isIt)
  if (booking === null || effect === undefined) {
    throw final('another_writer', `By what the database knows, ${key} is not due.`)
  }
  return { booking, effect }
}
