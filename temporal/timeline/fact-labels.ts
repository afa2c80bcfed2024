import type { FactType } from '../../domain/facts.ts'
import type { HistoryLine } from '../../prisma/lists.ts'
import { actorText, amountText, because, capital, plain, timeText, type TimelineLine, type Wording } from './wording.ts'
import { textOf } from './entries.ts'

type Told = {
  readonly line: HistoryLine
  readonly money: (minor: unknown) => string
  /** The amount of the refund that a fact names by its key. */
  readonly refund: () => string
}

/** What each fact means to somebody who helps the customer. A fact without words here is told by its name. */
const LABELS: Readonly<Partial<Record<FactType, (told: Told) => string>>> = {
  held: ({ line }) => `the units were held for ${actorText(line.actor)}`,
  payment_requested: ({ line, money }) => `the customer can pay: ${money(line.data['amount'])} is due`,
  payment_processing: ({ line, money }) => `the payment of ${money(line.data['amount'])} is being processed`,
  payment_authorized: ({ line, money }) => `the customer’s payment was authorised: ${money(line.data['amount'])}`,
  payment_captured: ({ line, money }) => `the money was taken: ${money(line.data['amount'])}`,
  payment_failed: ({ line }) => `the payment failed${because(line.data['failure_code'])}`,
  payment_voided: () => 'the attempt to pay was cancelled: nothing is taken for it',
  hold_extended: ({ line }) =>
    `the hold was extended until ${timeText(textOf(line.data['expires_at']))}${because(line.data['reason'])}`,
  approval_awaited: ({ line }) => `the booking waits for approval until ${timeText(textOf(line.data['approve_by']))}`,
  approved: ({ line }) => `the booking was approved by ${actorText(line.actor)}`,
  meeting_made: () => 'the meeting link was made',
  confirmed: ({ line }) =>
    line.data['trigger'] === 'revive'
      ? 'the booking was confirmed after all: it was paid late, and its units were still free'
      : 'the booking was confirmed',
  revival_started: () => 'it was paid late: its units were taken again, and the money is being taken',
  revival_failed: () => 'it was paid late, and could not be confirmed any more',
  ended: ({ line }) => endedText(line),
  moved: ({ line }) => movedText(line),
  visit_over: ({ line }) =>
    line.data['outcome'] === 'missed'
      ? `the customer did not come to one of the visits: the others stand${saidBy(line)}`
      : `one of the visits is over, and another is ahead${saidBy(line)}`,
  items_cancelled: ({ line }) => `some of it was cancelled by ${actorText(line.actor)}${because(line.reason)}`,
  refund_requested: ({ line, money }) =>
    `a refund of ${money(line.data['amount'])} was decided${because(line.data['reason'])}`,
  refund_succeeded: ({ refund }) => `the refund of ${refund()} went through`,
  refund_failed: ({ refund }) => `the refund of ${refund()} failed`,
  refund_found: ({ line, money }) => `the payment service gave ${money(line.data['amount'])} back, without our doing`,
  disputed: ({ line, money }) => disputeText(line, money(line.data['amount'])),
  refund_bounced: ({ refund }) => `the refund of ${refund()} came back`,
  bounce_settled: ({ refund, line }) => `the refund of ${refund()} was made good by ${actorText(line.actor)}`,
  refunded: () => 'the whole amount is back with the customer',
  contact_corrected: ({ line }) =>
    `the guest’s contact data was corrected by ${actorText(line.actor)}${because(line.reason)}`,
  attention_raised: ({ line }) => `a person is needed${because(line.data['reason'])}`,
  attention_cleared: ({ line }) =>
    line.reason === null
      ? 'no person is needed any more'
      : `${actorText(line.actor)} has seen to it${because(line.reason)}`,
}

function endedText({ data, reason, actor, status }: HistoryLine): string {
  switch (data['trigger']) {
    case 'expire':
      return `the hold ran out unpaid, and the units were given up: the booking is ${plain(status)}`
    case 'cancel':
      return `the booking was cancelled by ${actorText(actor)}${because(reason)}`
    case 'decline':
      return `the booking was declined by ${actorText(actor)}${because(reason)}`
    default:
      return `the booking was given up${because(reason)}`
  }
}

function disputeText({ data }: HistoryLine, amount: string): string {
  switch (data['state']) {
    case 'opened':
      return `the customer disputes ${amount} at their bank${because(data['reason'])}`
    case 'withdrawn':
      return `the bank took ${amount} back while it decides about the dispute`
    case 'reinstated':
      return `the bank gave the disputed ${amount} back to us`
    case 'won':
      return `the dispute about ${amount} was decided for us`
    default:
      return `the dispute about ${amount} is lost: the customer keeps it`
  }
}

function saidBy({ actor }: HistoryLine): string {
  return actor.role === 'system' ? '' : `, says ${actorText(actor)}`
}

function movedText(line: HistoryLine): string {
  const { data } = line
  const by = saidBy(line)
  switch (data['trigger']) {
    case 'check_in':
      return `the guest has arrived${by}`
    case 'start':
      return `it has begun${by}`
    case 'complete':
      return `it is over${by}`
    case 'no_show':
      return `the customer did not come${by}`
    case 'undo_no_show':
      return `the customer did come after all${by}`
    default:
      return `${plain(textOf(data['trigger']))}${by}`
  }
}

/** The facts of a booking as lines of its timeline: what the history table says of the status is true, whatever else is known. */
export function factLines(history: readonly HistoryLine[], { currency }: Wording): TimelineLine[] {
  const money = (minor: unknown) => amountText(minor, currency)
  return history.map((line) => {
    const refund = () => {
      const asked = history.findLast(
        ({ action, data }) => action === 'refund_requested' && data['key'] === line.data['key'],
      )
      return money(asked?.data['amount'])
    }
    const label = LABELS[line.action as FactType]
    const isMoved = line.previous_status !== null && line.previous_status !== line.status
    return {
      at: line.at,
      kind: line.action,
      text: `${capital(label?.({ line, money, refund }) ?? plain(line.action))}.`,
      actor: line.actor,
      details: {
        ...line.data,
        status: line.status,
        ...(isMoved && { previous_status: line.previous_status }),
      },
      workflow_id: null,
      run_id: null,
      event_id: null,
      version: line.version,
    }
  })
}
