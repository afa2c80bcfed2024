import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { Refused } from '../../domain/failures.ts'
import { listNotifications, markRead, type NotificationRow } from '../../prisma/notifications.ts'
import { listReminders } from '../../prisma/reminders.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Principal, Variables } from '../auth.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { currentInstant } from '../clock.ts'
import { Id, IdempotencyHeader, IdempotencyKeyField, Uuid, whole } from '../schemas/common.ts'
import { visibleBooking } from '../visibility.ts'

const NotificationSchema = z
  .object({
    id: z.string(),
    user_id: z.string(),
    booking_id: z.string().nullable(),
    waitlist_entry_id: z
      .string()
      .nullable()
      .openapi({ description: 'set where `booking_id` is not: it is about an offer of the waitlist' }),
    type: z.string(),
    title: z.string(),
    content: z.string(),
    metadata: z.record(z.string(), z.string().nullable()),
    is_read: z.boolean(),
    read_at: z.string().nullable(),
    delivery_status: z.string(),
    delivery_attempts: z.array(
      z.object({ at: z.string(), channel: z.string(), outcome: z.string(), detail: z.string().optional() }),
    ),
    created_at: z.string(),
  })
  .openapi('Notification')

const list = createRoute({
  method: 'get',
  path: '/notifications',
  ...about(
    'Notifications',
    'listNotifications',
    'List notifications, newest first',
    'Your own. Operators and services may ask for those of somebody, or of one booking.',
  ),
  request: {
    query: z.object({
      user_id: Id.optional(),
      booking_id: Uuid.optional().openapi({ description: 'about one booking; operators see whoever was told' }),
      unread: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: '`true`: only those that were not read yet' }),
      cursor: z.string().max(500).optional(),
      limit: whole(1, 100).default(20),
    }),
  },
  responses: {
    ...answers(
      200,
      'a page',
      z.object({
        notifications: z.array(NotificationSchema),
        next_cursor: z.string().nullable(),
        limit: z.int(),
      }),
    ),
    ...problems(403, 422),
  },
})

const ReadRequest = z.strictObject({ idempotency_key: IdempotencyKeyField }).openapi('ReadNotification')

const read = createRoute({
  method: 'post',
  path: '/notifications/{id}/read',
  ...about('Notifications', 'readNotification', 'Mark a notification as read'),
  request: { params: z.object({ id: Uuid }), headers: IdempotencyHeader, ...jsonBody(ReadRequest, 'nothingMore') },
  responses: {
    ...answers(200, 'the notification, read at the first time', NotificationSchema),
    ...problems(404, 422),
  },
})

const ReminderSchema = z
  .object({
    id: z.string(),
    booking_id: z.string(),
    reminder_type: z.string(),
    scheduled_time: z.string(),
    status: z.string(),
    delivery_channels: z.array(z.string()),
    sent_at: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Reminder')

const reminders = createRoute({
  method: 'get',
  path: '/bookings/{id}/reminders',
  ...about('Notifications', 'listReminders', 'List the reminders of a booking, by their time'),
  request: { params: z.object({ id: Uuid }) },
  responses: {
    ...answers(200, 'the reminders', z.object({ reminders: z.array(ReminderSchema) })),
    ...problems(404, 422),
  },
})

/** A-25 and C-09: what people were told of their bookings, and what they will be reminded of. */
export function notificationRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database } = parts

  app.openapi(list, async (c) => {
    const { user_id: userId, booking_id: bookingId, unread, cursor, limit } = c.req.valid('query')
    const rows = await listNotifications(database, {
      ...whose(c.get('principal'), userId, bookingId),
      bookingId,
      unreadOnly: unread === 'true',
      after: cursor === undefined ? null : readCursor(cursor),
      limit,
    })
    const last = rows.at(-1)
    return c.json(
      {
        notifications: rows.map(renderNotification),
        next_cursor: rows.length === limit && last !== undefined ? writeCursor(last.createdAt, last.id) : null,
        limit,
      },
      200,
    )
  })

  app.openapi(read, (c) => {
    const { id } = c.req.valid('param')
    return once(c, parts, 'read', id, c.req.valid('json'), async () => {
      const found = await markRead(database, id, c.get('principal'), new Date(currentInstant()))
      if (found === null) throw new Refused({ code: 'not_found', message: `There is no notification ${id}.` })
      return { status: 200, body: renderNotification(found) }
    })
  })

  app.openapi(reminders, async (c) => {
    const { id } = c.req.valid('param')
    await visibleBooking(database, c.get('principal'), id)
    const rows = await listReminders(database, id)
    return c.json(
      {
        reminders: rows.map((row) => ({
          id: row.id,
          booking_id: row.bookingId,
          reminder_type: row.reminderType,
          scheduled_time: row.scheduledTime.toISOString(),
          status: row.status,
          delivery_channels: row.deliveryChannels as string[],
          sent_at: row.sentAt?.toISOString() ?? null,
          created_at: row.createdAt.toISOString(),
          updated_at: row.updatedAt.toISOString(),
        })),
      },
      200,
    )
  })
}

/** Operators and services look into anybody's list, or into everybody's of one booking; the others into their own, and asking for another's is refused. */
function whose({ role, id }: Principal, asked: string | undefined, bookingId: string | undefined) {
  if (role === 'operator' || role === 'service') {
    return { userId: asked ?? (bookingId === undefined ? id : null), userRole: null }
  }
  if (asked !== undefined && asked !== id) {
    throw new Refused({ code: 'forbidden', message: 'Only operators see the notifications of others.' })
  }
  return { userId: id, userRole: role }
}

type Attempt = { at: string; channel: string; outcome: string; detail?: string }

function renderNotification(row: NotificationRow): z.infer<typeof NotificationSchema> {
  return {
    id: row.id,
    user_id: row.userId,
    booking_id: row.bookingId,
    waitlist_entry_id: row.waitlistEntryId,
    type: row.type,
    title: row.title,
    content: row.content,
    metadata: row.metadata as Record<string, string | null>,
    is_read: row.isRead,
    read_at: row.readAt?.toISOString() ?? null,
    delivery_status: row.deliveryStatus,
    delivery_attempts: row.deliveryAttempts as Attempt[],
    created_at: row.createdAt.toISOString(),
  }
}
