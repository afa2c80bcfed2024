/** One line of a booking's history, as A-13 has it. */
export type HistoryLine = {
  readonly action: string
  readonly reason: string | null
  readonly actor: { readonly role: string; readonly id: string }
  readonly data: Readonly<Record<string, unknown>>
  readonly at: string
}

export type PaymentLine = {
  readonly intentId: string
  readonly state: 'asked for' | 'being processed' | 'authorised' | 'taken' | 'failed' | 'cancelled'
  /** Minor units; null: a payment nobody asked for, that has not said yet. */
  readonly amount: number | null
  readonly taken: number
  readonly method: string | null
  readonly failure: string | null
  readonly at: string
}

export type RefundLine = {
  readonly key: string
  readonly state:
    | 'on its way'
    | 'went through'
    | 'failed'
    | 'bounced'
    | 'settled by hand'
    | 'made elsewhere'
    | 'not needed'
  readonly amount: number
  readonly reason: string
  readonly at: string
}

/** Minor units. `taken` is the sum of the others. */
export type MoneyTotals = {
  readonly taken: number
  readonly back: number
  readonly onItsWay: number
  /** Failed or bounced: it waits for a person. */
  readonly stuck: number
  /** Disputed: the bank has it, for now or for good (N-14). */
  readonly disputed: number
  readonly kept: number
}

export type Money = {
  readonly payments: readonly PaymentLine[]
  readonly refunds: readonly RefundLine[]
  readonly totals: MoneyTotals
}

const PAYMENT_STATES: Readonly<Record<string, PaymentLine['state']>> = {
  payment_requested: 'asked for',
  payment_processing: 'being processed',
  payment_authorized: 'authorised',
  payment_captured: 'taken',
  payment_failed: 'failed',
  payment_voided: 'cancelled',
}

/** Every payment and refund of a booking, told from its facts, with totals that add up (H-06). */
export function moneyOf(history: readonly HistoryLine[]): Money {
  const payments = new Map<string, PaymentLine>()
  const refunds = new Map<string, RefundLine>()
  const disputes = new Map<string, number>()
  for (const { action, data, reason, actor, at } of history) {
    const state = PAYMENT_STATES[action]
    const { intent_id: intentId, key } = data
    if (state !== undefined && typeof intentId === 'string') {
      const before = payments.get(intentId)
      payments.set(intentId, {
        intentId,
        // An intent may be asked for again after its webhook was quicker (H-07): what is known then stays.
        state: action === 'payment_requested' && before !== undefined ? before.state : state,
        amount: numberOr(before?.amount ?? null, data['amount']),
        taken: action === 'payment_captured' ? (numberOr(0, data['amount']) ?? 0) : (before?.taken ?? 0),
        method: textOr(before?.method ?? null, data['method']),
        failure: textOr(null, data['failure_code']),
        at,
      })
    }
    if (action === 'disputed') {
      const { dispute_id: id, state: what, amount } = data
      const isWithBank = what === 'opened' ? (disputes.get(String(id)) ?? 0) > 0 : isWithdrawn(what)
      disputes.set(String(id), isWithBank ? (numberOr(0, amount) ?? 0) : 0)
    }
    if (typeof key !== 'string') continue
    const before = refunds.get(key)
    if (action === 'refund_requested') {
      const amount = numberOr(0, data['amount']) ?? 0
      refunds.set(key, { key, state: 'on its way', amount, reason: textOr(reason ?? '', data['reason']) ?? '', at })
    } else if (action === 'refund_found') {
      const amount = numberOr(0, data['amount']) ?? 0
      refunds.set(key, { key, state: 'made elsewhere', amount, reason: 'refunded_elsewhere', at })
      dropWhatIsTooMuch([...payments.values()], refunds)
    } else if (before !== undefined) {
      const next = refundState(action, actor.role)
      if (next !== undefined) refunds.set(key, { ...before, state: next, at })
    }
  }
  const lines = [...refunds.values()]
  const disputed = [...disputes.values()].reduce((total, amount) => total + amount, 0)
  return { payments: [...payments.values()], refunds: lines, totals: totalsOf([...payments.values()], lines, disputed) }
}

function isWithdrawn(state: unknown): boolean {
  return state === 'withdrawn' || state === 'lost'
}

/** What somebody else gave back leaves no room for refunds of ours that have not gone through (N-14). */
function dropWhatIsTooMuch(payments: readonly PaymentLine[], refunds: Map<string, RefundLine>): void {
  for (const line of [...refunds.values()].toReversed()) {
    if (totalsOf(payments, [...refunds.values()], 0).kept >= 0) return
    if (line.state === 'on its way' || line.state === 'failed') refunds.set(line.key, { ...line, state: 'not needed' })
  }
}

function refundState(action: string, role: string): RefundLine['state'] | undefined {
  switch (action) {
    case 'refund_succeeded':
      return role === 'operator' ? 'settled by hand' : 'went through'
    case 'refund_failed':
      return 'failed'
    case 'refund_bounced':
      return 'bounced'
    case 'bounce_settled':
      return 'settled by hand'
    default:
      return undefined
  }
}

function totalsOf(payments: readonly PaymentLine[], refunds: readonly RefundLine[], disputed: number): MoneyTotals {
  const sum = (...states: RefundLine['state'][]) =>
    refunds.filter(({ state }) => states.includes(state)).reduce((total, { amount }) => total + amount, 0)
  const taken = payments.reduce((total, payment) => total + payment.taken, 0)
  const back = sum('went through', 'settled by hand', 'made elsewhere')
  const onItsWay = sum('on its way')
  const stuck = sum('failed', 'bounced')
  return { taken, back, onItsWay, stuck, disputed, kept: taken - back - onItsWay - stuck - disputed }
}

function numberOr(otherwise: number | null, value: unknown): number | null {
  return typeof value === 'number' ? value : otherwise
}

function textOr(otherwise: string | null, value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : otherwise
}
