import { isConfirmation, type Booking } from './booking.ts'
import type { Fact } from './facts.ts'
import type { Reminder } from './policy.ts'

/** What people are told about a booking (C-08); the last four are the reminders of C-09. */
export type BookingNews =
  | 'booking_confirmed'
  | 'booking_cancelled'
  | 'booking_expired'
  | 'booking_changed'
  | 'approval_needed'
  | 'approval_declined'
  | 'refund_succeeded'
  | `reminder_${Reminder['type']}`

/** All that people are told. An offer of the waitlist is about no booking yet. */
export type NotificationType = BookingNews | 'waitlist_offered'

/** Who can be told: they have a list of their own each. */
export type Recipient = 'customer' | 'provider'

/** What there is to tell of a fact that made `after` of `before`; null: nothing. Whom it is told to is the profile's policy. */
export function newsOf(fact: Pick<Fact, 'type'>, before: Booking, after: Booking): BookingNews | null {
  if (fact.type === 'refund_succeeded') return 'refund_succeeded'
  // Whoever was there, or was not, knows it: as at the end of a booking (N-80).
  if (fact.type === 'visit_over') return null
  if (before.status === after.status) return isChanged(before, after) ? 'booking_changed' : null
  switch (after.status) {
    case 'awaiting_approval':
      return 'approval_needed'
    case 'confirmed':
      return isConfirmation(before, after) ? 'booking_confirmed' : null
    case 'cancelled':
      return 'trigger' in fact && fact.trigger === 'decline' ? 'approval_declined' : 'booking_cancelled'
    case 'expired':
      return 'booking_expired'
    default:
      return null
  }
}

/** Does a confirmed booking take place at another time, with others, or elsewhere than before? */
function isChanged(before: Booking, after: Booking): boolean {
  return after.status === 'confirmed' && JSON.stringify(placeOf(before)) !== JSON.stringify(placeOf(after))
}

function placeOf({ start, end, partySize, items }: Booking): unknown {
  return [start, end, partySize, items.map(({ id, unitId, quantity, start: from }) => [id, unitId, quantity, from])]
}
