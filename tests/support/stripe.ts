import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Stripe } from 'stripe'
import { onTestFinished } from 'vitest'
import type { Payments } from '../../services/ports.ts'
import { stripeClient, stripePayments } from '../../services/stripe/payments.ts'

type Asked = {
  readonly operation: string
  readonly key: string | undefined
  readonly params: Record<string, string>
  readonly version: string | undefined
}
type Scripted = {
  readonly status?: number
  readonly body?: object
  readonly headers?: Record<string, string>
  /** Answers only after so long. */
  readonly delayMs?: number
  /** Cuts the connection instead. */
  readonly cut?: true
}

/** An intent as Stripe writes it, as far as we read it. */
export function stripeIntent(more: Partial<Stripe.PaymentIntent> = {}): Stripe.PaymentIntent {
  const intent: Partial<Stripe.PaymentIntent> = {
    id: 'pi_1',
    object: 'payment_intent',
    client_secret: 'pi_1_secret_2',
    status: 'requires_payment_method',
    amount: 12_345,
    amount_capturable: 0,
    amount_received: 0,
    currency: 'eur',
    created: 1_700_000_000,
    last_payment_error: null,
    payment_method: null,
    metadata: {},
    ...more,
  }
  return intent as Stripe.PaymentIntent
}

/** A refund as Stripe writes it, as far as we read it. */
export function stripeRefund(more: Partial<Stripe.Refund> = {}): Stripe.Refund {
  const refund: Partial<Stripe.Refund> = {
    id: 're_1',
    object: 'refund',
    status: 'succeeded',
    amount: 12_345,
    currency: 'eur',
    payment_intent: 'pi_1',
    metadata: {},
    ...more,
  }
  return refund as Stripe.Refund
}

/** An error's body as Stripe writes it. */
export function stripeError(type: string, more: Record<string, unknown> = {}): object {
  return { error: { type, message: `This is a ${type}.`, ...more } }
}

/** What a server plays: each operation (`POST /v1/payment_intents`) has its answers, in order, and the last one for ever. */
export type Script = Readonly<Record<string, Scripted | readonly Scripted[]>>

export type StripeStage = {
  readonly url: string
  /** What came since the script was put. */
  readonly asked: Asked[]
  put(script: Script): void
  close(): Promise<void>
}

/** Opens a server that answers as a script says; what it has no answer for does not exist. */
export async function openStripeStage(): Promise<StripeStage> {
  const asked: Asked[] = []
  const left = new Map<string, Scripted[]>()
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://stripe.test')
      const operation = `${request.method} ${url.pathname}`
      const params = Object.fromEntries(new URLSearchParams(text || url.search))
      const header = (name: string) => request.headers[name]?.toString()
      asked.push({ operation, key: header('idempotency-key'), params, version: header('stripe-version') })
      const answers = left.get(operation) ?? [
        { status: 404, body: stripeError('invalid_request_error', { code: 'resource_missing' }) },
      ]
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? {}
      if (answer.cut) return request.socket.destroy()
      const headers = { 'content-type': 'application/json', 'request-id': 'req_1', ...answer.headers }
      return setTimeout(
        () => response.writeHead(answer.status ?? 200, headers).end(JSON.stringify(answer.body ?? {})),
        answer.delayMs ?? 0,
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    put(script) {
      asked.length = 0
      left.clear()
      for (const [operation, answers] of Object.entries(script)) left.set(operation, [answers].flat())
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** The Stripe port on such a stage, for one test. */
export async function scriptedStripe(
  script: Script,
  deadlineMs = 2000,
): Promise<{ payments: Payments; asked: Asked[] }> {
  const stage = await openStripeStage()
  onTestFinished(() => stage.close())
  stage.put(script)
  const client = stripeClient({ secretKey: 'sk_test_1', apiBase: stage.url, deadlineMs })
  return { payments: stripePayments(client), asked: stage.asked }
}
