import type { Instant } from '../domain/time.ts'
import type { Database } from './client.ts'
import type { Prisma } from './generated/client.ts'
import type { OutboxEntry } from './writes.ts'

/** A customer's opinion of a completed booking (C-07). */
export type NewReview = {
  readonly id: string
  readonly bookingId: string
  readonly userId: string
  readonly clinicId: string | null
  readonly serviceId: string
  readonly rating: number
  readonly breakdown: Readonly<Record<string, number>>
  readonly comment: string | null
  /** Ids of attachments of the booking. */
  readonly attachments: readonly string[]
  readonly submittedAt: Instant
}

/**
 * Writes a review and its messages in one statement, in line with the booking's other writers. It is verified, since it comes from a completed
 * booking, and nobody else sees it before it is published. `exists`: the booking has one, perhaps this very one.
 */
export async function submitReview(
  db: Database,
  review: NewReview,
  messages: readonly OutboxEntry[],
): Promise<'submitted' | 'not_completed' | 'exists'> {
  const row = {
    id: review.id,
    booking_id: review.bookingId,
    user_id: review.userId,
    clinic_id: review.clinicId,
    service_id: review.serviceId,
    rating: review.rating,
    comment: review.comment,
    attachments: review.attachments,
    is_verified: true,
    is_published: false,
    ratings_breakdown: review.breakdown,
    created_at: review.submittedAt,
    updated_at: review.submittedAt,
  }
  const outbox = messages.map(({ eventId, eventType, topic, payload }) => ({
    event_id: eventId,
    event_type: eventType,
    topic,
    payload,
  }))
  const [answer] = await db.$queryRaw<[{ result: 'submitted' | 'not_completed' | 'exists' }]>`
    SELECT submit_review(${JSON.stringify(row)}::jsonb, ${JSON.stringify(outbox)}::jsonb) AS result`
  return answer.result
}

const WITH_BOOKING = { include: { booking: { select: { providerId: true } } } } as const

export type ReviewRow = Prisma.ReviewGetPayload<typeof WITH_BOOKING>

/** The review of an id or of a booking, or null. */
export function findReview(db: Database, by: { id: string } | { bookingId: string }): Promise<ReviewRow | null> {
  return db.review.findUnique({ where: by, ...WITH_BOOKING })
}

/** Shows a review to everybody, or hides it again. */
export function setPublished(db: Database, id: string, isPublished: boolean, now: Date): Promise<ReviewRow> {
  return db.review.update({ where: { id }, data: { isPublished, updatedAt: now }, ...WITH_BOOKING })
}

/** Reviews of a service, newest first, and what the published ones come to: `average` null when there are none. */
export async function listReviews(
  db: Database,
  filter: {
    readonly serviceId: string
    readonly publishedOnly: boolean
    readonly after: { readonly createdAt: Date; readonly id: string } | null
    readonly limit: number
  },
): Promise<{ rows: ReviewRow[]; average: number | null; count: number }> {
  const { serviceId, publishedOnly, after, limit } = filter
  const [rows, published] = await Promise.all([
    db.review.findMany({
      where: {
        serviceId,
        ...(publishedOnly && { isPublished: true }),
        ...(after !== null && {
          OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
        }),
      },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
      ...WITH_BOOKING,
    }),
    db.review.aggregate({ where: { serviceId, isPublished: true }, _avg: { rating: true }, _count: true }),
  ])
  return { rows, average: published._avg.rating, count: published._count }
}
