import type { Booking } from '../domain/booking.ts'
import type { Fact } from '../domain/facts.ts'
import type { NotificationType, Recipient } from '../domain/notifications.ts'
import type { Instant } from '../domain/time.ts'
import type { Database } from './client.ts'
import type { Prisma } from './generated/client.ts'

/** Something to tell somebody: written with the change it tells of, delivered by the poller (C-08). */
export type NotificationEntry = {
  readonly id: string
  readonly userId: string
  readonly userRole: Recipient
  /** What it is about: a booking, or an entry of the waitlist. */
  readonly bookingId: string | null
  readonly waitlistEntryId: string | null
  readonly type: NotificationType
  readonly title: string
  readonly content: string
  readonly metadata: Readonly<Record<string, string | null>>
  readonly createdAt: Instant
}

/** Says whom a change of a booking is to be told; decided by its profile. */
export type Notifications = (
  profile: string,
  fact: Fact,
  before: Booking,
  after: Booking,
) => readonly NotificationEntry[]

/** The rows that `write_notifications` takes. */
export function notificationColumns(entries: readonly NotificationEntry[]): object[] {
  return entries.map((entry) => ({
    id: entry.id,
    user_id: entry.userId,
    user_role: entry.userRole,
    booking_id: entry.bookingId,
    waitlist_entry_id: entry.waitlistEntryId,
    type: entry.type,
    title: entry.title,
    content: entry.content,
    metadata: entry.metadata,
    created_at: entry.createdAt,
  }))
}

/** A notification in the hands of a poller, and the address it would go to by email as it is known now. */
export type ClaimedNotification = {
  readonly id: string
  readonly type: string
  readonly title: string
  readonly content: string
  readonly email: string | null
  /** How many attempts there were, this one included. */
  readonly attempts: number
}

/** How long an attempt has before another poller takes the notification for abandoned. */
const LEASE_SECONDS = 120

/**
 * Claims up to `limit` notifications that are due at `now`, and notes the attempt before it is made: one whose process dies during it counts too,
 * and is made again by whoever finds it after two minutes. No two pollers claim the same one.
 */
export async function claimDueNotifications(
  db: Database,
  now: Date,
  channel: string,
  limit: number,
): Promise<ClaimedNotification[]> {
  const attempt = JSON.stringify([{ at: now.toISOString(), channel, outcome: 'begun' }])
  return db.$queryRaw<ClaimedNotification[]>`
    WITH due AS MATERIALIZED (
      SELECT id, booking_id, waitlist_entry_id FROM notifications WHERE delivery_status = 'pending' AND next_try_at <= ${now}::timestamptz
      ORDER BY next_try_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    UPDATE notifications n SET next_try_at = ${now}::timestamptz + make_interval(secs => ${LEASE_SECONDS}::int),
      delivery_attempts = n.delivery_attempts || ${attempt}::jsonb
    FROM due LEFT JOIN bookings b ON b.id = due.booking_id LEFT JOIN waitlist_entries e ON e.id = due.waitlist_entry_id
    WHERE n.id = due.id
    RETURNING n.id, n.type, n.title, n.content, jsonb_array_length(n.delivery_attempts) AS attempts,
      CASE n.user_role WHEN 'customer' THEN coalesce(b.customer_email, e.body #>> '{customer,email}') END AS email`
}

/** What became of an attempt: `retryAt` set, it is tried again then. */
export type AttemptOutcome =
  | { readonly status: 'sent' | 'skipped' | 'failed'; readonly detail: string }
  | { readonly status: 'pending'; readonly detail: string; readonly retryAt: Date }

/**
 * Notes what became of an attempt, unless a later one is under way; a reminder whose notification failed for good has failed with it. Details are codes,
 * never addresses.
 */
export async function noteAttempt(
  db: Database,
  { id, attempts }: Pick<ClaimedNotification, 'id' | 'attempts'>,
  outcome: AttemptOutcome,
): Promise<void> {
  const result = JSON.stringify(outcome.status === 'pending' ? 'failed' : outcome.status)
  const retryAt = outcome.status === 'pending' ? outcome.retryAt : null
  await db.$executeRaw`
    WITH told AS (
      UPDATE notifications SET delivery_status = ${outcome.status}, next_try_at = coalesce(${retryAt}::timestamptz, next_try_at),
        delivery_attempts = jsonb_set(jsonb_set(delivery_attempts, '{-1,outcome}', ${result}::jsonb),
          '{-1,detail}', to_jsonb(${outcome.detail}::text))
      WHERE id = ${id}::uuid AND delivery_status = 'pending'
        AND (jsonb_array_length(delivery_attempts) = ${attempts}::int OR ${outcome.status} = 'sent')
      RETURNING metadata, delivery_status)
    UPDATE booking_reminders r SET status = 'failed', updated_at = now()
    FROM told WHERE told.delivery_status = 'failed' AND r.id = (told.metadata ->> 'reminder_id')::uuid`
}

/** Whose notifications to list, and from where on. */
export type NotificationFilter = {
  /** Null: anybody's, of one booking. */
  readonly userId: string | null
  /** Null: in whatever role. */
  readonly userRole: Recipient | null
  readonly unreadOnly: boolean
  readonly bookingId?: string | undefined
  readonly after: { readonly createdAt: Date; readonly id: string } | null
  readonly limit: number
}

/** Somebody's notifications, newest first. */
export function listNotifications(db: Database, filter: NotificationFilter): Promise<NotificationRow[]> {
  const { userId, userRole, unreadOnly, bookingId, after, limit } = filter
  return db.notification.findMany({
    where: {
      ...(userId !== null && { userId }),
      ...(bookingId !== undefined && { bookingId }),
      ...(userRole !== null && { userRole }),
      ...(unreadOnly && { isRead: false }),
      ...(after !== null && {
        OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
      }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  })
}

export type NotificationRow = Prisma.NotificationGetPayload<object>

/** Marks one's own notification as read, the first time for good; null when there is none of that id for them. */
export async function markRead(
  db: Database,
  id: string,
  owner: { readonly id: string; readonly role: string },
  now: Date,
): Promise<NotificationRow | null> {
  const own = { id, userId: owner.id, userRole: owner.role }
  await db.notification.updateMany({ where: { ...own, isRead: false }, data: { isRead: true, readAt: now } })
  return db.notification.findFirst({ where: own })
}
