import { randomUUID } from 'node:crypto'
import { answer, type Outcome } from '../http/operation.ts'
import { toInstant } from '../http/fields.ts'
import { invalid, notFound, Problem } from '../http/problem.ts'
import { change, type Bank } from './bank.ts'
import { recordMoney } from './ledger.ts'
import type { Refund } from './schemas.ts'
import { currentIntent } from './slow.ts'

/** A refund that has failed so far. Each try is a refund of its own, as at other payment services: what is said of one says nothing of the next (N-13). */
interface Trouble {
  failures: number
}

/**
 * Gives captured money back [S-03]. Decided in the transaction that records it, so refunds never sum to more than the capture.
 * Failures: 404, 422 `amount_too_large`, 422 `validation_failed` for another currency, 402 `refund_failed` (repeat with the same key).
 */
export function refundIntent(bank: Bank, refund: Refund, key: string): Outcome {
  const intent = currentIntent(bank, refund.intent_id)
  if (intent === undefined) return notFound('intent')
  const { amount, currency } = refund
  if (currency !== intent.currency) {
    return invalid({ pointer: '/currency', message: `must be ${intent.currency}, the currency of the intent` })
  }
  const refundable = intent.amount_captured - intent.amount_refunded
  if (amount > refundable) {
    return new Problem(422, 'amount_too_large', `At most ${refundable} can be refunded.`, { refundable })
  }

  const trouble = bank.db.get<Trouble>('select failures from failed_refunds where key = ?', key)
  const id = `re_${randomUUID().replaceAll('-', '')}`
  const about = { amount, refund_id: id, refund_key: key }
  const failures = trouble?.failures ?? 0
  if (failures < intent.refund_failures) {
    bank.db.run('insert or replace into failed_refunds (key, id, failures) values (?, ?, ?)', key, id, failures + 1)
    bank.emit('refund.failed', { ...intent, failure_code: 'refund_failed' }, about)
    return new Problem(402, 'refund_failed', 'The refund did not work this time.', { refund_id: id })
  }

  const next = change(bank, intent, { amount_refunded: intent.amount_refunded + amount })
  recordMoney(bank, next, 'refunded', amount, key)
  bank.emit('refund.succeeded', next, about)
  return answer(201, {
    id,
    intent_id: intent.id,
    booking_id: intent.booking_id,
    amount,
    currency,
    status: 'succeeded',
    created_at: toInstant(next.updated_at),
  })
}
