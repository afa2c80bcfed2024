import type { Command } from '../domain/commands.ts'
import type { DiscrepancyReason } from '../domain/discrepancies.ts'
import type { PaymentEvent } from '../domain/facts.ts'
import type { PendingEffect } from '../domain/effects.ts'
import type { Intent } from '../services/ports.ts'
import { failureOf } from './failures.ts'
import { currentTrace, inTrace, type TraceContext } from './trace.ts'

/** What a booking can be told. */
export type Message =
  | { readonly type: 'payment_event'; readonly paymentEvent: PaymentEvent }
  | { readonly type: 'command'; readonly command: Command; readonly seenVersion: number | null }
  | { readonly type: 'deadline' }
  /** Reload the booking from PostgreSQL. `discrepancy`: what a person is needed for, null: nothing (any more). */
  | { readonly type: 'reload' }
  | { readonly type: 'discrepancy'; readonly discrepancy: DiscrepancyReason | null }
  | {
      readonly type: 'done'
      readonly effect: PendingEffect
      readonly answer: Intent | { readonly refundId: string } | string | null
    }
  | { readonly type: 'failed'; readonly effect: PendingEffect; readonly refused: boolean }

type Waiting = {
  message: Message
  trace: TraceContext | undefined
  answered: () => void
  refused: (error: unknown) => void
}

/**
 * The queue of a run. Handlers put messages in, the main loop takes one at a time, in the order they came. So no two messages interleave, and a
 * booking has one writer even inside its workflow.
 */
export class Mailbox {
  readonly #waiting: Waiting[] = []
  #trace: TraceContext | undefined

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** The trace of the message that was taken last: what follows from it belongs there. */
  get trace(): TraceContext | undefined {
    return this.#trace
  }

  /** Puts a message in; resolves when it was processed, rejects with the refusal. */
  request(message: Message): Promise<void> {
    return new Promise((answered, refused) => {
      this.#waiting.push({ message, trace: currentTrace(), answered, refused })
    })
  }

  /** Puts in a message that nobody waits for. Its refusal is dropped; a fault fails the workflow task, where it is seen. */
  post(message: Message): void {
    this.#waiting.push({
      message,
      trace: currentTrace(),
      answered: () => undefined,
      refused: (error) => {
        if (failureOf(error) === null) throw error
      },
    })
  }

  /** Processes the first message; false when there is none. */
  async next(process: (message: Message) => Promise<void>): Promise<boolean> {
    const first = this.#waiting.shift()
    if (first === undefined) return false
    this.#trace = first.trace
    try {
      await inTrace(first.trace, () => process(first.message))
      first.answered()
    } catch (error) {
      first.refused(error)
    }
    return true
  }
}
