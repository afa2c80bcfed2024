import type { Sandbox } from '../../../services/sandbox/app.ts'
import { call, freshKey, type Reply } from './harness.ts'

export interface Intent {
  id: string
  client_secret: string
  booking_id: string
  status: string
  amount: number
  currency: string
  amount_captured: number
  amount_refunded: number
  capture: string
  payment_method: string | null
  created_at: string
  updated_at: string
  failure_code: string | null
}

interface LedgerLine {
  seq: number
  at: string
  kind: string
  intent_id: string
  booking_id: string
  amount: number
  currency: string
  key: string | null
}

export interface Refusal {
  status: number
  code: string
  detail: string
  intent?: Intent
  errors?: Array<{ pointer: string; message: string }>
}

const intents = '/api/v1/payments/intents'

export async function createIntent(sandbox: Sandbox, changes: Record<string, unknown> = {}): Promise<Intent> {
  const body = { booking_id: 'b1', amount: 1000, currency: 'EUR', capture: 'manual', ...changes }
  return (await call<Intent>(sandbox, 'POST', intents, body)).body
}

export function confirm(
  sandbox: Sandbox,
  intent: Intent,
  payment_method: string,
  options: Record<string, unknown> = {},
): Promise<Reply<Intent & Refusal>> {
  const body = { client_secret: intent.client_secret, payment_method, ...options }
  return call(sandbox, 'POST', `${intents}/${intent.id}/confirm`, body, null)
}

/** An intent that has been confirmed with this method. */
export async function paid(
  sandbox: Sandbox,
  payment_method: string,
  changes: Record<string, unknown> = {},
  options: Record<string, unknown> = {},
): Promise<Intent> {
  return (await confirm(sandbox, await createIntent(sandbox, changes), payment_method, options)).body
}

export function capture(
  sandbox: Sandbox,
  intent: Intent,
  body: Record<string, unknown> = {},
  key = freshKey(),
): Promise<Reply<Intent & Refusal>> {
  return call(sandbox, 'POST', `${intents}/${intent.id}/capture`, body, key)
}

export function cancel(sandbox: Sandbox, intent: Intent, key = freshKey()): Promise<Reply<Intent & Refusal>> {
  return call(sandbox, 'POST', `${intents}/${intent.id}/cancel`, {}, key)
}

export function refund(
  sandbox: Sandbox,
  intent: Intent,
  amount: number,
  key = freshKey(),
): Promise<Reply<Refusal & { id: string }>> {
  const body = { intent_id: intent.id, amount, currency: intent.currency }
  return call(sandbox, 'POST', '/api/v1/payments/refunds', body, key)
}

export async function read(sandbox: Sandbox, intent: Intent): Promise<Intent> {
  return (await call<Intent>(sandbox, 'GET', `${intents}/${intent.id}`)).body
}

export async function ledger(sandbox: Sandbox, bookingId = 'b1'): Promise<LedgerLine[]> {
  return (await call<LedgerLine[]>(sandbox, 'GET', `/ledger?booking_id=${bookingId}`)).body
}

/** The ledger as 'kind amount', for reading. */
export async function money(sandbox: Sandbox, bookingId = 'b1'): Promise<string[]> {
  return (await ledger(sandbox, bookingId)).map(({ kind, amount }) => `${kind} ${amount}`)
}
