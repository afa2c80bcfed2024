import { v5 } from 'uuid'
import type { Booking } from '../../domain/booking.ts'
import type { Fact } from '../../domain/facts.ts'
import { newsOf, type BookingNews, type Recipient } from '../../domain/notifications.ts'
import type { Reminder } from '../../domain/policy.ts'
import type { Instant } from '../../domain/time.ts'
import type { NotificationEntry } from '../../prisma/notifications.ts'
import { profileNamed } from '../../profiles/index.ts'
import type { Offered } from '../../prisma/waitlist-offers.ts'
import { textOf, textOfOffer } from './text.ts'

/** Of ids of notifications: one version, type and recipient always has the same, however often it is written or sent. */
const NAMESPACE = '0f3f6c1e-6d39-5a63-9b3f-7f0c5a0d2b11'

/** Whom a change of a booking is to be told, by its profile, and in which words (C-08). */
export function notificationsOf(profileName: string, fact: Fact, before: Booking, after: Booking): NotificationEntry[] {
  const type = newsOf(fact, before, after)
  if (type === null) return []
  const recipients = profileNamed(profileName)?.notifications[type] ?? []
  return recipients.flatMap((recipient) => {
    const userId = after[recipient]?.id
    if (userId === undefined) return []
    const id = v5(`${after.id} ${after.version} ${type} ${recipient}`, NAMESPACE)
    return [entry(id, { type, recipient, userId }, after, fact.at, textOf(type, after, fact), {})]
  })
}

/** The customer's notification of a reminder that is due (C-09). */
export function notificationOfReminder(
  booking: Booking,
  reminder: { readonly id: string; readonly type: Reminder['type'] },
  at: Instant,
): NotificationEntry {
  const type = `reminder_${reminder.type}` as const
  const to = { type, recipient: 'customer', userId: booking.customer.id } as const
  return entry(v5(reminder.id, NAMESPACE), to, booking, at, textOf(type, booking), { reminder_id: reminder.id })
}

/** The customer's notification that the waitlist offers them something; an entry is offered something once. */
export function notificationOfOffer(
  { entryId, customerId, profile, ...words }: Offered,
  at: Instant,
): NotificationEntry {
  return {
    id: v5(`${entryId} waitlist_offered`, NAMESPACE),
    userId: customerId,
    userRole: 'customer',
    bookingId: null,
    waitlistEntryId: entryId,
    type: 'waitlist_offered',
    ...textOfOffer(words),
    metadata: { profile, start: words.start, expires_at: words.expiresAt },
    createdAt: at,
  }
}

function entry(
  id: string,
  to: { readonly type: BookingNews; readonly recipient: Recipient; readonly userId: string },
  booking: Booking,
  at: Instant,
  text: { readonly title: string; readonly content: string },
  more: Readonly<Record<string, string>>,
): NotificationEntry {
  const { reference, profile, status, start } = booking
  return {
    id,
    userId: to.userId,
    userRole: to.recipient,
    bookingId: booking.id,
    waitlistEntryId: null,
    type: to.type,
    ...text,
    metadata: { reference, profile, status, start, ...more },
    createdAt: at,
  }
}
