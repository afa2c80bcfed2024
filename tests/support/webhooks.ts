import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { World } from './world.ts'

/** A webhook as the payment service would send it about a booking's payment, signed; for facts the sandbox does not send by itself. */
export async function sendWebhook(
  world: World,
  booking: Pick<BookingBody, 'id' | 'payment' | 'currency' | 'amount'>,
  type: string,
  {
    id = `evt_${randomUUID()}`,
    timestamp = new Date(),
    data = {},
  }: { id?: string; timestamp?: Date; data?: object } = {},
): Promise<{ status: number; body: Record<string, unknown>; id: string }> {
  const payload = JSON.stringify({
    id,
    type,
    timestamp: timestamp.toISOString(),
    data: {
      intent_id: booking.payment?.intent_id,
      booking_id: booking.id,
      amount: booking.amount,
      currency: booking.currency,
      ...data,
    },
  })
  const now = new Date()
  const response = await fetch(`${world.apiUrl}/api/v1/webhooks/payments`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(world.config.PAYMENT_WEBHOOK_SECRET).sign(id, now, payload),
    },
    body: payload,
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, id }
}
