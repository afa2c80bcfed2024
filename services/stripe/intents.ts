import type { Stripe } from 'stripe'
import { instantOf } from '../../domain/time.ts'
import { Faulty } from '../circuit.ts'
import type { Intent, IntentStatus } from '../ports.ts'
import { fromStripe } from './amounts.ts'

/** The statuses Stripe's library knows by name; its types end in "or whatever comes". */
type Known<Status> = Status extends unknown ? (string & Record<never, never> extends Status ? never : Status) : never
export type StripeStatus = Known<Stripe.PaymentIntent.Status>

/**
 * Every status of Stripe's as the port has it. While the customer still has something to do (`requires_action`: 3-D Secure, a voucher) nothing is
 * paid, and the intent can be cancelled: that is no `processing`, whose outcome would have to be waited for.
 */
const STATUS: Readonly<Record<StripeStatus, IntentStatus>> = {
  requires_payment_method: 'requires_payment_method',
  requires_confirmation: 'requires_payment_method',
  requires_action: 'requires_payment_method',
  processing: 'processing',
  requires_capture: 'authorized',
  succeeded: 'succeeded',
  canceled: 'cancelled',
}

/**
 * An intent of Stripe's as the port has it, as of `at`: Stripe does not say when one last changed. A declined try puts it back to
 * `requires_payment_method` and leaves an error there: to us it `failed`. `disputes`: those of it, where they were asked for.
 * Throws Faulty for a status nobody here knows.
 */
export function intentOf(
  intent: Stripe.PaymentIntent,
  at: Date,
  disputes: readonly Stripe.Dispute[] | null = null,
): Intent {
  if (!isKnown(intent.status)) throw new Faulty(`has an intent that is ${intent.status}`)
  const { last_payment_error: error, payment_method: method, latest_charge: charge } = intent
  const { amount, currency } = fromStripe(intent.amount, intent.currency)
  const hasFailed = intent.status === 'requires_payment_method' && error !== null
  return {
    id: intent.id,
    clientSecret: intent.client_secret ?? '',
    status: hasFailed ? 'failed' : STATUS[intent.status],
    amount,
    amountCaptured: fromStripe(intent.amount_received, intent.currency).amount,
    ...(typeof charge === 'object' &&
      charge !== null && { amountRefunded: fromStripe(charge.amount_refunded, intent.currency).amount }),
    ...(disputes !== null && { amountDisputed: fromStripe(takenBack(disputes), intent.currency).amount }),
    currency,
    method: typeof method === 'string' ? method : (method?.id ?? null),
    failureCode: hasFailed ? (error?.decline_code ?? error?.code ?? error?.type ?? 'unknown') : null,
    createdAt: instantOf(intent.created * 1000),
    updatedAt: instantOf(at.getTime()),
  }
}

/** What banks have, of disputes that they decide about or have decided. Their bookings may be in another currency than the payment. */
function takenBack(disputes: readonly Stripe.Dispute[]): number {
  const isTaken = (dispute: Stripe.Dispute) =>
    dispute.balance_transactions.reduce((sum, { amount }) => sum + amount, 0) < 0
  return disputes.filter(isTaken).reduce((sum, { amount }) => sum + amount, 0)
}

function isKnown(status: string): status is StripeStatus {
  return Object.hasOwn(STATUS, status)
}
