import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { Booking } from '../domain/booking.ts'
import { pendingEffects, PATIENCE_SECONDS, type PendingEffect } from '../domain/effects.ts'
import { asksFirst } from '../domain/supplement.ts'
import { CLOSING_PATIENCE_SECONDS, ONE_CALL, PATIENT_RETRY, QUICK_RETRY } from './activities.ts'
import { now } from './clock.ts'
import type { Mailbox, Message } from './mailbox.ts'
import { isRefusal } from './failures.ts'

/**
 * Work at other services that is under way. What is due follows from the booking alone (`pendingEffects`), so nothing has to be remembered: after
 * every change the due ones that are not under way are begun, and those that are no longer due are let go.
 */
export class EffectRunner {
  readonly #running = new Map<string, { effect: PendingEffect; scope: CancellationScope }>()
  readonly #mailbox: Mailbox

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  /** Begins what is due and lets go of what is not. A capture is never let go: its outcome decides what has to be undone. */
  reconcile(booking: Booking): void {
    const due = pendingEffects(booking, now())
    for (const [key, { effect, scope }] of this.#running) {
      if (effect.type !== 'capture' && !due.some((other) => other.key === key)) scope.cancel()
    }
    for (const effect of due) {
      if (!this.#running.has(effect.key) && !this.#isCapturing(effect)) this.#begin(booking, effect)
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
    this.#running.set(effect.key, { effect, scope })
    void this.#see(
      effect,
      scope.run(() => perform(booking, effect)),
    )
  }

  /** Waits for a pending effect and posts how it ended; one that was stopped posts nothing. */
  async #see(effect: PendingEffect, outcome: ReturnType<typeof perform>): Promise<void> {
    let message: Message | null
    try {
      message = { type: 'done', effect, answer: await outcome }
    } catch (error) {
      message = isCancellation(error) ? null : { type: 'failed', effect, refused: isRefusal(error) }
    }
    this.#running.delete(effect.key)
    if (message !== null) this.#mailbox.post(message)
  }
}

/** Does a pending effect as a regular activity, within the patience there is for it. */
function perform(booking: Booking, effect: PendingEffect): Promise<Extract<Message, { type: 'done' }>['answer']> {
  const within = (seconds: number, patient: boolean, summary: string) =>
    proxyActivities<Activities>({
      startToCloseTimeout: ONE_CALL,
      scheduleToCloseTimeout: seconds * 1000,
      retry: patient ? PATIENT_RETRY : QUICK_RETRY,
      cancellationType: 'TRY_CANCEL',
      summary,
    })
  const patience = PATIENCE_SECONDS[effect.type]
  switch (effect.type) {
    case 'request_payment':
      return within(patience, false, 'ask for the payment').requestPayment({
        booking,
        key: effect.key,
        ...(effect.change !== undefined && { change: effect.change }),
      })
    case 'capture':
      return within(patience, false, `capture ${effect.payment.intentId}`).capture({
        booking,
        payment: effect.payment,
        key: effect.key,
      })
    case 'void': {
      const doing = { payment: effect.payment, key: effect.key }
      return asksFirst(booking, effect.payment)
        ? within(CLOSING_PATIENCE_SECONDS, false, `ask about ${effect.payment.intentId}`).closeUnpaid(doing)
        : within(patience, true, `cancel ${effect.payment.intentId}`).voidPayment(doing)
    }
    case 'refund':
      return within(patience, true, `refund ${effect.refund.amount} of ${effect.payment.intentId}`).refund({
        refund: effect.refund,
        payment: effect.payment,
        currency: effect.payment.currency ?? booking.price.currency,
      })
    case 'make_meeting':
      return within(patience, false, 'make the meeting link').makeMeeting({ booking, key: effect.key })
  }
}
