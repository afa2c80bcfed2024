import type { Database } from '../store/database.ts'

/** A webhook as it waits. Several rows may share an id: copies of one message. Instants in milliseconds. */
export interface Message {
  seq: number
  id: string
  body: string
  created_at: number
  due_at: number
  attempts: number
  held: 0 | 1
}

/** The durable side of the outbound queue: a row is there until its message was answered 2xx or given up. */
export interface Queue {
  due(at: number, limit: number): Message[]
  /** The first instant after `at` at which something is due. */
  nextAfter(at: number): number | undefined
  size(): number
  remove(message: Message): void
  postpone(message: Message, until: number): void
  /** Lets go what waited to be overtaken, up to `before`. Answers how many. */
  release(at: number, before: number): number
  /** Makes everything due now; a held message goes when nothing is left that could overtake it. */
  hasten(at: number): void
}

export function createQueue(db: Database): Queue {
  return {
    due: (at, limit) =>
      db.all<Message>('select * from webhooks where due_at <= ? order by due_at, seq limit ?', at, limit),
    nextAfter: (at) =>
      db.get<{ due: number | null }>('select min(due_at) as due from webhooks where due_at > ?', at)?.due ?? undefined,
    size: () => db.get<{ count: number }>('select count(*) as count from webhooks')?.count ?? 0,
    remove: (message) => db.run('delete from webhooks where seq = ?', message.seq),
    postpone: (message, until) =>
      db.run('update webhooks set attempts = attempts + 1, due_at = ? where seq = ?', until, message.seq),
    release: (at, before) => db.run('update webhooks set held = 0, due_at = ? where held = 1 and seq < ?', at, before),
    hasten: (at) =>
      db.run(
        `update webhooks set due_at = ?, held = 0 where due_at > ?
         and (held = 0 or seq > (select coalesce(max(seq), 0) from webhooks where held = 0))`,
        at,
        at,
      ),
  }
}
