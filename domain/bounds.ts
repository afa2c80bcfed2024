import type { Agreement, Hold, Role } from './booking.ts'
import { earlier, type Instant } from './time.ts'

/** Has what is booked begun? Without a start it never does. */
export function hasBegun({ start }: Pick<Agreement, 'start'>, now: Instant): boolean {
  return start !== null && now >= start
}

/**
 * Until when something may be kept for somebody who has not paid, or was not approved, yet: as long as was wished, and not beyond the start (N-84). Only an
 * operator keeps a place for whoever may come later. Every deadline of a hold, an approval or a change goes through here.
 */
export function untilStart({ start }: Pick<Agreement, 'start'>, wished: Instant, by: Role | null = null): Instant {
  return start === null || by === 'operator' ? wished : earlier(wished, start)
}

/** Is it too late for money that comes in now to confirm what is held? Not where an operator has made the hold last beyond the start. */
export function isTooLate(of: Pick<Agreement, 'start'>, hold: Pick<Hold, 'expiresAt'>, now: Instant): boolean {
  return hasBegun(of, now) && of.start !== null && hold.expiresAt <= of.start
}
