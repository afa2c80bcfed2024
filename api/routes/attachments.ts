import { createHash, randomUUID } from 'node:crypto'
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { Refused } from '../../domain/failures.ts'
import { addAttachment, findAttachment, listAttachments, type AttachmentRow } from '../../prisma/attachments.ts'
import { findBooking } from '../../prisma/bookings.ts'
import { findReview } from '../../prisma/reviews.ts'
import type { Parts } from '../../runtime/wire.ts'
import { downloadHeaders, storeOf, uploadOf, withStore } from '../attachment.ts'
import { actorOf, type Variables } from '../auth.ts'
import { about, answers, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { currentInstant } from '../clock.ts'
import { IdempotencyHeader, text, Uuid } from '../schemas/common.ts'
import { maySee, noBooking, visibleBooking } from '../visibility.ts'

/** More than anybody needs, and a bound to what one booking can fill the store with. */
const MAX_PER_BOOKING = 20

const AttachmentSchema = z
  .object({
    id: z.string(),
    booking_id: z.string(),
    file_name: z.string(),
    file_url: z.string(),
    file_type: z.string(),
    file_size: z.int(),
    description: z.string().nullable(),
    is_public: z.boolean(),
    uploaded_by: z.object({ role: z.string(), id: z.string() }),
    uploaded_at: z.string(),
    created_at: z.string(),
  })
  .openapi('Attachment')

const UploadSchema = z
  .strictObject({
    file: z
      .custom<File>((value) => value instanceof File, { message: 'is one file' })
      .openapi({ type: 'string', format: 'binary' }),
    description: text(1, 500).optional(),
    is_public: z
      .enum(['true', 'false'])
      .default('false')
      .openapi({ description: 'may be shown to everybody with a published review of the booking' }),
  })
  .openapi('Upload')

const upload = createRoute({
  method: 'post',
  path: '/bookings/{id}/attachments',
  ...about(
    'Reviews and attachments',
    'attachFile',
    'Attach a file to a booking',
    'As `multipart/form-data`. At most 20 files a booking.',
  ),
  request: {
    params: z.object({ id: Uuid }),
    headers: IdempotencyHeader,
    body: { required: true, content: { 'multipart/form-data': { schema: UploadSchema } } },
  },
  responses: { ...answers(201, 'the attachment', AttachmentSchema), ...problems(404, 409, 413, 415, 422) },
})

const list = createRoute({
  method: 'get',
  path: '/bookings/{id}/attachments',
  ...about('Reviews and attachments', 'listAttachments', 'List the files of a booking, with who attached them'),
  request: { params: z.object({ id: Uuid }) },
  responses: {
    ...answers(200, 'attachments, oldest first', z.object({ attachments: z.array(AttachmentSchema) })),
    ...problems(404, 422),
  },
})

const download = createRoute({
  method: 'get',
  path: '/bookings/{id}/attachments/{attachment_id}',
  ...about('Reviews and attachments', 'downloadAttachment', 'Download an attached file'),
  request: { params: z.object({ id: Uuid, attachment_id: Uuid }) },
  responses: {
    200: {
      description: 'the file',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...problems(404, 422),
  },
})

/**
 * whoever sees a booking may attach to it and read what is attached. The file is stored first, under a new random key, and then noted: a process
 * that dies in between leaves a file that nobody knows, which is removed later, and never a note of a file that is not there.
 */
export function attachmentRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database, config, log } = parts

  app.openapi(upload, async (c) => {
    const { id: bookingId } = c.req.valid('param')
    const principal = c.get('principal')
    await visibleBooking(database, principal, bookingId)
    const { file, description, is_public } = c.req.valid('form')
    const { name, type, bytes } = await uploadOf(file, config.ATTACHMENTS_MAX_BYTES)
    const asked = { name, type, description, is_public, sha256: createHash('sha256').update(bytes).digest('hex') }
    return once(c, parts, 'attach', bookingId, asked as object, async ({ id }) => {
      const store = storeOf(parts.attachments)
      const storageKey = randomUUID()
      await withStore(() => store.put(storageKey, bytes, type))
      const outcome = await addAttachment(
        database,
        {
          id,
          bookingId,
          storageKey,
          fileName: name,
          fileType: type,
          fileSize: bytes.length,
          description: description ?? null,
          isPublic: is_public === 'true',
          by: actorOf(principal),
          at: currentInstant(),
        },
        MAX_PER_BOOKING,
      )
      if (outcome === 'full') {
        throw new Refused({
          code: 'policy_forbids',
          message: `A booking has ${MAX_PER_BOOKING} attachments at the most.`,
        })
      }
      const added = await findAttachment(database, bookingId, id)
      if (added === null) throw noAttachment(id)
      log.info({ booking_id: bookingId, attachment_id: id, outcome }, 'attached')
      return { status: 201, body: renderAttachment(added) }
    })
  })

  app.openapi(list, async (c) => {
    const { id } = c.req.valid('param')
    await visibleBooking(database, c.get('principal'), id)
    return c.json({ attachments: (await listAttachments(database, id)).map(renderAttachment) }, 200)
  })

  app.openapi(download, async (c) => {
    const { id, attachment_id: attachmentId } = c.req.valid('param')
    const booking = await findBooking(database, id)
    const attachment = await findAttachment(database, id, attachmentId)
    const isInsider = booking !== null && maySee(c.get('principal'), booking)
    if (!isInsider && !(await isShown(attachment))) throw noBooking(id)
    const file =
      attachment === null ? null : await withStore(() => storeOf(parts.attachments).get(attachment.storageKey))
    if (attachment === null || file === null) throw noAttachment(attachmentId)
    return c.body(file, 200, downloadHeaders({ name: attachment.fileName, type: attachment.fileType }))
  })

  /** Is it meant for everybody, and part of a review that everybody sees? */
  async function isShown(attachment: AttachmentRow | null): Promise<boolean> {
    if (attachment === null || !attachment.isPublic) return false
    const review = await findReview(database, { bookingId: attachment.bookingId })
    return review !== null && review.isPublished && (review.attachments as string[]).includes(attachment.id)
  }
}

/** Where an attachment is read. */
export function attachmentUrl(bookingId: string, id: string): string {
  return `/api/v1/bookings/${bookingId}/attachments/${id}`
}

function renderAttachment(row: AttachmentRow): z.infer<typeof AttachmentSchema> {
  return {
    id: row.id,
    booking_id: row.bookingId,
    file_name: row.fileName,
    file_url: attachmentUrl(row.bookingId, row.id),
    file_type: row.fileType,
    file_size: row.fileSize,
    description: row.description,
    is_public: row.isPublic,
    uploaded_by: { role: row.uploadedByRole, id: row.uploadedById },
    uploaded_at: row.uploadedAt.toISOString(),
    created_at: row.createdAt.toISOString(),
  }
}

function noAttachment(id: string): Refused {
  return new Refused({ code: 'not_found', message: `There is no attachment ${id} of this booking.` })
}
