import type { Actor, VisitOutcome, PendingChange, Revision } from './booking.ts'
import type { DisputeState } from './disputes.ts'
import type { Trigger } from './lifecycle.ts'
import type { Instant } from './time.ts'

/** What the payment service says happened (a webhook, a Kafka message, or an answer to a question). Amounts in minor units. */
export type PaymentEvent = {
  /** The payment service's event id; answers to our own calls use the key of the call. */
  readonly id: string
  readonly type:
    | 'processing'
    | 'authorized'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'refund_succeeded'
    | 'refund_failed'
    | 'disputed'
  readonly intentId: string
  readonly amount: number
  /** Of the amount. Null where it counts for nothing: what failed or was cancelled. */
  readonly currency: string | null
  readonly method: string | null
  readonly failureCode: string | null
  /** The idempotency key of the refund a refund payment event is about; null: it is not one of ours. */
  readonly refundKey: string | null
  /** The payment service's own id of that refund (N-13); absent: it does not say. */
  readonly refundId?: string | null
  readonly dispute?: { readonly id: string; readonly state: DisputeState; readonly reason: string | null }
  /** Of an authorisation: until when the bank keeps to it, when the payment service says (C-04). */
  readonly authorisedUntil?: Instant | null
  readonly at: Instant
}

type Happened = { readonly at: Instant; readonly by: Actor }

/**
 * What has happened to a booking after it was held. Each fact is one version of the booking, one row of its history and one or more rows in
 * the outbox.
 */
export type Fact = Happened &
  (
    | {
        readonly type: 'payment_requested'
        readonly intentId: string
        readonly clientSecret: string
        readonly amount: number
        readonly noticedAt: Instant
        /** The change whose supplement was asked for. */
        readonly change?: string
      }
    | {
        readonly type: 'payment_processing' | 'payment_authorized' | 'payment_captured'
        readonly intentId: string
        readonly amount: number
        readonly method: string | null
        readonly paymentEventId: string
        readonly noticedAt: Instant
        /** Why an operator says so, of what was paid by hand (X-12). */
        readonly reason?: string
        /** Only when it is not the price's (N-10). */
        readonly currency?: string
        /** Of what is captured in parts: how much was before; `amount` is all of it (N-18). */
        readonly already?: number
      }
    | {
        readonly type: 'payment_failed'
        readonly intentId: string
        readonly failureCode: string | null
        readonly method: string | null
        readonly paymentEventId: string
        readonly noticedAt: Instant
      }
    | { readonly type: 'payment_voided'; readonly intentId: string; readonly noticedAt: Instant }
    | {
        readonly type: 'hold_extended'
        readonly reason: 'payment_processing' | 'payment_unknown' | 'asked'
        readonly expiresAt: Instant
        readonly lapsesAt: Instant
      }
    | {
        /** The second step of A-11; null: as it was said with the first. */
        readonly type: 'reservation_confirmed'
        readonly paymentMethod: string | null
        readonly notes: string | null
      }
    | { readonly type: 'displaced'; readonly reason: string; readonly until: Instant }
    | {
        /** The booking was moved, its unit came back, or an operator lets it keep its place (H-13, H-14). */
        readonly type: 'displacement_settled'
        readonly how: 'moved' | 'restored' | 'kept'
        readonly reason: string | null
      }
    | { readonly type: 'approval_awaited'; readonly approveBy: Instant }
    | { readonly type: 'approved' }
    | { readonly type: 'meeting_made'; readonly url: string }
    | { readonly type: 'confirmed'; readonly trigger: 'confirm' | 'revive'; readonly ticketReference: string | null }
    | { readonly type: 'revival_started' }
    | { readonly type: 'revival_failed'; readonly reason?: string }
    | {
        readonly type: 'ended'
        readonly trigger: 'expire' | 'fail' | 'cancel' | 'decline'
        readonly reason: string
        /** How much of the price is kept, in minor units. */
        readonly keep: number
      }
    | { readonly type: 'moved'; readonly trigger: VisitTrigger; readonly reason: string | null }
    | {
        readonly type: 'refund_requested'
        readonly key: string
        readonly paymentId: string
        readonly amount: number
        readonly reason: string
        /** Why an operator has it tried again. */
        readonly note?: string
      }
    | {
        readonly type: 'refund_succeeded'
        readonly key: string
        readonly note: string | null
        readonly refundId?: string
      }
    /** Somebody gave it back at the payment service, past us (N-14). */
    | {
        readonly type: 'refund_found'
        readonly key: string
        readonly paymentId: string
        readonly amount: number
        readonly refundId: string
      }
    | {
        readonly type: 'disputed'
        readonly disputeId: string
        readonly paymentId: string
        readonly amount: number
        readonly state: DisputeState
        readonly reason?: string
      }
    /** `note`: why an operator stopped trying it. */
    | { readonly type: 'refund_failed'; readonly key: string; readonly note?: string | null }
    /** A refund that had gone through came back, days later: the ledger stays, and a person sees to it (X-07). */
    | { readonly type: 'refund_bounced'; readonly key: string }
    | {
        readonly type: 'bounce_settled'
        readonly key: string
        readonly note: string | null
        /** The payment service's id of the refund that was made instead; absent: it was paid by other means. */
        readonly refundId?: string
      }
    | { readonly type: 'refunded' }
    | {
        readonly type: 'attention_raised'
        readonly reason: string
        /** The message that could not be written, and the rule of the database that it breaks (N-19). */
        readonly message?: string
        readonly rule?: string
      }
    /** `note`, `reason`: why a person says that it is seen to. */
    | { readonly type: 'attention_cleared'; readonly note?: string; readonly reason?: string }
    | { readonly type: 'noted'; readonly notes: string | null }
    /** The name, e-mail or phone of the guest, corrected (N-46). What they are now is in the booking's row alone: nothing of it is kept twice. */
    | {
        readonly type: 'contact_corrected'
        /** The operation, under which the database has what is to be written. */
        readonly correctionId: string
        readonly fields: readonly ContactField[]
        readonly reason: string | null
      }
    | {
        readonly type: 'changed'
        readonly changeId: string
        readonly revision: Revision
        readonly reason: string | null
      }
    | { readonly type: 'change_held'; readonly change: PendingChange; readonly reason: string | null }
    | {
        readonly type: 'change_extended'
        readonly changeId: string
        readonly reason: 'payment_processing' | 'payment_unknown'
        readonly expiresAt: Instant
        readonly lapsesAt: Instant
      }
    | { readonly type: 'change_taken'; readonly changeId: string }
    | { readonly type: 'change_ended'; readonly changeId: string; readonly reason: string }
    | {
        readonly type: 'items_cancelled'
        readonly itemIds: readonly string[]
        readonly reason: string
        /** How much of the items' price is kept, in minor units. */
        readonly keep: number
      }
    | {
        /** One visit of the booking is over, or was missed, and another is ahead (N-80). */
        readonly type: 'visit_over'
        readonly outcome: VisitOutcome
        readonly itemIds: readonly string[]
        readonly reason: string | null
        /** How much of the items' price is kept, in minor units. */
        readonly keep: number
      }
  )

export const CONTACT_FIELDS = ['name', 'email', 'phone'] as const
/** What is known of a guest besides the id. */
export type ContactField = (typeof CONTACT_FIELDS)[number]

export type FactType = Fact['type'] | 'held'

/** Triggers by which a visit goes its way after the confirmation. */
export type VisitTrigger = (typeof VISIT_TRIGGERS)[number]
export const VISIT_TRIGGERS = ['check_in', 'start', 'complete', 'no_show', 'undo_no_show'] as const satisfies Trigger[]

/**
 * The name of an operation, the same whenever it is tried again: with the version it tells a repeated write from another writer's. Times are left
 * out, since a workflow task that is run again has another time; amounts are not: what keeps another amount is another operation.
 */
export function operationOf(fact: Fact): string {
  switch (fact.type) {
    case 'payment_requested':
    case 'payment_voided':
      return `${fact.type}:${fact.intentId}`
    case 'payment_authorized':
    case 'payment_captured':
      return `${fact.type}:${fact.intentId}:${fact.amount}${fact.currency ?? ''}`
    case 'payment_processing':
    case 'payment_failed':
      return `${fact.type}:${fact.paymentEventId}`
    case 'refund_succeeded':
      return `${fact.type}:${fact.key}${fact.refundId === undefined ? '' : `:${fact.refundId}`}`
    case 'refund_requested':
    case 'refund_failed':
    case 'refund_bounced':
    case 'bounce_settled':
      return `${fact.type}:${fact.key}`
    case 'refund_found':
      return `${fact.type}:${fact.key}:${fact.amount}`
    case 'disputed':
      return `${fact.type}:${fact.disputeId}:${fact.state}:${fact.amount}`
    case 'ended':
      return `${fact.type}:${fact.trigger}:${fact.keep}`
    case 'moved':
      return `${fact.type}:${fact.trigger}`
    case 'reservation_confirmed':
      return `${fact.type}:${fact.paymentMethod ?? ''}`
    case 'displacement_settled':
      return `${fact.type}:${fact.how}`
    case 'hold_extended':
    case 'attention_raised':
      return `${fact.type}:${fact.reason}`
    case 'changed':
    case 'change_taken':
    case 'change_ended':
      return `${fact.type}:${fact.changeId}`
    case 'contact_corrected':
      return `${fact.type}:${fact.correctionId}`
    case 'change_held':
      return `${fact.type}:${fact.change.id}`
    case 'change_extended':
      return `${fact.type}:${fact.changeId}:${fact.reason}`
    case 'items_cancelled':
      return `${fact.type}:${fact.itemIds.join(',')}:${fact.keep}`
    case 'visit_over':
      return `${fact.type}:${fact.outcome}:${fact.itemIds.join(',')}:${fact.keep}`
    case 'noted':
    case 'displaced':
    case 'approval_awaited':
    case 'approved':
    case 'meeting_made':
    case 'confirmed':
    case 'revival_started':
    case 'revival_failed':
    case 'refunded':
    case 'attention_cleared':
      return fact.type
  }
}
