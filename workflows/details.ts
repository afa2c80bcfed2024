import { retained, type Booking } from '../domain/booking.ts'
import { legalCommands, type CommandType } from '../domain/commands.ts'
import { toDecimal } from '../domain/money.ts'
import { legalOperations } from '../domain/operations.ts'
import type { Order } from '../domain/order.ts'
import { deadlineOf, isAtRest, nextDeadline, waitingFor } from '../domain/deadlines.ts'
import { needsPerson } from '../domain/payments.ts'
import { COMMAND_DESCRIPTIONS, followupId } from './contract.ts'
import { ATTENTION_LABELS, DEADLINE_LABELS, WAITING_LABELS } from './labels.ts'

/** What is seen of a run whose booking the database does not know (any more). */
export const LOST_DETAILS = '### The database does not know this booking: reconciliation sees to its money'

/** Temporal takes 20 KB of details, and refuses the start with more: of a booking with many items the first ones are named. */
const MOST_BYTES = 12_000

/** What was ordered, for the Temporal UI (static details), in Markdown. Ids only: no personal data. */
export function orderedText(order: Order, publicUrl?: string): string {
  const { bookingId, reference, profile, customer, provider, venue, start, end, items } = order
  const rows = [
    ['customer', code(customer.id)],
    ...(provider === null ? [] : [['provider', code(provider.id)]]),
    ...(venue === null ? [] : [['venue', code(venue.id)]]),
    ...(start === null ? [] : [['time', end === null ? start : `${start} to ${end}`]]),
  ]
  const lines = items.map(
    ({ quantity, offeringId, unitId }) => `- ${quantity} × ${code(offeringId)}, unit ${code(unitId ?? 'any')}`,
  )
  return [`### ${profile} booking ${reference}`, linksTo(bookingId, publicUrl), table(rows), withinBytes(lines)]
    .filter((part) => part !== '')
    .join('\n\n')
}

/**
 * What an operator sees of the booking in the Temporal UI (current details), in Markdown: where it stands, what it waits for and since when, and
 * what they may do about it. No personal data.
 */
export function detailsOf(booking: Booking, publicUrl?: string): string {
  const waits = waitingFor(booking)
  const deadline = deadlineOf(booking)
  const due = nextDeadline(booking)
  const { attention } = booking
  const rows = [
    ['waits for', waits === null ? 'nothing: it is at rest' : WAITING_LABELS[waits]],
    ['since', booking.updatedAt],
    ['next deadline', due === null ? 'none' : `${due}: ${deadline === null ? OTHERS : DEADLINE_LABELS[deadline.kind]}`],
    ...moneyOf(booking),
  ]
  return [
    `### ${booking.reference}: ${booking.status}`,
    attention === null
      ? ''
      : `**Needs a person since ${attention.since}: ${ATTENTION_LABELS[attention.reason] ?? attention.reason}**`,
    // Not last: the frame in which the UI shows this is too short for the last paragraph.
    linksTo(booking.id, publicUrl),
    table(rows),
    mayDo(booking),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** What happens at a deadline that is no timer: the patience with another service ends. */
const OTHERS = 'then a person is called, and it goes on being tried'

function moneyOf(booking: Booking): string[][] {
  const { currency } = booking.price
  const amount = (minor: number) => `${toDecimal({ amount: minor, currency })} ${currency}`
  return [
    ['price', amount(booking.price.total)],
    ...(booking.change == null
      ? []
      : [['change', `for ${amount(booking.change.supplement)} more, until ${booking.change.hold.expiresAt}`]]),
    ['taken and kept', amount(Math.max(0, retained(booking)))],
    ...booking.payments.map(({ intentId, status, amount: asked }) => [
      `payment ${code(intentId)}`,
      `${amount(asked)}, ${status}`,
    ]),
    ...booking.refunds.map((refund) => [
      `refund ${code(refund.key)}`,
      `${amount(refund.amount)}, ${needsPerson(refund) ? 'not settled: needs a person' : refund.status}`,
    ]),
  ]
}

/** The updates that are legal now, each with the input to give; a run that has ended takes none. */
function mayDo(booking: Booking): string {
  if (booking.attention === null && isAtRest(booking, booking.updatedAt)) {
    const route = `/api/v1/bookings/${booking.id}`
    return `**This run has ended**, and takes no updates: ask through the API (\`${route}/cancel\`, \`${route}/operations\`). What comes of it is seen in the run \`${followupId(booking.id)}\`.`
  }
  const legal: CommandType[] = [...legalCommands(booking), ...legalOperations(booking)]
  if (legal.length === 0) return 'There is nothing to be done about it.'
  const lines = legal.flatMap((type) =>
    inputsOf(booking, type).map((input) => `- \`${type}\` with \`${input}\`: ${COMMAND_DESCRIPTIONS[type]}`),
  )
  return ['**What you may do** (Send an Update, JSON input):', '', ...lines].join('\n')
}

function inputsOf(booking: Booking, type: CommandType): string[] {
  const reason = '"reason": "…"'
  if (type !== 'settle_refund') return [`{${reason}}`]
  return booking.refunds.filter(needsPerson).map(({ key }) => `{${reason}, "refundKey": ${JSON.stringify(key)}}`)
}

/** As many lines as there is room for, and how many more there are; a character takes three bytes at most. */
function withinBytes(lines: readonly string[]): string {
  let room = MOST_BYTES
  const shown = lines.filter(({ length }) => (room -= length * 3) >= 0)
  const hidden = lines.length - shown.length
  return [...shown, ...(hidden > 0 ? [`- and ${hidden} more`] : [])].join('\n')
}

function linksTo(bookingId: string, publicUrl: string | undefined): string {
  if (publicUrl === undefined) return ''
  const base = publicUrl.replace(/\/+$/, '')
  return `[Its page](${base}/console/bookings/${bookingId}) · [its timeline](${base}/api/v1/bookings/${bookingId}/timeline)`
}

function table(rows: readonly (readonly string[])[]): string {
  return ['| | |', '|---|---|', ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`)].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** An id of others in Markdown, where it can neither end the code nor begin a line. */
function code(id: string): string {
  return `\`${id.replaceAll(/[`\r\n]/g, ' ')}\``
}
