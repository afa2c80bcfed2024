import { Refused } from '../domain/failures.ts'
import type { PaymentEvent } from '../domain/facts.ts'
import { faultOf } from '../domain/payment-news.ts'
import { isCurrency } from '../domain/currencies.ts'
import type { Database } from '../prisma/client.ts'
import { storePaymentEvent, type StoredPaymentEvent } from '../prisma/payment-events.ts'

/**
 * The one way for a word about money into the inbox, whoever brings it (N-10, N-19): a payment event whose amount or currency is none is refused, and nothing is
 * kept of it. Throws Refused `validation_failed`.
 */
export async function admit(
  { database }: { readonly database: Database },
  source: string,
  bookingId: string | null,
  paymentEvent: PaymentEvent,
): Promise<StoredPaymentEvent> {
  const fault =
    faultOf(paymentEvent) ?? (paymentEvent.currency !== null && !isCurrency(paymentEvent.currency) ? 'currency' : null)
  if (fault !== null) {
    const message = FAULTS[fault]
    const details = { errors: [{ pointer: `/data/${fault}`, message }] }
    throw new Refused({ code: 'validation_failed', message: `The payment’s ${fault} ${message}.`, details })
  }
  return storePaymentEvent(database, source, bookingId, paymentEvent)
}

const FAULTS = {
  amount: 'must be a whole number of minor units above 0: nothing is no payment',
  currency: 'must be one of ISO 4217',
  intent_id: 'must name the payment',
} as const
