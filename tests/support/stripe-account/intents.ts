import { checkBounds, readAmount } from './amounts.ts'
import { newId, type Books, type Charge, type Intent } from './books.ts'
import { chargeObject, intentObject } from './objects.ts'
import { badParameter, declined, notAllowed, type Refusal } from './refusals.ts'

/** What a customer pays with: Stripe's own test cards, and one of ours whose bank goes back on its word. */
export type Method =
  | 'pm_card_visa'
  | 'pm_card_chargeDeclined'
  | 'pm_card_chargeDeclinedInsufficientFunds'
  | 'pm_card_authenticationRequired'
  | 'pm_usBankAccount'
  | 'pm_card_pendingRefund'
  | 'pm_card_refundFail'
  | 'pm_card_captureDeclined'

const DECLINES: Partial<Record<Method, string>> = {
  pm_card_chargeDeclined: 'generic_decline',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
}

type Asked = {
  readonly amount: string | undefined
  readonly currency: string | undefined
  readonly capture: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

export function createIntent(books: Books, { amount, currency, capture = 'automatic', metadata }: Asked): Intent {
  if (currency === undefined) throw badParameter('currency', 'parameter_missing', 'Missing required param: currency.')
  if (capture !== 'automatic' && capture !== 'manual') {
    throw badParameter('capture_method', null, 'Invalid capture_method: must be one of automatic or manual')
  }
  const whole = readAmount(amount, currency)
  checkBounds(whole, currency)
  const id = newId('pi')
  const intent: Intent = {
    id,
    secret: `${id}_secret_${newId('s').slice(2)}`,
    created: books.second,
    amount: whole,
    currency,
    capture,
    metadata,
    status: 'requires_payment_method',
    method: null,
    declineCode: null,
    charge: null,
  }
  books.intents.set(id, intent)
  books.tell('payment_intent.created', intentObject(intent))
  return intent
}

/** The customer pays. A decline is a refusal, and the intent waits for another try. */
export function confirmIntent(books: Books, intent: Intent, method: Method): Intent {
  allow(intent, ['requires_payment_method', 'requires_confirmation', 'requires_action'], 'confirmed')
  intent.method = method
  const declineCode = DECLINES[method]
  if (declineCode !== undefined) throw decline(books, intent, declineCode)
  if (method === 'pm_card_authenticationRequired' && intent.status !== 'requires_action') {
    return change(books, intent, 'requires_action', 'payment_intent.requires_action')
  }
  if (method === 'pm_usBankAccount') return change(books, intent, 'processing', 'payment_intent.processing')
  return succeed(books, intent)
}

/** What a bank makes of a payment that it took its time for. */
export function settleIntent(books: Books, intent: Intent, outcome: 'succeeded' | 'failed'): Intent {
  allow(intent, ['processing'], 'settled')
  if (outcome === 'succeeded') return succeed(books, intent)
  decline(books, intent, 'generic_decline')
  return intent
}

/** Takes all of an authorisation, or a part; the rest is released, and cannot be taken any more. */
export function captureIntent(books: Books, intent: Intent, text: string | undefined): Intent {
  const amount = text === undefined ? intent.amount : readAmount(text, intent.currency, 'amount_to_capture')
  allow(intent, ['requires_capture'], 'captured')
  if (amount > intent.amount) {
    const message = `The amount to capture is more than the ${intent.amount} that can be captured.`
    throw notAllowed('amount_too_large', message, { param: 'amount_to_capture' })
  }
  const charge = intent.charge!
  if (charge.refusesCapture) throw declined('do_not_honor', { payment_intent: intentObject(intent) })
  take(books, intent, amount)
  books.record('voided', intent, intent.amount - amount)
  return intent
}

/** Ends an intent. One that is processing, or over, stays what it is. */
export function cancelIntent(books: Books, intent: Intent): Intent {
  allow(intent, ['requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture'], 'canceled')
  if (intent.status === 'requires_capture') books.record('voided', intent, intent.amount)
  return change(books, intent, 'canceled', 'payment_intent.canceled')
}

function succeed(books: Books, intent: Intent): Intent {
  const { method, amount } = intent
  const charge: Charge = {
    id: newId('ch'),
    amount,
    captured: 0,
    refunded: 0,
    isDisputed: false,
    wasDisputed: false,
    refundsTakeTime: method === 'pm_card_pendingRefund',
    refundsToFail: method === 'pm_card_refundFail' ? 1 : 0,
    refusesCapture: method === 'pm_card_captureDeclined',
  }
  intent.charge = charge
  intent.declineCode = null
  if (intent.capture === 'automatic') return take(books, intent, amount)
  books.record('authorized', intent, amount)
  intent.status = 'requires_capture'
  books.tell('charge.succeeded', chargeObject(intent, charge))
  return change(books, intent, 'requires_capture', 'payment_intent.amount_capturable_updated')
}

function take(books: Books, intent: Intent, amount: number): Intent {
  const charge = intent.charge!
  charge.captured = amount
  books.record('captured', intent, amount)
  intent.status = 'succeeded'
  books.tell(intent.capture === 'manual' ? 'charge.captured' : 'charge.succeeded', chargeObject(intent, charge))
  return change(books, intent, 'succeeded', 'payment_intent.succeeded')
}

function decline(books: Books, intent: Intent, declineCode: string): Refusal {
  intent.declineCode = declineCode
  change(books, intent, 'requires_payment_method', 'payment_intent.payment_failed')
  return declined(declineCode, { payment_intent: intentObject(intent) })
}

function change(books: Books, intent: Intent, status: Intent['status'], event: string): Intent {
  intent.status = status
  books.tell(event, intentObject(intent))
  return intent
}

function allow(intent: Intent, statuses: readonly Intent['status'][], what: string): void {
  if (statuses.includes(intent.status)) return
  const message = `This PaymentIntent could not be ${what} because it has a status of ${intent.status}.`
  throw notAllowed('payment_intent_unexpected_state', message, { payment_intent: intentObject(intent) })
}
