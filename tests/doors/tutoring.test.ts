import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { pay } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { inDays } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'
import { TUTORING_EVENTS } from './event-classes.ts'
import { atDoor, expecting, neverAsked, readAs, told, toldOf } from './client.ts'

// The models of seed 000's presentation/api/schemas.py and domain/model/enums.py.
const Datetime = z.iso.datetime({ offset: true })
const BookingResponse = z.strictObject({
  id: z.int(),
  student_id: z.int(),
  student_name: z.string(),
  tutor_id: z.int(),
  tutor_name: z.string(),
  subject: z.string(),
  scheduled_start: Datetime,
  scheduled_end: Datetime,
  amount: z.number(),
  currency: z.string(),
  status: z.enum(['pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'refunded']),
  payment_status: z.enum(['pending', 'processing', 'succeeded', 'failed', 'refunded']),
  meeting_url: z.string().nullable(),
  notes: z.string().nullable(),
  created_at: Datetime,
  updated_at: Datetime,
})
const HttpError = z.strictObject({ detail: z.string() })
const ValidationError = z.strictObject({
  detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.int()])), msg: z.string(), type: z.string() })).min(1),
})

let world: World
let student: Caller
const TUTOR = 7
const request = (more: object = {}) => ({
  tutor_id: TUTOR,
  scheduled_start: inDays(7),
  scheduled_end: inDays(7, 1),
  subject: 'Algebra',
  ...more,
})

beforeAll(async () => {
  world = await openWorld()
  student = await atDoor(world, 'tutoring', 'student', '42')
  const operator = await world.as('operator', 'olga')
  const rate = { amount: 4000, currency: 'USD' }
  await world.service.put(`/control/tutors/${TUTOR}`, {
    name: 'Tess',
    email: 'tess@example.test',
    hourly_rate: rate,
    subjects: ['maths'],
  })
  await operator.put('/offerings/tess', {
    profile: 'tutoring',
    name: 'Maths',
    provider: { id: String(TUTOR), name: 'Tess' },
    price: rate,
    price_unit: 'hour',
  })
})
afterAll(() => world.close())

async function behind(number: number): Promise<BookingBody> {
  const own = await world.as('student', '42')
  return (await own.get<BookingBody>(`/bookings/number/${number}`)).body
}

/** The payment happens at the payment service, which the document leaves to others. */
async function paid(number: number): Promise<void> {
  await pay(world, await behind(number))
}

/** What a reader of `booking.events` with the document's classes gets of a booking. */
async function eventsOf(number: number) {
  const { id } = await behind(number)
  return readAs(TUTORING_EVENTS, await toldOf(world, id))
}

describe('a client of the tutoring document, with nothing but a base URL', () => {
  test('F-01 F-07 books a tutor, pays, reads, lists and completes', async () => {
    // It is paid for in time, and begins while the test still looks.
    const begins = Date.now() + 15_000
    const soon = (seconds = 0) => new Date(begins + seconds * 1000).toISOString()
    const made = await expecting(
      201,
      BookingResponse,
      student.post(
        '/api/bookings/',
        request({ notes: 'bring paper', scheduled_start: soon(), scheduled_end: soon(3600) }),
      ),
    )
    expect(made).toMatchObject({
      student_id: 42,
      tutor_id: TUTOR,
      tutor_name: 'Tess',
      amount: 40,
      currency: 'USD',
      status: 'pending',
      payment_status: 'pending',
      meeting_url: null,
      notes: 'bring paper',
    })
    await paid(made.id)
    const confirmed = await eventually(async () => {
      const seen = await expecting(200, BookingResponse, student.get(`/api/bookings/${made.id}`))
      expect(seen).toMatchObject({ status: 'confirmed', payment_status: 'succeeded' })
      return seen
    })
    expect(confirmed.meeting_url).toMatch(/^https?:/)
    expect(await expecting(200, BookingResponse, student.post(`/api/bookings/${made.id}/confirm`, {}))).toEqual(
      confirmed,
    )
    const names = { booking_id: made.id, student_id: 42, tutor_id: TUTOR }
    const scheduled_time = { start: made.scheduled_start, end: made.scheduled_end }
    expect(await eventsOf(made.id)).toMatchObject([
      {
        type: 'BookingRequested',
        payload: { ...names, scheduled_time, amount: { amount: '40.00', currency: 'USD' } },
      },
      { type: 'BookingConfirmed', payload: { ...names, scheduled_time, meeting_url: confirmed.meeting_url } },
    ])
    expect(await expecting(200, z.array(BookingResponse), student.get('/api/bookings/'))).toContainEqual(confirmed)
    await expecting(403, HttpError, student.post(`/api/bookings/${made.id}/complete`, {}))
    const operator = await atDoor(world, 'tutoring', 'operator', '1')
    const begun = await expecting(200, BookingResponse, operator.post(`/api/bookings/${made.id}/start`, {}))
    expect(begun.status).toBe('in_progress')
    // Not before it begins (N-45).
    await eventually(async () => {
      const ended = await expecting(200, BookingResponse, operator.post(`/api/bookings/${made.id}/complete`, {}))
      expect(ended.status).toBe('completed')
    })
  })

  test('F-01 cancels, and is given the money back more than a day before', async () => {
    const { id } = await expecting(
      201,
      BookingResponse,
      student.post('/api/bookings/', request({ scheduled_start: inDays(9), scheduled_end: inDays(9, 2) })),
    )
    await paid(id)
    await eventually(async () =>
      expect((await student.get(`/api/bookings/${id}`)).body).toMatchObject({ status: 'confirmed' }),
    )
    await expecting(200, BookingResponse, student.post(`/api/bookings/${id}/cancel`, { reason: 'ill' }))
    await eventually(async () =>
      expect((await student.get(`/api/bookings/${id}`)).body).toMatchObject({
        status: 'refunded',
        payment_status: 'refunded',
      }),
    )
    const twice = await expecting(400, HttpError, student.post(`/api/bookings/${id}/cancel`, {}))
    expect(twice.detail).not.toBe('')
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      type: 'BookingCancelled',
      payload: {
        booking_id: id,
        cancelled_by: 42,
        reason: 'ill',
        previous_status: 'confirmed',
        refund_eligible: true,
      },
    })
  })

  test('F-01 less than a day before, nothing comes back; the tutor’s time is free again', async () => {
    const soon = { scheduled_start: inDays(0, 20), scheduled_end: inDays(0, 21) }
    const { id } = await expecting(201, BookingResponse, student.post('/api/bookings/', request(soon)))
    await paid(id)
    await eventually(async () =>
      expect((await student.get(`/api/bookings/${id}`)).body).toMatchObject({ status: 'confirmed' }),
    )
    const cancelled = await expecting(200, BookingResponse, student.post(`/api/bookings/${id}/cancel`, {}))
    expect(cancelled).toMatchObject({ status: 'cancelled', payment_status: 'succeeded' })
    expect((await eventsOf(id)).at(-1)).toMatchObject({ payload: { refund_eligible: false } })
    await expecting(201, BookingResponse, student.post('/api/bookings/', request(soon)))
  })

  test('F-01 a payment that fails cancels the booking', async () => {
    const at = { scheduled_start: inDays(15), scheduled_end: inDays(15, 1) }
    const { id } = await expecting(201, BookingResponse, student.post('/api/bookings/', request(at)))
    await pay(world, await behind(id), 'pm_card_declined')
    await eventually(async () =>
      expect((await student.get(`/api/bookings/${id}`)).body).toMatchObject({
        status: 'cancelled',
        payment_status: 'failed',
      }),
    )
    const operator = await atDoor(world, 'tutoring', 'operator', '1')
    await expecting(400, HttpError, operator.post(`/api/bookings/${id}/confirm`, {}))
  })

  test('F-01 names and rate stay as they were when it was booked', async () => {
    const at = { scheduled_start: inDays(16), scheduled_end: inDays(16, 1) }
    const made = await expecting(201, BookingResponse, student.post('/api/bookings/', request(at)))
    const later = {
      name: 'Theresa',
      email: 't@example.test',
      hourly_rate: { amount: 9000, currency: 'USD' },
      subjects: [],
    }
    await world.service.put(`/control/tutors/${TUTOR}`, later)
    expect(await expecting(200, BookingResponse, student.get(`/api/bookings/${made.id}`))).toEqual(made)
    const rate = { amount: 4000, currency: 'USD' }
    await world.service.put(`/control/tutors/${TUTOR}`, { ...later, name: 'Tess', hourly_rate: rate })
  })

  test('F-01 what nobody pays is cancelled by nobody', async () => {
    const offered = { profile: 'tutoring', name: 'Quick', provider: { id: '9', name: 'Quinn' }, price_unit: 'hour' }
    const rate = { amount: 4000, currency: 'USD' }
    await world.service.put('/control/tutors/9', {
      name: 'Quinn',
      email: 'q@example.test',
      hourly_rate: rate,
      subjects: [],
    })
    const operator = await world.as('operator', 'olga')
    await operator.put('/offerings/quinn', {
      ...offered,
      price: rate,
      policy: { hold_seconds: 1, lapse_grace_seconds: 1 },
    })
    const { id } = await expecting(201, BookingResponse, student.post('/api/bookings/', request({ tutor_id: 9 })))
    await eventually(async () => {
      const seen = await expecting(200, BookingResponse, student.get(`/api/bookings/${id}`))
      expect(seen.status).toBe('cancelled')
    })
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      type: 'BookingCancelled',
      payload: { booking_id: id, cancelled_by: 0, previous_status: 'pending' },
    })
  })

  test('F-01 K-04 PaymentSucceeded as the document’s payment service sends it, with the booking’s number', async () => {
    const { id } = await expecting(
      201,
      BookingResponse,
      student.post('/api/bookings/', request({ scheduled_start: inDays(13), scheduled_end: inDays(13, 1) })),
    )
    const { payment } = await behind(id)
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
    await pay(world, await behind(id), 'pm_bank_immediate')
    // As json.dumps(…, default=str) writes the dataclass: its time with a blank for the T.
    const event = {
      event_id: randomUUID(),
      booking_id: id,
      payment_id: payment?.intent_id,
      amount: 40.0,
      occurred_at: new Date().toISOString().replace('T', ' ').replace('Z', '+00:00'),
    }
    expect(await told(world, 'PaymentSucceeded', event)).toBe('applied')
    expect(await told(world, 'PaymentSucceeded', event)).toBe('repeated')
    await world.service.put('/control/faults', { rules: [] })
    await eventually(async () =>
      expect((await student.get(`/api/bookings/${id}`)).body).toMatchObject({
        status: 'confirmed',
        payment_status: 'succeeded',
      }),
    )
    const unknown = { ...event, event_id: randomUUID(), booking_id: 999_999 }
    await expect(told(world, 'PaymentSucceeded', unknown)).rejects.toThrow('No booking 999999 is known here.')
  })

  test.each([
    ['a blank instead of the T', (at: string) => at.replace('T', ' ')],
    ['what isoformat() writes', (at: string) => at.replace('.000Z', '+00:00')],
    ['no offset', (at: string) => at.replace('.000Z', '')],
    ['seconds since 1970', (at: string) => Date.parse(at) / 1000],
  ])('F-01 reads times as pydantic does: %s', async (_, written) => {
    const hour = 20 + ['a blank', 'what', 'no', 'seconds'].findIndex((word) => _.startsWith(word))
    const made = await expecting(
      201,
      BookingResponse,
      student.post(
        '/api/bookings/',
        request({ scheduled_start: written(inDays(hour)), scheduled_end: written(inDays(hour, 1)) }),
      ),
    )
    expect(made.scheduled_start).toBe(inDays(hour))
  })

  test('F-01 refuses with the document’s own words, as 400', async () => {
    await expecting(
      201,
      BookingResponse,
      student.post('/api/bookings/', request({ scheduled_start: inDays(11), scheduled_end: inDays(11, 1) })),
    )
    const refused: [object, string][] = [
      [{ scheduled_start: inDays(11), scheduled_end: inDays(11, 1) }, 'Tutor is not available at this time'],
      [{ scheduled_start: inDays(-1), scheduled_end: inDays(-1, 1) }, 'Cannot book a session in the past'],
      [{ scheduled_end: inDays(7) }, 'End time must be after start time'],
      [{ scheduled_end: inDays(7, 0.25) }, 'Session must be at least 30 minutes'],
      [{ scheduled_end: inDays(7, 5) }, 'Session cannot exceed 4 hours'],
      [{ tutor_id: 8 }, 'Tutor 8 not found'],
    ]
    for (const [more, detail] of refused) {
      expect(await expecting(400, HttpError, student.post('/api/bookings/', request(more)))).toEqual({ detail })
    }
  })

  test('F-01 tells of invalid fields as FastAPI does, and of roles before fields', async () => {
    const faults = await expecting(422, ValidationError, student.post('/api/bookings/', { tutor_id: 0, subject: '' }))
    expect(faults.detail.map(({ loc }) => loc.join('.'))).toEqual([
      'body.tutor_id',
      'body.scheduled_start',
      'body.scheduled_end',
      'body.subject',
    ])
    await expecting(422, ValidationError, student.get('/api/bookings/abc'))
    await expecting(413, HttpError, student.post('/api/bookings/', request({ padding: 'x'.repeat(70_000) })))
    const tutor = await atDoor(world, 'tutoring', 'provider', String(TUTOR))
    const answer = await expecting(403, HttpError, tutor.post('/api/bookings/', { nonsense: true }))
    expect(answer).toEqual({ detail: 'Only students can create bookings' })
    const stranger = await atDoor(world, 'tutoring', 'student', '43')
    for (const path of ['/api/bookings/1', '/api/bookings/999999', '/api/bookings/0']) {
      await expecting(404, HttpError, stranger.get(path))
    }
    const nobody = await fetch(`${world.apiUrl}/doors/tutoring/api/bookings/`)
    expect(nobody.status).toBe(401)
    expect(await nobody.json()).toMatchObject({ detail: expect.any(String) })
    await expecting(200, z.strictObject({ status: z.string() }), student.get('/health'))
    expect((await student.get('/ready')).status).toBe(200)
  })

  test('F-07 shows its reference where FastAPI has it, with files of its own', async () => {
    for (const path of ['/docs', '/redoc']) {
      const page = await (await fetch(`${world.apiUrl}/doors/tutoring${path}`)).text()
      expect(page).toContain('Holdfast, the tutoring door')
      for (const [, file = ''] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
        const at = new URL(file, `${world.apiUrl}/doors/tutoring${path}`)
        expect({ file, status: (await fetch(at)).status }).toEqual({ file, status: 200 })
      }
    }
  })

  test('F-07 every route of the door’s document was asked, and answered as the document says', async () => {
    expect(await neverAsked(world, 'tutoring')).toEqual([])
  })
})
