import type { Hono } from 'hono'
import type { z } from 'zod'
import type { Parts } from '../../../runtime/wire.ts'
import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import type { ReservationBody } from '../../schemas/reservation.ts'
import { segment } from '../ask.ts'
import { asked, bodyOf, guarded, makeDoor, type DoorContext, type DoorEnv } from '../door.ts'
import { described } from '../openapi.ts'
import type { ReviewRow } from './answers.ts'
import { dto, nestError, NestRefusal, nestRefusal } from '../nest.ts'
import {
  clinicBooking,
  clinicLogEntry,
  clinicReservation,
  clinicService,
  clinicSlot,
  OURS,
  type HistoryLine,
  type ServiceBody,
  type SlotBody,
} from './render.ts'
import {
  BookingsQuery,
  CancelBooking,
  CLINIC_OPERATIONS,
  ConfirmReservation,
  CreateReservation,
  Review,
  SlotsQuery,
  UpdateStatus,
} from './schemas.ts'

/** F-02: the nine REST routes of seed 001 at the root, and the log that its tables have. */
export function clinicDoor(app: Pick<Hono, 'fetch'>, parts: Parts): Hono<DoorEnv> {
  const door = makeDoor(nestError)
  door.get('/health', (c) => c.json({ status: 'ok' }))
  described(door, 'clinic', CLINIC_OPERATIONS, NestRefusal)
  door.use(guarded(app, parts))

  door.get('/bookings', async (c) => {
    const query = dto(BookingsQuery, queryOf(c))
    const parameters = new URLSearchParams({
      profile: 'clinic',
      page: String(query.page),
      limit: String(query.limit),
      ...(query.user_id !== undefined && { customer_id: query.user_id }),
      ...(query.start_date !== undefined && { from: new Date(query.start_date).toISOString() }),
      ...(query.end_date !== undefined && { to: endOf(query.end_date) }),
    })
    if (query.status !== undefined) parameters.set('status', query.status.map((status) => OURS[status]).join(','))
    const page = await asked<BookingPageBody>(c, 'GET', `/bookings?${parameters.toString()}`)
    return c.json({ data: page.bookings.map(clinicBooking), total: page.total, page: query.page, limit: query.limit })
  })

  door.get('/bookings/:id', async (c) => c.json(clinicBooking(await bookingOf(c))))

  door.get('/bookings/:id/logs', async (c) => {
    const { id } = await bookingOf(c)
    const { history } = await asked<{ history: HistoryLine[] }>(c, 'GET', `/bookings/${id}/history`)
    return c.json(history.map((line) => clinicLogEntry(line, id)))
  })

  door.post('/reservations', async (c) => {
    const request = dto(CreateReservation, await bodyOf(c))
    const reservation = await asked<ReservationBody>(
      c,
      'POST',
      '/reservations',
      {
        profile: 'clinic',
        items: [{ offering_id: request.service_id, unit_id: request.slot_id }],
        customer: { id: request.user_id },
        pet_id: request.pet_id,
        ...(request.notes != null && { notes: request.notes }),
      },
      ({ code }) => (code === 'sold_out' ? nestRefusal(409, 'The slot is not available') : null),
    )
    return c.json(clinicReservation(reservation), 201)
  })

  door.get('/reservations/:id', async (c) => {
    const path = `/reservations/${segment(c.req.param('id'))}`
    return c.json(clinicReservation(await asked<ReservationBody>(c, 'GET', path)))
  })

  door.post('/reservations/:id/confirm', async (c) => {
    const { notes, payment_method, payment_details } = dto(ConfirmReservation, await bodyOf(c))
    const method = payment_method ?? payment_details?.payment_method ?? payment_details?.method
    const path = `/reservations/${segment(c.req.param('id'))}/confirm`
    const body = { ...(method != null && { payment_method: method }), ...(notes != null && { notes }) }
    const { booking } = await asked<ReservationBody>(c, 'POST', path, body)
    return c.json(clinicBooking(booking), 201)
  })

  door.post('/bookings/:id/cancel', async (c) => {
    const { cancellation_reason: reason } = dto(CancelBooking, await bodyOf(c))
    const { id } = await bookingOf(c)
    const body = reason == null || reason === '' ? {} : { reason }
    return c.json(clinicBooking(await asked<BookingBody>(c, 'POST', `/bookings/${id}/cancel`, body)), 201)
  })

  door.put('/bookings/:id/status', async (c) => {
    const { status, notes } = dto(UpdateStatus, await bodyOf(c))
    const { id } = await bookingOf(c)
    const body = { status: OURS[status], ...(notes != null && notes !== '' && { reason: notes }) }
    return c.json(clinicBooking(await asked<BookingBody>(c, 'PUT', `/bookings/${id}/status`, body)))
  })

  door.get('/services/:id/slots', async (c) => {
    const { start_date, end_date } = dto(SlotsQuery, queryOf(c))
    const parameters = new URLSearchParams({
      ...(start_date !== undefined && { from: new Date(start_date).toISOString() }),
      ...(end_date !== undefined && { to: endOf(end_date) }),
    })
    const id = c.req.param('id')
    const path = `/services/${segment(id)}/slots?${parameters.toString()}`
    const { slots } = await asked<{ slots: SlotBody[] }>(c, 'GET', path)
    return c.json(slots.map((slot) => clinicSlot(slot, id)))
  })

  door.get('/clinics/:id/services', async (c) => {
    const path = `/clinics/${segment(c.req.param('id'))}/services`
    const { services } = await asked<{ services: ServiceBody[] }>(c, 'GET', path)
    return c.json(services.map(clinicService))
  })

  door.post('/bookings/:id/reviews', async (c) => {
    const review = dto(Review, await bodyOf(c))
    const { id } = await bookingOf(c)
    const body = Object.fromEntries(Object.entries(review).filter(([, value]) => value != null))
    const made = await asked<z.infer<typeof ReviewRow>>(c, 'POST', `/bookings/${id}/reviews`, body)
    return c.json(made, 201)
  })
  return door
}

async function bookingOf(c: DoorContext): Promise<BookingBody> {
  const id = c.req.param('id') ?? ''
  const no = nestRefusal(404, `Booking ${id} not found`)
  const booking = await asked<BookingBody>(c, 'GET', `/bookings/${segment(id)}`, undefined, ({ code }) =>
    code === 'not_found' || code === 'validation_failed' ? no : null,
  )
  if (booking.profile !== 'clinic') throw no
  return booking
}

/** The query as an object; `status` may be repeated, be `status[]`, or have commas. */
function queryOf(c: DoorContext): Record<string, unknown> {
  const { status, 'status[]': list, ...others } = c.req.queries()
  const statuses = [...(status ?? []), ...(list ?? [])].flatMap((text) => text.split(','))
  const single = Object.fromEntries(Object.entries(others).map(([name, values]) => [name, values.at(-1)]))
  return { ...single, ...(statuses.length > 0 && { status: statuses }) }
}

/** The end of a day that was given as a date; the moment itself of one that was given with a time. */
function endOf(text: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  return new Date(Date.parse(text) + (isDay ? 86_400_000 : 0)).toISOString()
}
