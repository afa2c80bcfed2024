import type { z } from 'zod'
import type { Booking, Payment } from '../../domain/booking.ts'
import type { Fact } from '../../domain/facts.ts'
import type { Instant } from '../../domain/time.ts'
import type { HeldFact } from '../../prisma/writes.ts'

/** Money that moved: captured, or given back. `amount` is in minor units. */
export type MoneyMoved = {
  readonly payment: Payment
  readonly amount: number
  readonly kind: 'captured' | 'refunded'
  readonly at: Instant
}

/** What happened to a booking: how it stood before (null: it was not there), how it stands after, and the fact between the two. */
export type Change = {
  /** The id of the message, for payloads that carry it (T-10). */
  readonly eventId: string
  readonly before: Booking | null
  readonly after: Booking
  readonly fact: Fact | HeldFact
  /** The movement of money that is told with the change. */
  readonly money?: MoneyMoved
}

/** A customer's opinion of a visit (C-07). */
export type Review = { readonly id: string; readonly rating: number; readonly submittedAt: string }

/** An event type of a profile: what it says, and how it is made. */
export type EventDefinition = {
  readonly type: string
  readonly summary: string
  /** Every field, and no other. */
  readonly schema: z.ZodObject
  /** Makes the payload of a change; null when there is nothing to say of it. Absent: it tells of something else than a change of a booking. */
  readonly build?: (change: Change) => object | null
  /** Makes the payload of a review, which is no change of its booking. */
  readonly buildReview?: (booking: Booking, review: Review) => object
}

/** Defines an event type; the compiler sees to it that what `from` builds is what the schema says. */
export function defineEvent<Schema extends z.ZodObject>(about: {
  readonly type: string
  readonly summary: string
  readonly schema: Schema
}): EventDefinition & {
  from(build: (change: Change) => z.infer<Schema> | null): EventDefinition
  fromReview(buildReview: (booking: Booking, review: Review) => z.infer<Schema>): EventDefinition
} {
  return {
    ...about,
    from: (build) => ({ ...about, build }),
    fromReview: (buildReview) => ({ ...about, buildReview }),
  }
}
