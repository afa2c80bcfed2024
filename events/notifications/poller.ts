import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Database } from '../../prisma/client.ts'
import {
  claimDueNotifications,
  noteAttempt,
  type AttemptOutcome,
  type ClaimedNotification,
} from '../../prisma/notifications.ts'
import { turnDueReminders } from '../../prisma/reminders.ts'
import { tellOffers } from '../../prisma/waitlist-offers.ts'
import { Undeliverable, type NotificationChannel } from '../../services/ports.ts'
import { notificationOfOffer, notificationOfReminder } from './mapping.ts'
import { startPoller, type Poller } from '../../runtime/poller.ts'

export type NotificationPorts = {
  readonly database: Database
  readonly channel: NotificationChannel
  readonly log: Logger
}

/** Pauses after the first, second … failed attempt, in seconds: about a day and a half in all. After the last attempt it is given up. */
const PAUSES = [30, 120, 600, 3600, 6 * 3600, 12 * 3600, 18 * 3600] as const

const BATCH = 20
const REMINDERS = 100
const OFFERS = 100
const STOP_MS = 5000

/**
 * One round: reminders that are due and offers of the waitlist become notifications, and notifications that are due are sent. Everything goes by the clock that is handed in.
 * Returns how much there was to do. A notification is sent at least once: the process may die after the mail server took it and before that is noted.
 */
export async function pollNotifications(ports: NotificationPorts, now: Date): Promise<number> {
  const { database, channel, log } = ports
  // What keeps reminders from being written must not keep notifications from being sent.
  const turned = await turnDueReminders(database, now, REMINDERS, ({ booking, ...reminder }) =>
    notificationOfReminder(booking, reminder, now.toISOString()),
  ).catch((error: unknown) => {
    log.error({ err: error }, 'reminders could not be processed')
    return 0
  })
  const told = await tellOffers(database, now, OFFERS, (offered) =>
    notificationOfOffer(offered, now.toISOString()),
  ).catch((error: unknown) => {
    log.error({ err: error }, 'offers of the waitlist could not be told')
    return 0
  })
  const due = await claimDueNotifications(database, now, channel.name, BATCH)
  await Promise.all(due.map((each) => deliver(ports, each, now)))
  return turned + told + due.length
}

/**
 * Sends what is due until stopped; several pollers may do so side by side. `stop` resolves when the current round is done, or after five seconds:
 * what a silent mail server still has is sent again by the next poller.
 */
export function startNotificationPoller(
  ports: NotificationPorts,
  intervalMs = 2000,
  clock: () => Date = () => new Date(),
): Poller {
  const poller = startPoller({
    round: async () => (await pollNotifications(ports, clock())) > 0,
    intervalMs,
    log: ports.log,
    trouble: 'notifications could not be processed',
  })
  return {
    async stop() {
      const patience = new AbortController()
      await Promise.race([
        poller.stop(),
        setTimeout(STOP_MS, undefined, { signal: patience.signal }).catch(() => undefined),
      ])
      patience.abort()
    },
  }
}

async function deliver(ports: NotificationPorts, claimed: ClaimedNotification, now: Date): Promise<void> {
  const outcome = await outcomeOf(ports, claimed, now)
  if (outcome.status !== 'sent') {
    const { id, type, attempts } = claimed
    ports.log.warn({ notification_id: id, type, attempts, ...outcome }, 'a notification was not delivered')
  }
  await noteAttempt(ports.database, claimed, outcome)
}

async function outcomeOf(
  { channel }: NotificationPorts,
  claimed: ClaimedNotification,
  now: Date,
): Promise<AttemptOutcome> {
  // Its last attempt was begun and never ended, perhaps because it takes the process with it.
  if (claimed.attempts > PAUSES.length + 1) return { status: 'failed', detail: 'given_up' }
  try {
    const status = await channel.deliver(claimed)
    return { status, detail: status === 'sent' ? 'accepted' : 'no_address' }
  } catch (error) {
    const detail = error instanceof Error ? error.message.slice(0, 200) : 'failed'
    const pause = PAUSES[claimed.attempts - 1]
    if (error instanceof Undeliverable || pause === undefined) return { status: 'failed', detail }
    return { status: 'pending', detail, retryAt: new Date(now.getTime() + pause * 1000) }
  }
}
