import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Webhook } from 'standardwebhooks'
import type { Database } from '../../prisma/client.ts'
import { claimDeliveries, settleDelivery, type ClaimedDelivery } from '../../prisma/webhooks.ts'
import type { Poster } from '../../services/webhooks/poster.ts'
import { unseal, type SecretKey } from '../../services/webhooks/secrets.ts'

export type WebhookPorts = {
  readonly database: Database
  readonly log: Logger
  readonly poster: Poster
  readonly keys: readonly SecretKey[]
}

/** Seconds after the first, second … failed attempt; the last again and again, until three days are over. */
const PAUSES = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200] as const
const PATIENCE_SECONDS = 3 * 86_400

/** Requests under way to one endpoint, and in all: waiting for an answer costs a socket and no work. */
const EACH = 4
const TOTAL = 256

/** Longer than an attempt can take (`WEBHOOK_DEADLINE_MS`, at most 30 s). */
const LEASE_SECONDS = 60

export type WebhookSender = { stop(): Promise<void> }

/**
 * Delivers what is queued until stopped, at least once and in order per booking and endpoint (W-03). Several may do so side by side. `clock` is what
 * attempts and pauses go by; `stop` resolves when what is under way has ended.
 */
export function startWebhooks(
  ports: WebhookPorts,
  { intervalMs = 500, clock = () => new Date() }: { intervalMs?: number; clock?: () => Date } = {},
): WebhookSender {
  const stopping = new AbortController()
  const underWay = new Map<string, number>()
  const flights = new Set<Promise<void>>()

  async function round(): Promise<boolean> {
    const room = TOTAL - flights.size
    if (room <= 0) return false
    const busy = [...underWay].filter(([, count]) => count >= EACH).map(([id]) => id)
    const claimed = await claimDeliveries(ports.database, clock(), {
      each: EACH,
      total: room,
      busy,
      leaseSeconds: LEASE_SECONDS,
    })
    for (const delivery of claimed) fly(delivery)
    return claimed.length > 0
  }

  function fly(delivery: ClaimedDelivery): void {
    const { endpoint_id: endpoint } = delivery
    underWay.set(endpoint, (underWay.get(endpoint) ?? 0) + 1)
    const flight = deliver(ports, delivery, clock)
      // It comes back by itself when its lease is over.
      .catch((error: unknown) => ports.log.error({ err: error, endpoint }, 'a webhook could not be settled'))
      .finally(() => {
        flights.delete(flight)
        const left = (underWay.get(endpoint) ?? 1) - 1
        if (left === 0) underWay.delete(endpoint)
        else underWay.set(endpoint, left)
      })
    flights.add(flight)
  }

  const done = (async () => {
    while (!stopping.signal.aborted) {
      const isMore = await round().catch((error: unknown) => {
        ports.log.error({ err: error }, 'webhooks could not be sent')
        return false
      })
      // What ends makes room for what stands behind it in its booking's line.
      if (!isMore)
        await Promise.race([setTimeout(intervalMs, undefined, { signal: stopping.signal }), ...flights]).catch(
          () => undefined,
        )
    }
  })()

  return {
    async stop() {
      stopping.abort()
      await done
      await Promise.all(flights)
      await ports.poster.close()
    },
  }
}

async function deliver(ports: WebhookPorts, delivery: ClaimedDelivery, clock: () => Date): Promise<void> {
  const { database, poster, log } = ports
  const { id, event_id, payload, attempts, url } = delivery
  const { status, error } = await poster.post(url, headersOf(ports, delivery, new Date()), payload)
  const pauseSeconds = PAUSES[Math.min(attempts, PAUSES.length) - 1] ?? PAUSES[0]
  const reason = await settleDelivery(database, id, clock(), {
    answer: status,
    error,
    pauseSeconds,
    patienceSeconds: PATIENCE_SECONDS,
  })
  const about = { endpoint_id: delivery.endpoint_id, event_id, attempts }
  if (reason !== null) log.error({ ...about, reason }, 'a webhook endpoint was disabled')
  else if (error !== null) log.info({ ...about, error }, 'a webhook was not delivered')
}

/** The headers of Standard Webhooks, signed with the secret, and with the one before while it is being rotated. */
function headersOf({ keys }: WebhookPorts, delivery: ClaimedDelivery, now: Date): Record<string, string> {
  const { event_id: id, payload, secret, previous_secret: previous } = delivery
  const signatures = [secret, ...(previous === null ? [] : [previous])].map((stored) =>
    new Webhook(unseal(stored, keys)).sign(id, now, payload),
  )
  return {
    'content-type': 'application/json',
    'user-agent': 'Holdfast-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  }
}
