import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { bookedItems, type Booking } from '../../domain/booking.ts'
import { Refused, type Fault } from '../../domain/failures.ts'
import { mechanismOf } from '../../domain/offering.ts'
import type { Order } from '../../domain/order.ts'
import { withBuffer } from '../../domain/time.ts'
import { lookUpItems } from '../../prisma/item-lookup.ts'
import { profileNamed } from '../../profiles/index.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { CommandInput } from '../../workflows/contract.ts'
import type { Principal, Variables } from '../auth.ts'
import { expectedVersionOf, giveCommand } from '../command.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { requireFieldOwner } from '../field-owners.ts'
import { once, type Operation } from '../idempotency.ts'
import { currentInstant } from '../clock.ts'
import { BUFFERS, makeOrder, questionsOf } from '../order.ts'
import { inInstants } from '../local-times.ts'
import { invalid } from '../problems.ts'
import { BookingSchema } from '../schemas/booking.ts'
import { ChangeSchema, type ChangeBody } from '../schemas/change.ts'
import { IdempotencyHeader, Uuid } from '../schemas/common.ts'
import type { OrderBody } from '../schemas/order.ts'
import { noBooking } from '../visibility.ts'

const route = createRoute({
  method: 'put',
  path: '/bookings/{id}',
  ...about(
    'Bookings',
    'changeBooking',
    'Change the time, units, items, party or notes',
    'A change that costs less gives the difference back. A change that costs more is made once `change.supplement` is paid; until then the booking stands as it is.',
  ),
  request: {
    params: z.object({ id: Uuid }),
    headers: IdempotencyHeader,
    ...jsonBody(ChangeSchema, 'changeNotes', 'changeParty', 'changeTime'),
  },
  responses: {
    ...answers(200, 'changed, or waiting for the payment of `change.supplement`', BookingSchema),
    ...problems(403, 404, 409, 412, 422),
  },
})

/** What was agreed stays agreed: the id, the reference, the customer, whose it is and the terms. */
export function changeRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  app.openapi(route, (c) => {
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    const principal = c.get('principal')
    if (body.items === undefined && body.party_size === undefined && body.notes === undefined) {
      throw invalid({ pointer: '', message: 'says nothing to change: name items, party_size or notes' })
    }
    // What a guest wrote is the guest's (N-58): others may move the booking, and not put words into their mouth.
    if (body.notes !== undefined) requireFieldOwner(principal, '/notes', 'customer', 'operator', 'service')
    return once(c, parts, 'change', id, body, (operation) =>
      giveCommand(parts, principal, {
        id,
        commandFor: () => 'change',
        reason: body.reason ?? null,
        expected: expectedVersionOf(c, body.expected_version),
        operation,
        versionRequired: true,
        more: (booking) => inputFor(parts, booking, body, principal, operation),
      }),
    )
  })
}

async function inputFor(
  parts: Parts,
  booking: Booking,
  body: ChangeBody,
  principal: Principal,
  operation: Operation,
): Promise<Partial<CommandInput>> {
  const notes = body.notes === undefined ? {} : { notes: body.notes }
  // Done before: what it asked for may not be possible a second time, and is not asked for.
  if (booking.lastChange === operation.id) return { change: { id: operation.id, order: null } }
  if (body.items === undefined && body.party_size === undefined) {
    refuseShape(booking, body)
    return { change: { id: operation.id, order: null, ...notes } }
  }
  return { change: { id: operation.id, order: await orderFor(parts, booking, body, principal, operation), ...notes } }
}

/**
 * The order of what the booking shall be, checked like a new one, but for who is served and where. Whether the units are free is found out when they
 * are held: the booking's own are not in its way. Throws Refused as `makeOrder` does.
 */
async function orderFor(
  { database }: Parts,
  booking: Booking,
  change: ChangeBody,
  principal: Principal,
  { id: operationId, fingerprint }: Operation,
): Promise<Order> {
  const profile = refuseShape(booking, change)
  const body: OrderBody = {
    profile: booking.profile,
    items: change.items === undefined ? itemsOf(booking) : (await inInstants(database, { items: change.items })).items,
    party_size: change.party_size ?? booking.partySize ?? undefined,
    customer: { id: booking.customer.id },
  }
  const found = await lookUpItems(database, questionsOf(body), BUFFERS)
  const order = makeOrder({
    body,
    found: found.map((item) => ({ ...item, freeUnit: item.freeUnit ?? '' })),
    profile,
    principal,
    bookingId: booking.id,
    fingerprint,
    now: currentInstant(),
  })
  const faults: Fault[] = []
  if (order.currency !== booking.price.currency) {
    faults.push({
      pointer: '/items',
      message: `are priced in ${order.currency}, the booking is in ${booking.price.currency}`,
    })
  }
  if (order.provider?.id !== booking.provider?.id || order.venue?.id !== booking.venue?.id) {
    faults.push({ pointer: '/items', message: 'are somebody else’s, or elsewhere: that is another booking' })
  }
  if (faults.length > 0) throw invalid(...faults)
  if (order.terms.requiresApproval && !booking.terms.requiresApproval) {
    throw new Refused({ code: 'policy_forbids', message: 'What needs an approval is booked anew.' })
  }
  const { bufferBeforeMinutes, bufferAfterMinutes } = booking.terms.policy
  return {
    ...order,
    reference: booking.reference,
    customer: booking.customer,
    subject: booking.subject,
    petId: booking.petId,
    notes: booking.notes,
    metadata: booking.metadata,
    paymentMethod: booking.paymentMethod,
    terms: booking.terms,
    items: order.items.map((item) => ({
      ...item,
      // Never an id that the booking had: claims are known by it.
      id: `${operationId.slice(0, 8)}-${item.id}`,
      occupied:
        item.start !== null && item.end !== null && mechanismOf(item.kind) === 'range'
          ? withBuffer({ start: item.start, end: item.end }, bufferBeforeMinutes, bufferAfterMinutes)
          : null,
    })),
  }
}

/** What is booked, as it would be ordered again. Which table or room was never the guest's business: another may fit the party better. */
function itemsOf(booking: Booking): OrderBody['items'] {
  return bookedItems(booking).map(({ offeringId, unitId, kind, quantity, start, end }) => ({
    offering_id: offeringId,
    ...(kind !== 'table' && kind !== 'room' && { unit_id: unitId }),
    quantity,
    ...(start !== null && { start }),
    ...(end !== null && { end }),
  }))
}

/** What the booking's line of business does not know, or not so much of. */
function refuseShape(booking: Booking, { items, party_size, notes }: ChangeBody) {
  const profile = profileNamed(booking.profile)
  if (profile === undefined) throw noBooking(booking.id)
  const { shape } = profile
  const faults: Fault[] = []
  if (party_size !== undefined && shape.partySize === 'absent') {
    faults.push({ pointer: '/party_size', message: `is not asked for in ${profile.name}` })
  }
  if (items !== undefined && items.length > shape.maxItems) {
    faults.push({ pointer: '/items', message: `has more than ${shape.maxItems} items` })
  }
  if (notes != null && notes.length > shape.notes) {
    faults.push({ pointer: '/notes', message: `has more than ${shape.notes} characters` })
  }
  if (faults.length > 0) throw invalid(...faults)
  return profile
}
