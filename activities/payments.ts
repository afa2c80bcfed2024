import type { Booking } from '../domain/booking.ts'
import { onPaymentRequested } from '../domain/decide.ts'
import type { Fact } from '../domain/facts.ts'
import { Refused } from '../domain/failures.ts'
import { isManual } from '../domain/payments.ts'
import { money } from '../domain/money.ts'
import { amountToAsk } from '../domain/supplement.ts'
import type { Instant } from '../domain/time.ts'
import type { Intent, Payments } from '../services/ports.ts'
import { dueDuty, type Errand, type FindBooking } from './errands.ts'
import { final, namingRefusals } from './failures.ts'
import type { Change } from './holds.ts'

export type PaymentPorts = {
  readonly find: FindBooking
  readonly payments: Payments
  readonly record: (this: void, change: Change) => Promise<void>
}

/**
 * The activities that move money. Each is safe to repeat: its key names the operation, so the payment service does it once however often it is
 * asked, and they write nothing themselves but for `requestPaymentAtOnce`. Each reads the booking anew, and does nothing that is not due by it.
 */
export function paymentActivities({ find, payments, record }: PaymentPorts) {
  function createIntent(booking: Booking, key: string, change?: string): Promise<Intent> {
    return bankAnswers(() =>
      payments.createIntent({
        key,
        bookingId: booking.id,
        amount: money(amountToAsk(booking, change), booking.price.currency),
        capture: booking.terms.policy.capture,
        method: booking.paymentMethod,
      }),
    )
  }

  return {
    /** Makes the intent a customer can pay. Refused for good when the payment service will not have it. */
    async requestPayment(errand: Errand): Promise<Intent> {
      const { booking, effect } = await dueDuty(find, errand, 'request_payment')
      return createIntent(booking, effect.key, effect.change)
    },

    /**
     * The same, and writes it down: one local activity in the task that answers the customer, because each costs an event of history. A crash
     * between the two leaves an intent that the next try finds under its key.
     */
    async requestPaymentAtOnce({
      booking,
      key,
      at,
    }: {
      booking: Booking
      key: string
      at: Instant
    }): Promise<readonly Fact[]> {
      const { id, clientSecret, amount, createdAt } = await createIntent(booking, key)
      const { facts } = onPaymentRequested(booking, { intentId: id, clientSecret, amount, createdAt }, at)
      await record({ before: booking, facts })
      return facts
    },

    /** Captures what is due of an authorisation. Refused `policy_forbids`: the bank says no for good. */
    async capture(errand: Errand): Promise<Intent> {
      const { booking, effect } = await dueDuty(find, errand, 'capture')
      const { intentId, change } = effect.payment
      const amount = money(amountToAsk(booking, change), booking.price.currency)
      return bankAnswers(() => payments.capture({ key: effect.key, intentId, amount }))
    },

    /**
     * Ends an intent nobody wants any more, voiding what was authorised, and answers with what it is now: it may turn out captured. One that is still
     * processing is waited for: to wait is to fail, so that Temporal asks again.
     */
    async voidPayment(errand: Errand): Promise<Intent> {
      const { effect } = await dueDuty(find, errand, 'void')
      const intent = await namingRefusals(() => payments.cancel({ key: effect.key, intentId: effect.payment.intentId }))
      if (intent.status === 'processing') throw new Error('the payment is still processing')
      return intent
    },

    /**
     * Ends the intent of an expiring hold, unless it was paid, or may yet turn out paid: its webhook may be lost or late (H-02, X-03). The answer says
     * which.
     */
    async closeUnpaid(errand: Errand): Promise<Intent> {
      const { effect } = await dueDuty(find, errand, 'void')
      const { intentId } = effect.payment
      const intent = await namingRefusals(() => payments.getIntent(intentId))
      const isUnpaid = intent.status === 'requires_payment_method' || intent.status === 'failed'
      return isUnpaid ? namingRefusals(() => payments.cancel({ key: effect.key, intentId })) : intent
    },

    /**
     * Gives money back under the refund's own key (H-06), and says which refund that is at the payment service (N-13). `amount` and `currency` are
     * for those who read the history.
     */
    async refund(
      errand: Errand & { readonly amount: number; readonly currency: string },
    ): Promise<{ readonly refundId: string } | null> {
      const { booking, effect } = await dueDuty(find, errand, 'refund')
      const { refund, payment } = effect
      const currency = payment.currency ?? booking.price.currency
      if (isManual(payment)) throw final('policy_forbids', 'It was paid by hand and is given back by hand (X-12).')
      const { id } = await bankAnswers(() =>
        payments.refund({
          key: refund.key,
          intentId: payment.intentId,
          amount: money(refund.amount, currency),
          reason: refund.reason,
        }),
      )
      return id === null ? null : { refundId: id }
    },
  }
}

/**
 * Makes an operation about money. A no for good is the bank's alone (`policy_forbids`); a payment service that does not know our intent is the wrong one, or
 * is asked with the wrong key: nobody's booking ends for that, it is tried again under the same key (N-12).
 */
function bankAnswers<Answer>(operation: () => Promise<Answer>): Promise<Answer> {
  return namingRefusals(async () => {
    try {
      return await operation()
    } catch (error) {
      if (!(error instanceof Refused) || error.code === 'policy_forbids') throw error
      throw new Refused({ code: 'unavailable', message: error.message, details: error.details }, { cause: error })
    }
  })
}
