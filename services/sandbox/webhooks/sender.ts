import type { Logger } from 'pino'
import { Webhook } from 'standardwebhooks'
import { createAlarm } from '../store/alarm.ts'
import { createPoster } from './post.ts'
import type { Message, Queue } from './queue.ts'

/** 320 webhooks a second from a receiver that takes 50 ms. */
const CONCURRENCY = 16
/** Messages in memory; the rest waits in the database. */
const LOADED_MAX = 1_000
const BACKOFF_MS = { first: 200, longest: 10_000 }
const GIVE_UP_MS = 3 * 24 * 3600 * 1000

export interface Sender {
  /** Takes a message that has been committed; what is due goes out after the current turn of the event loop. */
  offer(message: Message): void
  /** Where webhooks go. Without a URL they wait. */
  setUrl(url: string | null): void
  /** Makes everything due now. */
  hasten(): void
  /** What has not been answered 2xx, and whether there is anywhere to send it. */
  state(): { pending: number; sending: boolean }
  /** Cuts what is under way; it stays queued. */
  stop(): Promise<void>
}

/**
 * Sends what is queued, at least once and in any order [S-03]: signed by the Standard Webhooks scheme with a fresh timestamp per
 * attempt and the same id, repeated after 200 ms, doubling up to 10 s, until answered 2xx or three days old.
 * @param secret 'whsec_' and base64
 */
export function createSender(queue: Queue, now: () => Date, secret: string, log: Logger): Sender {
  const webhook = new Webhook(secret)
  const poster = createPoster(CONCURRENCY)
  const loaded = new Set<number>()
  const ready: Message[] = []
  const flights = new Set<Promise<void>>()
  const alarm = createAlarm(now, log, () => {
    const at = now().getTime()
    refill(at)
    pump()
    return queue.nextAfter(at)
  })
  let url: URL | null = null
  let more = true
  let pumping: NodeJS.Immediate | undefined
  let stopped = false

  function load(message: Message): void {
    loaded.add(message.seq)
    ready.push(message)
    if (pumping === undefined && !stopped) pumping = setImmediate(pump)
  }

  function refill(at: number): void {
    if (url === null) return
    const due = queue.due(at, LOADED_MAX)
    more = due.length === LOADED_MAX
    for (const message of due) if (!loaded.has(message.seq)) load(message)
  }

  function pump(): void {
    pumping = undefined
    if (url === null || stopped) return
    if (ready.length === 0 && more) alarm.wake(0)
    for (const message of ready.splice(0, CONCURRENCY - flights.size)) fly(message, url)
  }

  function fly(message: Message, to: URL): void {
    const flight = send(message, to)
      .catch((error: unknown) => {
        log.error({ err: error }, 'a webhook could not be settled')
        alarm.wake(now().getTime() + BACKOFF_MS.longest)
      })
      .finally(() => {
        flights.delete(flight)
        pump()
      })
    flights.add(flight)
  }

  async function send(message: Message, to: URL): Promise<void> {
    const at = now()
    const status = await poster.post(
      to,
      {
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': webhook.sign(message.id, at, message.body),
      },
      message.body,
    )
    if (stopped) return
    loaded.delete(message.seq)
    settle(message, status, now().getTime())
  }

  function settle(message: Message, status: number, at: number): void {
    if (status >= 200 && status < 300) {
      queue.remove(message)
    } else if (at - message.created_at >= GIVE_UP_MS) {
      queue.remove(message)
      log.error({ webhook: message.id, status }, 'webhook given up after three days')
    } else {
      const due = at + Math.min(BACKOFF_MS.first * 2 ** message.attempts, BACKOFF_MS.longest)
      queue.postpone(message, due)
      alarm.wake(due)
    }
    if (queue.release(at, message.seq) > 0) alarm.wake(0)
  }

  return {
    offer(message) {
      if (message.due_at > now().getTime()) alarm.wake(message.due_at)
      else if (url === null || loaded.size >= LOADED_MAX) more = true
      else load(message)
    },
    setUrl(next) {
      url = next === null ? null : new URL(next)
      alarm.wake(0)
    },
    hasten() {
      queue.hasten(now().getTime())
      alarm.wake(0)
    },
    state: () => ({ pending: queue.size(), sending: url !== null }),
    async stop() {
      stopped = true
      alarm.stop()
      clearImmediate(pumping)
      poster.close()
      await Promise.all(flights)
    },
  }
}
