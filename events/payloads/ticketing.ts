import { z } from 'zod'
import { bookedItems } from '../../domain/booking.ts'
import { defineEvent, type Change } from './definition.ts'
import { amountOf, currencyCode, given, heldUntil, instant, moneyMoved } from './values.ts'

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
    summary: 'The seats are sold.',
    schema: wrapped('booking.confirmed', booking),
  }).from((change) => ({ eventType: 'booking.confirmed', payload: bookingOf(change) })),
  defineEvent({
    type: 'booking.cancelled',
    summary: 'The seats are free again: cancelled, expired, or their payment failed.',
    schema: wrapped('booking.cancelled', booking),
  }).from((change) => ({ eventType: 'booking.cancelled', payload: bookingOf(change) })),
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
