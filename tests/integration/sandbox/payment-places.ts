import { onTestFinished } from 'vitest'
import { openClients } from '../../../services/clients.ts'
import { grpcPayments } from '../../../services/grpc/payments.ts'
import { httpPayments } from '../../../services/payments.ts'
import type { Intent, Payments } from '../../../services/ports.ts'
import { stripeClient, stripePayments } from '../../../services/stripe/payments.ts'
import { startStripeMock } from '../../support/stripe-mock.ts'
import { call, openSandbox } from './harness.ts'

/** Somewhere that takes payments, behind the port that activities call. */
export type Place = { readonly payments: Payments }

/** One that remembers, and does as the fault plan says. */
export type Bank = Place & {
  /** Pays as the customer's browser does. */
  pay(intent: Intent, method: string, more?: object): Promise<void>
  /** What really happened to the money of a booking, by kind. */
  ledger(bookingId: string): Promise<Record<string, number>>
  /** Puts the rules for payments, and answers how often each was met when asked later. */
  fault(...rules: object[]): Promise<() => Promise<{ matched: number; hits: number }[]>>
}

/** Long enough for a busy machine, short enough to wait for in the tests of slowness. */
const DEADLINE_MS = 1500

export const overHttp = (): Promise<Bank> => sandboxOver('http')
export const overGrpc = (): Promise<Bank> => sandboxOver('grpc')

async function sandboxOver(wire: 'http' | 'grpc'): Promise<Bank> {
  const sandbox = openSandbox()
  const { url } = wire === 'http' ? await sandbox.listen({ port: 0 }) : await sandbox.listenGrpc({ port: 0 })
  const clients = openClients(DEADLINE_MS)
  onTestFinished(() => clients.close())
  return {
    payments: clients.over('payment', url, httpPayments, grpcPayments),
    async pay({ id, clientSecret }, payment_method, more = {}) {
      const body = { client_secret: clientSecret, payment_method, ...more }
      const { status } = await call(sandbox, 'POST', `/api/v1/payments/intents/${id}/confirm`, body)
      if (status !== 200) throw new Error(`the sandbox was not paid: ${status}`)
    },
    async ledger(bookingId) {
      const { body } = await call<{ kind: string; amount: number }[]>(sandbox, 'GET', `/ledger?booking_id=${bookingId}`)
      const sums: Record<string, number> = {}
      for (const { kind, amount } of body) sums[kind] = (sums[kind] ?? 0) + amount
      return sums
    },
    async fault(...rules) {
      const all = rules.map((rule) => ({ service: 'payments', ...rule }))
      await call(sandbox, 'PUT', '/control/faults', { rules: all })
      return async () => {
        const { body } = await call<{ rules: { matched: number; hits: number }[] }>(sandbox, 'GET', '/control/faults')
        return body.rules
      }
    },
  }
}

/** Stripe's library against stripe-mock. */
export async function overStripe(): Promise<Place> {
  const { url, stop } = await startStripeMock()
  onTestFinished(stop)
  return { payments: stripePayments(stripeClient({ secretKey: 'sk_test_123', apiBase: url, deadlineMs: DEADLINE_MS })) }
}
