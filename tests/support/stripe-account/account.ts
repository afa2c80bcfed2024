import { Books, type Dispute, type Intent, type Line, type Refund } from './books.ts'
import { closeDispute, openDispute, withdrawFunds } from './disputes.ts'
import { captureIntent, confirmIntent, createIntent, settleIntent, type Method } from './intents.ts'
import { Refusal } from './refusals.ts'
import { createRefund, failRefund, settleRefund } from './refunds.ts'
import { StripeServer } from './server.ts'
import { Webhooks } from './webhooks.ts'

export type AccountOptions = {
  readonly secretKey: string
  readonly webhookSecret: string
  readonly now?: () => Date
}

/**
 * A Stripe with a memory, for the tests: an account that keeps intents, charges, refunds and disputes by Stripe's rules, answers in the form of its API, and tells
 * what happens by signed webhooks. stripe-mock knows the form better and forgets everything; this one knows where the money is.
 *
 * Beside the API (`server`) there is what other people do: customers, their banks, and whoever sits at the dashboard.
 */
export async function openStripeAccount({ secretKey, webhookSecret, now }: AccountOptions) {
  const webhooks = new Webhooks(webhookSecret)
  const books: Books = new Books(now ?? (() => new Date()), (type, object) => webhooks.tell(type, object, books.second))
  const server = new StripeServer(books, secretKey)
  const url = await server.listen()

  return {
    url,
    server,
    webhooks,
    /** What really happened to the money, in order. */
    lines: (): readonly Line[] => [...books.lines],
    /** Of one booking, by kind. */
    ledger(bookingId: string): Record<string, number> {
      const sums: Record<string, number> = {}
      for (const { kind, booking_id, amount } of books.lines)
        if (booking_id === bookingId) sums[kind] = (sums[kind] ?? 0) + amount
      return sums
    },
    intent: (id: string): Intent => books.intent(id),
    intentsOf: (bookingId: string): Intent[] =>
      [...books.intents.values()].filter(({ metadata }) => metadata['booking_id'] === bookingId),
    refundsOf: (intentId: string): Refund[] => books.refunds.filter(({ intent }) => intent.id === intentId),
    close: () => server.close(),

    // What customers and their banks do.
    /** Pays; a decline is no failure of this. */
    pay(intentId: string, method: Method = 'pm_card_visa'): Intent {
      try {
        return confirmIntent(books, books.intent(intentId), method)
      } catch (error) {
        if (error instanceof Refusal && error.status === 402) return books.intent(intentId)
        throw error
      }
    },
    settle: (intentId: string, outcome: 'succeeded' | 'failed') => settleIntent(books, books.intent(intentId), outcome),
    settleRefund: (refund: Refund) => settleRefund(books, refund),
    failRefund: (refund: Refund) => failRefund(books, refund),
    dispute: (intentId: string, amount?: number): Dispute => {
      const intent = books.intent(intentId)
      return openDispute(books, intent, amount ?? intent.charge?.captured ?? 0)
    },
    withdraw: (dispute: Dispute) => withdrawFunds(books, dispute),
    closeDispute: (dispute: Dispute, status: 'won' | 'lost') => closeDispute(books, dispute, status),

    // What people do at the dashboard.
    /** A payment of somebody's own making that names a booking. */
    openIntent: (bookingId: string, amount: number, currency: string): Intent =>
      createIntent(books, {
        amount: String(amount),
        currency,
        capture: 'automatic',
        metadata: { booking_id: bookingId },
      }),
    capture: (intentId: string, amount: number) => captureIntent(books, books.intent(intentId), String(amount)),
    refund: (intentId: string, amount: number): Refund =>
      createRefund(books, books.intent(intentId), String(amount), {}),
  }
}

export type StripeAccount = Awaited<ReturnType<typeof openStripeAccount>>
