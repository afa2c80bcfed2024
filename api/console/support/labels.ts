import type { Status } from '../../../domain/lifecycle.ts'

/** What a status means, for whoever helps the customer; docs/operators.md has the same. */
export const STATUS_LABELS: Readonly<Record<Status, string>> = {
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

/** A form on a booking's page. `route` is where the API takes it: a change of status, an operation, or a route of its own. */
export type ActionLabels = {
  readonly label: string
  readonly about: string
  readonly route: 'status' | 'operations' | 'cancel' | 'extend'
  /** Shown as something that cannot be taken back. */
  readonly isGrave?: true
}

/** What can be done from a booking's page, in the order in which it is offered. Paying and changing are the box office's. */
export const ACTION_LABELS = {
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
  acknowledge: {
    label: 'Seen to',
    about: 'What called a person is seen to: say what you found and did.',
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
} as const satisfies Record<string, ActionLabels>

export type ActionName = keyof typeof ACTION_LABELS

/** Is it something that this page has a form for? */
export function isAction(name: string): name is ActionName {
  return Object.hasOwn(ACTION_LABELS, name)
}
