import type { Hono } from 'hono'
import { deliver } from '../../events/inbox.ts'
import { admit } from '../../events/payment-door.ts'
import { findReferenced } from '../../prisma/payment-lookup.ts'
import { readStripeEvent } from '../../services/stripe/events.ts'
import type { Parts } from '../../runtime/wire.ts'
import { noParameters } from '../input.ts'
import { webhookLimit } from '../limits.ts'

/**
 * A-19, S-04: Stripe's webhooks, into the inbox that the payment service's go into (`webhooks.ts`). What is not about a payment of ours is
 * acknowledged and not kept: Stripe tells everything that happens in the account. Without a secret there is no such route.
 */
export function stripeWebhookRoute(app: Hono, parts: Parts): void {
  const secret = parts.config.STRIPE_WEBHOOK_SECRET
  if (secret === undefined) return

  app.post('/webhooks/stripe', noParameters, webhookLimit, async (c) => {
    const payload = Buffer.from(await c.req.arrayBuffer())
    const fact = readStripeEvent(payload, c.req.header('stripe-signature') ?? '', secret)
    const bookingId = fact && (fact.bookingId ?? (await bookingOf(parts, fact.paymentEvent.intentId)))
    if (fact === null || bookingId === null) return c.json({ outcome: 'ignored' }, 200)
    const stored = await admit(parts, 'stripe', bookingId, fact.paymentEvent)
    if (stored.delivered) return c.json({ outcome: 'repeated' }, 200)
    const outcome = await deliver(parts, stored)
    return c.json({ outcome }, outcome === 'parked' ? 202 : 200)
  })
}

async function bookingOf({ database }: Parts, intentId: string): Promise<string | null> {
  return (await findReferenced(database, [intentId]))?.bookingId ?? null
}
