import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SYSTEM, type Booking } from '../../../domain/booking.ts'
import type { Fact } from '../../../domain/facts.ts'
import type { Policy } from '../../../domain/policy.ts'
import { instantOf } from '../../../domain/time.ts'
import { sweepNotifications } from '../../../events/notifications/sweep.ts'
import { auditInvariants } from '../../../prisma/invariants.ts'
import { claimDueNotifications } from '../../../prisma/notifications.ts'
import { submitReview } from '../../../prisma/reviews.ts'
import { clinic } from '../../../profiles/clinic.ts'
import { termsOf } from '../../../profiles/profile.ts'
import { venue } from '../../../profiles/venue.ts'
import { Undeliverable, type NotificationChannel, type OutgoingNotification } from '../../../services/ports.ts'
import { eventually } from '../../support/eventually.ts'
import { anOrder, happenings, openDesk, type Desk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())
beforeEach(async () => {
  await desk.sql.query('TRUNCATE bookings, booking_items, claims, outbox, payments, ledger, units, offerings CASCADE')
  await desk.offer('slot', [{ id: 'slot', capacity: 100 }])
})

const HOUR = 3_600_000
const now = () => instantOf(Date.now())
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR)
const moved = (trigger: Extract<Fact, { type: 'moved' }>['trigger']): Fact => ({
  type: 'moved',
  trigger,
  reason: null,
  at: now(),
  by: SYSTEM,
})

/** Held for so many hours from now; reminded of as a clinic's visit is, unless told otherwise. */
async function held(startsInHours: number, reminders: Policy['reminders'] = clinic.policy.reminders): Promise<Booking> {
  const [start, end] = [inHours(startsInHours), inHours(startsInHours + 1)].map((at) => at.toISOString())
  const order = anOrder([{ kind: 'slot', unit: 'slot', start: start!, end: end! }])
  return desk.held({ ...order, terms: termsOf(venue, { requiresApproval: false, policy: { reminders } }) })
}

async function confirmed(startsInHours: number, reminders?: Policy['reminders']): Promise<Booking> {
  const booking = await held(startsInHours, reminders)
  const { requested, captured, confirmed: stands } = happenings(booking)
  return desk.after(booking, requested(), captured(), stands())
}

type Told = { type: string; status: string; hours: number }

/** The reminders of a booking: type, status, and how many hours from its start they are for. */
async function remindersOf({ id }: Booking): Promise<string[]> {
  const { rows } = await desk.sql.query<Told>(
    `SELECT reminder_type AS type, r.status, extract(epoch FROM scheduled_time - starts_at)::float8 / 3600 AS hours
     FROM booking_reminders r JOIN bookings b ON b.id = booking_id WHERE booking_id = $1 ORDER BY scheduled_time, r.created_at, r.status`,
    [id],
  )
  return rows.map(({ type, status, hours }) => `${type} ${hours} ${status}`)
}

type NotificationLine = { type: string; delivery_status: string; delivery_attempts: { outcome: string }[] }

async function notifications(): Promise<NotificationLine[]> {
  const { rows } = await desk.sql.query<NotificationLine>('SELECT * FROM notifications ORDER BY created_at, type')
  return rows
}

/** A channel that keeps what it was given, and does to it what it is told to. */
function aChannel(answer: (nth: number) => 'sent' | 'skipped' | Error = () => 'sent') {
  const given: OutgoingNotification[] = []
  const channel: NotificationChannel = {
    name: 'email',
    async deliver(notification) {
      given.push(notification)
      const what = answer(given.length)
      if (what instanceof Error) throw what
      return what
    },
    async close() {},
  }
  const sweep = (at: Date) => sweepNotifications({ database: desk.db, channel, log: pino({ level: 'silent' }) }, at)
  return { given, channel, sweep }
}

describe('C-09 the reminders of a booking', () => {
  test('are there with its confirmation and not before, at the policy’s times, without those that would be past', async () => {
    const soon = await held(10)
    expect(await remindersOf(soon)).toEqual([])
    expect(await remindersOf(await confirmed(48))).toEqual([
      'upcoming -24 pending',
      'check_in -0.5 pending',
      'follow_up 24 pending',
      'review_request 48 pending',
    ])
    expect(await remindersOf(await confirmed(10))).toEqual([
      'check_in -0.5 pending',
      'follow_up 24 pending',
      'review_request 48 pending',
    ])
  })

  test('C-12 are written in the same transaction as the confirmation', async () => {
    const { id } = await confirmed(48)
    const { rows } = await desk.sql.query(
      `SELECT count(DISTINCT t.xmin::text)::int AS transactions
       FROM (SELECT xmin FROM booking_reminders WHERE booking_id = $1 UNION ALL SELECT xmin FROM bookings WHERE id = $1
             UNION ALL SELECT xmin FROM notifications WHERE booking_id = $1) t`,
      [id],
    )
    expect(rows).toEqual([{ transactions: 1 }])
  })

  test('are cancelled with it, and a no-show is not asked for a review', async () => {
    const gone = await confirmed(48)
    await desk.record(gone, [happenings(gone).cancelled()])
    const missed = await confirmed(48)
    await desk.record(missed, [moved('no_show')])
    const all = ['upcoming -24', 'check_in -0.5', 'follow_up 24', 'review_request 48'].map(
      (each) => `${each} cancelled`,
    )
    expect(await remindersOf(gone)).toEqual(all)
    expect(await remindersOf(missed)).toEqual(all)
  })

  test('V-07 come back when a no-show is taken back, and those that were sent are not sent again', async () => {
    const booking = await confirmed(48)
    await aChannel().sweep(inHours(25))
    const missed = await desk.after(booking, moved('no_show'))
    await desk.record(missed, [moved('undo_no_show')])
    expect(await remindersOf(booking)).toEqual([
      'upcoming -24 sent',
      'check_in -0.5 cancelled',
      'check_in -0.5 pending',
      'follow_up 24 cancelled',
      'follow_up 24 pending',
      'review_request 48 cancelled',
      'review_request 48 pending',
    ])
  })

  test('announce nothing any more once the visit has begun; what follows it stays', async () => {
    const booking = await confirmed(48)
    await desk.record(booking, [moved('check_in')])
    expect(await remindersOf(booking)).toEqual([
      'upcoming -24 cancelled',
      'check_in -0.5 cancelled',
      'follow_up 24 pending',
      'review_request 48 pending',
    ])
  })

  test('move with its start, whoever moves it: later, earlier, and never into the past', async () => {
    const booking = await confirmed(48)
    const moveTo = (hours: number) =>
      desk.sql.query(`UPDATE bookings SET starts_at = $2, updated_at = now() WHERE id = $1`, [
        booking.id,
        inHours(hours),
      ])
    const everything = [
      'upcoming -24 pending',
      'check_in -0.5 pending',
      'follow_up 24 pending',
      'review_request 48 pending',
    ]
    await moveTo(200)
    expect(await remindersOf(booking)).toEqual(everything)
    await moveTo(12)
    expect((await remindersOf(booking)).filter((each) => each.endsWith('pending'))).toEqual(everything.slice(1))
    await moveTo(100)
    expect((await remindersOf(booking)).filter((each) => each.endsWith('pending'))).toEqual(everything)
  })

  test('that were sent for the old time are sent for the new one too', async () => {
    const booking = await confirmed(48)
    await aChannel().sweep(inHours(25))
    await desk.sql.query(`UPDATE bookings SET starts_at = $2, updated_at = now() WHERE id = $1`, [
      booking.id,
      inHours(96),
    ])
    expect((await remindersOf(booking)).filter((each) => each.startsWith('upcoming'))).toHaveLength(2)
    const { sweep } = aChannel()
    await sweep(inHours(73))
    expect((await notifications()).filter(({ type }) => type === 'reminder_upcoming')).toHaveLength(2)
  })

  test('X-01 are those of the terms the booking was made under, each once, even named twice', async () => {
    const once = { type: 'upcoming', offsetMinutes: -60 } as const
    const booking = await confirmed(48, [once, once, { type: 'upcoming', offsetMinutes: -120 }])
    expect(await remindersOf(booking)).toEqual(['upcoming -2 pending', 'upcoming -1 pending'])
  })

  test('become one notification each when they are due, however many sweeps look', async () => {
    const bookings = await Promise.all(Array.from({ length: 12 }, () => confirmed(48)))
    const { sweep, given } = aChannel()
    await sweep(inHours(23))
    expect(given.filter(({ type }) => type.startsWith('reminder'))).toEqual([])
    await Promise.all(Array.from({ length: 5 }, () => sweep(inHours(24.5))))
    await sweep(inHours(24.5))
    const told = (await notifications()).filter(({ type }) => type === 'reminder_upcoming')
    expect(told).toHaveLength(bookings.length)
    expect((await remindersOf(bookings[0]!))[0]).toBe('upcoming -24 sent')
  })

  test('C-12 stay due when their notifications cannot be written, and everything else is sent meanwhile', async () => {
    const booking = await confirmed(48)
    const { sweep, given } = aChannel()
    await desk.sql.query(`ALTER TABLE notifications ADD CONSTRAINT full_disk CHECK (type <> 'reminder_upcoming')`)
    try {
      await sweep(inHours(25))
    } finally {
      await desk.sql.query('ALTER TABLE notifications DROP CONSTRAINT full_disk')
    }
    expect(given.map(({ type }) => type)).toEqual(['booking_confirmed'])
    expect((await remindersOf(booking))[0]).toBe('upcoming -24 pending')
    await sweep(inHours(25))
    expect((await remindersOf(booking))[0]).toBe('upcoming -24 sent')
    expect(given.map(({ type }) => type)).toEqual(['booking_confirmed', 'reminder_upcoming'])
  })

  test('are not sent for a visit that has begun while nobody swept; a review is asked for after the completion', async () => {
    const booking = await confirmed(48)
    const { sweep, given } = aChannel()
    await sweep(inHours(200))
    expect(await remindersOf(booking)).toEqual([
      'upcoming -24 cancelled',
      'check_in -0.5 cancelled',
      'follow_up 24 sent',
      'review_request 48 pending',
    ])
    await desk.record(booking, [moved('check_in'), moved('complete')])
    await sweep(inHours(200))
    expect(given.map(({ type }) => type)).toContain('reminder_review_request')
  })
})

describe('C-08 notifications', () => {
  test('C-12 are written in one transaction with what they tell of, and not without it', async () => {
    const booking = await held(48)
    const { requested, captured, confirmed: stands } = happenings(booking)
    const asked = await desk.after(booking, requested(), captured())
    expect(await notifications()).toEqual([])
    const twice = [randomUUID(), randomUUID()].map((eventId) => ({ eventId, eventType: 'e', topic: 't', payload: {} }))
    await expect(desk.record(asked, [stands()], () => twice)).rejects.toThrow(/outbox|unique/i)
    expect(await notifications()).toEqual([])
    expect(await desk.record(asked, [stands()])).toBe('applied')
    expect(await notifications()).toMatchObject([
      { type: 'booking_confirmed', user_id: 'ada', user_role: 'customer', is_read: false, delivery_status: 'pending' },
    ])
    expect(await desk.record(asked, [stands()])).toBe('repeated')
    expect(await notifications()).toHaveLength(1)
  })

  test('are sent once by many sweeps at once, to the address that is known then', async () => {
    await Promise.all(Array.from({ length: 30 }, () => confirmed(48)))
    await desk.sql.query(`UPDATE bookings SET customer_email = 'new@example.test'`)
    const { sweep, given } = aChannel()
    await Promise.all(Array.from({ length: 6 }, () => sweep(inHours(0.01))))
    expect(new Set(given.map(({ id }) => id)).size).toBe(30)
    expect(given).toHaveLength(30)
    expect(new Set(given.map(({ email }) => email))).toEqual(new Set(['new@example.test']))
    expect(new Set((await notifications()).map((row) => row.delivery_status))).toEqual(new Set(['sent']))
  })

  test('are tried again after growing pauses, each attempt is noted, and given up in the end', async () => {
    await confirmed(48, [])
    const { sweep, given } = aChannel(() => new Error('ETIMEDOUT'))
    let at = Date.now() + 1000
    const pauses: number[] = []
    for (let round = 0; round < 12; round += 1) {
      await sweep(new Date(at))
      const { rows } = await desk.sql.query<{ next: Date }>(
        `SELECT next_try_at AS next FROM notifications WHERE delivery_status = 'pending'`,
      )
      if (rows[0] === undefined) break
      pauses.push((rows[0].next.getTime() - at) / 1000)
      // A moment before, nothing is sent.
      await sweep(new Date(rows[0].next.getTime() - 1))
      at = rows[0].next.getTime()
    }
    expect(pauses).toEqual([30, 120, 600, 3600, 21_600, 43_200, 64_800])
    expect(given).toHaveLength(8)
    const [row] = await notifications()
    expect(row).toMatchObject({ delivery_status: 'failed' })
    expect(row?.delivery_attempts).toHaveLength(8)
    expect(row?.delivery_attempts[0]).toMatchObject({ channel: 'email', outcome: 'failed', detail: 'ETIMEDOUT' })
    await sweep(new Date(at + 100 * 24 * HOUR))
    expect(given).toHaveLength(8)
  })

  test('that can never be delivered fail at once, and so does the reminder behind one', async () => {
    const booking = await confirmed(48)
    const { sweep } = aChannel(() => new Undeliverable('EENVELOPE 550'))
    await sweep(inHours(24.5))
    await sweep(inHours(24.5))
    expect(new Set((await notifications()).map((row) => row.delivery_status))).toEqual(new Set(['failed']))
    expect((await remindersOf(booking))[0]).toBe('upcoming -24 failed')
  })

  test('for which there is no address are skipped, and stay in the list', async () => {
    await confirmed(48, [])
    await aChannel(() => 'skipped').sweep(inHours(1))
    expect(await notifications()).toMatchObject([
      { delivery_status: 'skipped', delivery_attempts: [{ outcome: 'skipped' }] },
    ])
  })

  test('H-21 whose sweep died after sending and before noting it are sent again under the same id, and the attempt counts', async () => {
    await confirmed(48, [])
    const { channel, given, sweep } = aChannel()
    const at = inHours(0.01)
    const [claimed] = await claimDueNotifications(desk.db, at, channel.name, 10)
    await channel.deliver(claimed!)
    await sweep(new Date(at.getTime() + 60_000))
    expect(given).toHaveLength(1)
    await sweep(new Date(at.getTime() + 121_000))
    expect(given.map(({ id }) => id)).toEqual([claimed!.id, claimed!.id])
    expect(await notifications()).toMatchObject([
      { delivery_status: 'sent', delivery_attempts: [{ outcome: 'begun' }, { outcome: 'sent' }] },
    ])
  })

  test('H-21 that take their process with them every time are given up too', async () => {
    await confirmed(48, [])
    const { given, sweep } = aChannel()
    let at = Date.now() + 1000
    for (let death = 0; death < 8; death += 1) {
      expect(await claimDueNotifications(desk.db, new Date(at), 'email', 10)).toHaveLength(1)
      at += 121_000
    }
    await sweep(new Date(at))
    expect(given).toEqual([])
    expect(await notifications()).toMatchObject([{ delivery_status: 'failed' }])
  })
})

describe('C-07 a review', () => {
  const message = () => [{ eventId: randomUUID(), eventType: 'review.submitted', topic: 'clinic.events', payload: {} }]
  const of = ({ id }: Booking) => ({
    id: randomUUID(),
    bookingId: id,
    userId: 'ada',
    clinicId: null,
    serviceId: 'o',
    rating: 5,
    breakdown: {},
    comment: null,
    attachments: [],
    submittedAt: now(),
  })

  test('C-11 K-01 is written once, with its message in line with the booking’s others, whoever else writes it', async () => {
    const booking = await confirmed(48)
    const completed = await desk.after(booking, moved('check_in'), moved('complete'))
    const { refundRequested, refunded } = happenings(booking)
    const back = [refundRequested(completed.payments[0]?.id ?? ''), refunded()]
    const reviews = Array.from({ length: 10 }, () => submitReview(desk.db, of(booking), message()))
    const [, ...answers] = await Promise.all([desk.record(completed, back), ...reviews])
    expect(answers.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'exists'), 'submitted'])
    const { rows } = await desk.sql.query<{ version: number }>('SELECT version FROM outbox ORDER BY id')
    expect(rows.map(({ version }) => version)).toEqual(rows.map(({ version }) => version).toSorted((a, b) => a - b))
    expect(await auditInvariants(desk.db)).toEqual([])
  })

  test('K-01 waits for whoever writes the booking at that moment', async () => {
    const booking = await confirmed(48)
    await desk.record(booking, [moved('check_in'), moved('complete')])
    const writer = await desk.sql.connect()
    try {
      await writer.query('BEGIN')
      await writer.query('UPDATE bookings SET updated_at = now() WHERE id = $1', [booking.id])
      const submitted = submitReview(desk.db, of(booking), message())
      await eventually(async () => {
        const { rows } = await desk.sql.query<{ query: string }>(
          `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        expect(rows).toMatchObject([{ query: expect.stringContaining('submit_review') as string }])
      })
      await writer.query('COMMIT')
      expect(await submitted).toBe('submitted')
    } finally {
      writer.release()
    }
  })

  test('is not written before the completion, nor after another end', async () => {
    const booking = await confirmed(48)
    expect(await submitReview(desk.db, of(booking), message())).toBe('not_completed')
    await desk.record(booking, [moved('no_show')])
    expect(await submitReview(desk.db, of(booking), message())).toBe('not_completed')
    expect((await desk.sql.query('SELECT FROM reviews')).rowCount).toBe(0)
  })
})
