import type { PaymentEvent } from '../facts.ts'
import { epochOf, instantOf, type Instant } from '../time.ts'

type Status = 'unpaid' | 'processing' | 'authorized' | 'succeeded' | 'failed' | 'cancelled'

/** An intent as the bank knows it: the truth, whatever has been heard of it. */
export type BankIntent = {
  readonly id: string
  readonly amount: number
  status: Status
  captured: number
  refunded: number
  updatedAt: Instant
}

/**
 * A payment service that keeps its promises: the same key does an operation once, money moves only as its own rules allow, and every change is told,
 * though in any order and more than once. No mock: the tests ask it in the end where the money is.
 */
export function openBank() {
  const intents: BankIntent[] = []
  const news: PaymentEvent[] = []
  const operations = new Map<string, BankIntent>()
  let clock = 0

  function change(intent: BankIntent, changes: Partial<BankIntent>, now: Instant): BankIntent {
    clock = Math.max(clock + 1, epochOf(now))
    Object.assign(intent, changes, { updatedAt: instantOf(clock) })
    if (intent.status !== 'unpaid') news.push(paymentEventOf(intent, `evt_${news.length}`))
    return intent
  }

  function open(amount: number, now: Instant): BankIntent {
    const intent: BankIntent = {
      id: `pi_${intents.length + 1}`,
      amount,
      status: 'unpaid',
      captured: 0,
      refunded: 0,
      updatedAt: now,
    }
    intents.push(intent)
    return intent
  }

  return {
    intents,
    news,
    create(key: string, amount: number, now: Instant): BankIntent {
      const intent = operations.get(key) ?? open(amount, now)
      operations.set(key, intent)
      return intent
    },
    /** The customer pays an intent, or what is being processed comes to its end. */
    pay(intent: BankIntent, outcome: 'processing' | 'authorized' | 'succeeded' | 'failed', now: Instant): void {
      if (intent.status === 'processing' && outcome === 'processing') return
      if (!['unpaid', 'failed', 'processing'].includes(intent.status)) return
      change(intent, { status: outcome, captured: outcome === 'succeeded' ? intent.amount : 0 }, now)
    },
    /** Pays an intent that nobody asked for (H-05). */
    payTwice(amount: number, outcome: 'authorized' | 'succeeded', now: Instant): void {
      this.pay(open(amount, now), outcome, now)
    },
    /** The bank lets go of an authorisation that took too long. */
    letGo(intent: BankIntent, now: Instant): void {
      if (intent.status === 'authorized') change(intent, { status: 'cancelled' }, now)
    },
    capture(id: string, amount: number, now: Instant): BankIntent {
      const intent = find(id)
      return intent.status === 'authorized'
        ? change(intent, { status: 'succeeded', captured: Math.min(amount, intent.amount) }, now)
        : intent
    },
    cancel(id: string, now: Instant): BankIntent {
      const intent = find(id)
      return ['unpaid', 'failed', 'authorized'].includes(intent.status)
        ? change(intent, { status: 'cancelled' }, now)
        : intent
    },
    refund(key: string, id: string, amount: number): void {
      const intent = find(id)
      if (operations.has(key)) return
      if (amount > intent.captured - intent.refunded) throw new Error(`${key} gives back more than was taken`)
      operations.set(key, intent)
      intent.refunded += amount
    },
    find,
    /** What the bank holds of the customer's money for good. */
    net: () => intents.reduce((sum, { captured, refunded }) => sum + captured - refunded, 0),
  }

  function find(id: string): BankIntent {
    const intent = intents.find((intent) => intent.id === id)
    if (intent === undefined) throw new Error(`the bank knows no intent ${id}`)
    return intent
  }
}

export type Bank = ReturnType<typeof openBank>

/** What the bank says of an intent, as news or as an answer. */
export function paymentEventOf(
  { id, status, amount, captured, updatedAt }: BankIntent,
  paymentEventId: string,
): PaymentEvent {
  return {
    id: paymentEventId,
    type: status === 'unpaid' ? 'failed' : status,
    intentId: id,
    amount: status === 'succeeded' ? captured : amount,
    currency: 'USD',
    method: null,
    failureCode: status === 'failed' ? 'declined' : null,
    refundKey: null,
    at: updatedAt,
  }
}
