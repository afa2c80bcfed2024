import { dueOf, mayEnd, retained, type Actor, type Booking } from './booking.ts'
import { hasBegun } from './bounds.ts'
import { isPartial, keptAfter, policyOffer } from './cancellation.ts'
import { claimsOf } from './claims.ts'
import { isDisputed } from './disputes.ts'
import { VISIT_TRIGGERS, type ContactField, type Fact, type VisitTrigger } from './facts.ts'
import type { Refusal } from './failures.ts'
import { legalTriggers, next, type Trigger } from './lifecycle.ts'
import { isOperation, legalOperations, operationFacts, operationRefusal, type Operation } from './operations.ts'
import type { Order } from './order.ts'
import { isBounced, needsPerson } from './payments.ts'
import { WRITE_REFUSED } from './put-aside.ts'
import { withConsequences, type Circumstances, type Outcome } from './consequences.ts'
import { changeRefusal, itemsRefusal } from './reschedule.ts'
import { plusSeconds, type Instant } from './time.ts'
import { RETURNED, undoneFacts, type Returned } from './undo.ts'
import { earlyRefusal, visitFact } from './visits.ts'

/** What a person (or their program) asks of a booking; `expectedVersion` is the one they looked at. */
export type Command = {
  readonly by: Actor
  readonly reason: string | null
  readonly expectedVersion: number | null
} &
  /** Of the whole booking, or of the items named; naming all of them is the whole. */
  (
    | { readonly type: 'cancel'; readonly itemIds?: readonly string[] }
    | { readonly type: 'change'; readonly change: ChangeRequest }
    | { readonly type: 'correct_contact'; readonly correctionId: string; readonly fields: readonly ContactField[] }
    | { readonly type: Exclude<VisitTrigger, 'undo_no_show'> }
    | { readonly type: 'undo_no_show'; readonly returned?: Returned | null }
    | { readonly type: 'approve' }
    | { readonly type: 'decline' }
    | { readonly type: 'retry' }
    | { readonly type: 'settle_refund' | 'stop_refund'; readonly refundKey: string }
    | Operation
  )
export type CommandType = Command['type']

/** What a change asks for: other items, priced and held anew, or other notes alone. `id` names the operation. */
export type ChangeRequest = {
  readonly id: string
  /** The order of what the booking shall be; null: only the notes change. */
  readonly order: Order | null
  /** Absent: the notes stay as they are. */
  readonly notes?: string | null
}

/**
 * Does the booking, as it stands, refuse this command? Reads memory only, so that an update's validator can ask. The answer names what
 * would be legal.
 */
export function refusalOf(booking: Booking, command: Command, now: Instant): Refusal | null {
  // Done before: a repeated request is answered, not refused on account of its own effects.
  if (command.type === 'change' && command.change.id === booking.lastChange) return null
  if (command.type === 'correct_contact' && command.correctionId === booking.lastChange) return null
  if (command.expectedVersion !== null && command.expectedVersion !== booking.version) {
    return {
      code: 'version_conflict',
      message: `The booking is at version ${booking.version}, not ${command.expectedVersion}: read it again and decide anew.`,
      details: { current_version: booking.version },
    }
  }
  if (isDoneAlready(booking, command)) return null
  if (command.type === 'change') return changeRefusal(booking, command, now)
  if (command.type === 'correct_contact') return correctionRefusal(command)
  if (isOperation(command)) return withLegal(booking, operationRefusal(booking, command, command, now))
  if (!legalCommands(booking).includes(command.type)) {
    return {
      code: 'illegal_transition',
      message: `A ${booking.status} booking cannot be given ${command.type}.`,
      details: { booking_status: booking.status, legal: legalCommands(booking) },
    }
  }
  if (isVisitCommand(command)) {
    const early = earlyRefusal(booking, command, now)
    if (early !== null) return early
  }
  if (command.type === 'approve' && command.by.role !== 'operator' && hasBegun(booking, now)) {
    return { code: 'policy_forbids', message: `It has begun at ${booking.start}: only an operator approves it now.` }
  }
  if (command.type === 'undo_no_show') return undoRefusal(booking, command.returned ?? null, now)
  if (command.type === 'cancel' && command.itemIds !== undefined) {
    return itemsRefusal(booking, command.itemIds, now)
  }
  if (command.type === 'settle_refund' || command.type === 'stop_refund') return refundRefusal(booking, command)
  return null
}

/** N-44: whoever asks for a check-in wants the guest to be in, and two scanners may ask for the same one. */
export function isDoneAlready({ status }: Booking, { type }: Pick<Command, 'type'>): boolean {
  return type === 'check_in' && status === 'checked_in'
}

/**
 * N-46: the guest's own name and addresses may be corrected by them and by operators, whatever has become of the booking: refunds and reviews are
 * told of long after it.
 */
function correctionRefusal({
  by,
  fields,
  correctionId,
}: Command & { readonly type: 'correct_contact' }): Refusal | null {
  if (by.role !== 'customer' && by.role !== 'operator') {
    return { code: 'forbidden', message: 'A guest’s contact data is corrected by the guest or by an operator.' }
  }
  if (fields.length > 0 && correctionId !== '') return null
  return { code: 'validation_failed', message: 'A correction is made by the API: PUT /bookings/{id}/contact.' }
}

/** N-15: a refund that is still being tried may be stopped, or settled by hand; one that waits for a person, settled. */
function refundRefusal(
  { refunds }: Booking,
  { type, refundKey, reason }: Command & { readonly type: 'settle_refund' | 'stop_refund' },
): Refusal | null {
  const refund = refunds.find(({ key }) => key === refundKey)
  const isOpen =
    refund?.status === 'pending' || (type === 'settle_refund' && refund !== undefined && needsPerson(refund))
  if (!isOpen) {
    const which = type === 'stop_refund' ? 'is being tried' : 'is being tried, failed or bounced'
    return { code: 'not_found', message: `The booking has no refund ${refundKey} that ${which}.` }
  }
  return type === 'stop_refund' && (reason ?? '').trim() === ''
    ? { code: 'validation_failed', message: 'stop_refund needs a reason: it stays in the history.' }
    : null
}

/** What is legal instead goes with the refusal of what is not. */
function withLegal(booking: Booking, refusal: Refusal | null): Refusal | null {
  if (refusal?.code !== 'illegal_transition') return refusal
  const legal = [...legalCommands(booking), ...legalOperations(booking)]
  return { ...refusal, details: { ...refusal.details, legal } }
}

/** V-07: a no-show is reversible for a while. What went back of its price needs a choice: nothing stays confirmed without its price (invariant 3). */
function undoRefusal(booking: Booking, returned: Returned | null, now: Instant): Refusal | null {
  const until = booking.end === null ? null : plusSeconds(booking.end, booking.terms.closeAfterSeconds)
  if (until !== null && now >= until) {
    return { code: 'policy_forbids', message: `A no-show can be undone until ${until}.` }
  }
  const missing = dueOf(booking) - retained(booking)
  if (missing > 0 && isDisputed(booking)) {
    return { code: 'policy_forbids', message: 'A bank decides about its payment: wait for what becomes of it.' }
  }
  if (missing > 0 && (returned === null || !RETURNED.includes(returned))) {
    return {
      code: 'policy_forbids',
      message: `A part of the price went back with the no-show: say whether it is asked for again or left (returned).`,
      details: { returned: missing, choices: RETURNED },
    }
  }
  return null
}

/** The commands that are legal where the booking stands. */
export function legalCommands(booking: Booking): CommandType[] {
  const commands: CommandType[] = legalTriggers(booking.terms.lifecycle, booking.status)
    .filter(isVisit)
    .filter((trigger) => mayEnd(booking) || (trigger !== 'complete' && trigger !== 'no_show'))
  if (allows(booking, 'cancel')) commands.push('cancel')
  if (booking.status === 'awaiting_approval' && !booking.approved) {
    commands.push('approve')
    if (allows(booking, 'decline')) commands.push('decline')
  }
  const isTried = booking.refunds.some(({ status }) => status === 'pending')
  const hasFailed = booking.refunds.some(({ status }) => status === 'failed')
  if (isTried || hasFailed || booking.attention?.reason === WRITE_REFUSED) commands.push('retry')
  if (isTried || booking.refunds.some(needsPerson)) commands.push('settle_refund')
  if (isTried) commands.push('stop_refund')
  return commands
}

/** Carries out a command that `refusalOf` let pass. No facts: what it asks for needs units that are somebody else's by now. */
export function onCommand(booking: Booking, command: Command, circumstances: Circumstances): Outcome {
  const outcome = withConsequences(booking, factsOf(booking, command, circumstances.now), circumstances)
  const needsUnits = claimsOf(outcome.booking) === 'committed' && claimsOf(booking) !== 'committed'
  return circumstances.unitsLost === true && needsUnits ? { booking, facts: [] } : outcome
}

function factsOf(booking: Booking, command: Command, now: Instant): Fact[] {
  const stamp = { at: now, by: command.by }
  switch (command.type) {
    case 'cancel': {
      const itemIds = command.itemIds ?? null
      if (isPartial(booking, itemIds)) {
        const keep = keptAfter(booking, policyOffer(booking, command.by, now, itemIds), itemIds)
        return [{ ...stamp, type: 'items_cancelled', itemIds, reason: command.reason ?? 'cancelled', keep }]
      }
      const keep = keptAfter(booking, policyOffer(booking, command.by, now))
      return [{ ...stamp, type: 'ended', trigger: 'cancel', reason: command.reason ?? 'cancelled', keep }]
    }
    case 'decline':
      return [{ ...stamp, type: 'ended', trigger: 'decline', reason: command.reason ?? 'declined', keep: 0 }]
    case 'change': {
      // What needs units is held first, by an activity, which brings the fact with it (domain/reschedule.ts).
      const { order, notes } = command.change
      return order !== null || notes === undefined ? [] : [{ ...stamp, type: 'noted', notes }]
    }
    case 'correct_contact': {
      const { correctionId, fields, reason } = command
      return [{ ...stamp, type: 'contact_corrected', correctionId, fields, reason }]
    }
    case 'approve':
      return [{ ...stamp, type: 'approved' }]
    case 'check_in':
    case 'start':
    case 'complete':
    case 'no_show':
      return [visitFact(booking, { ...stamp, trigger: command.type, reason: command.reason })]
    case 'undo_no_show':
      return undoneFacts(booking, command, now)
    case 'settle_refund':
      return [{ ...stamp, type: settlesBy(booking, command.refundKey), key: command.refundKey, note: command.reason }]
    case 'stop_refund': {
      const note = command.reason ?? 'stopped'
      return [
        { ...stamp, type: 'refund_failed', key: command.refundKey, note },
        { ...stamp, type: 'attention_raised', reason: 'refund_failed' },
      ]
    }
    case 'retry':
      return [...lookedAt(booking, command, stamp), ...triedAgain(booking, command, stamp)]
    case 'confirm_reservation':
    case 'extend':
    case 'force_release':
    case 'confirm_by_hand':
    case 'displace':
    case 'settle_displacement':
    case 'acknowledge':
      return operationFacts(booking, command, now)
  }
}

/** The failed refunds are tried again; those that are being tried are tried at once, which is no fact (workflows/process-message.ts). */
function triedAgain({ refunds }: Booking, { reason: note }: Command, stamp: Pick<Fact, 'at' | 'by'>): Fact[] {
  return refunds
    .filter(({ status }) => status === 'failed')
    .map(({ key, paymentId, amount, reason }) => ({
      ...stamp,
      type: 'refund_requested',
      key,
      paymentId,
      amount,
      reason,
      ...(note !== null && { note }),
    }))
}

/** Whoever was called for a message that was put aside has looked at it. */
function lookedAt({ attention }: Booking, { reason: note }: Command, stamp: Pick<Fact, 'at' | 'by'>): Fact[] {
  if (attention?.reason !== WRITE_REFUSED) return []
  return [{ ...stamp, type: 'attention_cleared', ...(note !== null && { note }) }]
}

/** The money of a refund that bounced has left our ledger already: settling it is another fact than that it went through. */
function settlesBy({ refunds }: Booking, refundKey: string): 'bounce_settled' | 'refund_succeeded' {
  return refunds.some((refund) => refund.key === refundKey && isBounced(refund)) ? 'bounce_settled' : 'refund_succeeded'
}

function allows(booking: Booking, trigger: Trigger): boolean {
  return next(booking.terms.lifecycle, booking.status, trigger) !== undefined
}

function isVisitCommand(command: Command): command is Command & { readonly type: VisitTrigger } {
  return isVisit(command.type)
}

function isVisit(type: Trigger | Command['type']): type is VisitTrigger {
  return VISIT_TRIGGERS.some((visit) => visit === type)
}
