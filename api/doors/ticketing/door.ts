import { Hono } from 'hono'
import { v5 } from 'uuid'
import { z } from 'zod'
import type { Parts } from '../../../runtime/wire.ts'
import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import { segment } from '../ask.ts'
import { asked, bodyOf, guarded, isFaultAt, major, makeDoor, type DoorContext, type DoorEnv } from '../door.ts'
import { described, Timestamp, type Operation, type Operations } from '../openapi.ts'
import { dto, nestError, NestRefusal, nestRefusal } from '../nest.ts'

const CreateBookingDto = z.object({
  eventId: z.string().min(1).max(200),
  seatIds: z
    .array(z.string().min(1).max(200))
    .min(1, 'must contain at least 1 element')
    .refine((seats) => new Set(seats).size === seats.length, { message: 'must be unique' }),
})

const CancelBookingDto = z.object({ reason: z.string().max(500).nullish() })

/** The document's entities: Booking with its BookingItems. */
const BookingEntity = z.strictObject({
  id: z.uuid(),
  userId: z.string(),
  eventId: z.string(),
  status: z.enum(['PENDING', 'CONFIRMED', 'CANCELLED']),
  totalAmount: z.number(),
  currency: z.string(),
  ticketReference: z.string().nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  expiresAt: Timestamp,
  items: z.array(z.strictObject({ id: z.uuid(), seatId: z.string(), price: z.number(), createdAt: Timestamp })),
})

const Indicator = z.strictObject({ status: z.enum(['up', 'down']), message: z.string().optional() })
const Indicators = z.strictObject({ database: Indicator.optional(), kafka: Indicator.optional() })
/** What Terminus answers. */
const Health = z.strictObject({
  status: z.enum(['ok', 'error']),
  info: Indicators,
  error: Indicators,
  details: Indicators,
})

/** Where Nest applications of the seed's kind are asked; the document names the controller and no prefix. */
const PREFIXES = ['/bookings', '/api/bookings', '/api/v1/bookings']

const OPERATIONS: Operations = {
  'GET /health': { summary: 'Alive, with database and Kafka', answer: Health, refusal: Health, open: true },
  ...Object.fromEntries(
    PREFIXES.flatMap((at): [string, Operation][] => [
      [
        `POST ${at}`,
        { summary: 'Books seats of an event', body: CreateBookingDto, answer: BookingEntity, status: 201 },
      ],
      [`GET ${at}`, { summary: 'The caller’s bookings', answer: z.array(BookingEntity) }],
      [`GET ${at}/{bookingId}`, { summary: 'One booking', answer: BookingEntity }],
      [`POST ${at}/{bookingId}/cancel`, { summary: 'Cancels it', body: CancelBookingDto, answer: BookingEntity }],
      [`DELETE ${at}/{bookingId}`, { summary: 'Cancels it', body: CancelBookingDto, answer: BookingEntity }],
    ]),
  ),
}

/** F-03: the API of seed 002, with its entity, its statuses and its health check. */
export function ticketingDoor(app: Pick<Hono, 'fetch'>, parts: Parts): Hono<DoorEnv> {
  const door = makeDoor(nestError)
  const routes = new Hono<DoorEnv>()
  routes.use(guarded(app, parts))

  routes.post('/', async (c) => {
    const { eventId, seatIds } = dto(CreateBookingDto, await bodyOf(c))
    const order = { profile: 'ticketing', items: seatIds.map((seat) => ({ offering_id: eventId, unit_id: seat })) }
    const booking = await asked<BookingBody>(c, 'POST', '/bookings', order, (problem) => {
      if (problem.code === 'sold_out') return nestRefusal(409, `Seats already reserved: ${seatIds.join(', ')}`)
      return isFaultAt(problem, 'offering_id') ? nestRefusal(404, `Event ${eventId} not found`) : null
    })
    return c.json(entityOf(booking), 201)
  })

  routes.get('/', async (c) => {
    const { bookings } = await asked<BookingPageBody>(c, 'GET', '/bookings?profile=ticketing&limit=100')
    return c.json(bookings.map(entityOf))
  })

  routes.get('/:bookingId', async (c) => c.json(entityOf(await ownBooking(c, parts))))

  const cancel = async (c: DoorContext) => {
    const { reason } = dto(CancelBookingDto, await bodyOf(c))
    const { id, status } = await ownBooking(c, parts)
    const said = reason == null || reason === '' ? {} : { reason }
    const booking = await asked<BookingBody>(c, 'POST', `/bookings/${id}/cancel`, said, ({ code }) =>
      code === 'illegal_transition' ? nestRefusal(409, `Booking ${id} is ${STATUSES[status]}`) : null,
    )
    return c.json(entityOf(booking))
  }
  routes.post('/:bookingId/cancel', cancel)
  routes.delete('/:bookingId', cancel)

  described(door, 'ticketing', OPERATIONS, NestRefusal)
  door.get('/health', (c) => health(app, c.req.raw.signal))
  for (const prefix of PREFIXES) door.route(prefix, routes)
  return door
}

/** The booking, as its owner may see it. The seed's guard answers 403 where the API would not say that there is one. */
async function ownBooking(c: DoorContext, { database }: Parts): Promise<BookingBody> {
  const id = c.req.param('bookingId') ?? ''
  const reply = await c.get('ask')<BookingBody>('GET', `/api/v1/bookings/${segment(id)}`)
  if (reply.ok && reply.body.profile === 'ticketing') return reply.body
  const missing = nestRefusal(404, `Booking ${id} not found`)
  if (reply.ok || !z.uuid().safeParse(id).success) throw missing
  const strangers = await database.booking.count({ where: { id: id.toLowerCase(), profile: 'ticketing' } })
  throw strangers === 0 ? missing : nestRefusal(403, 'Forbidden resource')
}

const STATUSES: Readonly<Record<BookingBody['status'], z.infer<typeof BookingEntity>['status']>> = {
  pending: 'PENDING',
  awaiting_approval: 'PENDING',
  confirmed: 'CONFIRMED',
  checked_in: 'CONFIRMED',
  in_progress: 'CONFIRMED',
  completed: 'CONFIRMED',
  no_show: 'CONFIRMED',
  cancelled: 'CANCELLED',
  expired: 'CANCELLED',
  refunded: 'CANCELLED',
}

/** A booking as the seed's entity has it. */
function entityOf(booking: BookingBody): z.infer<typeof BookingEntity> {
  return {
    id: booking.id,
    userId: booking.customer.id,
    eventId: booking.items[0]?.offering_id ?? '',
    status: STATUSES[booking.status],
    totalAmount: major(booking.amount, booking.currency),
    currency: booking.currency,
    ticketReference: booking.ticket_reference,
    createdAt: booking.created_at,
    updatedAt: booking.updated_at,
    expiresAt: booking.steps.held_until,
    items: booking.items.map((item) => ({
      // A UUID, as the seed has it, and always the same one.
      id: v5(item.id, booking.id),
      seatId: item.unit_id,
      price: major(item.unit_price, booking.currency),
      createdAt: booking.created_at,
    })),
  }
}

/** `/ready` in the shape of Terminus. Without Kafka bookings go on (K-06), and what is to be sent is kept. */
async function health(app: Pick<Hono, 'fetch'>, signal: AbortSignal): Promise<Response> {
  const ready = await app.fetch(new Request('http://door.invalid/ready', { signal }))
  const { checks } = (await ready.json()) as { checks: { database: string; kafka: string } }
  const indicators = Object.entries({ database: checks.database, kafka: checks.kafka }).map(([name, state]) => {
    const isUp = state === 'up' || state === 'not configured'
    const message = state === 'not configured' ? { message: 'not configured' } : {}
    return [name, { status: isUp ? 'up' : 'down', ...message }] as const
  })
  const of = (status: string) => Object.fromEntries(indicators.filter(([, indicator]) => indicator.status === status))
  const error = of('down')
  const isFine = Object.keys(error).length === 0
  const body = { status: isFine ? 'ok' : 'error', info: of('up'), error, details: Object.fromEntries(indicators) }
  return Response.json(body, { status: isFine ? 200 : 503 })
}
