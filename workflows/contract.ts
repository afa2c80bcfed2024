import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { Actor } from '../domain/booking.ts'
import type { ChangeRequest, Command, CommandType } from '../domain/commands.ts'
import type { PaymentNotice } from '../domain/facts.ts'
import type { Status } from '../domain/lifecycle.ts'
import type { Order } from '../domain/order.ts'
import type { Instant } from '../domain/time.ts'

/** The protocol between API, worker and tests, declared once. Only JSON crosses it. */

export const WORKFLOW_TYPE = 'booking'

/** The id of a booking's workflow is the booking's id; work on one whose workflow has ended runs under this one. No `/`: it breaks links. */
export function followupId(bookingId: string): string {
  return `${bookingId}.followup`
}

/** A new booking, or one that goes on from what PostgreSQL knows of it (follow-ups, continue-as-new). */
export type BookingInput = { readonly order: Order } | { readonly resume: { readonly bookingId: string } }

export type BookingResult = {
  readonly status: Status | 'rejected'
  readonly version: number
  readonly refusal: string | null
}

export type Created = { readonly version: number; readonly status: Status }

/** Answered when the units are held and the payment intent is there. Refusals are failures named by `domain/failures.ts`. */
export const create = defineUpdate<Created>('create')

export type NoticeAnswer = { readonly outcome: 'applied' | 'stale'; readonly version: number }

/** A payment fact, from a webhook: the update's id is the fact's, so a repeated one costs nothing. */
export const payment = defineUpdate<NoticeAnswer, [PaymentNotice]>('payment')

/** The same fact from the inbox sweep or Kafka, where nobody waits for an answer. */
export const paymentArrived = defineSignal<[PaymentNotice]>('payment_arrived')

export type CommandInput = {
  readonly by: Actor
  readonly reason: string | null
  readonly expectedVersion: number | null
  readonly refundKey?: string
  /** The items that `cancel` is about; absent: the whole booking. */
  readonly itemIds?: readonly string[]
  /** What `change` asks for; without an `id` the update's own names the deed. */
  readonly change?: Omit<ChangeRequest, 'id'> & { readonly id?: string }
  /** The version that PostgreSQL had when the command was found legal: the workflow may be behind it after a crash. */
  readonly seenVersion?: number
}
export type CommandAnswer = { readonly version: number; readonly status: Status }

/** What people ask of a booking, one update each, so that the Temporal UI offers them by name. */
export const commands = {
  cancel: defineUpdate<CommandAnswer, [CommandInput]>('cancel'),
  change: defineUpdate<CommandAnswer, [CommandInput]>('change'),
  approve: defineUpdate<CommandAnswer, [CommandInput]>('approve'),
  decline: defineUpdate<CommandAnswer, [CommandInput]>('decline'),
  check_in: defineUpdate<CommandAnswer, [CommandInput]>('check_in'),
  start: defineUpdate<CommandAnswer, [CommandInput]>('start'),
  complete: defineUpdate<CommandAnswer, [CommandInput]>('complete'),
  no_show: defineUpdate<CommandAnswer, [CommandInput]>('no_show'),
  undo_no_show: defineUpdate<CommandAnswer, [CommandInput]>('undo_no_show'),
  retry: defineUpdate<CommandAnswer, [CommandInput]>('retry'),
  settle_refund: defineUpdate<CommandAnswer, [CommandInput]>('settle_refund'),
} as const satisfies Record<CommandType, unknown>

/** What each command does, in the Temporal UI's words. */
export const COMMAND_DESCRIPTIONS: Readonly<Record<CommandType, string>> = {
  cancel:
    'Cancel the booking, or some of it (itemIds); the policy says what comes back. By an operator or provider: everything.',
  change: 'Change the notes (change: {order: null, notes}), or time, units, items and party (change: {order}).',
  approve: 'Approve a booking that waits for it; the money is then captured.',
  decline: 'Decline a booking that waits for approval; everything comes back.',
  check_in: 'The guest has arrived.',
  start: 'The session or visit has begun.',
  complete: 'The visit is over.',
  no_show: 'The customer did not come.',
  undo_no_show: 'The customer did come after all.',
  retry: 'Try the failed refunds again, under the same keys.',
  settle_refund: 'Record that a failed refund was settled by hand (refundKey, reason).',
}

/** The command of an update's input. */
export function commandOf(type: CommandType, input: CommandInput, deedId = ''): Command {
  const { by, reason, expectedVersion, itemIds } = input
  const asked = { by, reason, expectedVersion }
  switch (type) {
    case 'settle_refund':
      return { ...asked, type, refundKey: input.refundKey ?? '' }
    case 'cancel':
      return itemIds === undefined ? { ...asked, type } : { ...asked, type, itemIds }
    case 'change': {
      const { id = deedId, ...change } = input.change ?? { order: null }
      return { ...asked, type, change: { id, ...change } }
    }
    default:
      return { ...asked, type }
  }
}

export type Glance = {
  readonly status: Status | 'placing'
  readonly version: number
  readonly waitingFor: string | null
  readonly nextDeadline: Instant | null
  readonly attention: string | null
}

/** Where the booking stands, from the workflow's own memory: for operators and tests; the API reads PostgreSQL. */
export const glance = defineQuery<Glance>('glance')
