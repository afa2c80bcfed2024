import { Hono } from 'hono'
import { z } from 'zod'
import { personNumber } from '../../../events/payloads/values.ts'
import type { Parts } from '../../../runtime/wire.ts'
import type { OfferingOnSale } from '../../routes/catalogue.ts'
import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import { asked, DoorRefusal, guarded, major, makeDoor, type DoorContext, type DoorEnv } from '../door.ts'
import { fastApiError, FastApiRefusal, pydanticBody } from '../fastapi.ts'
import { described, Timestamp, type Operations } from '../openapi.ts'
import { pyDatetime, pyInt, pyText } from '../pydantic.ts'

const CreateBookingRequest = z.object({
  tutor_id: pyInt({ gt: 0 }),
  scheduled_start: pyDatetime(),
  scheduled_end: pyDatetime(),
  subject: pyText(1, 100),
  notes: pyText(0, 500).nullish(),
})

const CancelRequest = z.object({ reason: pyText(0, 500).nullish() })

/** The document's BookingResponse: sixteen fields. */
const BookingResponse = z.strictObject({
  id: z.int(),
  student_id: z.int(),
  student_name: z.string(),
  tutor_id: z.int(),
  tutor_name: z.string(),
  subject: z.string(),
  scheduled_start: Timestamp,
  scheduled_end: Timestamp,
  amount: z.number(),
  currency: z.string(),
  status: z.enum(['pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'refunded']),
  payment_status: z.enum(['pending', 'processing', 'succeeded', 'failed', 'refunded']),
  meeting_url: z.string().nullable(),
  notes: z.string().nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
})
type BookingResponse = z.infer<typeof BookingResponse>

const Health = z.strictObject({ status: z.string() })
const Ready = z.looseObject({ status: z.string() })

const OPERATIONS: Operations = {
  'GET /health': { summary: 'Alive', answer: Health, open: true },
  'GET /ready': { summary: 'Ready for work', answer: Ready, refusal: Ready, open: true },
  'POST /api/bookings': {
    summary: 'Books a tutor; students only',
    body: CreateBookingRequest,
    answer: BookingResponse,
    status: 201,
  },
  'GET /api/bookings': { summary: 'The caller’s bookings', answer: z.array(BookingResponse) },
  'GET /api/bookings/{booking_id}': { summary: 'One booking', answer: BookingResponse },
  'POST /api/bookings/{booking_id}/cancel': { summary: 'Cancels it', body: CancelRequest, answer: BookingResponse },
  'POST /api/bookings/{booking_id}/confirm': { summary: 'Answers with it when it is paid', answer: BookingResponse },
  'POST /api/bookings/{booking_id}/start': { summary: 'The session has begun', answer: BookingResponse },
  'POST /api/bookings/{booking_id}/complete': { summary: 'The session is over', answer: BookingResponse },
}

const MINUTE_MS = 60_000

/** F-01: the API of seed 000, its ids as numbers and its amounts as decimals. */
export function tutoringDoor(app: Pick<Hono, 'fetch'>, parts: Parts): Hono<DoorEnv> {
  const door = makeDoor(fastApiError)
  const routes = new Hono<DoorEnv>()
  routes.use(guarded(app, parts))

  routes.post('/', async (c) => {
    // The seed asks who calls before it reads the body.
    if (c.get('principal').role !== 'customer') {
      throw new DoorRefusal(403, { detail: 'Only students can create bookings' })
    }
    const request = await pydanticBody(c, CreateBookingRequest)
    refuseRange(request.scheduled_start, request.scheduled_end)
    const offering = await offeringOf(c, request.tutor_id)
    const order = {
      profile: 'tutoring',
      items: [{ offering_id: offering, start: request.scheduled_start, end: request.scheduled_end }],
      subject: request.subject,
      ...(request.notes != null && { notes: request.notes }),
    }
    const booking = await asked<BookingBody>(c, 'POST', '/bookings', order, ({ code }) =>
      code === 'sold_out' ? new DoorRefusal(400, { detail: 'Tutor is not available at this time' }) : null,
    )
    return c.json(responseOf(booking), 201)
  })

  routes.get('/', async (c) => {
    const { bookings } = await asked<BookingPageBody>(c, 'GET', '/bookings?profile=tutoring&limit=100')
    return c.json(bookings.map(responseOf))
  })

  routes.get('/:id', async (c) => c.json(responseOf(await bookingOf(c))))

  routes.post('/:id/cancel', async (c) => {
    const { reason } = await pydanticBody(c, CancelRequest, { optional: true })
    const { id } = await bookingOf(c)
    const body = reason == null || reason === '' ? {} : { reason }
    return c.json(responseOf(await commanded(c, 'cancel', `/bookings/${id}/cancel`, body)))
  })

  for (const [path, status] of [
    ['confirm', 'confirmed'],
    ['start', 'in_progress'],
    ['complete', 'completed'],
  ] as const) {
    routes.post(`/:id/${path}`, async (c) => {
      const booking = await bookingOf(c)
      // Confirmed by its payment (T-07): asked once more, it is what it is.
      if (status === 'confirmed' && booking.status === 'confirmed') return c.json(responseOf(booking))
      return c.json(responseOf(await commanded(c, path, `/bookings/${booking.id}/status`, { status })))
    })
  }

  described(door, 'tutoring', OPERATIONS, FastApiRefusal)
  door.get('/health', (c) => c.json({ status: 'healthy' }))
  door.get('/ready', (c) => app.fetch(new Request('http://door.invalid/ready', { signal: c.req.raw.signal })))
  door.route('/api/bookings', routes)
  return door
}

/** The rules whose words the seed gives; the engine has them too (T-02), in its own words. */
function refuseRange(start: string, end: string): void {
  const minutes = (Date.parse(end) - Date.parse(start)) / MINUTE_MS
  const no = (detail: string) => new DoorRefusal(400, { detail })
  if (minutes <= 0) throw no('End time must be after start time')
  if (Date.parse(start) <= Date.now()) throw no('Cannot book a session in the past')
  if (minutes < 30) throw no('Session must be at least 30 minutes')
  if (minutes > 240) throw no('Session cannot exceed 4 hours')
}

type Command = 'cancel' | 'confirm' | 'start' | 'complete'

/** A command, and where it is not for what the booking has become, the words that the seed's aggregate refuses it with. */
function commanded(c: DoorContext, command: Command, path: string, body: object): Promise<BookingBody> {
  return asked<BookingBody>(c, 'POST', path, body, ({ code, booking_status }) => {
    if (code !== 'illegal_transition') return null
    const status = STATUSES[booking_status as BookingBody['status']]
    return new DoorRefusal(400, { detail: REFUSALS[command](status) })
  })
}

/** A status as Python prints it. */
const printed = (status: string) => `BookingStatus.${status.toUpperCase()}`

const REFUSALS: Readonly<Record<Command, (status: string) => string>> = {
  cancel: (status) => (status === 'completed' ? 'Cannot cancel completed booking' : 'Booking already cancelled'),
  confirm: (status) =>
    status === 'pending'
      ? 'Cannot confirm booking without successful payment'
      : `Cannot confirm booking with status: ${printed(status)}`,
  start: (status) => `Cannot transition from ${printed(status)} to ${printed('in_progress')}`,
  complete: (status) => `Cannot complete booking with status: ${printed(status)}`,
}

/** What a tutor offers: an offering with the tutor's number as its id or as its provider's. */
async function offeringOf(c: DoorContext, tutor: number): Promise<string> {
  const { offerings } = await asked<{ offerings: OfferingOnSale[] }>(
    c,
    'GET',
    `/offerings?profile=tutoring&provider_id=${tutor}&limit=1`,
  )
  const found = offerings[0]
  if (found !== undefined) return found.id
  throw new DoorRefusal(400, { detail: `Tutor ${tutor} not found` })
}

async function bookingOf(c: DoorContext): Promise<BookingBody> {
  const id = c.req.param('id') ?? ''
  if (!/^\d{1,15}$/.test(id)) {
    const msg = 'Input should be a valid integer, unable to parse string as an integer'
    throw new DoorRefusal(422, { detail: [{ type: 'int_parsing', loc: ['path', 'booking_id'], msg, input: id }] })
  }
  const no = () => new DoorRefusal(404, { detail: `Booking ${id} not found` })
  if (Number(id) < 1) throw no()
  const path = `/bookings/number/${Number(id)}`
  const booking = await asked<BookingBody>(c, 'GET', path, undefined, ({ code }) =>
    code === 'not_found' ? no() : null,
  )
  if (booking.profile !== 'tutoring') throw no()
  return booking
}

const STATUSES: Readonly<Record<BookingBody['status'], BookingResponse['status']>> = {
  pending: 'pending',
  awaiting_approval: 'pending',
  confirmed: 'confirmed',
  checked_in: 'in_progress',
  in_progress: 'in_progress',
  completed: 'completed',
  no_show: 'completed',
  cancelled: 'cancelled',
  expired: 'cancelled',
  refunded: 'refunded',
}

const PAYMENT_STATUSES = {
  pending: 'pending',
  processing: 'processing',
  authorized: 'processing',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'failed',
  refunded: 'refunded',
} as const satisfies Readonly<Record<NonNullable<BookingBody['payment']>['status'], string>>

/** A booking as the seed's BookingResponse. A lesson has its time. */
function responseOf(booking: BookingBody): BookingResponse {
  const { provider } = booking
  return {
    id: booking.number,
    student_id: personNumber(booking.customer.id),
    student_name: booking.customer.name ?? '',
    tutor_id: personNumber(provider?.id ?? ''),
    tutor_name: provider?.name ?? '',
    subject: booking.subject ?? '',
    scheduled_start: booking.start!,
    scheduled_end: booking.end!,
    amount: major(booking.amount, booking.currency),
    currency: booking.currency,
    status: STATUSES[booking.status],
    payment_status: booking.payment === null ? 'pending' : PAYMENT_STATUSES[booking.payment.status],
    meeting_url: booking.meeting_url,
    notes: booking.notes,
    created_at: booking.created_at,
    updated_at: booking.updated_at,
  }
}
