import type { PaymentEvent } from '../domain/facts.ts'
import type { Database } from './client.ts'

/** A payment fact in the inbox; `bookingId` null when it named none. */
export type StoredPaymentEvent = {
  readonly eventId: string
  readonly bookingId: string | null
  readonly paymentEvent: PaymentEvent
  readonly attempts: number
  readonly delivered: boolean
  /** Its booking was told, or was to be told, and nobody knows what became of it. */
  readonly isUnanswered: boolean
}

type PaymentEventRow = {
  event_id: string
  booking_id: string | null
  payment_event: PaymentEvent
  attempts: number
  delivered_at: Date | null
  last_error: string | null
}

/** How long a payment event is left to whoever stored it before the poller takes it up. */
const PATIENCE_SECONDS = 3

/**
 * Stores a payment fact, once per event id, before anybody acknowledges it (K-04). A fact that says the payment may yet turn out paid bars the
 * booking's units from takeover in the same transaction. Answers with the row as it stands.
 */
export async function storePaymentEvent(
  db: Database,
  source: string,
  bookingId: string | null,
  paymentEvent: PaymentEvent,
): Promise<StoredPaymentEvent> {
  const [row] = await db.$queryRaw<[PaymentEventRow]>`
    SELECT * FROM store_payment_event(${paymentEvent.id}, ${source}, ${paymentEvent.type}, ${bookingId}::uuid, ${JSON.stringify(paymentEvent)}::jsonb,
      make_interval(secs => ${PATIENCE_SECONDS}::int))`
  return storedPaymentEventOf(row)
}

/** Marks a payment event as delivered, with what became of it; one that its own effect marked already is left as it is. */
export async function markDelivered(db: Database, eventId: string, outcome: string): Promise<void> {
  await db.$executeRaw`
    UPDATE processed_events SET delivered_at = now(), outcome = ${outcome} WHERE event_id = ${eventId} AND delivered_at IS NULL`
}

/** Puts off the next try of a payment event: 2, 4, 8 … seconds, ten minutes at the most. */
export async function putOff(db: Database, eventId: string, error: string): Promise<void> {
  await db.$executeRaw`
    UPDATE processed_events SET last_error = ${error.slice(0, 500)},
      next_try_at = now() + make_interval(secs => least(600, 2 ^ least(attempts, 10)))
    WHERE event_id = ${eventId} AND delivered_at IS NULL`
}

/**
 * Claims up to `limit` payment events that are due, so that two pollers do not deliver the same one at once: each is put off for a minute while its
 * claimant works, and comes back by itself when that one dies.
 */
export async function claimDuePaymentEvents(db: Database, limit: number): Promise<StoredPaymentEvent[]> {
  const rows = await db.$queryRaw<PaymentEventRow[]>`
    UPDATE processed_events SET attempts = attempts + 1, next_try_at = now() + interval '1 minute'
    WHERE event_id IN (
      SELECT event_id FROM processed_events WHERE delivered_at IS NULL AND next_try_at <= now()
      ORDER BY next_try_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING *`
  return rows.map(storedPaymentEventOf)
}

function storedPaymentEventOf(row: PaymentEventRow): StoredPaymentEvent {
  return {
    eventId: row.event_id,
    bookingId: row.booking_id,
    paymentEvent: row.payment_event,
    attempts: row.attempts,
    delivered: row.delivered_at !== null,
    isUnanswered: row.last_error !== null,
  }
}
