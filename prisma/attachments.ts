import type { Actor } from '../domain/booking.ts'
import type { Instant } from '../domain/time.ts'
import type { Database } from './client.ts'
import type { Prisma } from './generated/client.ts'

/** A file that belongs to a booking; the file itself is in the store under `storageKey`. */
export type NewAttachment = {
  readonly id: string
  readonly bookingId: string
  readonly storageKey: string
  readonly fileName: string
  readonly fileType: string
  readonly fileSize: number
  readonly description: string | null
  readonly isPublic: boolean
  readonly by: Actor
  readonly at: Instant
}

export type AttachmentRow = Prisma.AttachmentGetPayload<object>

/** Notes an attachment whose file is stored. `exists`: this very one was noted before; `full`: the booking has `limit` of them. */
export async function addAttachment(
  db: Database,
  attachment: NewAttachment,
  limit: number,
): Promise<'added' | 'exists' | 'full'> {
  const row = {
    id: attachment.id,
    booking_id: attachment.bookingId,
    storage_key: attachment.storageKey,
    file_name: attachment.fileName,
    file_type: attachment.fileType,
    file_size: attachment.fileSize,
    description: attachment.description,
    is_public: attachment.isPublic,
    uploaded_by_role: attachment.by.role,
    uploaded_by_id: attachment.by.id,
    uploaded_at: attachment.at,
    created_at: attachment.at,
  }
  const [answer] = await db.$queryRaw<[{ result: 'added' | 'exists' | 'full' }]>`
    SELECT add_attachment(${JSON.stringify(row)}::jsonb, ${limit}::int) AS result`
  return answer.result
}

/** An attachment of a booking, or null. */
export function findAttachment(db: Database, bookingId: string, id: string): Promise<AttachmentRow | null> {
  return db.attachment.findFirst({ where: { id, bookingId } })
}

/** Every attachment of a booking, oldest first. */
export function listAttachments(db: Database, bookingId: string): Promise<AttachmentRow[]> {
  return db.attachment.findMany({ where: { bookingId }, orderBy: [{ uploadedAt: 'asc' }, { id: 'asc' }] })
}

/** Which of these attachments may be shown to everybody. */
export async function publicOnes(db: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db.attachment.findMany({ where: { id: { in: [...ids] }, isPublic: true }, select: { id: true } })
  return new Set(rows.map(({ id }) => id))
}

/** Which of the keys no attachment has. */
export async function keysWithoutAttachment(db: Database, keys: readonly string[]): Promise<string[]> {
  const rows = await db.attachment.findMany({ where: { storageKey: { in: [...keys] } }, select: { storageKey: true } })
  const known = new Set(rows.map(({ storageKey }) => storageKey))
  return keys.filter((key) => !known.has(key))
}
