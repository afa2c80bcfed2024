import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { Refused } from '../../domain/failures.ts'
import { toDecimal } from '../../domain/money.ts'
import { TIMED_OUT } from '../../domain/effects.ts'
import type { PaymentNews } from '../../events/consumers/payment-messages.ts'
import { takeNews } from '../../events/consumers/payments.ts'
import { NotYet, Unreadable } from '../../events/consumers/reading.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Variables } from '../auth.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { currentInstant } from '../clock.ts'
import { invalid } from '../problems.ts'
import { Amount, CurrencyCode, Id, PastInstant, line, text, Uuid } from '../schemas/common.ts'
import { visibleBooking } from '../visibility.ts'

const FactSchema = z
  .strictObject({
    event_id: Id.openapi({ description: 'the same for the same fact: told again, it changes nothing' }),
    type: z.enum(['succeeded', 'failed', 'timed_out']),
    payment_id: Id.optional().openapi({ description: 'the intent’s, or another that the payment service knows' }),
    amount: Amount.optional().openapi({ description: 'absent: the payment service is asked' }),
    currency: CurrencyCode.optional(),
    payment_method: line(1, 200).optional(),
    reason: text(1, 200).optional(),
    occurred_at: PastInstant.optional(),
  })
  .openapi('PaymentFact')

const OutcomeSchema = z
  .object({ outcome: z.enum(['applied', 'stale', 'repeated', 'parked']) })
  .openapi('PaymentFactOutcome')

const route = createRoute({
  method: 'post',
  path: '/bookings/{id}/payment-facts',
  ...about(
    'Payments',
    'tellPaymentFact',
    'Tell what became of a booking’s payment',
    'For services. A fact counts once per `event_id`. The payment service is asked whether it is so, unless its word is trusted by configuration.',
  ),
  request: { params: z.object({ id: Uuid }), ...jsonBody(FactSchema, 'payment', 'paymentFailed') },
  responses: {
    ...answers(200, 'what it led to; parked: stored, and told later', OutcomeSchema),
    ...problems(403, 404, 422),
  },
})

/** G-03, O-02: payment facts from services with a token instead of a signature. They take the way of those from webhooks and Kafka (K-04). */
export function paymentFactRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  app.openapi(route, async (c) => {
    const principal = c.get('principal')
    requireRole(principal, 'service')
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    const { price } = await visibleBooking(parts.database, principal, id)
    if (body.currency !== undefined && body.currency !== price.currency) {
      throw invalid({ pointer: '/currency', message: `is ${price.currency}, as the booking’s` })
    }
    if (body.type !== 'succeeded' && body.amount !== undefined) {
      throw invalid({ pointer: '/amount', message: 'is for a payment that succeeded' })
    }
    const news: PaymentNews = {
      eventId: body.event_id,
      type: body.type === 'succeeded' ? 'succeeded' : 'failed',
      bookingId: id,
      references: body.payment_id === undefined ? [] : [body.payment_id],
      amount: body.amount === undefined ? null : toDecimal({ amount: body.amount, currency: price.currency }),
      currency: body.currency ?? null,
      method: body.payment_method ?? null,
      failureCode: body.type === 'timed_out' ? TIMED_OUT : (body.reason ?? null),
      at: body.occurred_at ?? currentInstant(),
    }
    return c.json({ outcome: await taken(parts, `service:${principal.id}`, news) }, 200)
  })
}

async function taken(parts: Parts, source: string, news: PaymentNews) {
  try {
    return await takeNews(parts, source, news)
  } catch (error) {
    if (error instanceof Unreadable) throw invalid({ pointer: '', message: error.message })
    if (error instanceof NotYet) throw new Refused({ code: 'unavailable', message: error.message }, { cause: error })
    throw error
  }
}
