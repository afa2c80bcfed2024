import type { Command } from '../domain/commands.ts'
import type { Disagreement } from '../domain/disagreements.ts'
import type { PaymentNotice } from '../domain/facts.ts'
import type { Duty } from '../domain/outlook.ts'
import type { Intent } from '../services/ports.ts'
import { failureOf } from './failures.ts'
import { currentTrace, inTrace, type TraceContext } from './trace.ts'

/** What a booking can be told. */
export type Message =
  | { readonly type: 'notice'; readonly notice: PaymentNotice }
  | { readonly type: 'command'; readonly command: Command; readonly seenVersion: number | null }
  | { readonly type: 'deadline' }
  /** Whatever the run believes, the database's word counts; `finding`: what it needs a person for, null: nothing (any more). */
  | { readonly type: 'reload' }
  | { readonly type: 'finding'; readonly finding: Disagreement | null }
  | {
      readonly type: 'done'
      readonly duty: Duty
      readonly answer: Intent | { readonly refundId: string } | string | null
    }
  | { readonly type: 'failed'; readonly duty: Duty; readonly refused: boolean }

type Waiting = {
  message: Message
  trace: TraceContext | undefined
  answered: () => void
  refused: (error: unknown) => void
}

/**
 * Where messages are dealt with one at a time, in the order they came: handlers put theirs down and wait, the booking's main loop takes them
 * up. So no two of them ever interleave, and a booking has one writer even inside its workflow.
 */
export class Desk {
  readonly #waiting: Waiting[] = []
  #trace: TraceContext | undefined

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** The trace of the message that was taken last: what follows from it belongs there. */
  get trace(): TraceContext | undefined {
    return this.#trace
  }

  /** Leaves a message; resolves when it was dealt with, rejects with the refusal. */
  ask(message: Message): Promise<void> {
    return new Promise((answered, refused) => {
      this.#waiting.push({ message, trace: currentTrace(), answered, refused })
    })
  }

  /** Leaves a message that nobody waits for. A refusal then concerns nobody; a fault fails the workflow task, where it is seen. */
  leave(message: Message): void {
    this.#waiting.push({
      message,
      trace: currentTrace(),
      answered: () => undefined,
      refused: (error) => {
        if (failureOf(error) === null) throw error
      },
    })
  }

  /** Deals with the first message; false when there is none. */
  async take(deal: (message: Message) => Promise<void>): Promise<boolean> {
    const first = this.#waiting.shift()
    if (first === undefined) return false
    this.#trace = first.trace
    try {
      await inTrace(first.trace, () => deal(first.message))
      first.answered()
    } catch (error) {
      first.refused(error)
    }
    return true
  }
}
