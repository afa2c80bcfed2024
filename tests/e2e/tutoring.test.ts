import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, insist, ledgerOf, pay, until } from '../support/booking.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerTutor } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

describe('a tutor’s time', () => {
  test('T-01 two live bookings of one tutor never overlap, and touching is allowed', async () => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const at = (start: string, end: string) => tutor.order({ items: [{ offering_id: tutor.offeringId, start, end }] })
    await hold(ada, at(inDays(7, 1), inDays(7, 2)))

    const overlapping = await ada.post('/bookings', at(inDays(7, 0), inDays(7, 3)))
    expect(overlapping).toMatchObject({ status: 409, body: { code: 'sold_out' } })

    await hold(ada, at(inDays(7, 0), inDays(7, 1)))
    await hold(ada, at(inDays(7, 2), inDays(7, 3)))
  })

  test('T-01 of forty students who want the same hour at once, one gets it', async () => {
    const tutor = await offerTutor(world)
    const students = await Promise.all(Array.from({ length: 40 }, (_, n) => world.as('student', `student-${n}`)))
    const answers = await Promise.all(students.map((student) => insist(student, tutor.order())))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ body }) => 'code' in body && body.code === 'sold_out')).toHaveLength(39)
  })

  test('T-01 a tutor who teaches two subjects has one calendar', async () => {
    const ada = await world.as('student', 'ada')
    const maths = await offerTutor(world)
    const operator = await world.as('operator', 'olga')
    const physics = `${maths.offeringId}-physics`
    const { status } = await operator.put(`/offerings/${physics}`, {
      profile: 'tutoring',
      name: 'Physics',
      provider: { id: maths.offeringId },
      price: { amount: 6000, currency: 'USD' },
    })
    expect(status).toBe(200)
    await hold(ada, maths.order())
    const same = await ada.post(
      '/bookings',
      maths.order({ items: [{ offering_id: physics, start: inDays(7), end: inDays(7, 1) }] }),
    )
    expect(same).toMatchObject({ status: 409, body: { code: 'sold_out' } })
  })
})

describe('what can be booked', () => {
  test.each([
    ['in the past', { start: inDays(-1), end: inDays(-1, 1) }, '/items/0/start'],
    ['for 29 minutes', { start: '2027-03-01T09:00:00Z', end: '2027-03-01T09:29:00Z' }, '/items/0/end'],
    ['for 4 hours and a minute', { start: '2027-03-01T09:00:00Z', end: '2027-03-01T13:01:00Z' }, '/items/0/end'],
    ['backwards', { start: '2027-03-01T10:00:00Z', end: '2027-03-01T09:00:00Z' }, '/items/0/end'],
  ])('T-02 a lesson %s is refused', async (_, time, pointer) => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const { status, body } = await ada.post(
      '/bookings',
      tutor.order({ items: [{ offering_id: tutor.offeringId, ...time }] }),
    )
    expect(status).toBe(422)
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ pointer }] })
  })

  test.each([
    ['30 minutes', '2027-03-02T09:00:00Z', '2027-03-02T09:30:00Z', 3000],
    ['4 hours', '2027-03-03T09:00:00Z', '2027-03-03T13:00:00Z', 24_000],
    ['47 minutes', '2027-03-04T09:00:00Z', '2027-03-04T09:47:00Z', 4700],
  ])('T-02 T-03 a lesson of %s costs the hourly rate times its length', async (_, start, end, amount) => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const booking = await hold(ada, tutor.order({ items: [{ offering_id: tutor.offeringId, start, end }] }))
    expect(booking).toMatchObject({ amount, currency: 'USD', price: { subtotal: amount, total: amount } })
  })

  test('T-02 the subject is 1 to 100 characters and notes at most 500', async () => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    for (const more of [
      { subject: '' },
      { subject: 'x'.repeat(101) },
      { subject: undefined },
      { notes: 'x'.repeat(501) },
    ]) {
      expect(await ada.post('/bookings', tutor.order(more))).toMatchObject({
        status: 422,
        body: { code: 'validation_failed' },
      })
    }
    await hold(ada, tutor.order({ subject: 'x'.repeat(100), notes: 'y'.repeat(500) }))
  })

  test('T-03 euro and pound are sold in, other currencies are not', async () => {
    const ada = await world.as('student', 'ada')
    const euros = await offerTutor(world, {}, { amount: 3333, currency: 'EUR' })
    expect(await hold(ada, euros.order())).toMatchObject({ amount: 3333, currency: 'EUR' })
    const operator = await world.as('operator', 'olga')
    const yen = { profile: 'tutoring', name: 'Japanese', price: { amount: 3000, currency: 'JPY' } }
    expect(await operator.put('/offerings/yen', yen)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/price/currency' }] },
    })
  })

  test('T-05 only students book: providers, operators and services may not', async () => {
    const tutor = await offerTutor(world)
    for (const role of ['provider', 'operator', 'service'] as const) {
      const somebody = await world.as(role, `a-${role}`)
      expect(await somebody.post('/bookings', tutor.order())).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
    }
  })
})

describe('a lesson’s life', () => {
  test('T-04 who, what and at which rate is noted at booking and unchanged by later edits', async () => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const booking = await hold(ada, tutor.order())
    const edited = await world.service.put(`/control/tutors/${tutor.offeringId}`, {
      name: 'Another Name',
      email: 'another@example.test',
      hourly_rate: { amount: 1, currency: 'USD' },
      subjects: [],
    })
    expect(edited.status).toBe(200)
    const { body } = await ada.get<BookingBody>(`/bookings/${booking.id}`)
    expect(body).toMatchObject({
      amount: 6000,
      snapshots: {
        tutor: { id: tutor.offeringId, name: 'Tess Tutor', email: 'tess@example.test' },
        customer: { id: 'ada', name: 'Ada', email: 'ada@example.test' },
        subject: 'Algebra',
        hourly_rate: { amount: 6000, currency: 'USD' },
      },
    })
  })

  test('T-07 T-09 it is confirmed only after the payment succeeded, with a meeting link', async () => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const booking = await hold(ada, tutor.order())
    const operator = await world.as('operator', 'olga')
    const byHand = await operator.post(`/bookings/${booking.id}/status`, { status: 'confirmed' })
    expect(byHand).toMatchObject({ status: 409, body: { code: 'illegal_transition' } })

    await pay(world, booking)
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    expect(confirmed.meeting_url).toMatch(/^https:/)
    expect(confirmed.payment).toMatchObject({ status: 'succeeded', amount: 6000 })
  })

  test('T-07 a failed payment cancels it, voids the intent and frees the hour', async () => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const booking = await hold(ada, tutor.order())
    await pay(world, booking, 'pm_card_declined')
    await until(ada, booking.id, {
      status: 'cancelled',
      cancellation: { reason: 'payment_failed' } as BookingBody['cancellation'],
    })
    const intent = await world.service.get(`/api/v1/payments/intents/${booking.payment?.intent_id}`)
    expect(intent.body['status']).toBe('cancelled')
    await hold(ada, tutor.order())
  })

  test('T-06 it starts and completes, by its tutor; everything else is refused by name', async () => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const tess = await world.as('provider', tutor.offeringId)
    // It is paid for in time, and begins while the test still looks.
    const [start, end] = [15_000, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString())
    const booking = await hold(ada, tutor.order({ items: [{ offering_id: tutor.offeringId, start, end }] }))
    const move = (status: string) => tess.post<BookingBody>(`/bookings/${booking.id}/status`, { status })

    for (const status of ['in_progress', 'completed', 'no_show', 'checked_in', 'refunded', 'expired']) {
      expect(await move(status)).toMatchObject({ status: 409, body: { code: 'illegal_transition', legal: ['cancel'] } })
    }
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    expect(await move('in_progress')).toMatchObject({ status: 200, body: { status: 'in_progress' } })
    expect(await move('in_progress')).toMatchObject({ status: 409, body: { legal: ['complete', 'cancel'] } })
    // Not before it begins (N-45).
    await eventually(async () => {
      expect(await move('completed')).toMatchObject({ status: 200, body: { status: 'completed' } })
    })
    for (const status of ['cancelled', 'in_progress', 'confirmed']) {
      expect(await move(status)).toMatchObject({ status: 409, body: { code: 'illegal_transition', legal: [] } })
    }
  })

  test('T-06 a student starts nothing, and another tutor does not even see it', async () => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const booking = await hold(ada, tutor.order())
    expect(await ada.post(`/bookings/${booking.id}/status`, { status: 'in_progress' })).toMatchObject({ status: 403 })
    const stranger = await world.as('provider', 'another-tutor')
    expect(await stranger.post(`/bookings/${booking.id}/status`, { status: 'in_progress' })).toMatchObject({
      status: 404,
    })
  })

  test('T-05 T-08 cancelled more than 24 hours ahead, everything comes back and it ends refunded', async () => {
    const ada = await world.as('student', 'ada')
    const tutor = await offerTutor(world)
    const booking = await hold(ada, tutor.order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    const preview = await ada.get(`/bookings/${booking.id}/cancellation`)
    expect(preview.body).toMatchObject({ can_cancel: true, refund: { amount: 6000, currency: 'USD', percent: 100 } })

    const { status, body } = await ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, { reason: 'ill' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'ill', by: { role: 'customer', id: 'ada' } },
      refund: { amount: 6000 },
    })
    await until(ada, booking.id, ({ status, refund }) => {
      expect({ status, refund: refund?.status }).toEqual({ status: 'refunded', refund: 'completed' })
    })
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 6000, captured: 6000, refunded: 6000 })
  })

  test('T-08 cancelled within 24 hours nothing comes back, unless the tutor cancels', async () => {
    const ada = await world.as('student', 'ada')
    for (const [role, refunded] of [
      ['student', undefined],
      ['provider', 6000],
    ] as const) {
      const tutor = await offerTutor(world)
      const soon = { items: [{ offering_id: tutor.offeringId, start: inDays(0, 2), end: inDays(0, 3) }] }
      const booking = await hold(ada, tutor.order(soon))
      await pay(world, booking)
      await until(ada, booking.id, { status: 'confirmed' })
      const canceller = await world.as(role, role === 'student' ? 'ada' : tutor.offeringId)
      expect((await canceller.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
      await until(ada, booking.id, { status: refunded === undefined ? 'cancelled' : 'refunded' })
      expect((await ledgerOf(world, booking.id))['refunded']).toBe(refunded)
    }
  })
})
