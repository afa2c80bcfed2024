import { describe, expect, test } from 'vitest'
import { factsFor } from './desk.ts'
import { inHours, moved, useVisits } from './visits.ts'

const { desk, held, confirmed, remindersOf, notifications, aChannel } = useVisits()

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
    const { rows } = await desk().sql.query(
      `SELECT count(DISTINCT t.xmin::text)::int AS transactions
       FROM (SELECT xmin FROM booking_reminders WHERE booking_id = $1 UNION ALL SELECT xmin FROM bookings WHERE id = $1
             UNION ALL SELECT xmin FROM notifications WHERE booking_id = $1) t`,
      [id],
    )
    expect(rows).toEqual([{ transactions: 1 }])
  })

  test('are cancelled with it, and a no-show is not asked for a review', async () => {
    const gone = await confirmed(48)
    await desk().record(gone, [factsFor(gone).cancelled()])
    const missed = await confirmed(48)
    await desk().record(missed, [moved('no_show')])
    const all = ['upcoming -24', 'check_in -0.5', 'follow_up 24', 'review_request 48'].map(
      (each) => `${each} cancelled`,
    )
    expect(await remindersOf(gone)).toEqual(all)
    expect(await remindersOf(missed)).toEqual(all)
  })

  test('V-07 come back when a no-show is taken back, and those that were sent are not sent again', async () => {
    const booking = await confirmed(48)
    await aChannel().poll(inHours(25))
    const missed = await desk().after(booking, moved('no_show'))
    await desk().record(missed, [moved('undo_no_show')])
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
    await desk().record(booking, [moved('check_in')])
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
      desk().sql.query(`UPDATE bookings SET starts_at = $2, updated_at = now() WHERE id = $1`, [
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
    await aChannel().poll(inHours(25))
    await desk().sql.query(`UPDATE bookings SET starts_at = $2 WHERE id = $1`, [booking.id, inHours(96)])
    expect((await remindersOf(booking)).filter((each) => each.startsWith('upcoming'))).toHaveLength(2)
    const { poll } = aChannel()
    await poll(inHours(73))
    expect((await notifications()).filter(({ type }) => type === 'reminder_upcoming')).toHaveLength(2)
  })

  test('X-01 are those of the terms the booking was made under, each once, even named twice', async () => {
    const once = { type: 'upcoming', offsetMinutes: -60 } as const
    const booking = await confirmed(48, [once, once, { type: 'upcoming', offsetMinutes: -120 }])
    expect(await remindersOf(booking)).toEqual(['upcoming -2 pending', 'upcoming -1 pending'])
  })

  test('become one notification each when they are due, however many pollers look', async () => {
    const bookings = await Promise.all(Array.from({ length: 12 }, () => confirmed(48)))
    const { poll, given } = aChannel()
    await poll(inHours(23))
    expect(given.filter(({ type }) => type.startsWith('reminder'))).toEqual([])
    await Promise.all(Array.from({ length: 5 }, () => poll(inHours(24.5))))
    await poll(inHours(24.5))
    const told = (await notifications()).filter(({ type }) => type === 'reminder_upcoming')
    expect(told).toHaveLength(bookings.length)
    expect((await remindersOf(bookings[0]!))[0]).toBe('upcoming -24 sent')
  })

  test('C-12 stay due when their notifications cannot be written, and everything else is sent meanwhile', async () => {
    const booking = await confirmed(48)
    const { poll, given } = aChannel()
    await desk().sql.query(`ALTER TABLE notifications ADD CONSTRAINT full_disk CHECK (type <> 'reminder_upcoming')`)
    try {
      await poll(inHours(25))
    } finally {
      await desk().sql.query('ALTER TABLE notifications DROP CONSTRAINT full_disk')
    }
    expect(given.map(({ type }) => type)).toEqual(['booking_confirmed'])
    expect((await remindersOf(booking))[0]).toBe('upcoming -24 pending')
    await poll(inHours(25))
    expect((await remindersOf(booking))[0]).toBe('upcoming -24 sent')
    expect(given.map(({ type }) => type)).toEqual(['booking_confirmed', 'reminder_upcoming'])
  })

  test('are not sent for a visit that has begun while no poller ran; a review is asked for after the completion', async () => {
    const booking = await confirmed(48)
    const { poll, given } = aChannel()
    await poll(inHours(200))
    expect(await remindersOf(booking)).toEqual([
      'upcoming -24 cancelled',
      'check_in -0.5 cancelled',
      'follow_up 24 sent',
      'review_request 48 pending',
    ])
    await desk().record(booking, [moved('check_in'), moved('complete')])
    await poll(inHours(200))
    expect(given.map(({ type }) => type)).toContain('reminder_review_request')
  })
})
