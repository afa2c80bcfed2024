import { z } from 'zod'
import { Refused } from '../domain/failures.ts'
import type { HttpClient, Problem } from './http.ts'
import type { Intent, Payments } from './ports.ts'

const IntentSchema = z
  .object({
    id: z.string().min(1),
    client_secret: z.string(),
    status: z.enum(['requires_payment_method', 'processing', 'authorized', 'succeeded', 'failed', 'cancelled']),
    amount: z.int().nonnegative(),
    amount_captured: z.int().nonnegative(),
    amount_refunded: z.int().nonnegative().nullish(),
    currency: z.string(),
    payment_method: z.string().nullish(),
    failure_code: z.string().nullish(),
    authorization_expires_at: z.iso.datetime({ offset: true }).nullish(),
    created_at: z.iso.datetime({ offset: true }),
    updated_at: z.iso.datetime({ offset: true }),
  })
  .transform((intent): Intent => ({
    id: intent.id,
    clientSecret: intent.client_secret,
    status: intent.status,
    amount: intent.amount,
    amountCaptured: intent.amount_captured,
    ...(intent.amount_refunded != null && { amountRefunded: intent.amount_refunded }),
    currency: intent.currency,
    method: intent.payment_method ?? null,
    failureCode: intent.failure_code ?? null,
    authorisedUntil:
      intent.authorization_expires_at == null ? null : new Date(intent.authorization_expires_at).toISOString(),
    createdAt: new Date(intent.created_at).toISOString(),
    updatedAt: new Date(intent.updated_at).toISOString(),
  }))

const INTENTS = '/api/v1/payments/intents'

/** The payments port over HTTP (S-03). */
export function httpPayments(client: HttpClient): Payments {
  return {
    createIntent: ({ key, bookingId, amount, capture, method }) =>
      client.call(
        {
          method: 'POST',
          path: INTENTS,
          key,
          body: { booking_id: bookingId, ...amount, capture, ...(method !== null && { payment_method: method }) },
          answer: IntentSchema,
        },
        refuse,
      ),
    getIntent: (intentId) => client.call({ method: 'GET', path: intentPath(intentId), answer: IntentSchema }, refuse),
    async listIntents(bookingId) {
      const path = `${INTENTS}?booking_id=${encodeURIComponent(bookingId)}`
      const { items } = await client.call(
        { method: 'GET', path, answer: z.object({ items: z.array(IntentSchema) }) },
        refuse,
      )
      return items
    },
    capture: ({ key, intentId, amount }) =>
      client.call(
        {
          method: 'POST',
          path: `${intentPath(intentId)}/capture`,
          key,
          body: { amount: amount.amount },
          answer: IntentSchema,
        },
        intentInstead,
      ),
    cancel: ({ key, intentId }) =>
      client.call(
        { method: 'POST', path: `${intentPath(intentId)}/cancel`, key, body: {}, answer: IntentSchema },
        intentInstead,
      ),
    async refund({ key, intentId, amount, reason }) {
      const { id } = await client.call(
        {
          method: 'POST',
          path: '/api/v1/payments/refunds',
          key,
          body: { intent_id: intentId, ...amount, reason },
          answer: z.object({ id: z.string().min(1).nullish(), status: z.enum(['succeeded', 'pending']) }),
        },
        (problem) => {
          if (problem.status === 402)
            throw new Refused({ code: 'unavailable', message: `The refund did not work: ${problem.detail}.` })
          return refuse(problem)
        },
      )
      return { id: id ?? null }
    },
  }
}

function intentPath(intentId: string): string {
  return `${INTENTS}/${encodeURIComponent(intentId)}`
}

/** A state that does not allow the operation is an answer: the intent as it is. */
function intentInstead(problem: Problem): Intent {
  if (problem.status === 409) {
    const intent = IntentSchema.safeParse(Reflect.get(Object(problem.body), 'intent'))
    if (intent.success) return intent.data
  }
  return refuse(problem)
}

/**
 * Only the bank's own refusal ends anything: 402, and the amount that the contract lists (docs/services.md). "There is none" is an answer to who asks for an
 * intent. Everything else (a rotated key, a wrong address, a request that we got wrong) is ours to mend, and the operation is tried again under its key (N-12).
 */
function refuse({ status, code, detail }: Problem): never {
  const details = { payment_code: code }
  if (status === 402 || (status === 422 && code === 'amount_too_large')) {
    throw new Refused({ code: 'policy_forbids', message: `The payment service refused: ${detail}.`, details })
  }
  if (status === 404)
    throw new Refused({ code: 'not_found', message: `The payment service refused: ${detail}.`, details })
  throw new Refused({ code: 'unavailable', message: `The payment service answered ${status}: ${detail}.`, details })
}
