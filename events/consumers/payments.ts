import type { Config } from '../../config.ts'
import type { ConsumedMessage } from '../../prisma/consumed.ts'
import type { StoredPaymentEvent } from '../../prisma/payment-events.ts'
import { deliver, type InboxPorts } from '../inbox.ts'
import { admit } from '../payment-door.ts'
import { factOf, type FactPorts } from './payment-facts.ts'
import { PAYMENT_READERS, type PaymentNews } from './payment-messages.ts'
import { NotYet, Unreadable } from './reading.ts'

export type PaymentPorts = InboxPorts & FactPorts & { readonly config: Pick<Config, 'PAYMENT_TRUSTED_SOURCES'> }

/**
 * Takes a message about a payment: its fact goes into the inbox that webhooks use, once per event id, and from there to its booking (K-04). Null
 * when the topic is not about payments. While the booking cannot be told, NotYet: the messages after it wait, so that one key keeps its order.
 */
export async function applyPayment(
  ports: PaymentPorts,
  message: ConsumedMessage,
): Promise<'applied' | 'stale' | 'repeated' | 'ignored' | null> {
  const reader = PAYMENT_READERS[message.topic]
  if (reader === undefined) return null
  const news = reader(message)
  if (news === null) return 'ignored'
  const outcome = await takeNews(ports, message.topic, news)
  if (outcome === 'parked') throw new NotYet(`The booking of ${news.eventId} could not be told yet.`)
  return outcome
}

/**
 * Takes news of a payment into the inbox, once per source and event id, and tells its booking; `parked`: it is stored, and the poller will tell it.
 * Throws Unreadable for news that contradict themselves or what was said before, NotYet for what came before its booking or its payment.
 */
export async function takeNews(
  ports: PaymentPorts,
  source: string,
  told: PaymentNews,
): Promise<'applied' | 'stale' | 'repeated' | 'parked'> {
  const news = { ...told, bookingId: await idOf(ports, told.bookingId) }
  // Two systems may count their events alike: an id stands for one event of one source.
  const paymentEventId = `${source}:${news.eventId}`
  const earlier = await findPaymentEvent(ports, paymentEventId)
  if (earlier !== null) {
    expectSame(earlier, news)
    // The poller sees to it, but for one that was stored at this very moment by a process that died.
    return earlier.delivered ? 'repeated' : 'parked'
  }
  const isTrusted = ports.config.PAYMENT_TRUSTED_SOURCES.includes(source)
  const { bookingId, paymentEvent } = await factOf(ports, paymentEventId, news, isTrusted)
  const stored = await admit(ports, source, bookingId, paymentEvent)
  expectSame(stored, news)
  return stored.delivered ? 'repeated' : deliver(ports, stored)
}

/** The booking's id, also where the message names its number, as the tutoring document's payment service does (F-01). */
async function idOf({ database }: PaymentPorts, named: string | null): Promise<string | null> {
  if (named === null || !/^[1-9]\d{0,14}$/.test(named)) return named
  const booking = await database.booking.findUnique({ where: { number: Number(named) }, select: { id: true } })
  return booking?.id ?? named
}

async function findPaymentEvent({ database }: PaymentPorts, eventId: string): Promise<StoredPaymentEvent | null> {
  const row = await database.processedEvent.findUnique({ where: { eventId } })
  if (row === null) return null
  const { bookingId, attempts, deliveredAt, lastError } = row
  // The JSON column is written by `storePaymentEvent` alone.
  const paymentEvent = row.paymentEvent as StoredPaymentEvent['paymentEvent']
  const isUnanswered = lastError !== null
  return { eventId, bookingId, paymentEvent, attempts, delivered: deliveredAt !== null, isUnanswered }
}

/** The payment of a booking may be found by another way the second time; the booking and the word have to be the same. */
function expectSame({ bookingId, paymentEvent }: StoredPaymentEvent, news: PaymentNews): void {
  const type = paymentEvent.type === 'authorized' ? 'succeeded' : paymentEvent.type
  if (type === news.type && (news.bookingId === null || news.bookingId.toLowerCase() === bookingId)) return
  throw new Unreadable(`The event id ${news.eventId} was used before, for another fact.`)
}
