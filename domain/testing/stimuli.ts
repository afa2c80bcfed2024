import { bookedItems, dueOf, type Actor, type Booking } from '../booking.ts'
import { claimChange, itemClaims } from '../claims.ts'
import { onCommand, refusalOf } from '../commands.ts'
import {
  onDeadline,
  onEffectFailed,
  onMeetingMade,
  onPaymentEvent,
  onPaymentRequested,
  onPaymentUndecided,
} from '../decide.ts'
import type { PaymentEvent } from '../facts.ts'
import { deadlineOf } from '../deadlines.ts'
import { pendingEffects, type PendingEffect } from '../effects.ts'
import { changeRefusal, holdOfChange, onUnitsHeld } from '../reschedule.ts'
import type { Circumstances, Outcome } from '../consequences.ts'
import { refundable } from '../split.ts'
import { amountToAsk } from '../supplement.ts'
import { epochOf, instantOf, plusSeconds, type Instant } from '../time.ts'
import { onPutAside } from '../put-aside.ts'
import { onDiscrepancy } from '../reconciliation.ts'
import { anItem, aRevision, CUSTOMER, OPERATOR, PROVIDER } from './builders.ts'
import type { Moment, Stimulus } from './moments.ts'
import { aCommand } from './steps.ts'

const ACTORS = { customer: CUSTOMER, provider: PROVIDER, operator: OPERATOR }

/** A booking at a time. */
export type Scene = { readonly booking: Booking; readonly now: Instant }

/** What a moment leads to: processed as the workflow does, which asks again when the database says that the units are lost. */
export function happen({ booking, now }: Scene, { what, wait, unitsLost }: Moment): Outcome & Scene {
  const deadline = what.kind === 'rang' ? deadlineOf(booking)?.at : undefined
  const then = deadline !== undefined && deadline > now ? deadline : plusSeconds(now, wait)
  const outcome = outcomeOf(booking, what, { now: then })
  const commits = ({ booking: after }: Outcome) =>
    claimChange(booking, after)?.state === 'committed' || (itemClaims(booking, after)?.commit ?? []).length > 0
  // A change brings its units with it: they were held in the same transaction.
  if (!unitsLost || what.kind === 'rescheduled' || !commits(outcome)) return { ...outcome, now: then }
  const again = outcomeOf(booking, what, { now: then, unitsLost })
  if (commits(again)) throw new Error('builds on units that are lost')
  return { ...again, now: then }
}

function outcomeOf(booking: Booking, what: Stimulus, circumstances: Circumstances): Outcome {
  const { now } = circumstances
  switch (what.kind) {
    case 'told':
      return onPaymentEvent(booking, paymentEventOf(booking, what, now), circumstances)
    case 'asked': {
      const { refunds } = booking
      const refundKey = refunds[what.which % Math.max(1, refunds.length)]?.key ?? ''
      const command = aCommand(what.type, ACTORS[what.by], { refundKey })
      return refusalOf(booking, command, now) === null
        ? onCommand(booking, command, circumstances)
        : { booking, facts: [] }
    }
    case 'rescheduled':
      return rescheduled(booking, what, ACTORS[what.by], now)
    case 'left_out':
      return leftOut(booking, what.which, ACTORS[what.by], circumstances)
    case 'rang':
      return onDeadline(booking, now)
    case 'put_aside':
      return onPutAside(booking, { message: 'a message', rule: 'a rule' }, now)
    case 'compared':
      return onDiscrepancy(booking, what.discrepancy, now)
    case 'worked': {
      const effects = pendingEffects(booking, now)
      const effect = effects[what.which % Math.max(1, effects.length)]
      return effect === undefined ? { booking, facts: [] } : workedOn(booking, effect, what.how, circumstances)
    }
  }
}

/** What a change is to: other tables, for such a share of the price, so many days later, the second of them so many hours after the first. */
type Wish = { readonly share: number; readonly days?: number; readonly apart?: number }

/** A change to two other tables, which are free. */
export function rescheduled(booking: Booking, { share, days = 0, apart = 0 }: Wish, by: Actor, now: Instant): Outcome {
  const id = `change-${booking.version}`
  const total = Math.round(refundable(booking.price) * share)
  const at = (hours: number) => {
    const { start, end } = booking
    if (start === null || end === null) return { start, end }
    const from = plusSeconds(start, hours * 3600)
    return { start: from, end: plusSeconds(from, 3600) }
  }
  const items = [
    anItem(`${booking.version}-1`, Math.ceil(total / 3), at(24 * days)),
    anItem(`${booking.version}-2`, Math.floor(total / 2), at(24 * days + apart)),
  ]
  const fees = total - items.reduce((sum, { amount }) => sum + amount, 0)
  const lines = items.map(({ id, unitPrice, amount }) => ({ itemId: id, unitPrice, amount }))
  const { currency } = booking.price
  const price = { currency, lines, subtotal: total - fees, fees, tax: 0, total, quoteId: null }
  const revision = aRevision(total, { items, price, start: items[0]!.start, end: items[1]!.end })
  if (changeRefusal(booking, { by, change: { order: revision } }, now) !== null) return { booking, facts: [] }
  const hold = holdOfChange(booking, { start: null }, now)
  return onUnitsHeld(booking, revision, { id, by, reason: null }, hold, now)
}

export function leftOut(booking: Booking, which: number, by: Actor, circumstances: Circumstances): Outcome {
  const items = bookedItems(booking)
  const itemIds = [items[which % Math.max(1, items.length)]?.id ?? 'none']
  const command = { type: 'cancel', by, reason: null, expectedVersion: null, itemIds } as const
  return refusalOf(booking, command, circumstances.now) === null
    ? onCommand(booking, command, circumstances)
    : { booking, facts: [] }
}

function paymentEventOf(
  booking: Booking,
  { type, intent, share, ago, money }: Stimulus & { kind: 'told' },
  now: Instant,
): PaymentEvent {
  const at = instantOf(Math.max(epochOf(booking.createdAt), epochOf(plusSeconds(now, -ago))))
  const refund = booking.refunds[intent]
  const due = Math.max(1, dueOf(booking))
  const payment = booking.payments[intent]
  const isAboutCaptured = type === 'disputed' || type.startsWith('refund')
  const currency = isAboutCaptured || !money.isForeign ? booking.price.currency : anotherThan(booking.price.currency)
  return {
    id: `${type}:${intent}:${at}`,
    type,
    intentId: payment?.intentId ?? unknownIntent(booking, intent),
    amount: Math.round(due * share),
    currency: isAboutCaptured ? (payment?.currency ?? currency) : currency,
    method: null,
    failureCode: type === 'failed' ? 'declined' : null,
    refundKey: money.refund === 'ours' ? (refund?.key ?? null) : null,
    refundId: money.refund === 'ours' && refund?.refundId !== undefined ? refund.refundId : money.refundId,
    ...(type === 'disputed' && { dispute: { id: money.dispute, state: money.state, reason: null } }),
    at,
  }
}

/** A currency that the booking is not priced in. */
export function anotherThan(currency: string): string {
  return currency === 'EUR' ? 'USD' : 'EUR'
}

/** An answer to a pending effect, as the workflow turns it into news (workflows/process-message.ts). `another`: not what was asked for. */
export function workedOn(
  booking: Booking,
  effect: PendingEffect,
  how: 'done' | 'refused' | 'overdue' | 'another',
  circumstances: Circumstances,
): Outcome {
  const { now } = circumstances
  if (how === 'refused' || how === 'overdue') return onEffectFailed(booking, effect, how === 'refused', now)
  const asked = amountToAsk(booking, 'payment' in effect ? effect.payment.change : undefined)
  const said = (type: PaymentEvent['type'], amount = asked) => {
    const intentId = 'payment' in effect ? effect.payment.intentId : ''
    const refundKey = effect.type === 'refund' ? effect.key : null
    return onPaymentEvent(
      booking,
      {
        id: `answer:${effect.key}`,
        type,
        intentId,
        amount,
        currency: booking.price.currency,
        method: null,
        failureCode: null,
        refundKey,
        at: now,
      },
      circumstances,
    )
  }
  switch (effect.type) {
    case 'request_payment':
      return onPaymentRequested(
        booking,
        {
          intentId: intentOf(booking, booking.payments.length + 1),
          clientSecret: 's',
          amount: amountToAsk(booking, effect.change),
          createdAt: now,
        },
        now,
        effect.change,
      )
    case 'capture':
      return how === 'done' ? said('succeeded') : said('succeeded', Math.max(1, asked - 1))
    case 'void': {
      if (how === 'done') return said('cancelled')
      if (effect.payment.status === 'authorized') return said('succeeded')
      const told = said('processing')
      const undecided = onPaymentUndecided(told.booking, 'payment_processing', now)
      return { booking: undecided.booking, facts: [...told.facts, ...undecided.facts] }
    }
    case 'refund':
      return said('refund_succeeded')
    case 'make_meeting':
      return onMeetingMade(booking, 'https://meet.example/1', now, circumstances.unitsLost)
  }
}

/** The intent that asking for a payment makes, by the key of that operation. */
function intentOf(booking: Booking, n: number): string {
  return `pi_of_intent:${booking.id}:${n}`
}

/** One whose webhook overtakes the answer that made it (H-07), or one that nobody here asked for (H-05). */
function unknownIntent(booking: Booking, intent: number): string {
  return intent === booking.payments.length ? intentOf(booking, intent + 1) : `pi_stray_${intent}`
}
