import { timingSafeEqual } from 'node:crypto'
import { answer, type Outcome } from '../http/operation.ts'
import { notFound, Problem } from '../http/problem.ts'
import { attemptOf } from './attempt.ts'
import { authorise, change, fail, openIntent, take, type Bank } from './bank.ts'
import { invalidState, toWire, type Intent } from './intent.ts'
import type { Confirm } from './schemas.ts'
import { currentIntent } from './slow.ts'

/** The customer pays [S-03]. Failures: 404, 403 `forbidden` for a wrong secret, 409 `invalid_state`; a decline is a 200. */
export function confirmIntent(bank: Bank, id: string, confirm: Confirm, key: string | null): Outcome {
  const intent = currentIntent(bank, id)
  if (intent === undefined) return notFound('intent')
  if (!sameSecret(confirm.client_secret, intent.client_secret)) {
    return new Problem(403, 'forbidden', 'The client_secret is not that of this intent.')
  }
  if (intent.status !== 'requires_payment_method' && intent.status !== 'failed') {
    return invalidState(intent, 'confirmed')
  }
  return answer(200, toWire(attempt(bank, { ...intent, payment_method: confirm.payment_method }, confirm, key)))
}

function attempt(bank: Bank, intent: Intent, confirm: Confirm, key: string | null): Intent {
  const attempt = attemptOf(confirm)
  switch (attempt.kind) {
    case 'decline':
      return fail(bank, intent, attempt.failureCode)
    case 'capture':
      return take(bank, { ...intent, refund_failures: attempt.refundFailures }, intent.amount, key)
    case 'authorise': {
      const seconds = confirm.authorization_seconds
      const until = seconds === undefined ? null : bank.now().getTime() + Math.ceil(seconds * 1000)
      const paid = authorise(bank, { ...intent, refuses_capture: attempt.refusesCapture ? 1 : 0 }, key, until)
      if (attempt.paysTwice) take(bank, openIntent(bank, intent), intent.amount, key)
      return paid
    }
    case 'process': {
      const due = bank.now().getTime() + attempt.milliseconds
      const next = change(bank, intent, {
        status: 'processing',
        settle_at: due,
        outcome: attempt.outcome,
        failure_code: null,
      })
      bank.emit('payment_intent.processing', next, { amount: next.amount })
      bank.db.afterCommit(() => bank.settleAt(due))
      return next
    }
  }
}

function sameSecret(given: string, known: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(known)]
  return a.length === b.length && timingSafeEqual(a, b)
}
