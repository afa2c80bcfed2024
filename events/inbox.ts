import type { Logger } from 'pino'
import { onPaymentEvent } from '../domain/decide.ts'
import type { PaymentEvent } from '../domain/facts.ts'
import { Refused } from '../domain/failures.ts'
import { isEarly } from '../domain/payment-news.ts'
import { pendingEffects, type PendingEffect } from '../domain/effects.ts'
import { instantOf } from '../domain/time.ts'
import { findBooking } from '../prisma/bookings.ts'
import type { Database } from '../prisma/client.ts'
import { claimDuePaymentEvents, markDelivered, putOff, type StoredPaymentEvent } from '../prisma/payment-events.ts'
import type { BookingWorkflows } from '../temporal/bookings.ts'
import { startPoller, type Poller } from '../runtime/poller.ts'

export type InboxPorts = { readonly database: Database; readonly workflows: BookingWorkflows; readonly log: Logger }

/**
 * Hands a stored payment fact to its booking and marks it as delivered on the result, not before (K-04). A fact about a booking that nobody
 * knows is parked: it may have overtaken the answer that makes it known (H-07). Returns what became of it.
 */
export async function deliver(ports: InboxPorts, stored: StoredPaymentEvent): Promise<'applied' | 'stale' | 'parked'> {
  const { database, workflows, log } = ports
  try {
    if (stored.bookingId === null) throw new Refused({ code: 'not_found', message: 'The fact names no booking.' })
    const when = await whenToTell(database, stored.bookingId, stored)
    if (when === 'later') return 'parked'
    const outcome =
      when === 'never'
        ? 'stale'
        : await workflows.tell(stored.bookingId, stored.paymentEvent, { onlyRunning: when === 'if_running' })
    await markDelivered(database, stored.eventId, outcome)
    // For its sender it is taken: a person sees to it, and telling it again would change nothing.
    return outcome === 'put_aside' ? 'stale' : outcome
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    log.warn(
      { event_id: stored.eventId, booking_id: stored.bookingId, attempts: stored.attempts, reason: message },
      'payment fact parked',
    )
    await putOff(database, stored.eventId, message)
    return 'parked'
  }
}

/** What builds on something that may not be known here yet (N-13, N-14). */
const MAY_BE_EARLY: ReadonlySet<PaymentEvent['type']> = new Set(['refund_succeeded', 'refund_failed', 'disputed'])

/** What the payment service tells of our own operations, whose answers tell it too. */
const ECHO_OF = {
  succeeded: 'capture',
  cancelled: 'void',
  refund_succeeded: 'refund',
  refund_failed: 'refund',
} as const satisfies Partial<Record<PaymentEvent['type'], PendingEffect['type']>>

/**
 * The echo of our own operation is not told when the booking knows of it already: it would change nothing, and start a run of its own when the booking's has
 * ended. While the operation is under way its echo is left to the poller, once, and told if by then the answer has not come: told at once, it made 26 to 29
 * events of history out of the 24 of a capture.
 *
 * What was told before and got no answer is told again to a run that is open, whatever the database knows: the write may have been made by an update that was
 * lost with its task, and then the run is the only one that does not know (N-21).
 */
async function whenToTell(
  database: Database,
  bookingId: string,
  { paymentEvent, attempts, isUnanswered }: StoredPaymentEvent,
): Promise<'now' | 'later' | 'never' | 'if_running'> {
  if (MAY_BE_EARLY.has(paymentEvent.type)) {
    const known = await findBooking(database, bookingId)
    if (known !== null && isEarly(known, paymentEvent)) return 'later'
  }
  const operation = paymentEvent.type in ECHO_OF ? ECHO_OF[paymentEvent.type as keyof typeof ECHO_OF] : null
  const booking = operation === null ? null : await findBooking(database, bookingId)
  if (booking === null) return 'now'
  const now = instantOf(Date.now())
  if (onPaymentEvent(booking, paymentEvent, { now }).facts.length === 0) return isUnanswered ? 'if_running' : 'never'
  const isUnderWay = pendingEffects(booking, now).some(
    (effect) => effect.type === operation && 'payment' in effect && effect.payment.intentId === paymentEvent.intentId,
  )
  return isUnderWay && attempts === 0 ? 'later' : 'now'
}

/**
 * Keeps delivering what is due in the inbox until stopped: facts whose first delivery failed, or whose process died. Several pollers may run
 * side by side.
 */
export function startInboxPoller(ports: InboxPorts, intervalMs = 1000): Poller {
  const round = async () => {
    const due = await claimDuePaymentEvents(ports.database, 20)
    const outcomes = await Promise.all(due.map((stored) => deliver(ports, stored)))
    return outcomes.some((outcome) => outcome !== 'parked')
  }
  return startPoller({ round, intervalMs, log: ports.log, trouble: 'the inbox could not be processed' })
}
