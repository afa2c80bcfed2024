import { retained, type Booking } from '../domain/booking.ts'
import { legalCommands } from '../domain/commands.ts'
import { toDecimal } from '../domain/money.ts'
import { legalOperations } from '../domain/operations.ts'
import { nextDeadline, waitingFor } from '../domain/outlook.ts'

/** What is seen of a run whose booking the database does not know (any more). */
export const LOST_DETAILS = '### The database does not know this booking: reconciliation sees to its money'

/** What an operator sees of the booking in the Temporal UI (current details), in Markdown. No personal data. */
export function detailsOf(booking: Booking): string {
  const { currency } = booking.price
  const amount = (minor: number) => `${toDecimal({ amount: minor, currency })} ${currency}`
  const lines = [
    `### ${booking.reference}: ${booking.status}`,
    booking.attention === null
      ? null
      : `**Needs a person: ${booking.attention.reason}** (since ${booking.attention.since})`,
    `| | |`,
    `|---|---|`,
    `| waits for | ${waitingFor(booking) ?? 'nothing'} |`,
    `| next deadline | ${nextDeadline(booking) ?? 'none'} |`,
    `| price | ${amount(booking.price.total)} |`,
    booking.change == null
      ? null
      : `| change | for ${amount(booking.change.supplement)} more, until ${booking.change.hold.expiresAt} |`,
    `| taken and kept | ${amount(Math.max(0, retained(booking)))} |`,
    ...booking.payments.map(({ intentId, status }) => `| payment ${intentId} | ${status} |`),
    ...booking.refunds.map(({ key, status, amount: back }) => `| refund ${key} | ${amount(back)}, ${status} |`),
    `| you may | ${[...legalCommands(booking), ...legalOperations(booking)].join(', ') || 'nothing'} |`,
  ]
  return lines.filter((line) => line !== null).join('\n')
}
