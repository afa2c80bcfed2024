import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { Booking } from '../domain/booking.ts'
import { dutiesOf, PATIENCE_SECONDS, type Duty } from '../domain/outlook.ts'
import { asksFirst } from '../domain/supplement.ts'
import { CLOSING_PATIENCE_SECONDS, ONE_CALL, PATIENT_RETRY, QUICK_RETRY } from './activities.ts'
import { now } from './clock.ts'
import type { Desk, Message } from './desk.ts'
import { isRefusal } from './failures.ts'

/**
 * Work at other services that is under way. What is due follows from the booking alone (`dutiesOf`), so nothing has to be remembered: after
 * every change the due ones that are not under way are begun, and those that are no longer due are let go.
 */
export class Workbench {
  readonly #running = new Map<string, { duty: Duty; scope: CancellationScope }>()
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  /** Begins what is due and lets go of what is not. A capture is never let go: its outcome decides what has to be undone. */
  attend(booking: Booking): void {
    const due = dutiesOf(booking, now())
    for (const [key, { duty, scope }] of this.#running) {
      if (duty.type !== 'capture' && !due.some((other) => other.key === key)) scope.cancel()
    }
    for (const duty of due) {
      if (!this.#running.has(duty.key) && !this.#isCapturing(duty)) this.#begin(booking, duty)
    }
  }

  #isCapturing(duty: Duty): boolean {
    return [...this.#running.values()].some(
      (other) => other.duty.type === 'capture' && 'payment' in duty && other.duty.payment.id === duty.payment.id,
    )
  }

  #begin(booking: Booking, duty: Duty): void {
    const scope = new CancellationScope()
    this.#running.set(duty.key, { duty, scope })
    void this.#see(
      duty,
      scope.run(() => perform(booking, duty)),
    )
  }

  /** Sees a duty through and leaves word of how it ended; one that was let go leaves none. */
  async #see(duty: Duty, outcome: ReturnType<typeof perform>): Promise<void> {
    let message: Message | null
    try {
      message = { type: 'done', duty, answer: await outcome }
    } catch (error) {
      message = isCancellation(error) ? null : { type: 'failed', duty, refused: isRefusal(error) }
    }
    this.#running.delete(duty.key)
    if (message !== null) this.#desk.leave(message)
  }
}

/** Does a duty as a regular activity, within the patience there is for it. */
function perform(booking: Booking, duty: Duty): Promise<Extract<Message, { type: 'done' }>['answer']> {
  const within = (seconds: number, patient: boolean, summary: string) =>
    proxyActivities<Activities>({
      startToCloseTimeout: ONE_CALL,
      scheduleToCloseTimeout: seconds * 1000,
      retry: patient ? PATIENT_RETRY : QUICK_RETRY,
      cancellationType: 'TRY_CANCEL',
      summary,
    })
  const patience = PATIENCE_SECONDS[duty.type]
  switch (duty.type) {
    case 'request_payment':
      return within(patience, false, 'ask for the payment').requestPayment({
        booking,
        key: duty.key,
        ...(duty.change !== undefined && { change: duty.change }),
      })
    case 'capture':
      return within(patience, false, `capture ${duty.payment.intentId}`).capture({
        booking,
        payment: duty.payment,
        key: duty.key,
      })
    case 'void': {
      const doing = { payment: duty.payment, key: duty.key }
      return asksFirst(booking, duty.payment)
        ? within(CLOSING_PATIENCE_SECONDS, false, `ask about ${duty.payment.intentId}`).closeUnpaid(doing)
        : within(patience, true, `cancel ${duty.payment.intentId}`).voidPayment(doing)
    }
    case 'refund':
      return within(patience, true, `refund ${duty.refund.amount} of ${duty.payment.intentId}`).refund({
        refund: duty.refund,
        payment: duty.payment,
        currency: duty.payment.currency ?? booking.price.currency,
      })
    case 'make_meeting':
      return within(patience, false, 'make the meeting link').makeMeeting({ booking, key: duty.key })
  }
}
