import { onTestFinished } from 'vitest'
import { openClients } from '../../../services/clients.ts'
import { grpcPayments } from '../../../services/grpc/payments.ts'
import { httpPayments } from '../../../services/payments.ts'
import type { Intent, Payments } from '../../../services/ports.ts'
import { stripeClient, stripePayments } from '../../../services/stripe/payments.ts'
import { openStripeAccount } from '../../support/stripe-account/account.ts'
import type { Method } from '../../support/stripe-account/intents.ts'
import type { Fault } from '../../support/stripe-account/server.ts'
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

/** What the sandbox's methods are at Stripe. */
const METHODS: Readonly<Record<string, Method | undefined>> = {
  pm_card_visa: 'pm_card_visa',
  pm_card_declined: 'pm_card_chargeDeclined',
  pm_card_capture_fails: 'pm_card_captureDeclined',
  pm_bank_slow: 'pm_usBankAccount',
  pm_bank_immediate: 'pm_card_visa',
  pm_refund_fails: 'pm_card_refundFail',
}
/** These take the money at once: at Stripe that is for the one who asks for the intent to say, and here for the one who captures it. */
const TAKES_AT_ONCE = new Set(['pm_bank_immediate', 'pm_refund_fails'])

/** Stripe's library against a Stripe with a memory. Its clock stands still, as it reads whole seconds. */
export async function overStripeAccount(): Promise<Bank> {
  const now = new Date(1000 * Math.floor(Date.now() / 1000))
  const stripe = await openStripeAccount({ secretKey: 'sk_test_123', webhookSecret: 'whsec_1', now: () => now })
  onTestFinished(() => stripe.close())
  return {
    payments: stripePayments(stripeClient({ secretKey: 'sk_test_123', apiBase: stripe.url, deadlineMs: DEADLINE_MS })),
    pay({ id, amount }, method) {
      stripe.pay(id, METHODS[method])
      if (TAKES_AT_ONCE.has(method)) stripe.capture(id, amount)
      return Promise.resolve()
    },
    ledger: (bookingId) => Promise.resolve(stripe.ledger(bookingId)),
    fault(...rules) {
      const counts = stripe.server.fault(...(rules as Fault[]))
      return Promise.resolve(() => Promise.resolve([...counts()]))
    },
  }
}

/** Stripe's library against stripe-mock. */
export async function overStripe(): Promise<Place> {
  const { url, stop } = await startStripeMock()
  onTestFinished(stop)
  return { payments: stripePayments(stripeClient({ secretKey: 'sk_test_123', apiBase: url, deadlineMs: DEADLINE_MS })) }
}
