import type { Booking } from '../domain/booking.ts'
import type { Reminder } from '../domain/policy.ts'
import { bookingOf, WHOLE_BOOKING } from './bookings.ts'
import type { Database } from './client.ts'
import type { Prisma } from './generated/client.ts'
import { notificationColumns, type NotificationEntry } from './notifications.ts'

// Reminders are written, moved and cancelled by the trigger `keep_reminders` (functions/visits), with whatever changes a booking.

/** A reminder that is due, with the booking it is about. */
export type DueReminder = { readonly id: string; readonly type: Reminder['type']; readonly booking: Booking }

/**
 * Makes notifications of up to `limit` reminders that are due at `now`, in one transaction, so each is made one once (C-09). Announcements of a
 * visit that has begun meanwhile are cancelled; a request for a review waits for the visit's completion. Returns how many were processed.
 */
export function turnDueReminders(
  db: Database,
  now: Date,
  limit: number,
  tell: (due: DueReminder) => NotificationEntry,
): Promise<number> {
  return db.$transaction(async (tx) => {
    const rows = await tx.$queryRaw<{ id: string; type: Reminder['type']; booking_id: string; too_late: boolean }[]>`
        SELECT r.id, r.reminder_type AS type, r.booking_id, r.offset_minutes < 0 AND b.starts_at <= ${now}::timestamptz AS too_late
        FROM booking_reminders r JOIN bookings b ON b.id = r.booking_id
        WHERE r.status = 'pending' AND r.scheduled_time <= ${now}::timestamptz
          AND (r.reminder_type <> 'review_request' OR b.status = 'completed')
        ORDER BY r.scheduled_time LIMIT ${limit} FOR UPDATE OF r SKIP LOCKED`
    const wanted = rows.filter(({ too_late }) => !too_late)
    const ids = [...new Set(wanted.map(({ booking_id }) => booking_id))]
    const found = ids.length === 0 ? [] : await tx.booking.findMany({ where: { id: { in: ids } }, ...WHOLE_BOOKING })
    const rowOf = new Map(found.map((row) => [row.id, row]))
    const told: NotificationEntry[] = []
    const outcomes = new Map<'sent' | 'failed' | 'cancelled', string[]>()
    const note = (status: 'sent' | 'failed' | 'cancelled', id: string) =>
      outcomes.set(status, [...(outcomes.get(status) ?? []), id])
    for (const { id, type, booking_id, too_late } of rows) {
      const row = rowOf.get(booking_id)
      try {
        if (!too_late && row !== undefined) told.push(tell({ id, type, booking: bookingOf(row) }))
        note(too_late ? 'cancelled' : 'sent', id)
      } catch {
        // A booking that cannot be put into words must not keep the others waiting.
        note('failed', id)
      }
    }
    if (told.length > 0) {
      await tx.$executeRaw`SELECT write_notifications(${JSON.stringify(notificationColumns(told))}::jsonb)`
    }
    for (const [status, settled] of outcomes) {
      const sentAt = status === 'sent' ? { sentAt: now } : {}
      await tx.reminder.updateMany({ where: { id: { in: settled } }, data: { status, updatedAt: now, ...sentAt } })
    }
    return rows.length
  })
}

export type ReminderRow = Prisma.ReminderGetPayload<object>

/** The reminders of a booking, by the time they are for. */
export function listReminders(db: Database, bookingId: string): Promise<ReminderRow[]> {
  return db.reminder.findMany({ where: { bookingId }, orderBy: [{ scheduledTime: 'asc' }, { id: 'asc' }] })
}
