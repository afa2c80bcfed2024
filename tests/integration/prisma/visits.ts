import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { SYSTEM, type Booking } from '../../../domain/booking.ts'
import type { Fact } from '../../../domain/facts.ts'
import type { Policy } from '../../../domain/policy.ts'
import { instantOf } from '../../../domain/time.ts'
import { pollNotifications } from '../../../events/notifications/poller.ts'
import { clinic } from '../../../profiles/clinic.ts'
import { termsOf } from '../../../profiles/profile.ts'
import { venue } from '../../../profiles/venue.ts'
import type { NotificationChannel, OutgoingNotification } from '../../../services/ports.ts'
import { anOrder, factsFor, openDesk, type Desk } from './desk.ts'

const HOUR_MS = 3_600_000

/** An instant so many hours from now. */
export const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS)

/** A visit goes its way. */
export function moved(trigger: Extract<Fact, { type: 'moved' }>['trigger']): Fact {
  return { type: 'moved', trigger, reason: null, at: instantOf(Date.now()), by: SYSTEM }
}

export type NotificationLine = { type: string; delivery_status: string; delivery_attempts: { outcome: string }[] }

/** A desk for all tests of a file, empty before each, and what they do with visits on it. */
export function useVisits() {
  let desk: Desk
  beforeAll(async () => {
    desk = await openDesk()
  })
  afterAll(() => desk.close())
  beforeEach(async () => {
    // Past the triggers that keep what happened (N-17).
    await desk.sql.query(
      `SET session_replication_role = replica; TRUNCATE bookings, booking_items, claims, outbox, payments, ledger, units, offerings CASCADE; SET session_replication_role = DEFAULT`,
    )
    await desk.offer('slot', [{ id: 'slot', capacity: 100 }])
  })

  /** Held, so many hours before its start; reminded of as a clinic's visit is, unless told otherwise. */
  async function held(hoursAhead: number, reminders: Policy['reminders'] = clinic.policy.reminders): Promise<Booking> {
    const [start = '', end = ''] = [inHours(hoursAhead), inHours(hoursAhead + 1)].map((at) => at.toISOString())
    const order = anOrder([{ kind: 'slot', unit: 'slot', start, end }])
    return desk.held({ ...order, terms: termsOf(venue, { requiresApproval: false, policy: { reminders } }) })
  }

  async function confirmed(hoursAhead: number, reminders?: Policy['reminders']): Promise<Booking> {
    const booking = await held(hoursAhead, reminders)
    const { requested, captured, confirmed: stands } = factsFor(booking)
    return desk.after(booking, requested(), captured(), stands())
  }

  /** The reminders of a booking: type, how many hours from its start they are for, and status. */
  async function remindersOf({ id }: Booking): Promise<string[]> {
    const { rows } = await desk.sql.query<{ type: string; status: string; hours: number }>(
      `SELECT reminder_type AS type, r.status, extract(epoch FROM scheduled_time - starts_at)::float8 / 3600 AS hours
       FROM booking_reminders r JOIN bookings b ON b.id = booking_id WHERE booking_id = $1
       ORDER BY scheduled_time, r.created_at, r.status`,
      [id],
    )
    return rows.map(({ type, status, hours }) => `${type} ${hours} ${status}`)
  }

  async function notifications(): Promise<NotificationLine[]> {
    const { rows } = await desk.sql.query<NotificationLine>('SELECT * FROM notifications ORDER BY created_at, type')
    return rows
  }

  /** A channel that keeps what it was given and answers as it is told to, and a poller that sends through it. */
  function aChannel(answer: () => 'sent' | 'skipped' | Error = () => 'sent') {
    const given: OutgoingNotification[] = []
    const channel: NotificationChannel = {
      name: 'email',
      async deliver(notification) {
        given.push(notification)
        const what = answer()
        if (what instanceof Error) throw what
        return what
      },
      async close() {},
    }
    const log = pino({ level: 'silent' })
    return { given, channel, poll: (at: Date) => pollNotifications({ database: desk.db, channel, log }, at) }
  }

  return { desk: () => desk, held, confirmed, remindersOf, notifications, aChannel }
}
