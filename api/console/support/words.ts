import type { Status } from '../../../domain/lifecycle.ts'
import type { WaitingFor } from '../../../domain/outlook.ts'

/** What a status means, for whoever helps the customer; docs/operators.md has the same. */
export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  pending: 'The units are held for the customer, who has not paid yet.',
  awaiting_approval: 'Paid for or authorised; somebody has to approve it.',
  confirmed: 'Paid, and the units are the customer’s.',
  checked_in: 'The guest has arrived.',
  in_progress: 'The session or visit is going on.',
  completed: 'It is over.',
  no_show: 'The customer did not come.',
  cancelled: 'Somebody cancelled it, or it could not be kept.',
  expired: 'Nobody paid in time: the units are on sale again.',
  refunded: 'Ended, and all the money is back with the customer.',
}

/** What a booking waits for, as a sentence that says who moves next. */
export const WAITING_WORDS: Readonly<Record<WaitingFor, string>> = {
  confirmation: 'The customer has to confirm the reservation; no payment was asked for yet.',
  payment_intent: 'The payment service has to say how to pay; it is being asked.',
  payment: 'The customer has to pay.',
  payment_outcome: 'The bank is at work on the payment; the hold is kept a little longer for it.',
  change_payment: 'The customer has to pay the supplement of a change; until then the booking stands as it was.',
  approval: 'Somebody has to approve or decline it.',
  capture: 'The authorised money is being taken.',
  meeting_link: 'The meeting link is being made.',
  displacement: 'Its unit was taken away: it is to be moved, cancelled, or kept in its place.',
  visit: 'The day it was booked for.',
  completion: 'The end of the visit.',
  payment_void: 'A payment that nobody wants any more is being cancelled.',
  refund: 'Money has to go back to the customer; under Money is whether it is on its way, or a person is needed.',
}

type AttentionWords = {
  readonly what: string
  readonly todo: string
}

/** Why a person is needed, and what to do then. Every reason the code raises has a row here and in docs/operators.md. */
export const ATTENTION_WORDS: Readonly<Record<string, AttentionWords>> = {
  refund_failed: {
    what: 'A refund was refused for good, or the money was taken at the desk and cannot go back by itself.',
    todo: 'Retry once the cause is gone, or pay it back by other means and then settle the refund.',
  },
  refund_bounced: {
    what: 'A refund that had gone through came back, days later.',
    todo: 'Pay it back by other means, then settle the refund. Trying again is not possible.',
  },
  refund_overdue: {
    what: 'The payment service has refused a refund, or not answered, for three days; it is still being tried.',
    todo: 'Look at the payment service: the refund goes on by itself once that answers.',
  },
  void_overdue: {
    what: 'A payment that nobody wants any more could not be cancelled for three days; it is still being tried.',
    todo: 'Look at the payment service: it goes on by itself once that answers.',
  },
  capture_overdue: {
    what: 'The authorised money could not be taken for ten minutes; it is still being tried.',
    todo: 'Look at the payment service: it goes on by itself once that answers.',
  },
  request_payment_overdue: {
    what: 'The payment service has not said for ten minutes how to pay; it is still being asked.',
    todo: 'Look at the payment service; or take the money at the desk and confirm by hand.',
  },
  make_meeting_overdue: {
    what: 'The meeting service has not made the link for ten minutes; it is still being asked.',
    todo: 'Look at the meeting service: it goes on by itself once that answers.',
  },
  payment_outcome_unknown: {
    what: 'The bank was at work longer than the hold’s grace; the units were released.',
    todo: 'Nothing: if it succeeds, the units are taken again or the money goes back. Tell the customer so.',
  },
}

/** A form on a booking's page. `route` is where the API takes it: a change of status, an operation, or a route of its own. */
export type ActionWords = {
  readonly label: string
  readonly about: string
  readonly route: 'status' | 'operations' | 'cancel' | 'extend'
  /** Shown as something that cannot be taken back. */
  readonly isGrave?: true
}

/** What can be done from a booking's page, in the order in which it is offered. Paying and changing are the box office's. */
export const ACTION_WORDS = {
  approve: { label: 'Approve', about: 'The money is then taken.', route: 'status' },
  decline: { label: 'Decline', about: 'Everything goes back.', route: 'status', isGrave: true },
  check_in: { label: 'Check in', about: 'The guest has arrived.', route: 'status' },
  start: { label: 'Start', about: 'The session or visit has begun.', route: 'status' },
  complete: { label: 'Complete', about: 'The visit is over.', route: 'status' },
  no_show: { label: 'No-show', about: 'The customer did not come; the policy says what is kept.', route: 'status' },
  undo_no_show: { label: 'Undo the no-show', about: 'The customer did come after all.', route: 'status' },
  retry: {
    label: 'Retry the refund',
    about: 'The failed refunds are tried again, under the same keys.',
    route: 'operations',
  },
  settle_refund: {
    label: 'Settle the refund',
    about: 'Records that the money went back by other means: say how.',
    route: 'operations',
  },
  confirm_by_hand: {
    label: 'Confirm by hand',
    about: 'Records that what is due was paid at the desk, which confirms the booking: say with which receipt.',
    route: 'operations',
  },
  settle_displacement: {
    label: 'Keep its place',
    about: 'A displaced booking keeps its place after all.',
    route: 'operations',
  },
  extend: { label: 'Extend the hold', about: 'By the policy’s step.', route: 'extend' },
  force_release: {
    label: 'Force release',
    about: 'Ends the booking and frees its units without asking the payment service; late money takes its usual way.',
    route: 'operations',
    isGrave: true,
  },
  cancel: { label: 'Cancel the booking', about: '', route: 'cancel', isGrave: true },
} as const satisfies Record<string, ActionWords>

export type ActionName = keyof typeof ACTION_WORDS

/** Is it something that this page has a form for? */
export function isAction(name: string): name is ActionName {
  return Object.hasOwn(ACTION_WORDS, name)
}
