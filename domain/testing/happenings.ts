import fc from 'fast-check'
import { dueOf, type Booking } from '../booking.ts'
import { claimChange } from '../claims.ts'
import { onCommand, refusalOf, type Command } from '../commands.ts'
import { onDeadline, onDutyFailed, onMeetingMade, onNotice, onPaymentRequested, onPaymentUndecided } from '../decide.ts'
import type { PaymentNotice } from '../facts.ts'
import { deadlineOf, dutiesOf, type Duty } from '../outlook.ts'
import type { Circumstances, Outcome } from '../settle.ts'
import { epochOf, instantOf, plusSeconds, type Instant } from '../time.ts'
import { CUSTOMER, OPERATOR, PROVIDER } from './builders.ts'
import { aCommand } from './steps.ts'

/** Anything that can happen to a booking, in words that need no booking: the same ones make a history for any of them. */
export type Happening =
  | {
      readonly kind: 'told'
      readonly type: PaymentNotice['type']
      readonly intent: number
      readonly share: number
      readonly ago: number
    }
  | { readonly kind: 'asked'; readonly type: Command['type']; readonly by: 'customer' | 'provider' | 'operator' }
  | { readonly kind: 'rang' }
  | { readonly kind: 'worked'; readonly which: number; readonly how: 'done' | 'refused' | 'overdue' | 'another' }

export type Moment = { readonly what: Happening; readonly wait: number; readonly unitsLost: boolean }

const NOTICES = [
  'processing',
  'authorized',
  'succeeded',
  'failed',
  'cancelled',
  'refund_succeeded',
  'refund_failed',
] as const
const COMMANDS = [
  'cancel check_in start complete no_show undo_no_show approve decline retry settle_refund',
  'confirm_reservation extend force_release confirm_by_hand displace settle_displacement',
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
        share: fc.constantFrom(1, 1, 1, 1, 0.5, 1.5),
        ago: fc.constantFrom(0, 0, 1, 60, 3600),
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

/** What a moment leads to: dealt with as the workflow does, which asks again when the database says that the units are lost. */
export function happen({ booking, now }: Scene, { what, wait, unitsLost }: Moment): Outcome & Scene {
  const deadline = what.kind === 'rang' ? deadlineOf(booking)?.at : undefined
  const then = deadline !== undefined && deadline > now ? deadline : plusSeconds(now, wait)
  const outcome = outcomeOf(booking, what, { now: then })
  if (!unitsLost || claimChange(booking, outcome.booking)?.state !== 'committed') return { ...outcome, now: then }
  const again = outcomeOf(booking, what, { now: then, unitsLost })
  if (claimChange(booking, again.booking)?.state === 'committed') throw new Error('builds on units that are lost')
  return { ...again, now: then }
}

function outcomeOf(booking: Booking, what: Happening, circumstances: Circumstances): Outcome {
  const { now } = circumstances
  switch (what.kind) {
    case 'told':
      return onNotice(booking, noticeOf(booking, what, now), circumstances)
    case 'asked': {
      const command = aCommand(what.type, ACTORS[what.by], {
        refundKey: booking.refunds.find(({ status }) => status === 'failed')?.key ?? '',
      })
      return refusalOf(booking, command, now) === null
        ? onCommand(booking, command, circumstances)
        : { booking, facts: [] }
    }
    case 'rang':
      return onDeadline(booking, now)
    case 'worked': {
      const duties = dutiesOf(booking, now)
      const duty = duties[what.which % Math.max(1, duties.length)]
      return duty === undefined ? { booking, facts: [] } : workedOn(booking, duty, what.how, circumstances)
    }
  }
}

function noticeOf(
  booking: Booking,
  { type, intent, share, ago }: Happening & { kind: 'told' },
  now: Instant,
): PaymentNotice {
  const at = instantOf(Math.max(epochOf(booking.createdAt), epochOf(plusSeconds(now, -ago))))
  const refund = booking.refunds[intent]
  const due = Math.max(1, dueOf(booking))
  return {
    id: `${type}:${intent}:${at}`,
    type,
    intentId: booking.payments[intent]?.intentId ?? unknownIntent(booking, intent),
    amount: Math.round(due * share),
    method: null,
    failureCode: type === 'failed' ? 'declined' : null,
    refundKey: refund?.key ?? null,
    at,
  }
}

/** An answer to a duty, as the workflow turns it into news (workflows/deal.ts). `another`: not what was asked for. */
export function workedOn(
  booking: Booking,
  duty: Duty,
  how: 'done' | 'refused' | 'overdue' | 'another',
  circumstances: Circumstances,
): Outcome {
  const { now } = circumstances
  if (how === 'refused' || how === 'overdue') return onDutyFailed(booking, duty, how === 'refused', now)
  const said = (type: PaymentNotice['type'], amount = dueOf(booking)) => {
    const intentId = 'payment' in duty ? duty.payment.intentId : ''
    const refundKey = duty.type === 'refund' ? duty.key : null
    return onNotice(
      booking,
      { id: `answer:${duty.key}`, type, intentId, amount, method: null, failureCode: null, refundKey, at: now },
      circumstances,
    )
  }
  switch (duty.type) {
    case 'request_payment':
      return onPaymentRequested(
        booking,
        {
          intentId: intentOf(booking, booking.payments.length + 1),
          clientSecret: 's',
          amount: dueOf(booking),
          createdAt: now,
        },
        now,
      )
    case 'capture':
      return how === 'done' ? said('succeeded') : said('succeeded', Math.max(1, dueOf(booking) - 1))
    case 'void': {
      if (how === 'done') return said('cancelled')
      if (duty.payment.status === 'authorized') return said('succeeded')
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

/** The intent that asking for a payment makes, by the key of that deed. */
function intentOf(booking: Booking, n: number): string {
  return `pi_of_intent:${booking.id}:${n}`
}

/** One whose webhook overtakes the answer that made it (H-07), or one that nobody here asked for (H-05). */
function unknownIntent(booking: Booking, intent: number): string {
  return intent === booking.payments.length ? intentOf(booking, intent + 1) : `pi_stray_${intent}`
}
