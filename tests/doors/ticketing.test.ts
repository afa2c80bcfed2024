import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { pay } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'
import { TICKETING_EVENTS } from './event-classes.ts'
import { atDoor, expecting, neverAsked, readAs, told, toldOf } from './client.ts'

// The entities of seed 002: Booking and BookingItem, as TypeORM's columns give them.
const Timestamp = z.iso.datetime({ offset: true })
const Booking = z.strictObject({
  id: z.uuid(),
  userId: z.string(),
  eventId: z.string(),
  status: z.enum(['PENDING', 'CONFIRMED', 'CANCELLED']),
  totalAmount: z.number(),
  currency: z.string().length(3),
  ticketReference: z.string().nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  expiresAt: Timestamp,
  items: z.array(z.strictObject({ id: z.uuid(), seatId: z.string(), price: z.number(), createdAt: Timestamp })).min(1),
})
const NestError = z.strictObject({
  statusCode: z.int(),
  message: z.union([z.string(), z.array(z.string()).min(1)]),
  error: z.string(),
})

const eventsOf = async (id: string) => readAs(TICKETING_EVENTS, await toldOf(world, id))

let world: World
let ada: Caller
let concert: Offer

beforeAll(async () => {
  world = await openWorld()
  ada = await atDoor(world, 'ticketing', 'customer', 'auth0|ada')
  concert = await offerSeats(world, 8)
})
afterAll(() => world.close())

const dto = (...seatIds: string[]) => ({ eventId: concert.offeringId, seatIds })

async function paid(id: string): Promise<void> {
  const own = await world.as('customer', 'auth0|ada')
  await pay(world, (await own.get<BookingBody>(`/bookings/${id}`)).body)
}

const until = (id: string, expected: object) =>
  eventually(async () => {
    const booking = await expecting(200, Booking, ada.get(`/bookings/${id}`))
    expect(booking).toMatchObject(expected)
    return booking
  })

describe('a client of the ticketing document, with nothing but a base URL', () => {
  test('F-03 F-07 books two seats for ten minutes, pays, and has a ticket', async () => {
    const made = await expecting(201, Booking, ada.post('/bookings', dto('A-1', 'A-2')))
    expect(made).toMatchObject({
      userId: 'auth0|ada',
      eventId: concert.offeringId,
      status: 'PENDING',
      totalAmount: 90,
      currency: 'USD',
      ticketReference: null,
    })
    expect(made.items.map(({ seatId, price }) => [seatId, price])).toEqual([
      ['A-1', 45],
      ['A-2', 45],
    ])
    const minutes = (Date.parse(made.expiresAt) - Date.parse(made.createdAt)) / 60_000
    expect(minutes).toBeGreaterThan(9.9)
    expect(minutes).toBeLessThan(10.1)
    await paid(made.id)
    const confirmed = await until(made.id, { status: 'CONFIRMED' })
    expect(confirmed.ticketReference).not.toBeNull()
    expect(await expecting(200, z.array(Booking), ada.get('/bookings'))).toContainEqual(confirmed)
    const payload = {
      bookingId: made.id,
      userId: 'auth0|ada',
      eventId: concert.offeringId,
      seatIds: ['A-1', 'A-2'],
      totalAmount: 90,
      expiresAt: made.expiresAt,
    }
    expect(await eventsOf(made.id)).toEqual([
      { type: 'booking.created', payload: { eventType: 'booking.created', payload } },
      {
        type: 'booking.confirmed',
        payload: {
          eventType: 'booking.confirmed',
          payload: { ...payload, expiresAt: confirmed.expiresAt, ticketReference: confirmed.ticketReference },
        },
      },
    ])
  })

  test('F-03 E-04 payment.success and payment.failed as the document’s payment service sends them', async () => {
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
    const event = await offerSeats(world, 2)
    const [good, bad] = await Promise.all(
      event.unitIds.map((seat) =>
        expecting(201, Booking, ada.post('/bookings', { eventId: event.offeringId, seatIds: [seat] })),
      ),
    )
    const own = await world.as('customer', 'auth0|ada')
    await pay(world, (await own.get<BookingBody>(`/bookings/${good!.id}`)).body, 'pm_bank_immediate')
    const payload = { bookingId: good!.id, transactionId: 'tx-1' }
    const success = { eventId: randomUUID(), payload }
    expect(await told(world, 'payment.success', success)).toBe('applied')
    expect(await told(world, 'payment.success', success)).toBe('repeated')
    await until(good!.id, { status: 'CONFIRMED' })
    const failed = { eventId: randomUUID(), payload: { bookingId: bad!.id } }
    expect(await told(world, 'payment.failed', failed)).toBe('applied')
    await until(bad!.id, { status: 'CANCELLED' })
    expect((await eventsOf(bad!.id)).at(-1)).toMatchObject({
      type: 'booking.cancelled',
      payload: { payload: { bookingId: bad!.id, reason: 'PAYMENT_FAILED' } },
    })
    await world.service.put('/control/faults', { rules: [] })
  })

  test('F-03 a seat that somebody has is 409, and nothing of the order is made', async () => {
    await expecting(201, Booking, ada.post('/bookings', dto('A-3')))
    const answer = await expecting(409, NestError, ada.post('/bookings', dto('A-3', 'A-4')))
    expect(answer).toMatchObject({ statusCode: 409, error: 'Conflict' })
    await expecting(201, Booking, ada.post('/bookings', dto('A-4')))
  })

  test('F-03 cancels, paid or not, and the seats are free', async () => {
    const made = await expecting(201, Booking, ada.post('/bookings', dto('A-5')))
    const cancelled = await expecting(200, Booking, ada.post(`/bookings/${made.id}/cancel`, { reason: 'ill' }))
    expect(cancelled.status).toBe('CANCELLED')
    expect(Date.parse(cancelled.expiresAt)).toBe(Date.parse(made.expiresAt))
    expect((await eventsOf(made.id)).at(-1)).toMatchObject({ payload: { payload: { reason: 'ill' } } })
    await expecting(409, NestError, ada.delete(`/bookings/${made.id}`))
    const again = await expecting(201, Booking, ada.post('/api/bookings', dto('A-5')))
    expect(await expecting(200, Booking, ada.delete(`/bookings/${again.id}`))).toMatchObject({ status: 'CANCELLED' })
  })

  test('F-03 a hold that runs out ends CANCELLED, as the enum has it', async () => {
    const brief = await offerSeats(world, 1, { hold_seconds: 1, lapse_grace_seconds: 1 })
    const made = await expecting(
      201,
      Booking,
      ada.post('/bookings', { eventId: brief.offeringId, seatIds: brief.unitIds }),
    )
    await until(made.id, { status: 'CANCELLED' })
    expect((await eventsOf(made.id)).at(-1)).toMatchObject({ payload: { payload: { reason: 'HOLD_EXPIRED' } } })
  })

  test('F-03 unknown events are 404, somebody else’s booking is 403, faults are 400, in the shape of NestJS', async () => {
    const made = await expecting(201, Booking, ada.post('/bookings', dto('A-6')))
    const ben = await atDoor(world, 'ticketing', 'customer', 'auth0|ben')
    await expecting(403, NestError, ben.get(`/bookings/${made.id}`))
    await expecting(403, NestError, ben.post(`/bookings/${made.id}/cancel`, {}))
    for (const path of ['/bookings/00000000-0000-4000-8000-000000000000', '/bookings/7', '/nowhere']) {
      await expecting(404, NestError, ben.get(path))
    }
    await expecting(404, NestError, ada.post('/bookings', { eventId: 'no-such-event', seatIds: ['A-1'] }))
    for (const body of [{}, dto(), { ...dto('A-7'), seatIds: ['A-7', 'A-7'] }, '{', '[]']) {
      await expecting(400, NestError, ada.post('/bookings', body))
    }
    await expecting(400, NestError, ada.post('/bookings', dto('Z-99')))
    await expecting(413, NestError, ada.post('/bookings', { ...dto('A-7'), padding: 'x'.repeat(70_000) }))
    const nobody = await fetch(`${world.apiUrl}/doors/ticketing/bookings`)
    expect(await nobody.json()).toMatchObject({ statusCode: 401, error: 'Unauthorized' })
  })

  test('F-03 E-08 health names database and Kafka in the shape of Terminus', async () => {
    const Indicator = z.object({ status: z.enum(['up', 'down']) })
    const Indicators = z.strictObject({ database: Indicator, kafka: Indicator })
    const Health = z.strictObject({
      status: z.literal('ok'),
      info: Indicators,
      error: z.strictObject({}),
      details: Indicators,
    })
    await expecting(200, Health, ada.get('/health'))
  })

  test('F-07 every route of the door’s document was asked, and answered as the document says', async () => {
    const never = await neverAsked(world, 'ticketing')
    // The same routes below other prefixes are the same code.
    expect(never.filter((route) => !/ \/api\//.test(route))).toEqual([])
  })
})
