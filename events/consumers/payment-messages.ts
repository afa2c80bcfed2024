import { z } from 'zod'
import type { Instant } from '../../domain/time.ts'
import type { ConsumedMessage } from '../../prisma/consumed.ts'
import { Decimal, Id, InstantText, read, Text } from './reading.ts'

/** What a message says of a payment, whichever system's words it is in. */
export type PaymentNews = {
  /** Its id among the messages of its topic. */
  readonly eventId: string
  readonly type: 'processing' | 'succeeded' | 'failed'
  readonly bookingId: string | null
  /** Ids that the payment service may know the payment by, the likeliest first. */
  readonly references: readonly string[]
  /** Decimal, in major units; null when the message does not say. */
  readonly amount: string | null
  readonly currency: string | null
  readonly method: string | null
  readonly failureCode: string | null
  readonly at: Instant
}

type Reader = (message: ConsumedMessage) => PaymentNews | null

/** Ticketing (seed 002): its use cases take the booking's id and the transaction's. */
const TicketingPayment = z.object({
  eventId: Id,
  timestamp: InstantText.nullish(),
  payload: z.object({
    bookingId: Id,
    transactionId: Id.nullish(),
    paymentId: Id.nullish(),
    amount: Decimal.nullish(),
    currency: Text.nullish(),
    paymentMethod: Text.nullish(),
    reason: Text.nullish(),
  }),
})

const fromTicketing =
  (type: 'succeeded' | 'failed'): Reader =>
  ({ value, sentAt }) => {
    const { eventId, timestamp, payload } = read(TicketingPayment, value)
    return {
      eventId,
      type,
      bookingId: payload.bookingId,
      references: given(payload.paymentId, payload.transactionId),
      amount: type === 'succeeded' ? (payload.amount ?? null) : null,
      currency: payload.currency ?? null,
      method: payload.paymentMethod ?? null,
      failureCode: payload.reason ?? null,
      at: timestamp ?? sentAt.toISOString(),
    }
  }

/** Tutoring (seed 000). */
const PaymentSucceeded = z.object({
  event_id: Id,
  booking_id: Id,
  payment_id: Id,
  amount: Decimal.nullish(),
  currency: Text.nullish(),
  occurred_at: InstantText,
})

const fromTutoring: Reader = ({ value }) => {
  const { event_id, booking_id, payment_id, amount, currency, occurred_at } = read(PaymentSucceeded, value)
  return {
    eventId: event_id,
    type: 'succeeded',
    bookingId: booking_id,
    references: [payment_id],
    amount: amount ?? null,
    currency: currency ?? null,
    method: null,
    failureCode: null,
    at: occurred_at,
  }
}

/** The clinic (seed 001). */
const StatusChanged = z.object({
  payment_id: Id,
  external_reference: Id.nullish(),
  previous_status: Text.nullish(),
  new_status: z.enum(['pending', 'processing', 'success', 'failed', 'refunded']),
  changed_at: InstantText,
})

/** Statuses that tell us nothing: a payment begins as pending, and a refund is answered for by our own call for it. */
const TYPE_OF_STATUS = {
  pending: null,
  processing: 'processing',
  success: 'succeeded',
  failed: 'failed',
  refunded: null,
} as const

const fromClinic: Reader = ({ value }) => {
  const { payment_id, external_reference, new_status, changed_at } = read(StatusChanged, value)
  const type = TYPE_OF_STATUS[new_status]
  if (type === null) return null
  return {
    // The clinic's message has no id of its own: a payment gets to a status at an instant once.
    eventId: `${payment_id}:${new_status}:${changed_at}`,
    type,
    bookingId: null,
    references: given(external_reference, payment_id),
    amount: null,
    currency: null,
    method: null,
    failureCode: null,
    at: changed_at,
  }
}

/** What each topic says of payments (K-04); null: nothing that concerns a booking. Throws Unreadable. */
export const PAYMENT_READERS: Readonly<Record<string, Reader>> = {
  'payment.success': fromTicketing('succeeded'),
  'payment.failed': fromTicketing('failed'),
  'payment.status_changed': fromClinic,
  PaymentSucceeded: fromTutoring,
}

function given(...ids: (string | null | undefined)[]): string[] {
  return ids.filter((id) => id != null)
}
