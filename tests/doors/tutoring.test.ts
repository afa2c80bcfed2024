import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { pay } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { inDays } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'
import { atDoor, expecting } from './client.ts'

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

/** The payment happens at the payment service, which the document leaves to others. */
async function paid(number: number): Promise<void> {
  const own = await world.as('student', '42')
  const { body } = await own.get<BookingBody>(`/bookings/number/${number}`)
  await pay(world, body)
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
    expect((await fetch(`${world.apiUrl}/doors/tutoring/health`)).status).toBe(200)
    expect((await fetch(`${world.apiUrl}/doors/tutoring/ready`)).status).toBe(200)
  })
})
