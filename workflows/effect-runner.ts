import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { Booking } from '../domain/booking.ts'
import { deadlineOf } from '../domain/deadlines.ts'
import { pendingEffects, PATIENCE_SECONDS, type PendingEffect } from '../domain/effects.ts'
import { asksFirst } from '../domain/supplement.ts'
import { epochOf } from '../domain/time.ts'
import { CLOSING_PATIENCE_SECONDS, ONE_CALL_MS, PATIENT_RETRY, QUICK_RETRY } from './activities.ts'
import { now, Timer } from './clock.ts'
import type { Mailbox, Message } from './mailbox.ts'
import { failureOf, isRefusal } from './failures.ts'
import { Pauses, type KeptPauses } from './pauses.ts'

type Errand = {
  readonly effect: PendingEffect
  readonly scope: CancellationScope
  /** How it ended; null: it was let go, and not done. */
  outcome: Promise<Message | null>
  /** Somebody waits for the outcome themselves: it does not go into the mailbox. */
  isAwaited: boolean
  /** It is not due any more: that it was not done is no failure. */
  isLetGo: boolean
  /** Epoch milliseconds. */
  readonly begunAt: number
}

/**
 * Work at other services that is under way. What is due follows from the booking alone (`pendingEffects`), so nothing has to be remembered but how often it
 * was tried: after every change the due ones that are not under way are begun, and those that are no longer due are let go.
 *
 * What was begun just now and is let go is not cancelled: each try reads the booking first and ends when nothing is due (activities/errands.ts). It has often
 * ended already, within this very task: a cancellation would be an event for nothing, and Temporal's time-skipping server loses the task that asks for it.
 */
export class EffectRunner {
  readonly #running = new Map<string, Errand>()
  readonly #mailbox: Mailbox
  readonly #pauses: Pauses
  readonly #timer = new Timer()
  #wasLetGo = false

  constructor(mailbox: Mailbox, kept?: KeptPauses) {
    this.#mailbox = mailbox
    this.#pauses = new Pauses(kept)
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  /** May the run continue as a new one? Whatever else is under way is begun again there under its key; a capture's outcome is waited for. */
  get mayMove(): boolean {
    return ![...this.#running.values()].some(({ effect }) => effect.type === 'capture')
  }

  /** Is a pause over, or has what was let go ended, so that something may have to be begun? */
  get isAwake(): boolean {
    return this.#timer.hasRung || this.#wasLetGo
  }

  get kept(): KeptPauses {
    return this.#pauses.kept
  }

  /** Begins what is due and lets go of what is not. A capture is never let go: its outcome decides what has to be undone. */
  reconcile(booking: Booking): void {
    this.#wasLetGo = false
    const due = pendingEffects(booking, now())
    const deadline = deadlineOf(booking)
    this.#pauses.keepOnly(new Set(due.map(({ key }) => key)))
    if (deadline !== null) this.#pauses.endBy(epochOf(deadline.at))
    for (const [key, errand] of this.#running) {
      errand.isLetGo = errand.effect.type !== 'capture' && !due.some((other) => other.key === key)
      if (errand.isLetGo && isWaiting(errand)) errand.scope.cancel()
    }
    for (const effect of due) {
      if (!this.#running.has(effect.key) && !this.#isCapturing(effect) && !this.#pauses.isPaused(effect.key)) {
        this.#begin(booking, effect)
      }
    }
    this.#timer.set(this.#pauses.next, 'what could not be done is tried again')
  }

  /** Stops one piece of work and answers with how it ended, because only then is it known whether it was done; null: it was not, or never begun. */
  async stop(key: string): Promise<Message | null> {
    const errand = this.#running.get(key)
    if (errand === undefined) return null
    errand.isAwaited = true
    errand.scope.cancel()
    return errand.outcome
  }

  /** What is waiting for its next try is tried at once; what was begun just now is under way, or waits for less than a call takes. */
  hurry(): void {
    this.#pauses.end()
    for (const errand of this.#running.values()) {
      if (errand.effect.type !== 'capture' && isWaiting(errand)) errand.scope.cancel()
    }
  }

  #isCapturing(effect: PendingEffect): boolean {
    return [...this.#running.values()].some(
      (other) =>
        other.effect.type === 'capture' && 'payment' in effect && other.effect.payment.id === effect.payment.id,
    )
  }

  #begin(booking: Booking, effect: PendingEffect): void {
    const scope = new CancellationScope()
    const errand: Errand = {
      effect,
      scope,
      isAwaited: false,
      isLetGo: false,
      begunAt: Date.now(),
      outcome: Promise.resolve(null),
    }
    this.#running.set(effect.key, errand)
    errand.outcome = this.#see(
      errand,
      scope.run(() => perform(booking, effect)),
    )
  }

  /** Waits for a pending effect and posts how it ended; one that was stopped or let go posts nothing, unless it was done all the same. */
  async #see(errand: Errand, operation: ReturnType<typeof perform>): Promise<Message | null> {
    const { effect } = errand
    let message: Message | null
    try {
      message = { type: 'done', effect, answer: await operation }
    } catch (error) {
      message = isCancellation(error) || errand.isLetGo ? null : failedMessage(effect, error)
    }
    this.#running.delete(effect.key)
    if (message === null) this.#wasLetGo = true
    else this.#pauses.add(effect.key)
    if (message !== null && !errand.isAwaited) this.#mailbox.post(message)
    return message
  }
}

/** Does it most likely wait for its next try, which may be an hour away? What was begun within the time of one call is under way, or tried again within as much. */
function isWaiting({ begunAt }: Errand): boolean {
  return begunAt < Date.now() - ONE_CALL_MS
}

function failedMessage(effect: PendingEffect, error: unknown): Message {
  const isBehind = failureOf(error)?.type === 'another_writer'
  return { type: 'failed', effect, refused: isRefusal(error), ...(isBehind && { isBehind: true }) }
}

/** Does a pending effect as a regular activity, within the patience there is for it. One that is stopped says how it ended, which takes one call at the most. */
function perform(booking: Booking, effect: PendingEffect): Promise<Extract<Message, { type: 'done' }>['answer']> {
  const within = (seconds: number, patient: boolean, summary: string) =>
    proxyActivities<Activities>({
      startToCloseTimeout: ONE_CALL_MS,
      scheduleToCloseTimeout: seconds * 1000,
      retry: patient ? PATIENT_RETRY : QUICK_RETRY,
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      summary,
    })
  const patience = PATIENCE_SECONDS[effect.type]
  const errand = { bookingId: booking.id, key: effect.key, at: now() }
  switch (effect.type) {
    case 'request_payment':
      return within(patience, false, 'ask for the payment').requestPayment(errand)
    case 'capture':
      return within(patience, false, `capture ${effect.payment.intentId}`).capture(errand)
    case 'void':
      return asksFirst(booking, effect.payment)
        ? within(CLOSING_PATIENCE_SECONDS, false, `ask about ${effect.payment.intentId}`).closeUnpaid(errand)
        : within(patience, true, `cancel ${effect.payment.intentId}`).voidPayment(errand)
    case 'refund': {
      const { amount } = effect.refund
      const currency = effect.payment.currency ?? booking.price.currency
      return within(patience, true, `refund ${amount} of ${effect.payment.intentId}`).refund({
        ...errand,
        amount,
        currency,
      })
    }
    case 'make_meeting':
      return within(patience, false, 'make the meeting link').makeMeeting(errand)
  }
}
