import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Booking } from '../../../domain/booking.ts'
import { instantOf } from '../../../domain/time.ts'
import { auditInvariants } from '../../../prisma/invariants.ts'
import { claimDueNotifications } from '../../../prisma/notifications.ts'
import { submitReview } from '../../../prisma/reviews.ts'
import { Undeliverable } from '../../../services/ports.ts'
import { eventually } from '../../support/eventually.ts'
import { factsFor } from './desk.ts'
import { inHours, moved, useVisits } from './visits.ts'

const { desk, held, confirmed, remindersOf, notifications, aChannel } = useVisits()

describe('C-08 notifications', () => {
  test('C-12 are written in one transaction with what they tell of, and not without it', async () => {
    const booking = await held(48)
    const { requested, captured, confirmed: stands } = factsFor(booking)
    const asked = await desk().after(booking, requested(), captured())
    expect(await notifications()).toEqual([])
    const message = { eventId: randomUUID(), eventType: 'e', topic: 't', payload: {} }
    const twice = [message, message]
    await expect(desk().record(asked, [stands()], () => twice)).rejects.toThrow(/outbox|unique/i)
    expect(await notifications()).toEqual([])
    expect(await desk().record(asked, [stands()])).toBe('applied')
    expect(await notifications()).toMatchObject([
      { type: 'booking_confirmed', user_id: 'ada', user_role: 'customer', is_read: false, delivery_status: 'pending' },
    ])
    expect(await desk().record(asked, [stands()])).toBe('repeated')
    expect(await notifications()).toHaveLength(1)
  })

  test('are sent once by many pollers at once, to the address that is known then', async () => {
    await Promise.all(Array.from({ length: 30 }, () => confirmed(48)))
    await desk().sql.query(`UPDATE bookings SET customer_email = 'new@example.test'`)
    const { poll, given } = aChannel()
    await Promise.all(Array.from({ length: 6 }, () => poll(inHours(0.01))))
    expect(new Set(given.map(({ id }) => id)).size).toBe(30)
    expect(given).toHaveLength(30)
    expect(new Set(given.map(({ email }) => email))).toEqual(new Set(['new@example.test']))
    expect(new Set((await notifications()).map((row) => row.delivery_status))).toEqual(new Set(['sent']))
  })

  test('are tried again after growing pauses, each attempt is noted, and given up in the end', async () => {
    await confirmed(48, [])
    const { poll, given } = aChannel(() => new Error('ETIMEDOUT'))
    let at = Date.now() + 1000
    const pauses: number[] = []
    for (let round = 0; round < 12; round += 1) {
      await poll(new Date(at))
      const { rows } = await desk().sql.query<{ next: Date }>(
        `SELECT next_try_at AS next FROM notifications WHERE delivery_status = 'pending'`,
      )
      if (rows[0] === undefined) break
      pauses.push((rows[0].next.getTime() - at) / 1000)
      // A moment before, nothing is sent.
      await poll(new Date(rows[0].next.getTime() - 1))
      at = rows[0].next.getTime()
    }
    expect(pauses).toEqual([30, 120, 600, 3600, 21_600, 43_200, 64_800])
    expect(given).toHaveLength(8)
    const [row] = await notifications()
    expect(row).toMatchObject({ delivery_status: 'failed' })
    expect(row?.delivery_attempts).toHaveLength(8)
    expect(row?.delivery_attempts[0]).toMatchObject({ channel: 'email', outcome: 'failed', detail: 'ETIMEDOUT' })
    await poll(new Date(at + 100 * 24 * 3_600_000))
    expect(given).toHaveLength(8)
  })

  test('that can never be delivered fail at once, and so does the reminder behind one', async () => {
    const booking = await confirmed(48)
    const { poll } = aChannel(() => new Undeliverable('EENVELOPE 550'))
    await poll(inHours(24.5))
    await poll(inHours(24.5))
    expect(new Set((await notifications()).map((row) => row.delivery_status))).toEqual(new Set(['failed']))
    expect((await remindersOf(booking))[0]).toBe('upcoming -24 failed')
  })

  test('for which there is no address are skipped, and stay in the list', async () => {
    await confirmed(48, [])
    await aChannel(() => 'skipped').poll(inHours(1))
    expect(await notifications()).toMatchObject([
      { delivery_status: 'skipped', delivery_attempts: [{ outcome: 'skipped' }] },
    ])
  })

  test('H-21 whose poller died after sending and before noting it are sent again under the same id, and the attempt counts', async () => {
    await confirmed(48, [])
    const { channel, given, poll } = aChannel()
    const at = inHours(0.01)
    const [claimed] = await claimDueNotifications(desk().db, at, channel.name, 10)
    await channel.deliver(claimed!)
    await poll(new Date(at.getTime() + 60_000))
    expect(given).toHaveLength(1)
    await poll(new Date(at.getTime() + 121_000))
    expect(given.map(({ id }) => id)).toEqual([claimed!.id, claimed!.id])
    expect(await notifications()).toMatchObject([
      { delivery_status: 'sent', delivery_attempts: [{ outcome: 'begun' }, { outcome: 'sent' }] },
    ])
  })

  test('H-21 that take their process with them every time are given up too', async () => {
    await confirmed(48, [])
    const { given, poll } = aChannel()
    let at = Date.now() + 1000
    for (let death = 0; death < 8; death += 1) {
      expect(await claimDueNotifications(desk().db, new Date(at), 'email', 10)).toHaveLength(1)
      at += 121_000
    }
    await poll(new Date(at))
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
    submittedAt: instantOf(Date.now()),
  })

  test('C-11 K-01 is written once, with its message in line with the booking’s others, whoever else writes it', async () => {
    const booking = await confirmed(48)
    const completed = await desk().after(booking, moved('check_in'), moved('complete'))
    const { refundRequested, refunded } = factsFor(booking)
    const back = [refundRequested(completed.payments[0]?.id ?? ''), refunded()]
    const reviews = Array.from({ length: 10 }, () => submitReview(desk().db, of(booking), message()))
    const [, ...answers] = await Promise.all([desk().record(completed, back), ...reviews])
    expect(answers.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'exists'), 'submitted'])
    const { rows } = await desk().sql.query<{ version: number }>('SELECT version FROM outbox ORDER BY id')
    expect(rows.map(({ version }) => version)).toEqual(rows.map(({ version }) => version).toSorted((a, b) => a - b))
    expect(await auditInvariants(desk().db)).toEqual([])
  })

  test('K-01 waits for whoever writes the booking at that moment', async () => {
    const booking = await confirmed(48)
    await desk().record(booking, [moved('check_in'), moved('complete')])
    const writer = await desk().sql.connect()
    try {
      await writer.query('BEGIN')
      await writer.query('UPDATE bookings SET updated_at = now() WHERE id = $1', [booking.id])
      const submitted = submitReview(desk().db, of(booking), message())
      await eventually(async () => {
        const { rows } = await desk().sql.query<{ query: string }>(
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
    expect(await submitReview(desk().db, of(booking), message())).toBe('not_completed')
    await desk().record(booking, [moved('no_show')])
    expect(await submitReview(desk().db, of(booking), message())).toBe('not_completed')
    expect((await desk().sql.query('SELECT FROM reviews')).rowCount).toBe(0)
  })
})
