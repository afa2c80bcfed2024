import type { Booking } from '../domain/booking.ts'
import { onCommand, refusalOf, type Command } from '../domain/commands.ts'
import {
  onDeadline,
  onEffectFailed,
  onMeetingMade,
  onPaymentEvent,
  onPaymentRequested,
  onPaymentUndecided,
} from '../domain/decide.ts'
import type { Fact, PaymentEvent } from '../domain/facts.ts'
import type { Refusal } from '../domain/failures.ts'
import { HOLD_EXPIRED } from '../domain/operations.ts'
import { onDiscrepancy } from '../domain/reconciliation.ts'
import type { Circumstances, Outcome } from '../domain/consequences.ts'
import type { Intent } from '../services/ports.ts'
import { durably, record } from './activities.ts'
import type { Run } from './booking.ts'
import { asksForUnits, changeUnits } from './change.ts'
import { now } from './clock.ts'
import type { Message } from './mailbox.ts'
import { failureOf, refusal } from './failures.ts'

/**
 * Processes one message: decides the facts, stores them, then updates memory. Throws the refusal of a command that is not
 * legal now. Facts that are stale change nothing and are not written.
 */
export async function processMessage(run: Run, message: Message): Promise<void> {
  let unitsLost = false
  if (message.type === 'command' && run.booking !== null && isBehind(run.booking, message.seenVersion)) {
    await reload(run, run.booking.id)
  }
  if (message.type === 'reload' && run.booking !== null) return reload(run, run.booking.id)
  for (;;) {
    if (run.isLost) throw refusal(LOST)
    if (run.booking === null) throw refusal({ code: 'not_found', message: 'There is no booking yet.' })
    if (message.type === 'command' && asksForUnits(message.command)) {
      const changed = await changeUnits(run.booking, message.command)
      if (changed === null) {
        await reload(run, run.booking.id)
        continue
      }
      run.booking = changed
      return
    }
    const { booking, facts } = outcomeOf(run.booking, message, { now: now(), unitsLost })
    if (facts.length === 0) return
    const result = await write(run.booking, facts, message.type === 'payment_event' ? message.paymentEvent.id : null)
    switch (result) {
      case 'written':
        run.booking = booking
        return
      case 'units_lost':
        if (message.type === 'command' && KEEPS_UNITS.has(message.command.type)) throw refusal(HOLD_EXPIRED)
        unitsLost = true
        break
      case 'another_writer':
        // PostgreSQL is ahead: a write of ours was never reported, or a follow-up wrote. Reload, and process the message again.
        await reload(run, run.booking.id)
        break
    }
  }
}

/**
 * Loads the booking from PostgreSQL. Throws `not_found` when it has no such booking: it was restored to a time before this one was made, so there is nothing
 * left to write to, and the run is over (ADR 0017).
 */
async function reload(run: Run, bookingId: string): Promise<void> {
  const known = await durably.load(bookingId)
  if (known === null) {
    run.isLost = true
    throw refusal(LOST)
  }
  run.booking = known
}

const LOST: Refusal = { code: 'not_found', message: 'The database does not know this booking (any more).' }

/** Commands that are for nothing but keeping the units: what became of them is the answer, and the booking stays as it is. */
const KEEPS_UNITS = new Set<Command['type']>(['extend', 'confirm_by_hand'])

/**
 * Is our copy older than the caller's version? So it is after a worker died between a write and its report, until that write is tried again (H-21).
 */
export function isBehind(booking: Booking, seenVersion: number | null): boolean {
  return seenVersion !== null && booking.version < seenVersion
}

/** Writes facts in one transaction. It gives up only on what the database says for good; an outage is waited out. */
export async function write(
  before: Booking,
  facts: readonly Fact[],
  paymentEventId: string | null,
): Promise<'written' | 'units_lost' | 'another_writer'> {
  const change = { before, facts, paymentEventId }
  for (const attempt of [record, durably.record]) {
    try {
      await attempt(change)
      return 'written'
    } catch (error) {
      const type = failureOf(error)?.type
      if (type === 'units_lost' || type === 'another_writer') return type
      if (attempt === durably.record) throw error
    }
  }
  return 'written'
}

function outcomeOf(booking: Booking, message: Message, circumstances: Circumstances): Outcome {
  const at = circumstances.now
  switch (message.type) {
    case 'payment_event':
      return onPaymentEvent(booking, message.paymentEvent, circumstances)
    case 'command': {
      const no = refusalOf(booking, message.command, at)
      if (no !== null) throw refusal(no)
      return onCommand(booking, message.command, circumstances)
    }
    case 'deadline':
      return onDeadline(booking, at)
    case 'discrepancy':
      return onDiscrepancy(booking, message.discrepancy, at)
    case 'reload':
      return { booking, facts: [] }
    case 'done':
      return onDone(booking, message, circumstances)
    case 'failed':
      return onEffectFailed(booking, message.effect, message.refused, at)
  }
}

function onDone(
  booking: Booking,
  { effect, answer }: Message & { type: 'done' },
  circumstances: Circumstances,
): Outcome {
  const at = circumstances.now
  if (effect.type === 'refund') {
    return onPaymentEvent(
      booking,
      {
        ...NO_PAYMENT_EVENT,
        type: 'refund_succeeded',
        id: effect.key,
        refundKey: effect.refund.key,
        ...(isRefund(answer) && { refundId: answer.refundId }),
        at,
      },
      circumstances,
    )
  }
  if (isRefund(answer)) return { booking, facts: [] }
  if (typeof answer === 'string') return onMeetingMade(booking, answer, at)
  if (answer === null) return { booking, facts: [] }
  if (effect.type === 'request_payment') {
    const { id, clientSecret, amount, createdAt } = answer
    return onPaymentRequested(booking, { intentId: id, clientSecret, amount, createdAt }, at, effect.change)
  }
  const told = onPaymentEvent(booking, paymentEventOf(answer, effect.key), circumstances)
  if (effect.type !== 'void' || answer.status !== 'processing') return told
  const undecided = onPaymentUndecided(told.booking, 'payment_processing', at)
  return { booking: undecided.booking, facts: [...told.facts, ...undecided.facts] }
}

function isRefund(answer: (Message & { type: 'done' })['answer']): answer is { readonly refundId: string } {
  return typeof answer === 'object' && answer !== null && 'refundId' in answer
}

const NO_PAYMENT_EVENT = {
  intentId: '',
  amount: 0,
  currency: null,
  method: null,
  failureCode: null,
  refundKey: null,
} as const

/**
 * What the payment service answered about an intent, as if it had told us by itself. Money that was taken and has gone back whole counts as never
 * taken: a booking that knew of it does not believe that any more, and one that did not must not be confirmed on it (H-25).
 */
export function paymentEventOf(intent: Intent, key: string): PaymentEvent {
  const isBack = intent.status === 'succeeded' && (intent.amountRefunded ?? 0) >= Math.max(1, intent.amountCaptured)
  const type = isBack ? 'cancelled' : intent.status === 'requires_payment_method' ? 'failed' : intent.status
  return {
    ...NO_PAYMENT_EVENT,
    id: `answer:${key}`,
    type,
    intentId: intent.id,
    amount: intent.status === 'succeeded' ? intent.amountCaptured : intent.amount,
    currency: intent.currency,
    method: intent.method,
    failureCode: intent.failureCode,
    authorisedUntil: intent.authorisedUntil ?? null,
    at: intent.updatedAt,
  }
}
