import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { Booking } from '../domain/booking.ts'
import { deadlineOf, dutiesOf, PATIENCE_SECONDS, type Duty } from '../domain/outlook.ts'
import { asksFirst } from '../domain/supplement.ts'
import { epochOf } from '../domain/time.ts'
import { CLOSING_PATIENCE_SECONDS, ONE_CALL, PATIENT_RETRY, QUICK_RETRY } from './activities.ts'
import { now, Timer } from './clock.ts'
import type { Desk, Message } from './desk.ts'
import { failureOf, isRefusal } from './failures.ts'
import { Pauses, type KeptPauses } from './pauses.ts'

type Errand = {
  readonly duty: Duty
  readonly scope: CancellationScope
  /** How it ended; null: it was let go, and not done. */
  outcome: Promise<Message | null>
  /** Somebody waits for the outcome themselves: it does not go to the desk. */
  isAwaited: boolean
}

/**
 * Work at other services that is under way. What is due follows from the booking alone (`dutiesOf`), so nothing has to be remembered but how often it
 * was tried: after every change the due ones that are not under way are begun, and those that are no longer due are let go.
 */
export class Workbench {
  readonly #running = new Map<string, Errand>()
  readonly #desk: Desk
  readonly #pauses: Pauses
  readonly #timer = new Timer()
  #wasLetGo = false

  constructor(desk: Desk, kept?: KeptPauses) {
    this.#desk = desk
    this.#pauses = new Pauses(kept)
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  /** May the run continue as a new one? Whatever else is under way is begun again there under its key; a capture's outcome is waited for. */
  get mayMove(): boolean {
    return ![...this.#running.values()].some(({ duty }) => duty.type === 'capture')
  }

  /** Is a pause over, or has what was let go ended, so that something may have to be begun? */
  get isAwake(): boolean {
    return this.#timer.hasRung || this.#wasLetGo
  }

  get kept(): KeptPauses {
    return this.#pauses.kept
  }

  /** Begins what is due and lets go of what is not. A capture is never let go: its outcome decides what has to be undone. */
  attend(booking: Booking): void {
    this.#wasLetGo = false
    const due = dutiesOf(booking, now())
    const deadline = deadlineOf(booking)
    this.#pauses.keepOnly(new Set(due.map(({ key }) => key)))
    if (deadline !== null) this.#pauses.endBy(epochOf(deadline.at))
    for (const [key, { duty, scope }] of this.#running) {
      if (duty.type !== 'capture' && !due.some((other) => other.key === key)) scope.cancel()
    }
    for (const duty of due) {
      if (!this.#running.has(duty.key) && !this.#isCapturing(duty) && !this.#pauses.isPaused(duty.key)) {
        this.#begin(booking, duty)
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

  /** What is waiting for its next try is tried at once. */
  hurry(): void {
    this.#pauses.end()
    for (const { duty, scope } of this.#running.values()) if (duty.type !== 'capture') scope.cancel()
  }

  #isCapturing(duty: Duty): boolean {
    return [...this.#running.values()].some(
      (other) => other.duty.type === 'capture' && 'payment' in duty && other.duty.payment.id === duty.payment.id,
    )
  }

  #begin(booking: Booking, duty: Duty): void {
    const scope = new CancellationScope()
    const errand: Errand = { duty, scope, isAwaited: false, outcome: Promise.resolve(null) }
    this.#running.set(duty.key, errand)
    errand.outcome = this.#see(
      errand,
      scope.run(() => perform(booking, duty)),
    )
  }

  /** Sees a duty through and leaves word of how it ended; one that was let go leaves none, unless it was done all the same. */
  async #see(errand: Errand, deed: ReturnType<typeof perform>): Promise<Message | null> {
    const { duty } = errand
    let message: Message | null
    try {
      message = { type: 'done', duty, answer: await deed }
    } catch (error) {
      message = isCancellation(error) ? null : failedMessage(duty, error)
    }
    this.#running.delete(duty.key)
    if (message === null) this.#wasLetGo = true
    else this.#pauses.add(duty.key)
    if (message !== null && !errand.isAwaited) this.#desk.leave(message)
    return message
  }
}

function failedMessage(duty: Duty, error: unknown): Message {
  const isBehind = failureOf(error)?.type === 'another_writer'
  return { type: 'failed', duty, refused: isRefusal(error), ...(isBehind && { isBehind: true }) }
}

/** Does a duty as a regular activity, within the patience there is for it. One that is let go says how it ended, which takes one call at the most. */
function perform(booking: Booking, duty: Duty): Promise<Extract<Message, { type: 'done' }>['answer']> {
  const within = (seconds: number, patient: boolean, summary: string) =>
    proxyActivities<Activities>({
      startToCloseTimeout: ONE_CALL,
      scheduleToCloseTimeout: seconds * 1000,
      retry: patient ? PATIENT_RETRY : QUICK_RETRY,
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      summary,
    })
  const patience = PATIENCE_SECONDS[duty.type]
  const errand = { bookingId: booking.id, key: duty.key, at: now() }
  switch (duty.type) {
    case 'request_payment':
      return within(patience, false, 'ask for the payment').requestPayment(errand)
    case 'capture':
      return within(patience, false, `capture ${duty.payment.intentId}`).capture(errand)
    case 'void':
      return asksFirst(booking, duty.payment)
        ? within(CLOSING_PATIENCE_SECONDS, false, `ask about ${duty.payment.intentId}`).closeUnpaid(errand)
        : within(patience, true, `cancel ${duty.payment.intentId}`).voidPayment(errand)
    case 'refund': {
      const { amount } = duty.refund
      const { currency } = booking.price
      return within(patience, true, `refund ${amount} of ${duty.payment.intentId}`).refund({
        ...errand,
        amount,
        currency,
      })
    }
    case 'make_meeting':
      return within(patience, false, 'make the meeting link').makeMeeting(errand)
  }
}
