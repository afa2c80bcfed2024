import type { Hono } from 'hono'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { z } from 'zod'
import type { DisputeState } from '../../domain/disputes.ts'
import type { PaymentEvent } from '../../domain/facts.ts'
import { Refused } from '../../domain/failures.ts'
import { deliver } from '../../events/inbox.ts'
import { admit } from '../../events/payment-door.ts'
import type { Parts } from '../../runtime/wire.ts'
import { noParameters, utf8 } from '../input.ts'
import { webhookLimit } from '../limits.ts'
import { faultsOf, invalid } from '../problems.ts'
import { Amount, CurrencyCode, InstantText, line, PastInstant, Uuid } from '../schemas/common.ts'

const TYPES = {
  'payment_intent.processing': 'processing',
  'payment_intent.authorized': 'authorized',
  'payment_intent.succeeded': 'succeeded',
  'payment_intent.failed': 'failed',
  'payment_intent.cancelled': 'cancelled',
  'refund.succeeded': 'refund_succeeded',
  'refund.failed': 'refund_failed',
  'dispute.opened': 'disputed',
  'dispute.funds_withdrawn': 'disputed',
  'dispute.funds_reinstated': 'disputed',
  'dispute.won': 'disputed',
  'dispute.lost': 'disputed',
} as const satisfies Record<string, PaymentEvent['type']>

const DISPUTE_STATES = {
  'dispute.opened': 'opened',
  'dispute.funds_withdrawn': 'withdrawn',
  'dispute.funds_reinstated': 'reinstated',
  'dispute.won': 'won',
  'dispute.lost': 'lost',
} as const satisfies Record<string, DisputeState>

const EventSchema = z.object({
  id: line(1, 200),
  type: z.enum(Object.keys(TYPES) as [keyof typeof TYPES, ...(keyof typeof TYPES)[]]),
  timestamp: PastInstant,
  data: z.object({
    intent_id: line(1, 200),
    booking_id: Uuid.nullish(),
    amount: Amount,
    currency: CurrencyCode.nullish(),
    payment_method: line(0, 200).nullish(),
    failure_code: line(0, 200).nullish(),
    refund_key: line(0, 300).nullish(),
    refund_id: line(1, 200).nullish(),
    dispute_id: line(1, 200).nullish(),
    reason: line(0, 200).nullish(),
    authorization_expires_at: InstantText.nullish(),
  }),
})

/** What every event has, of whatever kind. */
const AnyEvent = z.object({ id: line(1, 200), type: line(1, 200) })

/**
 * The signature is checked on the raw bytes before anything is read, then the fact is stored, and only then is it acknowledged and handed to
 * its booking: 200 when the booking has processed it, 202 when that will happen later (H-07, H-08).
 */
export function webhookRoutes(app: Hono, parts: Parts): void {
  const webhook = new Webhook(parts.config.PAYMENT_WEBHOOK_SECRET)

  app.post('/webhooks/payments', noParameters, webhookLimit, async (c) => {
    const payload = utf8(await c.req.arrayBuffer(), 'The webhook')
    const event = verified(webhook, payload, c.req.header())
    if (event === null) {
      parts.log.info({ webhook: c.req.header('webhook-id') }, 'a webhook is of a kind that is not known here')
      return c.json({ outcome: 'ignored' }, 200)
    }
    const paymentEvent = paymentEventOf(event)
    const stored = await admit(parts, 'payments', event.data.booking_id ?? null, paymentEvent)
    if (stored.delivered) return c.json({ outcome: 'repeated' }, 200)
    const outcome = await deliver(parts, stored)
    return c.json({ outcome }, outcome === 'parked' ? 202 : 200)
  })
}

/** The event of a webhook; null for one of a kind that we have no use for, which may come with any later version of the payment service. */
function verified(
  webhook: Webhook,
  payload: string,
  headers: Record<string, string>,
): z.infer<typeof EventSchema> | null {
  let body: unknown
  try {
    body = webhook.verify(payload, headers)
  } catch (error) {
    if (error instanceof WebhookVerificationError) {
      throw new Refused({ code: 'unauthenticated', message: 'The webhook’s signature does not hold.' })
    }
    throw notJson()
  }
  // So the library answers to an empty payload, before it reads it.
  if (body === undefined) throw notJson()
  const kind = AnyEvent.safeParse(body)
  if (kind.success && !Object.hasOwn(TYPES, kind.data.type)) return null
  const event = EventSchema.safeParse(body)
  if (!event.success) throw invalid(...faultsOf(event.error))
  return event.data
}

function notJson(): Refused {
  return new Refused({ code: 'malformed', message: 'The webhook is not JSON.' })
}

function paymentEventOf({ id, type, timestamp, data }: z.infer<typeof EventSchema>): PaymentEvent {
  return {
    id,
    type: TYPES[type],
    intentId: data.intent_id,
    amount: data.amount,
    currency: data.currency ?? null,
    method: data.payment_method ?? null,
    failureCode: data.failure_code ?? null,
    refundKey: data.refund_key ?? null,
    refundId: data.refund_id ?? null,
    ...(type in DISPUTE_STATES && { dispute: disputeOf(type as keyof typeof DISPUTE_STATES, data) }),
    authorisedUntil: data.authorization_expires_at ?? null,
    at: timestamp,
  }
}

function disputeOf(
  type: keyof typeof DISPUTE_STATES,
  { dispute_id: id, reason }: z.infer<typeof EventSchema>['data'],
): NonNullable<PaymentEvent['dispute']> {
  if (id == null) throw invalid({ pointer: '/data/dispute_id', message: 'names the dispute' })
  return { id, state: DISPUTE_STATES[type], reason: reason ?? null }
}
