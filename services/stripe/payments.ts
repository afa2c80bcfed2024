import { Stripe } from 'stripe'
import { Refused } from '../../domain/failures.ts'
import { openCircuit } from '../circuit.ts'
import type { Intent, Payments } from '../ports.ts'
import { toStripe } from './amounts.ts'
import { failureOf, isAboutItsState, isReplayed, isStoredFailure, isUnexplained, tooMuch } from './failures.ts'
import { intentOf } from './intents.ts'

/** How many names an operation may go by when Stripe has kept a failure under the first ones. */
const NAMES = 3

/** Stripe's library as we use it: the API version is its own, it retries nothing, and `deadlineMs` covers a whole try. */
export function stripeClient(settings: {
  readonly secretKey: string
  /** Another server than Stripe's, with the same API. */
  readonly apiBase: string | undefined
  readonly deadlineMs: number
}): Stripe {
  const base = new URL(settings.apiBase ?? 'https://api.stripe.com')
  return new Stripe(settings.secretKey, {
    maxNetworkRetries: 0,
    timeout: settings.deadlineMs,
    telemetry: false,
    // Its deadline is one for the whole request; that of the Node client begins anew with every byte.
    httpClient: Stripe.createFetchHttpClient(),
    protocol: base.protocol === 'http:' ? 'http' : 'https',
    host: base.hostname,
    port: base.port === '' ? (base.protocol === 'http:' ? 80 : 443) : base.port,
  })
}

/**
 * The payments port over Stripe (S-04). What is made anew, intents and refunds, carries the key of the operation. Captures and cancellations do not: an
 * intent's own state lets each happen once, and under one key Stripe would repeat for a day the answer of a moment ("it is processing"). When the state
 * does not allow an operation, the intent as it is now is the answer.
 */
export function stripePayments(stripe: Stripe): Payments {
  const circuit = openCircuit('payment')

  async function ask<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await circuit.run(true, async () => {
        try {
          return await call()
        } catch (error) {
          throw failureOf(error)
        }
      })
    } catch (error) {
      throw circuit.refusalOf(error)
    }
  }

  /** A charge says that it is, or was, disputed, and not what became of that. */
  const disputesOf = async ({ id, latest_charge: charge }: Stripe.PaymentIntent) =>
    typeof charge === 'object' && charge?.disputed === true
      ? (await stripe.disputes.list({ payment_intent: id, limit: 100 })).data
      : []

  /** Is this more than Stripe has of an intent? It refuses it then, without a code that says so. */
  async function isMoreThanLeft(intentId: string, amount: number): Promise<boolean> {
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intentId, { expand: ['latest_charge'] })
    if (typeof charge !== 'object' || charge === null) return true
    return amount > charge.amount_captured - charge.amount_refunded
  }

  const read = async (intentId: string) => received(await stripe.paymentIntents.retrieve(intentId))

  function orAsItIs(
    intentId: string,
    operation: () => Promise<Stripe.Response<Stripe.PaymentIntent>>,
  ): Promise<Intent> {
    return ask(async () => {
      try {
        return received(await operation())
      } catch (error) {
        if (isAboutItsState(error)) return read(intentId)
        throw error
      }
    })
  }

  return {
    createIntent: ({ key, bookingId, amount, capture, method }) =>
      ask(async () => {
        const params: Stripe.PaymentIntentCreateParams = {
          ...toStripe(amount),
          capture_method: capture,
          automatic_payment_methods: { enabled: true },
          metadata: { booking_id: bookingId, operation: key, ...(method !== null && { payment_method: method }) },
        }
        for (let name = 1; ; name += 1) {
          try {
            const idempotencyKey = name === 1 ? key : `${key}:${name}`
            return received(await stripe.paymentIntents.create(params, { idempotencyKey }))
          } catch (error) {
            // Should Stripe have made an intent all the same, then nobody has its secret: it will never be paid.
            if (!isStoredFailure(error) || name === NAMES) throw error
          }
        }
      }),
    getIntent: (intentId) => ask(() => read(intentId)),
    // Stripe's search is a minute behind at most; what is younger than that, its own answer and webhook tell of.
    listIntents: (bookingId) =>
      ask(async () => {
        const found = await stripe.paymentIntents.search({
          query: `metadata['booking_id']:'${bookingId}'`,
          limit: 100,
          expand: ['data.latest_charge'],
        })
        const at = answeredAt(found)
        const intents: Intent[] = []
        for (const intent of found.data.toReversed())
          intents.push(intentOf(intent, at ?? new Date(intent.created * 1000), await disputesOf(intent)))
        return intents
      }),
    capture: ({ intentId, amount }) =>
      orAsItIs(intentId, () => stripe.paymentIntents.capture(intentId, { amount_to_capture: toStripe(amount).amount })),
    cancel: ({ intentId }) => orAsItIs(intentId, () => stripe.paymentIntents.cancel(intentId)),
    /**
     * Stripe forgets a key after a day, and a refund is tried for days: so it is looked for first, by the key it carries. One that failed at
     * the bank is followed by another, under the next name; so is an answer from the past, a dispute's no or a failure of Stripe's own: it made nothing, or
     * what it made would have been found.
     */
    refund: ({ key, intentId, amount, reason }) =>
      ask(async () => {
        const params = {
          payment_intent: intentId,
          amount: toStripe(amount).amount,
          metadata: { refund_key: key, reason },
        }
        for (let name = 1; ; name += 1) {
          const { data } = await stripe.refunds.list({ payment_intent: intentId, limit: 100 })
          const made = data.filter(({ metadata }) => metadata?.['refund_key'] === key)
          const underWay = made.find(isUnderWay)
          if (underWay !== undefined) return { id: underWay.id }
          const n = made.length + name
          try {
            const refund = await stripe.refunds.create(params, { idempotencyKey: n === 1 ? key : `${key}:${n}` })
            if (isUnderWay(refund)) return { id: refund.id }
            const why = refund.failure_reason ?? refund.status ?? 'no status'
            throw new Refused({ code: 'unavailable', message: `The refund did not work: ${why}.` })
          } catch (error) {
            if (isReplayed(error) && name < NAMES) continue
            if (isUnexplained(error) && (await isMoreThanLeft(intentId, params.amount))) throw tooMuch(error)
            throw error
          }
        }
      }),
  }
}

/** An intent as of the moment Stripe answered. */
function received(intent: Stripe.Response<Stripe.PaymentIntent>): Intent {
  return intentOf(intent, answeredAt(intent) ?? new Date(intent.created * 1000))
}

function answeredAt({ lastResponse }: Pick<Stripe.Response<object>, 'lastResponse'>): Date | null {
  // With its fetch client that is what fetch gave, whatever the types say.
  const { headers } = lastResponse as unknown as Pick<Response, 'headers'>
  const at = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(at) ? null : new Date(at)
}

function isUnderWay({ status }: Stripe.Refund): boolean {
  return status === 'succeeded' || status === 'pending' || status === 'requires_action'
}
