import type { Booking } from '../domain/booking.ts'
import { Refused } from '../domain/failures.ts'
import { findBooking, type StoredBooking } from '../prisma/bookings.ts'
import type { Database } from '../prisma/client.ts'
import type { Principal } from './auth.ts'

/** May this caller see and touch this booking? Customers their own, providers those of their offerings, the others all. */
export function maySee(principal: Principal, booking: Pick<Booking, 'customer' | 'provider'>): boolean {
  switch (principal.role) {
    case 'customer':
      return booking.customer.id === principal.id
    case 'provider':
      return booking.provider?.id === principal.id
    case 'operator':
    case 'service':
      return true
  }
}

/** The booking of an id that the caller may see. Throws `not_found` else, whether it is absent or somebody else's. */
export async function visibleBooking(db: Database, principal: Principal, id: string): Promise<StoredBooking> {
  const booking = await findBooking(db, id)
  if (booking === null || !maySee(principal, booking)) throw noBooking(id)
  return booking
}

export function noBooking(id: string): Refused {
  return new Refused({ code: 'not_found', message: `There is no booking ${id}.` })
}
