import type { DisputeState } from '../disputes.ts'
import type { PaymentEvent } from '../facts.ts'
import { epochOf, instantOf, type Instant } from '../time.ts'

type Status = 'unpaid' | 'processing' | 'authorized' | 'succeeded' | 'failed' | 'cancelled'

/** An intent as the bank knows it: the truth, whatever has been heard of it. */
export type BankIntent = {
  readonly id: string
  readonly amount: number
  readonly currency: string
  status: Status
  captured: number
  refunded: number
  /** Disputed money that the customer's bank has taken back. */
  withdrawn: number
  updatedAt: Instant
}

type BankRefund = { readonly id: string; readonly key: string | null; readonly intent: BankIntent; amount: number }
type BankDispute = {
  readonly id: string
  readonly intent: BankIntent
  readonly amount: number
  isOpen: boolean
  /** Its money is with the customer's bank. */
  isWithdrawn: boolean
}

/** The bank says no for good. */
export class BankRefusal extends Error {}

/**
 * A payment service that keeps its promises: the same key does an operation once, money moves only as its own rules allow, and every change is told,
 * though in any order and more than once. No mock: the tests ask it in the end where the money is.
 */
export function openBank(currency = 'USD') {
  const intents: BankIntent[] = []
  const news: PaymentEvent[] = []
  const operations = new Map<string, BankIntent>()
  /** Those that went through and did not come back. */
  const refunds: BankRefund[] = []
  const disputes: BankDispute[] = []
  let count = 0
  let clock = 0

  function tick(now: Instant): Instant {
    clock = Math.max(clock + 1, epochOf(now))
    return instantOf(clock)
  }

  function change(intent: BankIntent, changes: Partial<BankIntent>, now: Instant): BankIntent {
    Object.assign(intent, changes, { updatedAt: tick(now) })
    if (intent.status !== 'unpaid') news.push(paymentEventOf(intent, `evt_${news.length}`))
    return intent
  }

  function open(amount: number, now: Instant, inCurrency = currency): BankIntent {
    const id = `pi_${intents.length + 1}`
    const nothing = { status: 'unpaid', captured: 0, refunded: 0, withdrawn: 0 } as const
    const intent: BankIntent = { id, amount, currency: inCurrency, ...nothing, updatedAt: now }
    intents.push(intent)
    return intent
  }

  /** What the bank says besides of money that it took. */
  function tell(intent: BankIntent, more: Partial<PaymentEvent> & Pick<PaymentEvent, 'type' | 'amount'>, now: Instant) {
    news.push({
      ...paymentEventOf(intent, `evt_${news.length}`),
      method: null,
      failureCode: null,
      ...more,
      at: tick(now),
    })
  }

  function giveBack(intent: BankIntent, amount: number, key: string | null): BankRefund {
    if (isDisputed(intent)) throw new BankRefusal(`${intent.id} is disputed`)
    if (amount <= 0 || amount > left(intent)) throw new BankRefusal(`${intent.id} has no ${amount} left`)
    count += 1
    const refund = { id: `re_${count}`, key, intent, amount }
    refunds.push(refund)
    intent.refunded += amount
    return refund
  }

  const isDisputed = (intent: BankIntent) => disputes.some((dispute) => dispute.intent === intent && dispute.isOpen)
  const left = ({ captured, refunded, withdrawn }: BankIntent) => captured - refunded - withdrawn

  function tellDispute({ id, intent, amount }: BankDispute, state: DisputeState, now: Instant): void {
    tell(intent, { type: 'disputed', amount, dispute: { id, state, reason: null } }, now)
  }

  return {
    intents,
    news,
    refunds,
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
    /** Pays an intent that nobody asked for (H-05), in whatever currency (N-10). */
    payTwice(amount: number, outcome: 'authorized' | 'succeeded', now: Instant, inCurrency = currency): void {
      this.pay(open(amount, now, inCurrency), outcome, now)
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
    /** Once under its key, and anew when that refund came back. Throws a `BankRefusal` for what is not there, or is disputed. */
    refund(key: string, id: string, amount: number): string {
      return (refunds.find((refund) => refund.key === key) ?? giveBack(find(id), amount, key)).id
    },
    /** Somebody gives money back past us (N-14); nothing where there is none. */
    refundElsewhere(intent: BankIntent, share: number, now: Instant): void {
      const amount = Math.floor(left(intent) * share)
      if (amount <= 0 || isDisputed(intent)) return
      const { id } = giveBack(intent, amount, null)
      tell(intent, { type: 'refund_succeeded', amount, refundKey: null, refundId: id }, now)
    },
    /** A refund that had gone through comes back (N-13). */
    bounce(refund: BankRefund, now: Instant): void {
      const { id, key, intent, amount } = refund
      refunds.splice(refunds.indexOf(refund), 1)
      intent.refunded -= amount
      // As Stripe does, which tells it by two kinds of event.
      for (let time = 0; time < 2; time += 1)
        tell(intent, { type: 'refund_failed', amount, refundKey: key, refundId: id, failureCode: 'bounced' }, now)
    },
    /** A customer goes to their own bank, which takes the money at once or only when it has decided (N-14). */
    dispute(intent: BankIntent, share: number, isWithdrawn: boolean, now: Instant): void {
      const amount = Math.floor(left(intent) * share)
      if (amount <= 0 || isDisputed(intent)) return
      const dispute = { id: `dp_${disputes.length + 1}`, intent, amount, isOpen: true, isWithdrawn }
      disputes.push(dispute)
      tellDispute(dispute, 'opened', now)
      if (!isWithdrawn) return
      intent.withdrawn += amount
      tellDispute(dispute, 'withdrawn', now)
    },
    /** The customer's bank decides about everything that is disputed. */
    decide(state: 'won' | 'lost', now: Instant): void {
      for (const dispute of disputes.filter(({ isOpen }) => isOpen)) {
        const { intent, amount, isWithdrawn } = dispute
        dispute.isOpen = false
        dispute.isWithdrawn = state === 'lost'
        if (state === 'won' && isWithdrawn) {
          intent.withdrawn -= amount
          tellDispute(dispute, 'reinstated', now)
        }
        if (state === 'lost' && !isWithdrawn) intent.withdrawn += amount
        tellDispute(dispute, state, now)
      }
    },
    find,
    left,
    /** What the bank holds of the customer's money for good, in one currency. */
    net: (of = currency) =>
      intents.filter(({ currency }) => currency === of).reduce((sum, intent) => sum + left(intent), 0),
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
  { id, status, amount, currency, captured, updatedAt }: BankIntent,
  paymentEventId: string,
): PaymentEvent {
  return {
    id: paymentEventId,
    type: status === 'unpaid' ? 'failed' : status,
    intentId: id,
    amount: status === 'succeeded' ? captured : amount,
    currency,
    method: null,
    failureCode: status === 'failed' ? 'declined' : null,
    refundKey: null,
    at: updatedAt,
  }
}
