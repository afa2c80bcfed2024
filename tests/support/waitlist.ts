import { expect } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { WaitlistEntryBody } from '../../api/schemas/waitlist.ts'
import type { Caller } from './caller.ts'

/** Joins the queue and expects to wait. */
export async function wait(who: Caller, order: object): Promise<WaitlistEntryBody> {
  const { status, body } = await who.post<WaitlistEntryBody>('/waitlist', order)
  expect({ status, body }).toMatchObject({ status: 201, body: { status: 'waiting' } })
  return body
}

/** The entry as its customer sees it now. */
export async function see(who: Caller, { id }: WaitlistEntryBody): Promise<WaitlistEntryBody> {
  return (await who.get<WaitlistEntryBody>(`/waitlist/${id}`)).body
}

/** Gives a booking back, in a way that every profile takes. */
export function cancel(who: Caller, { id, version }: BookingBody) {
  return who.post(`/bookings/${id}/cancel`, { expected_version: version })
}
