import type { Booking } from './booking.ts'
import type { Fact } from './facts.ts'
import type { Instant } from './time.ts'

/** What a payment service says became of a dispute. The bank takes the money while it decides, and may give it back before it closes the case. */
export const DISPUTE_STATES = ['opened', 'withdrawn', 'reinstated', 'won', 'lost'] as const
export type DisputeState = (typeof DISPUTE_STATES)[number]

/** A customer disputes a payment at their bank (N-14). While it is open nothing of that payment is given back by itself. */
export type Dispute = {
  /** The payment service's own id. */
  readonly id: string
  readonly paymentId: string
  readonly amount: number
  readonly reason: string | null
  readonly status: 'open' | 'won' | 'lost'
  /** The money is with the bank. */
  readonly withdrawn: boolean
  readonly since: Instant
}

/** The disputes of a booking after a fact about one, or null when it changes nothing: order comes from the dispute's own states, not from clocks. */
export function disputesAfter(booking: Booking, fact: Extract<Fact, { type: 'disputed' }>): readonly Dispute[] | null {
  const disputes = booking.disputes ?? []
  const index = disputes.findIndex(({ id }) => id === fact.disputeId)
  const before = disputes[index]
  if (before !== undefined && before.status !== 'open') return null
  const fresh: Dispute = {
    id: fact.disputeId,
    paymentId: fact.paymentId,
    amount: fact.amount,
    reason: fact.reason ?? null,
    status: 'open',
    withdrawn: false,
    since: fact.at,
  }
  const after = disputeAfter(before ?? fresh, fact.state)
  if (before !== undefined && after.status === before.status && after.withdrawn === before.withdrawn) return null
  return index === -1 ? [...disputes, after] : disputes.with(index, after)
}

function disputeAfter(dispute: Dispute, state: DisputeState): Dispute {
  switch (state) {
    case 'opened':
      return dispute
    case 'withdrawn':
      return { ...dispute, withdrawn: true }
    case 'reinstated':
      return { ...dispute, withdrawn: false }
    case 'won':
      return { ...dispute, status: 'won', withdrawn: false }
    case 'lost':
      return { ...dispute, status: 'lost', withdrawn: true }
  }
}

/** Money of this payment that a bank has taken back, in minor units. */
export function withdrawn({ disputes = [] }: Pick<Booking, 'disputes'>, ofPayment: string): number {
  return disputes
    .filter(({ withdrawn, paymentId }) => withdrawn && ofPayment === paymentId)
    .reduce((total, { amount }) => total + amount, 0)
}

/** Is there a dispute that nobody has decided yet? */
export function isDisputed({ disputes = [] }: Pick<Booking, 'disputes'>, paymentId?: string): boolean {
  return disputes.some(
    (dispute) => dispute.status === 'open' && (paymentId === undefined || dispute.paymentId === paymentId),
  )
}
