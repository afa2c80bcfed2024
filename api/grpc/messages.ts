import type { Status } from '../../domain/lifecycle.ts'
import type { BookingBody } from '../schemas/booking.ts'
import type { Booking, BookingStatus } from './generated/holdfast/v1/types.ts'
import { bodyOf } from './json.ts'

/** A booking as the HTTP API renders it, as a message; one says nothing that the other does not. */
export function bookingMessage(body: BookingBody): Booking {
  const { snapshots, metadata, status, ...same } = body
  return {
    ...same,
    status: `BOOKING_STATUS_${status.toUpperCase() as Uppercase<Status>}`,
    metadata: new Map(Object.entries(metadata)),
    snapshots_json: JSON.stringify(snapshots),
  }
}

/** A status of a request in the words of the HTTP API, which refuses what it does not know. */
export function statusWord(status: BookingStatus): string {
  return status.replace('BOOKING_STATUS_', '').toLowerCase()
}

/** A request without some of its members, as a body. */
export function bodyWithout<Request extends object>(request: Request, ...names: (keyof Request)[]): object {
  return bodyOf(Object.fromEntries(Object.entries(request).filter(([name]) => !names.includes(name as keyof Request))))
}
