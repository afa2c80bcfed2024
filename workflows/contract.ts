import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { Actor } from '../domain/booking.ts'
import type { ChangeRequest, Command, CommandType } from '../domain/commands.ts'
import type { DiscrepancyReason } from '../domain/discrepancies.ts'
import type { ContactField, PaymentEvent } from '../domain/facts.ts'
import type { Status } from '../domain/lifecycle.ts'
import type { Order } from '../domain/order.ts'
import type { Returned } from '../domain/undo.ts'
import type { Instant } from '../domain/time.ts'
import type { Intent } from '../services/ports.ts'
import type { KeptPauses } from './pauses.ts'

/** The protocol between API, worker and tests, declared once. Only JSON crosses it. */

export const WORKFLOW_TYPE = 'booking'

/** The header in which Temporal's SDKs, of whatever language, hand traces on: `traceparent` and `tracestate` as an object. */
export const TRACE_HEADER = '_tracer-data'

/** The id of a booking's workflow is the booking's id; work on one whose workflow has ended runs under this one. No `/`: it breaks links. */
export function followupId(bookingId: string): string {
  return `${bookingId}.followup`
}

/** A new booking, or one that goes on from what PostgreSQL knows of it (follow-ups, continue-as-new). */
export type BookingInput = ({ readonly order: Order } | { readonly resume: Resumed }) & {
  /** Where the API is for operators' browsers, for the links in the details; absent: there are none. */
  readonly publicUrl?: string
}

/** `pauses`: what a run that continues as a new one has begun in vain, and when it is begun again. */
type Resumed = { readonly bookingId: string; readonly pauses?: KeptPauses }

export type BookingResult = {
  /** `lost`: the database was restored to a time before this booking (ADR 0017). */
  readonly status: Status | 'rejected' | 'lost'
  readonly version: number
  readonly refusal: string | null
}

export type Created = { readonly version: number; readonly status: Status }

/** Answered when the units are held and the payment intent is there. Refusals are failures named by `domain/failures.ts`. */
export const create = defineUpdate<Created>('create')

/** `put_aside`: the database refuses for good to write it, and a person is called (N-19). */
export type PaymentEventAnswer = { readonly outcome: 'applied' | 'stale' | 'put_aside'; readonly version: number }

/** A payment fact, from a webhook: the update's id is the fact's, so a repeated one costs nothing. */
export const payment = defineUpdate<PaymentEventAnswer, [PaymentEvent]>('payment')

/** The same fact from the inbox poller or Kafka, where nobody waits for an answer. */
export const paymentArrived = defineSignal<[PaymentEvent]>('payment_arrived')

/** What a command is given with; from the form of the Temporal UI all but its reason may be missing. */
export type CommandInput = {
  readonly by?: Actor
  readonly reason?: string | null
  readonly expectedVersion?: number | null
  readonly refundKey?: string
  /** The items that `cancel` is about; absent: the whole booking. */
  readonly itemIds?: readonly string[]
  /** What `change` asks for; without an `id` the update's own names the operation. */
  readonly change?: Omit<ChangeRequest, 'id'> & { readonly id?: string }
  /** In minor units. */
  readonly amount?: number | null
  readonly paymentMethod?: string | null
  readonly notes?: string | null
  readonly how?: 'restored' | 'kept'
  /** Of a no-show that is undone: what becomes of the part of its price that went back. */
  readonly returned?: Returned | null
  /** Under which the database has what `correct_contact` is to write, and which of the contact data that is. */
  readonly correctionId?: string
  readonly fields?: readonly ContactField[]
  /** The version that PostgreSQL had when the command was found legal: the workflow may be behind it after a crash. */
  readonly seenVersion?: number
}
export type CommandAnswer = { readonly version: number; readonly status: Status }

/** What the places that know of a booking say of it, from reconciliation (H-25); all may be missing. */
export type Comparison = {
  /** Every intent the payment service has of it. */
  readonly intents?: readonly Intent[]
  /** What it needs a person for; null: all agree. Absent: that was not looked at. */
  readonly discrepancy?: DiscrepancyReason | null
}

/** The run loads its booking anew, and learns what the payment service knows of it. */
export const reconcile = defineUpdate<CommandAnswer, [Comparison]>('reconcile')

/** What people ask of a booking, one update each, so that the Temporal UI offers them by name. */
export const commands = {
  cancel: defineUpdate<CommandAnswer, [CommandInput]>('cancel'),
  change: defineUpdate<CommandAnswer, [CommandInput]>('change'),
  correct_contact: defineUpdate<CommandAnswer, [CommandInput]>('correct_contact'),
  approve: defineUpdate<CommandAnswer, [CommandInput]>('approve'),
  decline: defineUpdate<CommandAnswer, [CommandInput]>('decline'),
  check_in: defineUpdate<CommandAnswer, [CommandInput]>('check_in'),
  start: defineUpdate<CommandAnswer, [CommandInput]>('start'),
  complete: defineUpdate<CommandAnswer, [CommandInput]>('complete'),
  no_show: defineUpdate<CommandAnswer, [CommandInput]>('no_show'),
  undo_no_show: defineUpdate<CommandAnswer, [CommandInput]>('undo_no_show'),
  retry: defineUpdate<CommandAnswer, [CommandInput]>('retry'),
  settle_refund: defineUpdate<CommandAnswer, [CommandInput]>('settle_refund'),
  stop_refund: defineUpdate<CommandAnswer, [CommandInput]>('stop_refund'),
  confirm_reservation: defineUpdate<CommandAnswer, [CommandInput]>('confirm_reservation'),
  extend: defineUpdate<CommandAnswer, [CommandInput]>('extend'),
  force_release: defineUpdate<CommandAnswer, [CommandInput]>('force_release'),
  confirm_by_hand: defineUpdate<CommandAnswer, [CommandInput]>('confirm_by_hand'),
  displace: defineUpdate<CommandAnswer, [CommandInput]>('displace'),
  settle_displacement: defineUpdate<CommandAnswer, [CommandInput]>('settle_displacement'),
  acknowledge: defineUpdate<CommandAnswer, [CommandInput]>('acknowledge'),
} as const satisfies Record<CommandType, unknown>

/** What each command does, in the Temporal UI's words. */
export const COMMAND_DESCRIPTIONS: Readonly<Record<CommandType, string>> = {
  cancel:
    'Cancel the booking, or some of it (itemIds); the policy says what comes back. By an operator or provider: everything.',
  change: 'Change the notes (change: {order: null, notes}), or time, units, items and party (change: {order}).',
  correct_contact:
    'Correct the guest’s name, e-mail or phone; by the API only (PUT /bookings/{id}/contact), as no contact data is to be here.',
  approve: 'Approve a booking that waits for it; the money is then captured.',
  decline: 'Decline a booking that waits for approval; everything comes back.',
  check_in: 'The guest has arrived.',
  start: 'The session or visit has begun.',
  complete: 'The visit is over.',
  no_show: 'The customer did not come.',
  undo_no_show:
    'The customer did come after all; of what went back say {"returned": "ask_again"} or {"returned": "leave"}.',
  retry:
    'Try what failed, or waits for its next try, now and under the same keys; or say that you have looked at what was put aside.',
  settle_refund:
    'Record that a refund was settled by hand, which stops it being tried: {"reason": "…", "refundKey": "refund:…"}.',
  stop_refund:
    'Stop trying a refund, which is then yours to settle or to retry: {"reason": "…", "refundKey": "refund:…"}.',
  confirm_reservation: 'The second step of a reservation: the payment is asked for.',
  extend: 'A longer hold, as far as the policy goes.',
  force_release: 'End an unconfirmed booking and free its units without asking the payment service: {"reason": "…"}.',
  confirm_by_hand:
    'Record that what is due was paid at the desk, which confirms the booking: {"reason": "receipt 17"}.',
  displace: 'Its unit is gone: it is to be moved or cancelled with everything back: {"reason": "…"}.',
  settle_displacement: 'A displaced booking keeps its place after all: {"reason": "…"}.',
  acknowledge: 'Say that what called a person is seen to: {"reason": "…"}.',
}

/** Whoever gives a command in the Temporal UI without saying who they are. */
const SOMEBODY_AT_TEMPORAL: Actor = { role: 'operator', id: 'temporal' }

/** The command of an update's input. */
export function commandOf(type: CommandType, input: CommandInput, operationId = ''): Command {
  const asked = {
    by: input.by ?? SOMEBODY_AT_TEMPORAL,
    reason: input.reason ?? null,
    expectedVersion: input.expectedVersion ?? null,
  }
  switch (type) {
    case 'settle_refund':
    case 'stop_refund':
      return { ...asked, type, refundKey: input.refundKey ?? '' }
    case 'confirm_reservation':
      return { ...asked, type, paymentMethod: input.paymentMethod ?? null, notes: input.notes ?? null }
    case 'confirm_by_hand':
      return { ...asked, type, amount: input.amount ?? null }
    case 'settle_displacement':
      return { ...asked, type, how: input.how ?? 'kept' }
    case 'correct_contact':
      return { ...asked, type, correctionId: input.correctionId ?? '', fields: input.fields ?? [] }
    case 'undo_no_show':
      return { ...asked, type, returned: input.returned ?? null }
    case 'cancel':
      return input.itemIds === undefined ? { ...asked, type } : { ...asked, type, itemIds: input.itemIds }
    case 'change': {
      const { id = operationId, ...change } = input.change ?? { order: null }
      return { ...asked, type, change: { id, ...change } }
    }
    default:
      return { ...asked, type }
  }
}

export type StatusAnswer = {
  readonly status: Status | 'starting'
  readonly version: number
  readonly waitingFor: string | null
  readonly nextDeadline: Instant | null
  readonly attention: string | null
}

/** Where the booking stands, from the workflow's own memory: for operators and tests; the API reads PostgreSQL. */
export const statusQuery = defineQuery<StatusAnswer>('status')

/** The workflow that compares what workflows, bookings, claims, payments and outbox know, and repairs (H-25); `audit` is the same and only looks. */
export const RECONCILE_TYPE = 'reconcile'
export const AUDIT_TYPE = 'audit'

export type ReconcileTask = {
  /** The id of the workflow, and of its report. */
  readonly id: string
  readonly repairs: boolean
  /** What was begun or changed so lately is left alone, in seconds: it may be half seen. */
  readonly graceSeconds: number
}
export type ReconcileInput = {
  readonly graceSeconds?: number
  /** Somebody knows that the database was restored; otherwise it is noticed when a completed reconciliation is forgotten. */
  readonly restored?: boolean
  /** Where a run that grew long goes on. */
  readonly from?: ReconcileCursor
}
export type ReconcileCursor = {
  readonly since: string
  readonly restored: boolean
  readonly phase: 'bookings' | 'runs'
  readonly after: string | null
}
/** Which database it was, and how many findings were repaired, told to a person, or are open. */
export type ReconcileResult = {
  readonly installation: string
  readonly repaired: number
  readonly attention: number
  readonly open: number
}
