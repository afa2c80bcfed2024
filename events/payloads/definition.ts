import type { z } from 'zod'
import type { Booking } from '../../domain/booking.ts'
import type { Fact } from '../../domain/facts.ts'
import type { HeldFact } from '../../prisma/writes.ts'

/** What happened to a booking: how it stood before (null: it was not there), how it stands after, and the fact between the two. */
export type Change = {
  /** The id of the message, for payloads that carry it (T-10). */
  readonly eventId: string
  readonly before: Booking | null
  readonly after: Booking
  readonly fact: Fact | HeldFact
}

/** An event type of a profile: what it says, and how it is made. */
export type EventDefinition = {
  readonly type: string
  readonly summary: string
  /** Every field, and no other. */
  readonly schema: z.ZodObject
  /** Makes the payload of a change; null when there is nothing to say of it. Absent: it tells of something else than a change of a booking. */
  readonly build?: (change: Change) => object | null
}

/** Defines an event type; the compiler sees to it that what `from` builds is what the schema says. */
export function defineEvent<Schema extends z.ZodObject>(about: {
  readonly type: string
  readonly summary: string
  readonly schema: Schema
}): EventDefinition & { from(build: (change: Change) => z.infer<Schema> | null): EventDefinition } {
  return { ...about, from: (build) => ({ ...about, build }) }
}
