import { SYSTEM, type Booking } from './booking.ts'
import { evolveAll } from './evolve.ts'
import type { Outcome } from './consequences.ts'
import type { Instant } from './time.ts'

/** The attention of a booking one of whose messages could not be written: only a person takes it down (`retry`), having looked. */
export const WRITE_REFUSED = 'write_refused'

/**
 * The database refuses for good to write what a message leads to: it breaks a rule (N-19). The message is put aside, and a person is called. Nothing else
 * follows from it, because that might be what is refused.
 */
export function onPutAside(
  booking: Booking,
  { message, rule }: { readonly message: string; readonly rule: string },
  now: Instant,
): Outcome {
  const { booking: after, applied } = evolveAll(booking, [
    { at: now, by: SYSTEM, type: 'attention_raised', reason: 'write_refused', message, rule },
  ])
  return { booking: after, facts: applied }
}
