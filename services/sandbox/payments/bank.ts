import { randomBytes, randomUUID } from 'node:crypto'
import type { Database } from '../store/database.ts'
import type { Emit } from '../webhooks/outbox.ts'
import type { Intent } from './intent.ts'
import { recordMoney } from './ledger.ts'
import type { CreateIntent } from './schemas.ts'

/** What moving money needs. */
export interface Bank {
  db: Database
  now: () => Date
  emit: Emit
  /** Called with the instant (milliseconds) at which a processing intent is due. */
  settleAt: (due: number) => void
}

type Opening = Pick<CreateIntent, 'booking_id' | 'amount' | 'currency' | 'capture'> & { payment_method: string | null }

export function openIntent(bank: Bank, opening: Opening): Intent {
  const id = `pi_${randomUUID().replaceAll('-', '')}`
  const at = bank.now().getTime()
  const intent: Intent = {
    id,
    client_secret: `${id}_secret_${randomBytes(18).toString('base64url')}`,
    booking_id: opening.booking_id,
    status: 'requires_payment_method',
    amount: opening.amount,
    currency: opening.currency,
    capture: opening.capture,
    payment_method: opening.payment_method,
    amount_captured: 0,
    amount_refunded: 0,
    failure_code: null,
    refuses_capture: 0,
    refund_failures: 0,
    settle_at: null,
    outcome: null,
    created_at: at,
    updated_at: at,
  }
  bank.db.run(
    `insert into intents (id, client_secret, booking_id, status, amount, currency, capture, payment_method, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    intent.client_secret,
    intent.booking_id,
    intent.status,
    intent.amount,
    intent.currency,
    intent.capture,
    intent.payment_method,
    at,
    at,
  )
  return intent
}

export function findIntent(bank: Bank, id: string): Intent | undefined {
  return bank.db.get<Intent>('select * from intents where id = ?', id)
}

/** The ids of a booking's intents, the oldest first. */
export function intentsOfBooking(bank: Bank, bookingId: string): string[] {
  return bank.db
    .all<Pick<Intent, 'id'>>('select id from intents where booking_id = ? order by created_at, id', bookingId)
    .map(({ id }) => id)
}

/** Keeps what changed and answers the new intent. */
export function change(bank: Bank, intent: Intent, changes: Partial<Intent>): Intent {
  const next = { ...intent, ...changes, updated_at: bank.now().getTime() }
  bank.db.run(
    `update intents set status = ?, payment_method = ?, amount_captured = ?, amount_refunded = ?, failure_code = ?,
     refuses_capture = ?, refund_failures = ?, settle_at = ?, outcome = ?, updated_at = ? where id = ?`,
    next.status,
    next.payment_method,
    next.amount_captured,
    next.amount_refunded,
    next.failure_code,
    next.refuses_capture,
    next.refund_failures,
    next.settle_at,
    next.outcome,
    next.updated_at,
    next.id,
  )
  return next
}

/** The bank sets the money aside; an `automatic` intent is captured at once, and then the authorisation is not a fact of its own. `until`: when it lets go of it. */
export function authorise(bank: Bank, intent: Intent, key: string | null, until: number | null = null): Intent {
  if (intent.capture === 'automatic' && intent.refuses_capture === 0) return take(bank, intent, intent.amount, key)
  recordMoney(bank, intent, 'authorized', intent.amount, key)
  if (intent.capture === 'automatic') {
    recordMoney(bank, intent, 'voided', intent.amount, key)
    return fail(bank, intent, 'capture_failed')
  }
  const outcome = until === null ? null : 'released'
  const next = change(bank, intent, { status: 'authorized', settle_at: until, outcome, failure_code: null })
  bank.emit('payment_intent.authorized', next, {
    amount: next.amount,
    ...(until !== null && { authorization_expires_at: new Date(until).toISOString() }),
  })
  if (until !== null) bank.db.afterCommit(() => bank.settleAt(until))
  return next
}

/** What was authorised and never captured is the customer's again. */
export function letGo(bank: Bank, intent: Intent, key: string | null): Intent {
  if (intent.status === 'authorized') recordMoney(bank, intent, 'voided', intent.amount, key)
  const next = change(bank, intent, { status: 'cancelled', settle_at: null, outcome: null })
  bank.emit('payment_intent.cancelled', next, { amount: next.amount })
  return next
}

/** Takes money; the rest of an authorisation is released. */
export function take(bank: Bank, intent: Intent, amount: number, key: string | null): Intent {
  recordMoney(bank, intent, 'captured', amount, key)
  if (intent.status === 'authorized' && amount < intent.amount) {
    recordMoney(bank, intent, 'voided', intent.amount - amount, key)
  }
  const next = change(bank, intent, {
    status: 'succeeded',
    amount_captured: amount,
    settle_at: null,
    outcome: null,
    failure_code: null,
  })
  bank.emit('payment_intent.succeeded', next, { amount })
  return next
}

/** The attempt is over; the intent may be confirmed again. */
export function fail(bank: Bank, intent: Intent, failureCode: string): Intent {
  const next = change(bank, intent, { status: 'failed', settle_at: null, outcome: null, failure_code: failureCode })
  bank.emit('payment_intent.failed', next, { amount: next.amount })
  return next
}
