import { readAmount } from './amounts.ts'
import { newId, type Books, type Intent, type Refund } from './books.ts'
import { chargeObject, refundObject } from './objects.ts'
import { notAllowed } from './refusals.ts'

/** Gives back what was captured, or a part of it. Somebody does so in the dashboard, too: then nothing says whose it is. */
export function createRefund(
  books: Books,
  intent: Intent,
  text: string | undefined,
  metadata: Readonly<Record<string, string>>,
): Refund {
  const { charge } = intent
  if (charge === null || charge.captured === 0) {
    throw notAllowed(null, `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`)
  }
  const left = charge.captured - charge.refunded
  const amount = text === undefined ? left : readAmount(text, intent.currency)
  if (charge.isDisputed) throw notAllowed('charge_disputed', `Charge ${charge.id} has been charged back.`)
  if (left === 0) throw notAllowed('charge_already_refunded', `Charge ${charge.id} has already been refunded.`)
  if (amount > left) {
    // Stripe has no code for this.
    const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`
    throw notAllowed(null, message, { param: 'amount' })
  }
  const refund: Refund = {
    id: newId('re'),
    intent,
    created: books.second,
    amount,
    metadata,
    status: charge.refundsTakeTime ? 'pending' : 'succeeded',
    failureReason: null,
  }
  books.refunds.unshift(refund)
  if (charge.refundsToFail > 0) {
    charge.refundsToFail -= 1
    tellFailed(books, refund, 'expired_or_canceled_card')
    return refund
  }
  charge.refunded += amount
  books.record('refunded', intent, amount)
  books.tell('charge.refunded', chargeObject(intent, charge))
  books.tell('refund.created', refundObject(refund))
  return refund
}

/** The bank has passed on a refund that was on its way. */
export function settleRefund(books: Books, refund: Refund): void {
  refund.status = 'succeeded'
  books.tell('refund.updated', refundObject(refund))
  books.tell('charge.refund.updated', refundObject(refund))
}

/** The money of a refund comes back to the account: it can be given back once more. */
export function failRefund(books: Books, refund: Refund): void {
  const { intent, amount } = refund
  intent.charge!.refunded -= amount
  books.record('returned', intent, amount)
  tellFailed(books, refund, 'lost_or_stolen_card')
}

/** One failure, told by three kinds of event. */
function tellFailed(books: Books, refund: Refund, reason: string): void {
  refund.status = 'failed'
  refund.failureReason = reason
  books.tell('refund.failed', refundObject(refund))
  books.tell('refund.updated', refundObject(refund))
  books.tell('charge.refund.updated', refundObject(refund))
}
