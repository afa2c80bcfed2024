import { ApplicationFailure } from '@temporalio/common'
import type { Activities } from '../../activities/index.ts'
import type { Change } from '../../activities/holds.ts'
import type { Errand } from '../../activities/errands.ts'
import { final } from '../../activities/failures.ts'
import type { Booking, Payment } from '../../domain/booking.ts'
import { evolveAll } from '../../domain/evolve.ts'
import type { Fact } from '../../domain/facts.ts'
import { pendingEffects, type PendingEffect } from '../../domain/effects.ts'
import { asksFirst } from '../../domain/supplement.ts'
import type { Intent } from '../../services/ports.ts'

/** What a workflow asks of others: the pending effects (a void of a hold asks first), and to be written and read by the database. */
export const EFFECTS = ['request_payment', 'capture', 'void', 'close', 'refund', 'make_meeting'] as const
export type Effect = (typeof EFFECTS)[number]

/** Every kind of answer; the last four are the database's, to the write of what a done operation leads to. */
export const ANSWERS = [
  'done',
  'refused',
  'unknown',
  'stale',
  'fault',
  'not_due',
  'constraint',
  'units_lost',
  'another_writer',
  'write_fault',
] as const
export type Answer = (typeof ANSWERS)[number]

export function effectOf(booking: Booking, effect: PendingEffect): Effect {
  return effect.type === 'void' && asksFirst(booking, effect.payment) ? 'close' : effect.type
}

/** A database and services in memory, which answer one effect of a booking as its cell says, and everything else as usual. */
export function effectActivities(cells: ReadonlyMap<string, { readonly effect: Effect; readonly answer: Answer }>) {
  const bookings = new Map<string, Booking>()
  /** How often the effect of the cell was asked for. */
  const asked = new Map<string, number>()

  function dutyOf({ bookingId, key, at }: Errand): { booking: Booking; effect: PendingEffect; answer: Answer } {
    const booking = bookings.get(bookingId)
    const effect = booking && pendingEffects(booking, at).find((each) => each.key === key)
    if (booking === undefined || effect === undefined) throw final('another_writer', `${key} is not due`)
    const cell = cells.get(bookingId)
    const isIt = cell?.effect === effectOf(booking, effect)
    if (isIt) asked.set(bookingId, (asked.get(bookingId) ?? 0) + 1)
    return { booking, effect, answer: isIt ? cell.answer : 'done' }
  }

  function answered<Result>(
    errand: Errand,
    done: (effect: PendingEffect) => Result,
    stale: (effect: PendingEffect) => Result,
  ): Result {
    const { effect, answer } = dutyOf(errand)
    switch (answer) {
      case 'refused':
        throw final('not_found', 'no such thing here')
      case 'unknown':
        throw atOnce('no answer')
      case 'fault':
        throw atOnce('a fault of ours')
      case 'not_due':
        throw final('another_writer', 'not due')
      case 'stale':
        return stale(effect)
      default:
        return done(effect)
    }
  }

  const intentOf = (payment: Payment, status: Intent['status']): Intent => ({
    id: payment.intentId,
    clientSecret: 'secret',
    status,
    amount: payment.amount || 12_000,
    amountCaptured: status === 'succeeded' ? payment.amount || 12_000 : 0,
    currency: 'USD',
    method: 'card',
    failureCode: null,
    createdAt: payment.asOf,
    updatedAt: new Date().toISOString(),
  })
  const intent = (status: Intent['status']) => (effect: PendingEffect) =>
    intentOf('payment' in effect ? effect.payment : NO_PAYMENT, status)
  /** What is known already: the payment as it stands. */
  const known = (effect: PendingEffect) => {
    const payment = 'payment' in effect ? effect.payment : NO_PAYMENT
    const status = payment.status === 'authorized' ? 'authorized' : 'requires_payment_method'
    return { ...intentOf(payment, status), updatedAt: payment.asOf }
  }
  const asIs = async (errand: Errand) => Promise.resolve(answered(errand, intent('cancelled'), known))

  const activities: Partial<Activities> = {
    load: (id) => Promise.resolve(bookings.get(id) ?? null),
    record: async (change) => write(change),
    requestPayment: async (errand) =>
      Promise.resolve(
        answered(
          errand,
          (effect) => ({ ...intentOf(NO_PAYMENT, 'requires_payment_method'), id: `pi_${effect.key}` }),
          (effect) => ({
            ...intentOf(NO_PAYMENT, 'requires_payment_method'),
            id: firstIntent(errand) ?? `pi_${effect.key}`,
          }),
        ),
      ),
    capture: async (errand) => Promise.resolve(answered(errand, intent('succeeded'), known)),
    voidPayment: asIs,
    closeUnpaid: asIs,
    refund: async (errand) =>
      Promise.resolve(
        answered(
          errand,
          () => null,
          () => null,
        ),
      ),
    makeMeeting: async (errand) =>
      Promise.resolve(
        answered(
          errand,
          () => 'https://meet.example/1',
          () => 'https://meet.example/1',
        ),
      ),
  }
  return { bookings, asked, activities }

  function firstIntent({ bookingId }: Errand): string | undefined {
    return bookings.get(bookingId)?.payments[0]?.intentId
  }

  function write({ before, facts }: Change): Promise<void> {
    const stored = bookings.get(before.id)
    if (stored?.version !== before.version) throw final('another_writer', 'the booking has moved on')
    const cell = cells.get(before.id)
    if (cell !== undefined && facts.some((fact) => OF_EFFECT[cell.effect].includes(fact.type))) {
      switch (cell.answer) {
        case 'constraint':
          throw final('write_refused', 'ledger_sign')
        case 'units_lost':
          throw final('units_lost', 'gone')
        case 'another_writer':
          throw final('another_writer', 'always')
        case 'write_fault':
          throw final('write_refused', 'a fault of ours')
        default:
      }
    }
    bookings.set(before.id, evolveAll(stored, facts).booking)
    return Promise.resolve()
  }
}

/** As if the patience with it had run out already: what is tried for long makes no events meanwhile. */
function atOnce(message: string): ApplicationFailure {
  return ApplicationFailure.create({ message, type: 'Error', nonRetryable: true })
}

/** The facts that an effect's own answer brings. */
const OF_EFFECT: Readonly<Record<Effect, readonly Fact['type'][]>> = {
  request_payment: ['payment_requested'],
  capture: ['payment_captured'],
  void: ['payment_voided'],
  close: ['payment_voided'],
  refund: ['refund_succeeded'],
  make_meeting: ['meeting_made'],
}

const NO_PAYMENT: Payment = {
  id: 'p-0',
  intentId: 'pi_0',
  clientSecret: null,
  status: 'requested',
  method: null,
  amount: 12_000,
  captured: 0,
  paidAt: null,
  failureCode: null,
  asOf: '2026-05-04T09:00:00.000Z',
}
