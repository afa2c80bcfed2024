import { dueOf, type Booking } from '../../domain/booking.ts'
import { isCurrency } from '../../domain/currencies.ts'
import type { PaymentEvent } from '../../domain/facts.ts'
import { Refused } from '../../domain/failures.ts'
import { fromDecimal } from '../../domain/money.ts'
import { findBooking } from '../../prisma/bookings.ts'
import { findReferenced } from '../../prisma/payment-lookup.ts'
import type { Database } from '../../prisma/client.ts'
import type { Intent, Payments } from '../../services/ports.ts'
import type { PaymentNews } from './payment-messages.ts'
import { NotYet, Unreadable } from './reading.ts'

export type FactPorts = { readonly database: Database; readonly payments: Payments }

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/**
 * The payment fact that a message is about, and whose it is: the booking is found by its id, or by a payment's id or reference, and what it says of
 * money is asked for at the payment service (K-04, N-11). Throws Unreadable for a message that contradicts itself or us, NotYet for one
 * that came before its booking or before the payment service knows.
 */
export async function factOf(
  ports: FactPorts,
  paymentEventId: string,
  news: PaymentNews,
  isTrusted: boolean,
): Promise<{ bookingId: string; paymentEvent: PaymentEvent }> {
  const known = await findReferenced(ports.database, news.references)
  const booking = await bookingOf(ports, news, known?.bookingId ?? null)
  const { intentId, intent } = await intentOf(ports, news, booking, known?.intentId ?? null)
  const { type, amount, currency } = await outcomeOf(ports, news, { booking, intentId, seen: intent, isTrusted })
  const { method, failureCode, at } = news
  return {
    bookingId: booking.id,
    paymentEvent: { id: paymentEventId, type, intentId, amount, currency, method, failureCode, refundKey: null, at },
  }
}

async function bookingOf({ database }: FactPorts, news: PaymentNews, byPayment: string | null): Promise<Booking> {
  const { bookingId, references } = news
  if (bookingId !== null && !UUID.test(bookingId)) {
    // A number whose booking may still be on its way here.
    if (/^[1-9]\d*$/.test(bookingId)) throw new NotYet(`No booking ${bookingId} is known here.`)
    throw new Unreadable(`${bookingId} is not the id of a booking.`)
  }
  const id = bookingId?.toLowerCase() ?? byPayment
  if (bookingId !== null && byPayment !== null && id !== byPayment) {
    throw new Unreadable(`The payment ${references.join(', ')} belongs to booking ${byPayment}, not to ${bookingId}.`)
  }
  const booking = id === null ? null : await findBooking(database, id)
  if (booking !== null) return booking
  throw new NotYet(
    bookingId === null
      ? `No payment ${references.join(' or ')} is known here.`
      : `No booking ${bookingId} is known here.`,
  )
}

/**
 * The intent a message speaks of: one we asked for, one that the payment service knows by a reference (paid twice, paid late), else the booking's
 * own, because some systems name their bank's transaction and not the intent.
 */
async function intentOf(
  { payments }: FactPorts,
  { references }: PaymentNews,
  booking: Booking,
  known: string | null,
): Promise<{ intentId: string; intent: Intent | null }> {
  if (known !== null) return { intentId: known, intent: null }
  for (const reference of references) {
    const intent = await payments.getIntent(reference).catch((error: unknown) => {
      if (error instanceof Refused && error.code !== 'unavailable') return null
      throw error
    })
    if (intent !== null) return { intentId: intent.id, intent }
  }
  const own = booking.payments.findLast(({ status }) => status !== 'voided') ?? booking.payments.at(-1)
  if (own === undefined) throw new NotYet(`No payment was asked for yet for booking ${booking.id}.`)
  return { intentId: own.intentId, intent: null }
}

/**
 * What becomes of it. Nobody but the payment service is believed about money: what says that something was paid is asked for there, and its word is taken
 * for amount, currency and state (N-11). From a source that is configured as trusted it is believed; without an amount, for the whole sum.
 */
async function outcomeOf(
  { payments }: FactPorts,
  news: PaymentNews,
  about: { booking: Booking; intentId: string; seen: Intent | null; isTrusted: boolean },
): Promise<Pick<PaymentEvent, 'type' | 'amount' | 'currency'>> {
  const { booking, intentId, seen, isTrusted } = about
  if (news.type === 'failed') return { type: news.type, amount: 0, currency: null }
  const told = news.currency?.toUpperCase() ?? booking.price.currency
  if (news.currency !== null && !isCurrency(told)) throw new Unreadable(`${told} is no currency.`)
  const amount = news.amount === null ? null : minorUnits(news.amount, told)
  if (amount === 0) throw new Unreadable('A payment of nothing is none.')
  const known = booking.payments.find((payment) => payment.intentId === intentId)
  const whole = known !== undefined && known.amount > 0 ? known.amount : dueOf(booking)
  // That the bank is at it confirms nothing: it keeps the units a little longer.
  if (news.type === 'processing') return { type: news.type, amount: Math.max(1, whole), currency: told }
  if (isTrusted) return { type: 'succeeded', amount: amount ?? whole, currency: told }

  const intent = seen ?? (await payments.getIntent(intentId))
  switch (intent.status) {
    case 'succeeded':
      return { type: 'succeeded', amount: intent.amountCaptured, currency: intent.currency }
    case 'authorized':
      // With us the money is taken last: what succeeded is that the bank set it aside.
      return { type: 'authorized', amount: intent.amount, currency: intent.currency }
    default:
      throw new NotYet(`The payment service says that ${intentId} is ${intent.status}.`)
  }
}

function minorUnits(decimal: string, currency: string): number {
  try {
    return fromDecimal(decimal, currency).amount
  } catch (error) {
    throw new Unreadable(error instanceof Error ? `The amount is wrong: ${error.message}.` : 'The amount is wrong.')
  }
}
