import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Answer, Caller } from './caller.ts'
import { eventually } from './eventually.ts'
import type { Offer } from './offers.ts'
import type { World } from './world.ts'

/** A booking that is held. What cannot be done now is asked for again (`insist`): a slow machine is not what those who need a booking are about. */
export async function hold(
  customer: Caller,
  order: object,
  headers: Record<string, string> = {},
): Promise<BookingBody> {
  const { status, body } = await insist(customer, order, headers)
  expect({ status, body }).toMatchObject({ status: 201 })
  return body
}

/** Asks for a booking as a careful client does: again, under the same key, as long as the answer is that it cannot be done now. */
export async function insist(
  customer: Caller,
  order: object,
  headers: Record<string, string> = {},
  withinSeconds = 60,
): Promise<Answer<BookingBody>> {
  const asked = { 'idempotency-key': randomUUID(), ...headers }
  const patientUntil = Date.now() + withinSeconds * 1000
  for (;;) {
    const answer = await customer.post<BookingBody>('/bookings', order, asked)
    if (answer.status !== 503 || Date.now() > patientUntil) return answer
    await setTimeout(250)
  }
}

/** Pays as the customer's browser does, at the sandbox; answers with the intent. */
export async function pay(
  world: World,
  booking: BookingBody,
  method = 'pm_card_visa',
  more: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const { payment } = booking
  if (payment === null) throw new Error(`booking ${booking.id} has no payment to be made`)
  const { status, body } = await world.service.post(`/api/v1/payments/intents/${payment.intent_id}/confirm`, {
    client_secret: payment.client_secret,
    payment_method: method,
    ...more,
  })
  expect({ status, body }).toMatchObject({ status: 200 })
  return body
}

/** The booking once it stands as expected. */
export function until(
  customer: Caller,
  id: string,
  expected: Partial<BookingBody> | ((booking: BookingBody) => void),
  withinSeconds?: number,
): Promise<BookingBody> {
  return eventually(async () => {
    const { body } = await customer.get<BookingBody>(`/bookings/${id}`)
    if (typeof expected === 'function') expected(body)
    else expect(body).toMatchObject(expected)
    return body
  }, withinSeconds)
}

/** What really happened to the money of a booking, by kind. */
export async function ledgerOf(world: World, bookingId: string): Promise<Record<string, number>> {
  const { body } = await world.service.get<{ kind: string; amount: number }[]>(`/ledger?booking_id=${bookingId}`)
  const sums: Record<string, number> = {}
  for (const { kind, amount } of body) sums[kind] = (sums[kind] ?? 0) + amount
  return sums
}

/** Held, paid by card and confirmed. */
export async function confirmed(
  world: World,
  who: Caller,
  offer: Offer,
  more: Record<string, unknown> = {},
  unitId?: string,
): Promise<BookingBody> {
  const booking = await hold(who, offer.order(more, unitId))
  await pay(world, booking)
  return until(who, booking.id, { status: 'confirmed' })
}

/** The latest line of a booking's history with this action, as an operator sees it. */
export async function lastLine(
  operator: Caller,
  id: string,
  action: string,
): Promise<Record<string, unknown> | undefined> {
  const { body } = await operator.get<{ history: Record<string, unknown>[] }>(`/bookings/${id}/history`)
  return body.history.findLast((line) => line['action'] === action)
}
