import { expect } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { until } from './booking.ts'
import type { Answer, Caller } from './caller.ts'
import type { Offer } from './offers.ts'
import type { World } from './world.ts'

/** Pays the supplement of a pending change as the customer's browser does, once it can be paid. */
export async function payChange(
  world: World,
  customer: Caller,
  id: string,
  method = 'pm_card_visa',
  more: Record<string, unknown> = {},
): Promise<BookingBody> {
  const booking = await until(customer, id, ({ change }) => expect(change?.payment?.client_secret).toBeTypeOf('string'))
  const payment = booking.change?.payment
  const { status, body } = await world.service.post(`/api/v1/payments/intents/${payment?.intent_id}/confirm`, {
    client_secret: payment?.client_secret,
    payment_method: method,
    ...more,
  })
  expect({ status, body }).toMatchObject({ status: 200 })
  return booking
}

/** The claims a booking ever had, the oldest first. */
export function claimsOf({ parts }: World, bookingId: string): Promise<{ state: string; unitId: string }[]> {
  return parts.database.claim.findMany({ where: { lockId: bookingId }, orderBy: { id: 'asc' } })
}

/** Asks for a change, with the version that the booking has. */
export function change(
  guest: Caller,
  { id, version }: BookingBody,
  body: object,
  headers?: Record<string, string>,
): Promise<Answer<BookingBody>> {
  return guest.put<BookingBody>(`/bookings/${id}`, { expected_version: version, ...body }, headers)
}

/** The items of a table at a time. */
export function at(dinner: Offer, start: string, unit?: string): object[] {
  return [{ offering_id: dinner.offeringId, start, ...(unit !== undefined && { unit_id: unit }) }]
}
