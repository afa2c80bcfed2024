import { isUnavailable } from '../domain/failures.ts'
import { instantOf } from '../domain/time.ts'
import { moneyDiffers } from '../domain/reconciliation.ts'
import { pendingEffects } from '../domain/effects.ts'
import { findBooking } from '../prisma/bookings.ts'
import type { Database } from '../prisma/client.ts'
import { forgetFactsOf } from '../prisma/reconciliation.ts'
import type { Payments } from '../services/ports.ts'
import type { BookingWorkflows } from '../temporal/bookings.ts'

export type ExaminePorts = {
  readonly database: Database
  readonly payments: Payments
  readonly workflows: Pick<BookingWorkflows, 'reconcile'>
}

/**
 * Has a booking load itself anew, in its open run or in one that is started for it, and tells it what the payment service has of it; from there it goes on
 * by itself, under its usual keys. Answers with what then still differs between the payment service and us, or null. When the payment service does not
 * answer, the booking goes on without its word. Throws Refused: `not_found` when the database has no such booking, `unavailable` when its run is stuck.
 */
export async function examine(ports: ExaminePorts, bookingId: string, operation: string): Promise<string | null> {
  const { payments, workflows } = ports
  const intents = await payments.listIntents(bookingId).catch((error: unknown) => {
    if (!isUnavailable(error)) throw error
    return null
  })
  // Whoever has the secret of an intent can pay it: it is nothing for a history.
  const told = (intents ?? []).map((intent) => ({ ...intent, clientSecret: '' }))
  await workflows.reconcile(bookingId, { intents: told }, operation)
  return intents === null ? null : moneyOf(ports, bookingId)
}

/** What differs between the payment service and us of a booking's money, or null; while work on it is under way nobody can say. */
export async function moneyOf({ database, payments }: ExaminePorts, bookingId: string): Promise<string | null> {
  const booking = await findBooking(database, bookingId)
  if (booking === null || pendingEffects(booking, instantOf(Date.now())).length > 0) return null
  const differs = moneyDiffers(booking, await payments.listIntents(bookingId))
  // Whatever has moved on in between is no difference: the next run looks again.
  return (await findBooking(database, bookingId))?.version === booking.version ? differs : null
}

/** Is there anything at the payment service of a booking that was lost: something that can be paid, or money that was not given back? */
export async function isMoneyLeft({ payments }: Pick<ExaminePorts, 'payments'>, bookingId: string): Promise<boolean> {
  const intents = await payments.listIntents(bookingId)
  return intents.some(({ status, amountCaptured, amountRefunded = 0 }) =>
    status === 'succeeded' ? amountCaptured > amountRefunded : status !== 'cancelled',
  )
}

/**
 * Gives back whatever the payment service has of a booking that the database does not know (any more): what is open is cancelled, what was taken goes back,
 * under keys that name the intent. Answers with what that came to in minor units, and whether something is left that cannot be ended yet.
 */
export async function settleLost(
  { database, payments }: ExaminePorts,
  bookingId: string,
): Promise<{ readonly ended: number; readonly refunded: number; readonly isLeft: boolean }> {
  const result = { ended: 0, refunded: 0, isLeft: false }
  for (const known of await payments.listIntents(bookingId)) {
    const isOver = known.status === 'succeeded' || known.status === 'cancelled'
    const intent = isOver ? known : await payments.cancel({ key: `lost:cancel:${known.id}`, intentId: known.id })
    if (!isOver && intent.status === 'cancelled') result.ended += 1
    const left = intent.status === 'succeeded' ? intent.amountCaptured - (intent.amountRefunded ?? 0) : 0
    if (left > 0) {
      const amount = { amount: left, currency: intent.currency }
      await payments.refund({ key: `lost:refund:${intent.id}`, intentId: intent.id, amount, reason: 'booking_lost' })
      result.refunded += left
    }
    result.isLeft ||= intent.status !== 'succeeded' && intent.status !== 'cancelled'
  }
  if (!result.isLeft) await forgetFactsOf(database, bookingId)
  return result
}
