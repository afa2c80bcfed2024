import { isUtf8 } from 'node:buffer'
import { Stripe } from 'stripe'
import { isCurrency } from '../../domain/currencies.ts'
import type { DisputeState } from '../../domain/disputes.ts'
import type { PaymentEvent } from '../../domain/facts.ts'
import { Refused } from '../../domain/failures.ts'
import type { Money } from '../../domain/money.ts'
import { faultyTexts } from '../../domain/text.ts'
import { instantOf, isAhead, isPlausible } from '../../domain/time.ts'
import { fromStripe } from './amounts.ts'

/** A fact about a payment. `bookingId` is what our own intents carry; null for refunds, whose booking is known by their intent. */
export type StripeFact = { readonly bookingId: string | null; readonly paymentEvent: PaymentEvent }

/** Stripe's own tolerance, seconds. Its library holds to it for signatures that are too old; those from the future are ours to refuse. */
const TOLERANCE_SECONDS = 300

/**
 * Checks the signature on the raw bytes of a webhook and reads it. Null: nothing that a booking has to know, or of an intent that is not ours. Throws
 * Refused: `unauthenticated` when the signature does not hold, `malformed` for what is not JSON, `validation_failed` for an event that is none.
 */
export function readStripeEvent(
  payload: Buffer,
  signature: string,
  secret: string,
  now = new Date(),
): StripeFact | null {
  let event: Stripe.Event
  // The library would put U+FFFD where bytes are none of UTF-8, and then say that it is the signature that does not hold.
  if (!isUtf8(payload)) throw new Refused({ code: 'malformed', message: 'The webhook is not UTF-8.' })
  try {
    event = Stripe.webhooks.constructEvent(payload, signature, secret, TOLERANCE_SECONDS)
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) throw forged()
    throw new Refused({ code: 'malformed', message: 'The webhook is not JSON.' })
  }
  const signedAt = Number(/(?:^|,)t=(\d+)/.exec(signature)?.[1] ?? Number.NaN)
  if (!(signedAt <= now.getTime() / 1000 + TOLERANCE_SECONDS)) throw forged()
  try {
    if (typeof event.id !== 'string' || !Number.isSafeInteger(event.created))
      throw new TypeError('it has no id or time')
    const fact = factOf(event)
    if (fact !== null) refuseUnfit(fact, now)
    return fact
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused({ code: 'validation_failed', message: 'The event is not one of Stripe’s.' }, { cause: error })
  }
}

/** What is kept of an event is text by the rule for every door (N-54), and has happened (N-59). What else is in it is not ours to judge. */
function refuseUnfit(fact: StripeFact, now: Date): void {
  const errors = [
    ...faultyTexts(fact.paymentEvent),
    ...(isPlausible(fact.paymentEvent.at) && !isAhead(fact.paymentEvent.at, now)
      ? []
      : [{ pointer: '/created', message: 'is not a time that has been' }]),
  ]
  if (errors.length === 0) return
  throw new Refused({
    code: 'validation_failed',
    message: errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; '),
    details: { errors },
  })
}

/** What an event says of a payment of ours. Everything else Stripe tells, and what others do with the same account, is null. */
export function factOf(event: Stripe.Event): StripeFact | null {
  switch (event.type) {
    case 'payment_intent.processing':
      return intentFact(event, event.data.object, 'processing', event.data.object.amount)
    case 'payment_intent.amount_capturable_updated':
      return intentFact(event, event.data.object, 'authorized', event.data.object.amount_capturable)
    case 'payment_intent.succeeded':
      return intentFact(event, event.data.object, 'succeeded', event.data.object.amount_received)
    case 'payment_intent.payment_failed':
      return intentFact(event, event.data.object, 'failed', event.data.object.amount)
    case 'payment_intent.canceled':
      return intentFact(event, event.data.object, 'cancelled', event.data.object.amount)
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
      return refundFact(event, event.data.object)
    case 'charge.refunded':
      return chargeFact(event, event.data.object)
    case 'charge.dispute.created':
      return disputeFact(event, event.data.object, 'opened')
    case 'charge.dispute.funds_withdrawn':
      return disputeFact(event, event.data.object, 'withdrawn')
    case 'charge.dispute.funds_reinstated':
      return disputeFact(event, event.data.object, 'reinstated')
    case 'charge.dispute.closed':
      return disputeFact(event, event.data.object, event.data.object.status === 'lost' ? 'lost' : 'won')
    default:
      return null
  }
}

function intentFact(
  event: Stripe.Event,
  intent: Stripe.PaymentIntent,
  type: PaymentEvent['type'],
  amount: number,
): StripeFact | null {
  const bookingId = bookingOf(intent)
  if (bookingId === null) return null
  const { payment_method: method, last_payment_error: error } = intent
  return {
    bookingId,
    paymentEvent: {
      ...paymentEventOf(event, type, intent.id, fromStripe(amount, intent.currency)),
      method: typeof method === 'string' ? method : (method?.id ?? error?.payment_method?.id ?? null),
      failureCode: type === 'failed' ? (error?.decline_code ?? error?.code ?? null) : null,
    },
  }
}

/**
 * Of a refund only its end is a fact; while it is `pending` it is on its way, as our own call was told. One without our key was made by somebody else, in
 * Stripe's dashboard (N-14).
 */
function refundFact(event: Stripe.Event, refund: Stripe.Refund): StripeFact | null {
  const intentId = idOf(refund.payment_intent)
  const type = REFUNDED[refund.status ?? '']
  const refundKey = refund.metadata?.['refund_key'] ?? null
  if (intentId === null || type === undefined) return null
  // Of somebody else's sale in the same account, in whatever money.
  if (refundKey === null && !isCurrency(refund.currency.toUpperCase())) return null
  return {
    bookingId: null,
    paymentEvent: {
      ...paymentEventOf(event, type, intentId, fromStripe(refund.amount, refund.currency)),
      refundKey,
      refundId: refund.id,
      failureCode: type === 'refund_failed' ? (refund.failure_reason ?? null) : null,
    },
  }
}

const REFUNDED: Readonly<Record<string, 'refund_succeeded' | 'refund_failed'>> = {
  succeeded: 'refund_succeeded',
  failed: 'refund_failed',
  canceled: 'refund_failed',
}

/** Says how much is back in all, by whomever, and not which refund did it: it is kept, and changes nothing that refunds' own events have not. */
function chargeFact(event: Stripe.Event, charge: Stripe.Charge): StripeFact | null {
  const intentId = idOf(charge.payment_intent)
  const bookingId = bookingOf(charge)
  if (intentId === null || bookingId === null) return null
  return {
    bookingId,
    paymentEvent: paymentEventOf(
      event,
      'refund_succeeded',
      intentId,
      fromStripe(charge.amount_refunded, charge.currency),
    ),
  }
}

/**
 * What became of a dispute (N-14). An inquiry (`warning_…`) takes no money; closed without a loss it is won.
 */
function disputeFact(event: Stripe.Event, dispute: Stripe.Dispute, state: DisputeState): StripeFact | null {
  const intentId = idOf(dispute.payment_intent)
  if (intentId === null) return null
  return {
    bookingId: null,
    paymentEvent: {
      ...paymentEventOf(event, 'disputed', intentId, fromStripe(dispute.amount, dispute.currency)),
      dispute: { id: dispute.id, state, reason: dispute.reason },
    },
  }
}

function paymentEventOf(event: Stripe.Event, type: PaymentEvent['type'], intentId: string, money: Money): PaymentEvent {
  const nothing = { method: null, failureCode: null, refundKey: null }
  return { ...nothing, id: event.id, type, intentId, ...money, at: instantOf(event.created * 1000) }
}

/** The booking named by what we made: Stripe copies an intent's metadata to its charge. */
function bookingOf({ metadata }: { readonly metadata: Stripe.Metadata }): string | null {
  const id = metadata['booking_id'] ?? ''
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : null
}

function idOf(object: string | { readonly id: string } | null): string | null {
  return typeof object === 'string' ? object : (object?.id ?? null)
}

function forged(): Refused {
  return new Refused({ code: 'unauthenticated', message: 'The webhook’s signature does not hold.' })
}
