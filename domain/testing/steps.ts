import type { Actor, Booking } from '../booking.ts'
import { onCommand, refusalOf, type Command } from '../commands.ts'
import type { Returned } from '../undo.ts'
import {
  onDeadline,
  onEffectFailed,
  onMeetingMade,
  onPaymentEvent,
  onPaymentRequested,
  onPaymentUndecided,
} from '../decide.ts'
import type { Fact, PaymentEvent } from '../facts.ts'
import { pendingEffects, type PendingEffect } from '../effects.ts'
import type { Outcome } from '../consequences.ts'
import { at, CUSTOMER, DUE, paymentEvent } from './builders.ts'

/** Something that happens to a booking in a story: the steps read as sentences, each with the minute it happens at. */
export type Step = (booking: Booking) => Outcome

/** The booking after a story. */
export function after(booking: Booking, ...steps: readonly Step[]): Booking {
  return steps.reduce((current, step) => step(current).booking, booking)
}

/** The facts that a story brought, by type. */
export function factsOf(booking: Booking, ...steps: readonly Step[]): Fact['type'][] {
  const types: Fact['type'][] = []
  let current = booking
  for (const step of steps) {
    const outcome = step(current)
    types.push(...outcome.facts.map(({ type }) => type))
    current = outcome.booking
  }
  return types
}

/** The payment was asked for: its intent is there. */
export function requested(minute: number, intentId = 'pi_1', amount = DUE, change?: string): Step {
  return (booking) =>
    onPaymentRequested(booking, { intentId, clientSecret: 'secret', amount, createdAt: at(minute) }, at(minute), change)
}

/** The payment service says something; `unitsLost`: and the database says that the units are gone. */
export function told(
  type: PaymentEvent['type'],
  minute: number,
  more: Partial<PaymentEvent> & { unitsLost?: boolean } = {},
): Step {
  const { unitsLost = false, ...rest } = more
  return (booking) => onPaymentEvent(booking, paymentEvent(type, minute, rest), { now: at(minute), unitsLost })
}

/** Somebody gives a command. A refused one fails the story: refusals are tests of their own. */
export function asked(
  type: Command['type'],
  minute: number,
  by: Actor = CUSTOMER,
  more: Particulars & { unitsLost?: boolean } = {},
): Step {
  const { unitsLost = false, ...particulars } = more
  return (booking) => {
    const command = aCommand(type, by, particulars)
    const refusal = refusalOf(booking, command, at(minute))
    if (refusal !== null) throw new Error(`${type} was refused: ${refusal.message}`)
    return onCommand(booking, command, { now: at(minute), unitsLost })
  }
}

type Particulars = {
  readonly returned?: Returned
  readonly refundKey?: string
  readonly amount?: number | null
  readonly paymentMethod?: string
}

/** A command with what it takes to be given, as far as nobody says otherwise. */
export function aCommand(type: Command['type'], by: Actor = CUSTOMER, particulars: Particulars = {}): Command {
  const asked = { by, reason: `${type} asked for`, expectedVersion: null }
  const { refundKey = '', amount = null, paymentMethod = null, returned = null } = particulars
  switch (type) {
    case 'settle_refund':
    case 'stop_refund':
      return { ...asked, type, refundKey }
    case 'confirm_reservation':
      return { ...asked, type, paymentMethod, notes: null }
    case 'confirm_by_hand':
      return { ...asked, type, amount }
    case 'undo_no_show':
      return { ...asked, type, returned }
    case 'settle_displacement':
      return { ...asked, type, how: 'kept' }
    case 'correct_contact':
      return { ...asked, type, correctionId: 'c-1', fields: ['email'] }
    case 'change':
      return { ...asked, type, change: { id: 'a-change', order: null, notes: 'changed' } }
    default:
      return { ...asked, type }
  }
}

/** The booking's timer fires. */
export function rang(minute: number): Step {
  return (booking) => onDeadline(booking, at(minute))
}

/** The payment of an expiring hold could not be brought to an end. */
export function undecided(
  minute: number,
  reason: 'payment_processing' | 'payment_unknown' = 'payment_processing',
): Step {
  return (booking) => onPaymentUndecided(booking, reason, at(minute))
}

/** Another service did not do what is due there: it refused for good, or took too long. */
export function failed(type: PendingEffect['type'], minute: number, how: 'refused' | 'overdue'): Step {
  return (booking) => onEffectFailed(booking, theEffect(booking, type, minute), how === 'refused', at(minute))
}

/** The meeting provider made the link. */
export function met(minute: number, url = 'https://meet.example/1'): Step {
  return (booking) => onMeetingMade(booking, url, at(minute))
}

/** Every refund that is due goes through. */
export function refundsDone(minute: number): Step {
  return (booking) => {
    const outcomes: Outcome = { booking, facts: [] }
    return pendingEffects(booking, at(minute)).reduce((sofar, effect) => {
      if (effect.type !== 'refund') return sofar
      const { booking, facts } = told('refund_succeeded', minute, { refundKey: effect.refund.key })(sofar.booking)
      return { booking, facts: [...sofar.facts, ...facts] }
    }, outcomes)
  }
}

/** The pending effect of a type that is due at a minute; a story in which there is none is wrong. */
export function theEffect(booking: Booking, type: PendingEffect['type'], minute: number): PendingEffect {
  const effect = pendingEffects(booking, at(minute)).find((effect) => effect.type === type)
  if (effect === undefined) throw new Error(`there is no ${type} to be done`)
  return effect
}

/** What is due at other services at a minute, by type. */
export function due(booking: Booking, minute: number): PendingEffect['type'][] {
  return pendingEffects(booking, at(minute)).map(({ type }) => type)
}
