import { randomBytes } from 'node:crypto'
import type { Stripe } from 'stripe'
import { missing } from './refusals.ts'

/** What really happened to money. `returned`: a refund that failed came back to the account. */
type Kind = 'authorized' | 'captured' | 'voided' | 'refunded' | 'returned' | 'disputed' | 'dispute_returned'

/** A line of the account's books; amounts as Stripe counts them, which for the currencies here is what ISO 4217 says. */
export type Line = {
  readonly kind: Kind
  readonly booking_id: string
  readonly intent_id: string
  readonly amount: number
  readonly currency: string
}

export type Charge = {
  readonly id: string
  readonly amount: number
  captured: number
  refunded: number
  /** Of now, and ever. */
  isDisputed: boolean
  wasDisputed: boolean
  /** Its refunds are on their way for a while; so many of them fail at once. */
  readonly refundsTakeTime: boolean
  refundsToFail: number
  readonly refusesCapture: boolean
}

export type Intent = {
  readonly id: string
  readonly secret: string
  readonly created: number
  readonly amount: number
  readonly currency: string
  readonly capture: 'automatic' | 'manual'
  readonly metadata: Readonly<Record<string, string>>
  status: Stripe.PaymentIntent.Status
  method: string | null
  declineCode: string | null
  charge: Charge | null
}

export type Refund = {
  readonly id: string
  readonly intent: Intent
  readonly created: number
  readonly amount: number
  readonly metadata: Readonly<Record<string, string>>
  status: 'pending' | 'succeeded' | 'failed'
  failureReason: string | null
}

export type Dispute = {
  readonly id: string
  readonly intent: Intent
  readonly created: number
  readonly amount: number
  readonly reason: string
  status: 'needs_response' | 'won' | 'lost'
  isWithdrawn: boolean
}

/** Everything the account knows, and the clock it goes by. */
export class Books {
  readonly intents = new Map<string, Intent>()
  readonly refunds: Refund[] = []
  readonly disputes = new Map<string, Dispute>()
  readonly lines: Line[] = []
  readonly now: () => Date
  readonly tell: (type: string, object: object) => void

  constructor(now: () => Date, tell: (type: string, object: object) => void) {
    this.now = now
    this.tell = tell
  }

  /** Whole seconds, as Stripe counts. */
  get second(): number {
    return Math.floor(this.now().getTime() / 1000)
  }

  intent(id: string): Intent {
    const intent = this.intents.get(id)
    if (intent === undefined) throw missing('payment_intent', id)
    return intent
  }

  record(kind: Kind, intent: Intent, amount: number): void {
    const booking_id = intent.metadata['booking_id'] ?? ''
    if (amount > 0) this.lines.push({ kind, booking_id, intent_id: intent.id, amount, currency: intent.currency })
  }
}

/** An id as Stripe makes them. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`
}
