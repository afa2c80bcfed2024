import { z } from 'zod'
import { bookedItems, type Booking } from '../../domain/booking.ts'
import { defineEvent, type Change } from './definition.ts'
import { amountOf, currencyCode, endOf, given, heldUntil, instant, moneyMoved } from './values.ts'

// As the ticketing document (seed 002) publishes them: `{eventType, payload}`, camelCase, and the total a number, since it types it as one.

const wrapped = <Type extends string, Payload extends z.ZodObject>(type: Type, payload: Payload) =>
  z.strictObject({ eventType: z.literal(type), payload })

const booking = z.strictObject({
  bookingId: z.string(),
  userId: z.string(),
  eventId: z.string(),
  seatIds: z.array(z.string()),
  totalAmount: z.number(),
  expiresAt: instant,
})

export const TICKETING_EVENTS = [
  defineEvent({
    type: 'booking.created',
    summary: 'Seats are held until `expiresAt`.',
    schema: wrapped('booking.created', booking),
  }).from((change) => ({ eventType: 'booking.created', payload: bookingOf(change) })),
  defineEvent({
    type: 'booking.confirmed',
    summary: 'The seats are sold, with the reference of the ticket.',
    schema: wrapped('booking.confirmed', booking.extend({ ticketReference: z.string().nullable() })),
  }).from((change) => ({
    eventType: 'booking.confirmed',
    payload: { ...bookingOf(change), ticketReference: change.after.ticketReference },
  })),
  defineEvent({
    type: 'booking.cancelled',
    summary: 'The seats are free again: cancelled, expired, or their payment failed (`reason`: PAYMENT_FAILED).',
    schema: wrapped('booking.cancelled', booking.extend({ reason: z.string() })),
  }).from((change) => ({
    eventType: 'booking.cancelled',
    payload: { ...bookingOf(change), reason: reasonOf(change.after) },
  })),
  defineEvent({
    type: 'payment.processed',
    summary: 'Money moved (K-01): the price was taken, or some of it went back.',
    schema: wrapped(
      'payment.processed',
      z.strictObject({
        bookingId: z.string(),
        paymentId: z.string(),
        amount: z.number(),
        currency: currencyCode,
        status: z.enum(['success', 'refunded']),
        processedAt: instant,
      }),
    ),
  }).from((change) => {
    const { payment, amount, kind, at } = moneyMoved(change)
    return {
      eventType: 'payment.processed',
      payload: {
        bookingId: change.after.id,
        paymentId: payment.id,
        amount: Number(amount),
        currency: change.after.price.currency,
        status: kind === 'captured' ? 'success' : 'refunded',
        processedAt: at,
      },
    }
  }),
] as const

/** Why it ended: the engine's reasons in the document's spelling, PAYMENT_FAILED; a person's as they wrote it. */
function reasonOf(after: Booking): string {
  const { reason, by } = endOf(after)
  return by.role === 'system' ? reason.toUpperCase() : reason
}

function bookingOf(change: Change): z.infer<typeof booking> {
  const { after } = change
  return {
    bookingId: after.id,
    userId: after.customer.id,
    eventId: given(after.items[0], 'seat', after).offeringId,
    seatIds: bookedItems(after).map(({ unitId }) => unitId),
    totalAmount: Number(amountOf(after, after.price.total)),
    expiresAt: heldUntil(change),
  }
}
