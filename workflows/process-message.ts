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
import { onPutAside } from '../domain/put-aside.ts'
import { onDiscrepancy } from '../domain/reconciliation.ts'
import type { Circumstances, Outcome } from '../domain/consequences.ts'
import type { Intent } from '../services/ports.ts'
import { durably, load, record } from './activities.ts'
import type { Run } from './booking.ts'
import { asksForUnits, changeUnits } from './change.ts'
import { now } from './clock.ts'
import type { Message } from './mailbox.ts'
import { failureOf, refusal } from './failures.ts'

/** How often one message is weighed anew because the database said something else than was believed. */
const MOST_ROUNDS = 2

/**
 * Processes one message: decides the facts, stores them, then updates memory. Throws the refusal of a command that is not
 * legal now. Facts that are stale change nothing and are not written. What the database refuses for good is put aside
 * (`isPutAside`): a person is called, and the booking goes on with the next message.
 */
export async function processMessage(run: Run, message: Message): Promise<void> {
  let unitsLost = false
  if (run.booking !== null && knowsLess(run.booking, message)) await reload(run, run.booking.id)
  if (message.type === 'reload' || isBehindOnDuty(message)) return
  await stopWhatIsTakenOver(run, message)
  for (let round = 1; ; round += 1) {
    if (run.isLost) throw refusal(LOST)
    if (run.booking === null) throw refusal({ code: 'not_found', message: 'There is no booking yet.' })
    if (round > MOST_ROUNDS) return putAside(run, run.booking, message, 'another writer is always first')
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
    const result = await write(run.booking, facts)
    switch (result) {
      case 'written':
        run.booking = booking
        return
      case 'units_lost':
        if (message.type === 'command' && KEEPS_UNITS.has(message.command.type)) throw refusal(HOLD_EXPIRED)
        if (unitsLost) return putAside(run, run.booking, message, 'the units are lost')
        unitsLost = true
        break
      case 'another_writer':
        // PostgreSQL is ahead: a write of ours was never reported, or a follow-up wrote. Reload, and process the message again.
        await reload(run, run.booking.id)
        break
      default:
        return putAside(run, run.booking, message, result.rule)
    }
  }
}

/** Must the database be asked before this message is weighed? */
function knowsLess(booking: Booking, message: Message): boolean {
  if (message.type === 'command') return isBehind(booking, message.seenVersion)
  return message.type === 'reload' || isBehindOnDuty(message)
}

function isBehindOnDuty(message: Message): boolean {
  return message.type === 'failed' && message.isBehind === true
}

/** A refund that a person takes over is stopped first: whether it went through all the same is known only when its last try has ended (N-15). */
async function stopWhatIsTakenOver(run: Run, message: Message): Promise<void> {
  if (message.type !== 'command') return
  const { command } = message
  if (command.type === 'retry') run.effectRunner.hurry()
  if (command.type !== 'stop_refund' && command.type !== 'settle_refund') return
  const done = await run.effectRunner.stop(command.refundKey)
  if (done !== null) await processMessage(run, done)
}

/** Calls a person for a message that cannot be written, says which rule it breaks, and throws what `isPutAside` knows. */
async function putAside(run: Run, booking: Booking, message: Message, rule: string): Promise<never> {
  const told = onPutAside(booking, { message: nameOf(message), rule }, now())
  const result = await write(booking, told.facts)
  if (result === 'written') run.booking = told.booking
  else await reload(run, booking.id)
  throw refusal({
    code: 'policy_forbids',
    message: `The database refuses to write it (${rule}). Nothing was changed, and a person is called.`,
    details: { put_aside: true },
  })
}

/** Was this message put aside, because the database refuses for good what it leads to? */
export function isPutAside(error: unknown): boolean {
  const details: unknown = failureOf(error)?.details?.[0]
  return typeof details === 'object' && details !== null && 'put_aside' in details
}

function nameOf(message: Message): string {
  switch (message.type) {
    case 'payment_event':
      return `${message.paymentEvent.type} ${message.paymentEvent.id}`
    case 'command':
      return message.command.type
    case 'done':
    case 'failed':
      return `${message.type} ${message.effect.key}`
    case 'deadline':
    case 'reload':
    case 'discrepancy':
      return message.type
  }
}

/**
 * Loads the booking from PostgreSQL. Throws `not_found` when it has no such booking: it was restored to a time before this one was made, so there is nothing
 * left to write to, and the run is over (ADR 0017).
 */
async function reload(run: Run, bookingId: string): Promise<void> {
  const known = await load(bookingId).catch(() => durably.load(bookingId))
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
): Promise<'written' | 'units_lost' | 'another_writer' | { readonly rule: string }> {
  const change = { before, facts }
  for (const attempt of [record, durably.record]) {
    try {
      await attempt(change)
      return 'written'
    } catch (error) {
      const failure = failureOf(error)
      const type = failure?.type
      if (type === 'units_lost' || type === 'another_writer') return type
      if (type === 'write_refused') return { rule: failure?.message ?? type }
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
