import { Hono } from 'hono'
import type { z } from 'zod'
import type { Parts } from '../../../runtime/wire.ts'
import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import { segment, type Problem } from '../ask.ts'
import { asked, DoorRefusal, guarded, major, makeDoor, type DoorContext, type DoorEnv } from '../door.ts'
import { fastApiError, pydanticBody } from '../fastapi.ts'
import { described } from '../openapi.ts'
import { VenueRefusal, type Availability, type VenueBooking } from './answers.ts'
import { findTable, itemOf } from './find.ts'
import {
  CancelBooking,
  ChangeStatus,
  CheckAvailability,
  CreateBooking,
  UpdateBooking,
  VENUE_OPERATIONS,
  type VenueStatus,
} from './schemas.ts'

/** F-04: the API of seed 003: guest, venue, date, time and party instead of offerings and units. */
export function venueDoor(app: Pick<Hono, 'fetch'>, parts: Parts): Hono<DoorEnv> {
  const door = makeDoor((problem) => (problem.status === 409 ? conflict(problem) : fastApiError(problem)))
  const routes = new Hono<DoorEnv>()
  routes.use(guarded(app, parts))

  routes.post('/', async (c) => {
    const request = await pydanticBody(c, CreateBooking)
    const found = await findTable(c, request)
    const { guest_id: id, guest_name: name, guest_email: email, guest_phone: phone } = request
    const booking = await asked<BookingBody>(c, 'POST', '/bookings', {
      profile: 'venue',
      items: [found.item],
      party_size: request.party_size,
      customer: { id, ...given({ name, email, phone }) },
      ...given({ notes: request.notes, idempotency_key: request.idempotency_key }),
    })
    return c.json(responseOf(booking), 201)
  })

  routes.post('/availability/check', async (c) => {
    const request = await pydanticBody(c, CheckAvailability)
    const { answer, minutes } = await findTable(c, request)
    const checked: z.infer<typeof Availability> = {
      ...request,
      duration_minutes: minutes,
      available: answer.available,
      conflicts: [...answer.conflicts],
      estimated_amount: answer.price === null ? null : major(answer.price.amount, answer.price.currency),
      currency: answer.price?.currency ?? null,
    }
    return c.json(checked)
  })

  routes.get('/reference/:reference', async (c) =>
    c.json(responseOf(await venueBooking(c, `/bookings/reference/${segment(c.req.param('reference'))}`))),
  )
  for (const scope of ['guest', 'venue']) {
    routes.get(`/${scope}/:id`, async (c) => {
      const path = `/bookings/${scope}/${segment(c.req.param('id'))}?limit=100`
      const { bookings } = await asked<BookingPageBody>(c, 'GET', path)
      return c.json(bookings.filter(({ profile }) => profile === 'venue').map(responseOf))
    })
  }
  routes.get('/:id', async (c) => c.json(responseOf(await oneBooking(c))))

  routes.put('/:id', async (c) => {
    const request = await pydanticBody(c, UpdateBooking)
    const before = await oneBooking(c)
    const moved = [request.booking_date, request.booking_time, request.duration_minutes].some((field) => field != null)
    const contact = given({ name: request.guest_name, email: request.guest_email, phone: request.guest_phone })
    const change = given({ party_size: request.party_size, notes: request.notes })
    const key = given({ idempotency_key: request.idempotency_key })
    let { expected_version } = request
    let booking = before
    const isContact = Object.keys(contact).length > 0
    // First, because no other step follows from it, so that the version which it makes is the one that the change finds.
    if (isContact) {
      const body = { ...contact, ...key, expected_version }
      booking = await asked<BookingBody>(c, 'PUT', `/bookings/${before.id}/contact`, body)
      expected_version = booking.version
    }
    if (!isContact || moved || Object.keys(change).length > 0) {
      const place = { ...placeOf(before), ...given(request) }
      const items = moved ? { items: [await itemOf(c, place, before.items[0]!.offering_id)] } : {}
      const body = { ...items, ...change, ...key, expected_version }
      booking = await asked<BookingBody>(c, 'PUT', `/bookings/${before.id}`, body)
    }
    return c.json(responseOf(booking))
  })

  routes.post('/:id/cancel', async (c) => {
    const { reason, expected_version, idempotency_key } = await pydanticBody(c, CancelBooking)
    const { id } = await oneBooking(c)
    const body = { expected_version, ...given({ reason, idempotency_key }) }
    return c.json(responseOf(await asked<BookingBody>(c, 'POST', `/bookings/${id}/cancel`, body)))
  })

  routes.post('/:id/status', async (c) => {
    const { status, ...request } = await pydanticBody(c, ChangeStatus)
    const before = await oneBooking(c)
    const body = { expected_version: request.expected_version, ...given({ idempotency_key: request.idempotency_key }) }
    const { reason } = request
    // The business confirms without a payment service: what it takes at the desk is recorded as paid by hand (V-09).
    // Where it is confirmed by now, a repeated key still has its answer.
    const isByHand = before.status !== 'awaiting_approval' && before.status !== 'no_show'
    if (status === 'CONFIRMED' && isByHand) {
      const operation = { operation: 'confirm_by_hand', reason: reason ?? 'confirmed by the venue', ...body }
      return c.json(responseOf(await asked<BookingBody>(c, 'POST', `/bookings/${before.id}/operations`, operation)))
    }
    const change = { status: OURS[status], ...given({ reason }), ...body }
    return c.json(responseOf(await asked<BookingBody>(c, 'POST', `/bookings/${before.id}/status`, change)))
  })

  described(door, 'venue', VENUE_OPERATIONS, VenueRefusal)
  door.get('/health', (c) => c.json({ status: 'healthy' }))
  door.route('/api/v1/bookings', routes)
  return door
}

/** What is not null or absent. */
function given(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
}

/** The document's conflict error: 409, with the booking as it now is where the versions differ. */
function conflict({ status, code, detail, booking }: Problem) {
  const current = booking === undefined ? {} : { current: responseOf(booking as BookingBody) }
  return { status, body: { detail, code, ...current } }
}

async function oneBooking(c: DoorContext): Promise<BookingBody> {
  return venueBooking(c, `/bookings/${segment(c.req.param('id') ?? '')}`)
}

async function venueBooking(c: DoorContext, path: string): Promise<BookingBody> {
  const no = new DoorRefusal(404, { detail: 'Booking not found' })
  const isNone = ({ code }: Problem) => code === 'not_found' || code === 'validation_failed'
  const booking = await asked<BookingBody>(c, 'GET', path, undefined, (problem) => (isNone(problem) ? no : null))
  if (booking.profile !== 'venue') throw no
  return booking
}

/** A booking's date and time by the clock of its venue, and its length. */
function placeOf(booking: BookingBody) {
  const [date = '', time = ''] = (booking.start_local ?? '').split('T')
  const minutes = (Date.parse(booking.end ?? '') - Date.parse(booking.start ?? '')) / 60_000
  return { booking_date: date, booking_time: time.slice(0, 8), duration_minutes: minutes }
}

const OURS = {
  PENDING: 'pending',
  CONFIRMED: 'confirmed',
  CHECKED_IN: 'checked_in',
  COMPLETED: 'completed',
  CANCELLED: 'cancelled',
  NO_SHOW: 'no_show',
  EXPIRED: 'expired',
} as const satisfies Record<VenueStatus, BookingBody['status']>

const STATUSES: Readonly<Record<BookingBody['status'], z.infer<typeof VenueBooking>['status']>> = {
  pending: 'PENDING',
  awaiting_approval: 'PENDING',
  confirmed: 'CONFIRMED',
  checked_in: 'CHECKED_IN',
  in_progress: 'CHECKED_IN',
  completed: 'COMPLETED',
  cancelled: 'CANCELLED',
  refunded: 'CANCELLED',
  no_show: 'NO_SHOW',
  expired: 'EXPIRED',
}

function responseOf(booking: BookingBody): z.infer<typeof VenueBooking> {
  const { steps } = booking
  return {
    id: booking.id,
    booking_reference: booking.reference,
    guest_id: booking.customer.id,
    guest_name: booking.customer.name,
    guest_email: booking.customer.email,
    guest_phone: booking.customer.phone,
    venue_id: booking.venue?.id ?? null,
    venue_type: booking.venue?.type ?? null,
    venue_name: booking.venue?.name ?? null,
    ...placeOf(booking),
    party_size: booking.party_size,
    status: STATUSES[booking.status],
    version: booking.version,
    total_amount: major(booking.amount, booking.currency),
    currency: booking.currency,
    payment_intent_id: booking.payment?.intent_id ?? null,
    payment_status: booking.payment?.status ?? null,
    inventory_reservation_id: booking.id,
    notes: booking.notes,
    expires_at: booking.hold?.expires_at ?? null,
    created_at: booking.created_at,
    updated_at: booking.updated_at,
    confirmed_at: steps.confirmed_at,
    checked_in_at: steps.checked_in_at,
    completed_at: steps.completed_at,
    cancelled_at: steps.cancelled_at,
    no_show_at: steps.no_show_at,
    expired_at: steps.expired_at,
  }
}
