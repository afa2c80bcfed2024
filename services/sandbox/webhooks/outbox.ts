import { randomUUID } from 'node:crypto'
import type { Faults } from '../faults/plan.ts'
import type { WebhookType } from '../faults/rules.ts'
import type { Database } from '../store/database.ts'
import type { Message } from './queue.ts'
import type { Sender } from './sender.ts'

/** How long a held message waits for one that overtakes it. */
const HOLD_MS = 1_000

/** What a fact is about. */
interface Subject {
  id: string
  booking_id: string
  currency: string
  payment_method: string | null
  failure_code: string | null
}

/** `amount` in minor units: what this fact authorised, captured or refunded, else what the intent is for. */
interface About {
  amount: number
  refund_id?: string
  refund_key?: string
  dispute_id?: string
  reason?: string
  authorization_expires_at?: string
}

export type Emit = (type: WebhookType, subject: Subject, about: About) => void

/**
 * Queues facts as webhooks [S-03] in the transaction that makes them, and plays the plan's faults on them: `drop` queues
 * nothing, `duplicate` more copies under one id, `delay_ms` later, `reorder` lets the next message overtake (or a second pass).
 */
export function createEmit(db: Database, now: () => Date, faults: Faults, sender: Sender): Emit {
  return (type, subject, { amount, ...refund }) => {
    const fault = faults.strike('webhooks', type)
    if (fault?.drop) return
    const at = now().getTime()
    const id = `evt_${randomUUID().replaceAll('-', '')}`
    const body = JSON.stringify({
      id,
      type,
      timestamp: new Date(at).toISOString(),
      data: {
        intent_id: subject.id,
        booking_id: subject.booking_id,
        amount,
        currency: subject.currency,
        payment_method: subject.payment_method ?? undefined,
        failure_code: subject.failure_code ?? undefined,
        ...refund,
      },
    })
    // Somebody has to overtake: while one message is held, the next goes at once.
    const held = fault?.reorder === true && db.get('select 1 from webhooks where held = 1 limit 1') === undefined
    const dueAt = at + (fault?.delay_ms ?? 0) + (held ? HOLD_MS : 0)
    for (let copy = 0; copy <= (fault?.duplicate ?? 0); copy += 1) {
      const message = db.get<Message>(
        `insert into webhooks (id, body, created_at, due_at, held) values (?, ?, ?, ?, ?) returning *`,
        id,
        body,
        at,
        dueAt,
        held ? 1 : 0,
      )
      if (message !== undefined) db.afterCommit(() => sender.offer(message))
    }
  }
}
