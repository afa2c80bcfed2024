import { beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { bankStatement, inDays, outside, pays, person, unique, type Person } from './cast.ts'

describe('A tutoring site: Ada takes lessons with Tess', () => {
  const tess = unique('tess')
  let ada: Person
  let ben: Person
  let olga: Person
  let lesson: BookingBody
  beforeAll(async () => {
    ;[ada, ben, olga] = [
      await person('student', unique('ada')),
      await person('student', unique('ben')),
      await person('operator', 'olga'),
    ]
  })

  test('Tess teaches maths for 60 dollars an hour', async () => {
    const rate = { amount: 6000, currency: 'USD' }
    const tutor = { name: 'Tess Tutor', email: 'tess@example.test', hourly_rate: rate, subjects: ['maths'] }
    await outside().put(`/control/tutors/${tess}`, tutor)
    const provider = { id: tess, name: 'Tess Tutor' }
    await olga.sets(`/offerings/${tess}`, {
      profile: 'tutoring',
      name: 'Maths',
      provider,
      price: rate,
      price_unit: 'hour',
    })
  })

  test('Ada asks whether an hour and a half is free, and what it costs', async () => {
    const items = [{ offering_id: tess, start: inDays(7), end: inDays(7, 1.5) }]
    const { items: answers } = await ada.does<{ items: object[] }>('/bookings/availability/check', { items })
    expect(answers).toMatchObject([{ available: true, price: { amount: 9000, currency: 'USD' } }])
  })

  test('T-05 T-03 she books it: 90.00 dollars, and the time is hers while she pays', async () => {
    const items = [{ offering_id: tess, start: inDays(7), end: inDays(7, 1.5) }]
    lesson = await ada.does('/bookings', { profile: 'tutoring', subject: 'Algebra', items })
    expect(lesson).toMatchObject({ status: 'pending', amount: 9000, currency: 'USD', waiting_for: 'payment' })
  })

  test('T-01 Ben cannot have half an hour of it, but the hour that begins when hers ends', async () => {
    const overlapping = [{ offering_id: tess, start: inDays(7, 1), end: inDays(7, 2) }]
    expect(
      await ben.isRefused('/bookings', { profile: 'tutoring', subject: 'Sums', items: overlapping }),
    ).toMatchObject({
      code: 'sold_out',
    })
    const after = [{ offering_id: tess, start: inDays(7, 1.5), end: inDays(7, 2.5) }]
    expect(await ben.does('/bookings', { profile: 'tutoring', subject: 'Sums', items: after })).toMatchObject({
      status: 'pending',
    })
  })

  test('T-07 T-09 she pays; the lesson is confirmed, with a link to the meeting', async () => {
    await pays(lesson)
    lesson = await ada.waitsFor(lesson, { status: 'confirmed' })
    expect(lesson.meeting_url).toMatch(/^https?:/)
  })

  test('A-06 H-11 she moves it by half an hour, over her own old time, and it stays the same booking', async () => {
    const items = [{ offering_id: tess, start: inDays(7, -0.5), end: inDays(7, 1) }]
    const moved = await ada.sets<BookingBody>(`/bookings/${lesson.id}`, { items, expected_version: lesson.version })
    lesson = await ada.waitsFor(moved, { status: 'confirmed', start: inDays(7, -0.5), amount: 9000 })
    expect(await bankStatement(lesson)).toEqual({ taken: 9000, given: 0 })
  })

  test('T-08 she cancels a week before: all her money comes back, and the booking says refunded', async () => {
    const preview = await ada.sees(`/bookings/${lesson.id}/cancellation`)
    expect(preview).toMatchObject({ can_cancel: true, refund: { amount: 9000, percent: 100 } })
    await ada.does(`/bookings/${lesson.id}/cancel`, { reason: 'exam was moved' })
    await ada.waitsFor(lesson, { status: 'refunded' })
    expect(await bankStatement(lesson)).toEqual({ taken: 9000, given: 9000 })
  })

  test('A-13 the history tells who did what, in order', async () => {
    const { history } = await ada.sees<{ history: { status: string }[] }>(`/bookings/${lesson.id}/history`)
    const statuses = history.map(({ status }) => status).filter((status, at, all) => status !== all[at - 1])
    expect(statuses).toEqual(['pending', 'confirmed', 'cancelled', 'refunded'])
  })
})
