import { answer, type Outcome } from '../http/operation.ts'
import { notFound, Problem } from '../http/problem.ts'
import { change, letGo, take, type Bank } from './bank.ts'
import { invalidState, toWire } from './intent.ts'
import type { Capture } from './schemas.ts'
import { currentIntent } from './slow.ts'

/**
 * Takes authorised money, or part of it [S-03]; the rest is released. What is captured stays captured: 200 again.
 * Failures: 404, 402 `capture_failed` (for good: only a cancel is left), 409 `invalid_state`, 422 `amount_too_large`.
 */
export function captureIntent(bank: Bank, id: string, { amount }: Capture, key: string | null): Outcome {
  const intent = currentIntent(bank, id)
  if (intent === undefined) return notFound('intent')
  if (intent.status === 'succeeded') return answer(200, toWire(intent))
  if (intent.status !== 'authorized') return invalidState(intent, 'captured')
  if (amount !== undefined && amount > intent.amount) {
    return new Problem(422, 'amount_too_large', 'More than was authorised cannot be captured.')
  }
  if (intent.refuses_capture === 1) {
    const refused = intent.failure_code === null ? change(bank, intent, { failure_code: 'capture_failed' }) : intent
    return new Problem(402, 'capture_failed', 'The bank refuses this capture for good.', { intent: toWire(refused) })
  }
  return answer(200, toWire(take(bank, intent, amount ?? intent.amount, key)))
}

/** Undoes an intent nobody has paid [S-03]; an authorisation is voided. Failures: 404, 409 `invalid_state`. */
export function cancelIntent(bank: Bank, id: string, key: string | null): Outcome {
  const intent = currentIntent(bank, id)
  if (intent === undefined) return notFound('intent')
  if (intent.status === 'cancelled') return answer(200, toWire(intent))
  if (intent.status === 'processing' || intent.status === 'succeeded') return invalidState(intent, 'cancelled')
  return answer(200, toWire(letGo(bank, intent, key)))
}
