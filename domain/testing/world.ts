import fc from 'fast-check'
import { dueOf, type Booking } from '../booking.ts'
import { legalCommands, onCommand, refusalOf, type CommandType } from '../commands.ts'
import {
  onDeadline,
  onEffectFailed,
  onMeetingMade,
  onPaymentEvent,
  onPaymentRequested,
  onPaymentUndecided,
} from '../decide.ts'
import { deadlineOf } from '../deadlines.ts'
import { pendingEffects, type PendingEffect } from '../effects.ts'
import type { PaymentEvent } from '../facts.ts'
import type { Outcome } from '../consequences.ts'
import { isBounced } from '../payments.ts'
import { amountToAsk, asksFirst } from '../supplement.ts'
import { plusSeconds, type Instant } from '../time.ts'
import { BankRefusal, openBank, paymentEventOf, type Bank, type BankIntent } from './bank.ts'
import { CUSTOMER, OPERATOR } from './builders.ts'
import { anotherThan, leftOut, rescheduled } from './stimuli.ts'
import { aCommand } from './steps.ts'

const PAID = ['processing', 'authorized', 'succeeded', 'failed'] as const
const ANSWERS = ['arrives', 'arrives', 'arrives', 'is_lost', 'never_asked', 'is_refused'] as const
const ASKED = [
  'cancel',
  'approve',
  'decline',
  'check_in',
  'start',
  'complete',
  'retry',
] as const satisfies readonly CommandType[]

/** Something that customers, the bank, the net or people do. */
export type Operation =
  | { readonly do: 'pay'; readonly which: number; readonly outcome: (typeof PAID)[number] }
  | { readonly do: 'pay_twice'; readonly outcome: 'authorized' | 'succeeded'; readonly isForeign: boolean }
  | { readonly do: 'capture_part'; readonly which: number }
  | { readonly do: 'refund_elsewhere'; readonly which: number; readonly share: number }
  | { readonly do: 'bounce'; readonly nth: number }
  | { readonly do: 'dispute'; readonly which: number; readonly share: number; readonly isWithdrawn: boolean }
  | { readonly do: 'decide'; readonly state: 'won' | 'lost' }
  | { readonly do: 'let_go'; readonly which: number }
  | { readonly do: 'hear'; readonly which: number }
  | { readonly do: 'work'; readonly which: number; readonly answer: (typeof ANSWERS)[number] }
  | { readonly do: 'ring' }
  | { readonly do: 'reschedule'; readonly share: number; readonly days?: number; readonly apart?: number }
  | { readonly do: 'leave_out'; readonly which: number }
  | { readonly do: 'ask'; readonly command: (typeof ASKED)[number] }

const kind = <K extends Operation['do']>(what: K) => fc.constant(what)
export const anOperation: fc.Arbitrary<{ readonly operation: Operation; readonly wait: number }> = fc.record({
  operation: fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: kind('pay'), which: fc.nat(2), outcome: fc.constantFrom(...PAID) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: kind('pay_twice'),
        outcome: fc.constantFrom('authorized', 'succeeded'),
        isForeign: fc.constantFrom(false, true),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: kind('capture_part'), which: fc.nat(2) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: kind('refund_elsewhere'), which: fc.nat(2), share: fc.constantFrom(0.3, 1) }),
    },
    { weight: 1, arbitrary: fc.record({ do: kind('bounce'), nth: fc.nat(2) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: kind('dispute'),
        which: fc.nat(2),
        share: fc.constantFrom(0.5, 1),
        isWithdrawn: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: kind('decide'), state: fc.constantFrom('won', 'lost') }) },
    { weight: 1, arbitrary: fc.record({ do: kind('let_go'), which: fc.nat(2) }) },
    { weight: 6, arbitrary: fc.record({ do: kind('hear'), which: fc.nat(9) }) },
    {
      weight: 7,
      arbitrary: fc.record({
        do: kind('work'),
        which: fc.nat(2),
        answer: fc.constantFrom(...ANSWERS),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: kind('ring') }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: kind('reschedule'),
        share: fc.constantFrom(0, 0.5, 1, 1.25, 2),
        days: fc.constantFrom(0, 1, 30, -3),
        apart: fc.constantFrom(0, 3, 48),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: kind('leave_out'), which: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: kind('ask'), command: fc.constantFrom(...ASKED) }) },
  ),
  wait: fc.constantFrom(0, 0, 1, 5, 60, 300, 900, 40_000),
})

/** A booking and a bank that tell each other what they do, over a net that repeats, reorders and loses answers (H-08, H-24). */
export function openWorld(held: Booking) {
  const bank = openBank(held.price.currency)
  // `byHand`: what people paid back by other means, of refunds that came back, by currency.
  const world = { bank, booking: held, now: held.createdAt, byHand: new Map<string, number>(), step, rest }
  return world

  function hear(paymentEvent: PaymentEvent): void {
    believe(onPaymentEvent(world.booking, paymentEvent, { now: world.now }))
  }

  function believe({ booking }: Outcome): void {
    world.booking = booking
  }

  function step({ operation, wait }: { readonly operation: Operation; readonly wait: number }): void {
    world.now = plusSeconds(world.now, wait)
    const { booking, now } = world
    const intent = 'which' in operation ? bank.intents[operation.which] : undefined
    switch (operation.do) {
      case 'pay':
        return intent && bank.pay(intent, operation.outcome, now)
      case 'pay_twice': {
        const { currency } = booking.price
        const inCurrency = operation.isForeign ? anotherThan(currency) : currency
        if (bank.intents.length < 4) bank.payTwice(Math.max(1, dueOf(booking)), operation.outcome, now, inCurrency)
        return
      }
      case 'capture_part':
        if (intent?.status === 'authorized') bank.capture(intent.id, Math.ceil(intent.amount / 2), now)
        return
      case 'refund_elsewhere':
        return intent && bank.refundElsewhere(intent, operation.share, now)
      case 'bounce': {
        const refund = bank.refunds[operation.nth]
        return refund && bank.bounce(refund, now)
      }
      case 'dispute':
        return intent && bank.dispute(intent, operation.share, operation.isWithdrawn, now)
      case 'decide':
        return bank.decide(operation.state, now)
      case 'let_go':
        return intent && bank.letGo(intent, now)
      case 'hear': {
        const paymentEvent = bank.news[operation.which % Math.max(1, bank.news.length)]
        return paymentEvent && hear(paymentEvent)
      }
      case 'work': {
        const effect = pendingEffects(booking, now)[operation.which]
        if (effect === undefined) return
        // Whoever cannot be asked to end a payment is asked until they do.
        if (operation.answer === 'is_refused' && effect.type !== 'void')
          return believe(onEffectFailed(booking, effect, true, now))
        const isAsked = operation.answer !== 'never_asked' && operation.answer !== 'is_refused'
        const answer = isAsked ? ask(bank, booking, effect, now) : null
        return believe(
          answer === null || operation.answer === 'is_lost' ? onEffectFailed(booking, effect, false, now) : answer,
        )
      }
      case 'ring':
        world.now = [deadlineOf(booking)?.at ?? now, now].toSorted()[1] ?? now
        return believe(onDeadline(booking, world.now))
      case 'reschedule':
        return believe(rescheduled(booking, operation, CUSTOMER, now))
      case 'leave_out':
        return believe(leftOut(booking, operation.which, CUSTOMER, { now }))
      case 'ask': {
        const command = aCommand(operation.command, operation.command === 'cancel' ? CUSTOMER : OPERATOR)
        if (refusalOf(booking, command, now) === null) believe(onCommand(booking, command, { now }))
      }
    }
  }

  /**
   * All news is heard, all work is done, every timer fires, banks decide, operators see to refunds that failed or came back: until nothing moves any more;
   * false: never.
   */
  function rest(): boolean {
    for (let round = 0; round < 80; round += 1) {
      const before = [world.booking.version, bank.news.length].join()
      for (const intent of bank.intents) if (intent.status === 'processing') bank.pay(intent, 'failed', world.now)
      bank.decide(round % 2 === 0 ? 'won' : 'lost', world.now)
      for (const paymentEvent of bank.news) hear(paymentEvent)
      for (const effect of pendingEffects(world.booking, world.now))
        believe(ask(bank, world.booking, effect, world.now) ?? { booking: world.booking, facts: [] })
      if (legalCommands(world.booking).includes('retry')) step({ operation: { do: 'ask', command: 'retry' }, wait: 0 })
      for (const { key, amount, paymentId } of world.booking.refunds.filter(isBounced)) {
        const { payments, price } = world.booking
        const currency = payments.find(({ id }) => id === paymentId)?.currency ?? price.currency
        believe(onCommand(world.booking, aCommand('settle_refund', OPERATOR, { refundKey: key }), { now: world.now }))
        world.byHand.set(currency, (world.byHand.get(currency) ?? 0) + amount)
      }
      const isQuiet = before === [world.booking.version, bank.news.length].join()
      const deadline = deadlineOf(world.booking)
      if (isQuiet && deadline === null) return pendingEffects(world.booking, world.now).length === 0
      if (isQuiet && deadline !== null) step({ operation: { do: 'ring' }, wait: 0 })
    }
    return false
  }
}

/** Does a pending effect at the bank and says what the booking makes of the answer (workflows/effect-runner.ts, workflows/process-message.ts); null: none yet. */
function ask(bank: Bank, booking: Booking, effect: PendingEffect, now: Instant): Outcome | null {
  const tell = (intent: BankIntent) => onPaymentEvent(booking, paymentEventOf(intent, `answer:${effect.key}`), { now })
  switch (effect.type) {
    case 'request_payment': {
      const { id, amount, updatedAt } = bank.create(effect.key, amountToAsk(booking, effect.change), now)
      const intent = { intentId: id, clientSecret: 's', amount, createdAt: updatedAt }
      return onPaymentRequested(booking, intent, now, effect.change)
    }
    case 'capture':
      return tell(bank.capture(effect.payment.intentId, amountToAsk(booking, effect.payment.change), now))
    case 'void': {
      const { intentId } = effect.payment
      // An expiring hold asks first: what may turn out paid is left alone.
      const isAsked =
        asksFirst(booking, effect.payment) &&
        ['processing', 'authorized', 'succeeded'].includes(bank.find(intentId).status)
      const intent = isAsked ? bank.find(intentId) : bank.cancel(intentId, now)
      if (intent.status !== 'processing') return tell(intent)
      return asksFirst(booking, effect.payment)
        ? onPaymentUndecided(tell(intent).booking, 'payment_processing', now)
        : null
    }
    case 'refund': {
      const { intentId } = effect.payment
      try {
        const refundId = bank.refund(effect.key, intentId, effect.refund.amount)
        const done = { type: 'refund_succeeded', refundKey: effect.key, refundId } as const
        return onPaymentEvent(booking, { ...paymentEventOf(bank.find(intentId), effect.key), ...done }, { now })
      } catch (error) {
        if (!(error instanceof BankRefusal)) throw error
        return onEffectFailed(booking, effect, true, now)
      }
    }
    case 'make_meeting':
      return onMeetingMade(booking, 'https://meet.example/1', now)
  }
}
