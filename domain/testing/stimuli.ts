import fc from 'fast-check'
import { bookedItems, dueOf, type Actor, type Booking } from '../booking.ts'
import { claimChange, itemClaims } from '../claims.ts'
import { onCommand, refusalOf, type Command } from '../commands.ts'
import {
  onDeadline,
  onEffectFailed,
  onMeetingMade,
  onPaymentEvent,
  onPaymentRequested,
  onPaymentUndecided,
} from '../decide.ts'
import { DISPUTE_STATES, type DisputeState } from '../disputes.ts'
import type { PaymentEvent } from '../facts.ts'
import { deadlineOf } from '../deadlines.ts'
import { pendingEffects, type PendingEffect } from '../effects.ts'
import { changeRefusal, holdOfChange, onUnitsHeld } from '../reschedule.ts'
import type { Circumstances, Outcome } from '../consequences.ts'
import { refundable } from '../split.ts'
import { amountToAsk } from '../supplement.ts'
import { epochOf, instantOf, plusSeconds, type Instant } from '../time.ts'
import { anItem, aRevision, CUSTOMER, OPERATOR, PROVIDER } from './builders.ts'
import { aCommand } from './steps.ts'

/** Anything that can happen to a booking, in words that need no booking: the same ones make a history for any of them. */
export type Stimulus =
  | {
      readonly kind: 'told'
      readonly type: PaymentEvent['type']
      readonly intent: number
      readonly share: number
      readonly ago: number
      readonly money: MoneyTold
    }
  | { readonly kind: 'asked'; readonly type: Command['type']; readonly by: 'customer' | 'provider' | 'operator' }
  /** People change what is booked, for such a share of what it cost, or cancel an item of it. */
  | { readonly kind: 'rescheduled'; readonly share: number; readonly by: 'customer' | 'provider' }
  | { readonly kind: 'left_out'; readonly which: number; readonly by: 'customer' | 'provider' }
  | { readonly kind: 'rang' }
  | { readonly kind: 'worked'; readonly which: number; readonly how: 'done' | 'refused' | 'overdue' | 'another' }

export type Moment = { readonly what: Stimulus; readonly wait: number; readonly unitsLost: boolean }

/** What is told of the money besides its share of what is due (N-10, N-13, N-14, N-19). */
type MoneyTold = {
  readonly currency: 'USD' | 'EUR'
  /** About a refund of ours, or about one that was made elsewhere. */
  readonly refund: 'ours' | 'elsewhere'
  readonly refundId: string | null
  readonly dispute: 'dp_1' | 'dp_2'
  readonly state: DisputeState
}

const NOTICES = [
  'processing',
  'authorized',
  'succeeded',
  'failed',
  'cancelled',
  'refund_succeeded',
  'refund_failed',
  'disputed',
] as const
const COMMANDS = [
  'cancel change correct_contact check_in start complete no_show undo_no_show approve decline retry settle_refund',
  'confirm_reservation extend force_release confirm_by_hand displace settle_displacement acknowledge',
]
  .join(' ')
  .split(' ') as Command['type'][]
const ACTORS = { customer: CUSTOMER, provider: PROVIDER, operator: OPERATOR }

/** Mostly what a world brings about that does its work; now and then what no world should. */
export const aMoment: fc.Arbitrary<Moment> = fc.record({
  what: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('told' as const),
        type: fc.constantFrom(...NOTICES),
        intent: fc.nat(2),
        share: fc.constantFrom(1, 1, 1, 1, 0.5, 1.5, 0),
        ago: fc.constantFrom(0, 0, 1, 60, 3600),
        money: fc.record({
          currency: fc.constantFrom('USD', 'USD', 'USD', 'USD', 'EUR'),
          refund: fc.constantFrom('ours', 'ours', 'elsewhere'),
          refundId: fc.constantFrom(null, 're_1', 're_2'),
          dispute: fc.constantFrom('dp_1', 'dp_2'),
          state: fc.constantFrom(...DISPUTE_STATES),
        }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('asked' as const),
        type: fc.constantFrom(...COMMANDS),
        by: fc.constantFrom('customer', 'provider', 'operator'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('rescheduled' as const),
        share: fc.constantFrom(0, 0.5, 1, 1.25, 2),
        by: fc.constantFrom('customer', 'provider'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('left_out' as const),
        which: fc.nat(1),
        by: fc.constantFrom('customer', 'provider'),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'rang' as const }) },
    {
      weight: 7,
      arbitrary: fc.record({
        kind: fc.constant('worked' as const),
        which: fc.nat(3),
        how: fc.constantFrom('done', 'done', 'done', 'refused', 'overdue', 'another'),
      }),
    },
  ),
  wait: fc.constantFrom(0, 0, 0, 1, 1, 5, 5, 60, 300, 900, 86_400, 300_000),
  unitsLost: fc.constantFrom(false, false, false, true),
})

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
      const command = aCommand(what.type, ACTORS[what.by], {
        refundKey: booking.refunds.find(({ status }) => status === 'failed')?.key ?? '',
      })
      return refusalOf(booking, command, now) === null
        ? onCommand(booking, command, circumstances)
        : { booking, facts: [] }
    }
    case 'rescheduled':
      return rescheduled(booking, what.share, ACTORS[what.by], now)
    case 'left_out':
      return leftOut(booking, what.which, ACTORS[what.by], circumstances)
    case 'rang':
      return onDeadline(booking, now)
    case 'worked': {
      const effects = pendingEffects(booking, now)
      const effect = effects[what.which % Math.max(1, effects.length)]
      return effect === undefined ? { booking, facts: [] } : workedOn(booking, effect, what.how, circumstances)
    }
  }
}

/** A change to two other tables, which are free: it costs such a share of what the booking did. */
export function rescheduled(booking: Booking, share: number, by: Actor, now: Instant): Outcome {
  const id = `change-${booking.version}`
  const total = Math.round(refundable(booking.price) * share)
  const items = [
    anItem(`${booking.version}-1`, Math.ceil(total / 3)),
    anItem(`${booking.version}-2`, Math.floor(total / 2)),
  ]
  const fees = total - items.reduce((sum, { amount }) => sum + amount, 0)
  const lines = items.map(({ id, unitPrice, amount }) => ({ itemId: id, unitPrice, amount }))
  const price = { currency: 'USD', lines, subtotal: total - fees, fees, tax: 0, total, quoteId: null }
  const { start, end } = booking
  const revision = aRevision(total, { items, price, start, end })
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
  return {
    id: `${type}:${intent}:${at}`,
    type,
    intentId: booking.payments[intent]?.intentId ?? unknownIntent(booking, intent),
    amount: Math.round(due * share),
    currency: type === 'disputed' || type.startsWith('refund') ? 'USD' : money.currency,
    method: null,
    failureCode: type === 'failed' ? 'declined' : null,
    refundKey: money.refund === 'ours' ? (refund?.key ?? null) : null,
    refundId: money.refund === 'ours' && refund?.refundId !== undefined ? refund.refundId : money.refundId,
    ...(type === 'disputed' && { dispute: { id: money.dispute, state: money.state, reason: null } }),
    at,
  }
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
        currency: 'USD',
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
