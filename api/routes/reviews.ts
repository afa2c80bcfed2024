import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { Booking } from '../../domain/booking.ts'
import { Refused } from '../../domain/failures.ts'
import { reviewMessagesOf } from '../../events/mapping.ts'
import { listAttachments, publicOnes } from '../../prisma/attachments.ts'
import { findReview, listReviews, setPublished, submitReview, type ReviewRow } from '../../prisma/reviews.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Principal, type Variables } from '../auth.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { offeringNamed } from '../offering.ts'
import { currentInstant } from '../clock.ts'
import { invalid } from '../problems.ts'
import { Id, IdempotencyHeader, Uuid, whole } from '../schemas/common.ts'
import { PublishRequest, ReviewRequest, ReviewSchema } from '../schemas/review.ts'
import { visibleBooking } from '../visibility.ts'
import { attachmentUrl } from './attachments.ts'

const submit = createRoute({
  method: 'post',
  path: '/bookings/{id}/reviews',
  ...about(
    'Reviews and attachments',
    'createReview',
    'Review a completed booking, once, as its customer',
    'It is shown to everybody once it is published.',
  ),
  request: { params: z.object({ id: Uuid }), headers: IdempotencyHeader, ...jsonBody(ReviewRequest, 'review') },
  responses: { ...answers(201, 'the review, not published yet', ReviewSchema), ...problems(403, 404, 409, 422) },
})

const list = createRoute({
  method: 'get',
  path: '/services/{id}/reviews',
  ...about(
    'Reviews and attachments',
    'listReviews',
    'List the reviews of a service, newest first',
    'Published ones for everybody; all of them for its provider.',
  ),
  request: {
    params: z.object({ id: Id }),
    query: z.object({
      cursor: z.string().max(500).optional(),
      limit: whole(1, 100).default(20),
    }),
  },
  responses: {
    ...answers(
      200,
      'a page; average and count are those of the published reviews',
      z.object({
        reviews: z.array(ReviewSchema),
        average: z.number().nullable(),
        count: z.int(),
        next_cursor: z.string().nullable(),
        limit: z.int(),
      }),
    ),
    ...problems(404, 422),
  },
})

const publish = createRoute({
  method: 'post',
  path: '/reviews/{id}/publish',
  ...about(
    'Reviews and attachments',
    'publishReview',
    'Show a review to everybody, or hide it again',
    'For operators and the provider.',
  ),
  request: { params: z.object({ id: Uuid }), headers: IdempotencyHeader, ...jsonBody(PublishRequest, 'publish') },
  responses: { ...answers(200, 'the review', ReviewSchema), ...problems(403, 404, 422) },
})

/** reviews are rows beside the booking, and no change of it (ADR 0012). */
export function reviewRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database } = parts

  app.openapi(submit, (c) => {
    const { id: bookingId } = c.req.valid('param')
    const body = c.req.valid('json')
    const principal = c.get('principal')
    requireRole(principal, 'customer')
    return once(c, parts, 'review', bookingId, body, async ({ id }) => {
      const booking = await visibleBooking(database, principal, bookingId)
      await requireOwn(bookingId, body.attachments ?? [])
      const submittedAt = currentInstant()
      const outcome = await submitReview(
        database,
        {
          id,
          bookingId,
          userId: booking.customer.id,
          clinicId: booking.venue?.id ?? null,
          serviceId: booking.items[0]?.offeringId ?? '',
          rating: body.rating,
          breakdown: body.ratings_breakdown ?? {},
          comment: body.comment ?? null,
          attachments: [...new Set(body.attachments)],
          submittedAt,
        },
        reviewMessagesOf(booking, { id, rating: body.rating, submittedAt }),
      )
      if (outcome === 'not_completed') throw notCompleted(booking)
      const review = await findReview(database, { bookingId })
      if (review === null) throw noReview(id)
      // Another id: it was reviewed before, by another request than this one.
      if (review.id !== id) throw reviewedBefore(review.id)
      return { status: 201, body: await render(review, principal) }
    })
  })

  app.openapi(list, async (c) => {
    const { id: serviceId } = c.req.valid('param')
    const { cursor, limit } = c.req.valid('query')
    const principal = c.get('principal')
    const { provider } = await offeringNamed(database, serviceId)
    const { rows, average, count } = await listReviews(database, {
      serviceId,
      publishedOnly: !seesAll(principal, provider?.id ?? null),
      after: cursor === undefined ? null : readCursor(cursor),
      limit,
    })
    const last = rows.at(-1)
    return c.json(
      {
        reviews: await Promise.all(rows.map((row) => render(row, principal))),
        average: average === null ? null : Math.round(average * 100) / 100,
        count,
        next_cursor: rows.length === limit && last !== undefined ? writeCursor(last.createdAt, last.id) : null,
        limit,
      },
      200,
    )
  })

  app.openapi(publish, (c) => {
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    const principal = c.get('principal')
    requireRole(principal, 'operator', 'provider')
    return once(c, parts, 'publish', id, body, async () => {
      const review = await findReview(database, { id })
      if (review === null || !seesAll(principal, review.booking.providerId)) throw noReview(id)
      const isAsWanted = review.isPublished === body.is_published
      const now = new Date(currentInstant())
      const after = isAsWanted ? review : await setPublished(database, id, body.is_published, now)
      return { status: 200, body: await render(after, principal) }
    })
  })

  async function requireOwn(bookingId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const own = new Set((await listAttachments(database, bookingId)).map(({ id }) => id))
    const faults = ids.flatMap((id, index) =>
      own.has(id) ? [] : [{ pointer: `/attachments/${index}`, message: 'is no attachment of this booking' }],
    )
    if (faults.length > 0) throw invalid(...faults)
  }

  /** Whose it is, and what is not meant for everybody, is shown to those whom the booking concerns. */
  async function render(row: ReviewRow, viewer: Principal): Promise<z.infer<typeof ReviewSchema>> {
    const isInsider =
      seesAll(viewer, row.booking.providerId) || (viewer.role === 'customer' && viewer.id === row.userId)
    const attached = row.attachments as string[]
    const shown = isInsider ? new Set(attached) : await publicOnes(database, attached)
    return {
      id: row.id,
      booking_id: isInsider ? row.bookingId : null,
      user_id: isInsider ? row.userId : null,
      clinic_id: row.clinicId,
      service_id: row.serviceId,
      rating: row.rating,
      ratings_breakdown: row.ratingsBreakdown as Record<string, number>,
      comment: row.comment,
      attachments: attached.flatMap((id) => (shown.has(id) ? [{ id, url: attachmentUrl(row.bookingId, id) }] : [])),
      is_verified: row.isVerified,
      is_published: row.isPublished,
      created_at: row.createdAt.toISOString(),
      updated_at: row.updatedAt.toISOString(),
    }
  }
}

function seesAll({ role, id }: Principal, providerId: string | null): boolean {
  return role === 'operator' || role === 'service' || (role === 'provider' && id === providerId)
}

function notCompleted({ status }: Booking): Refused {
  return new Refused({
    code: 'illegal_transition',
    message: `A booking is reviewed when it is completed; this one is ${status}.`,
    details: { booking_status: status },
  })
}

function reviewedBefore(reviewId: string): Refused {
  return new Refused({
    code: 'policy_forbids',
    message: 'This booking has its review already.',
    details: { review_id: reviewId },
  })
}

function noReview(id: string): Refused {
  return new Refused({ code: 'not_found', message: `There is no review ${id}.` })
}
