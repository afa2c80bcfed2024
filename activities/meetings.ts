import type { Booking } from '../domain/booking.ts'
import type { Meetings } from '../services/ports.ts'
import { namingRefusals } from './failures.ts'

/** The activity that makes the link of a lesson (T-09); the same key gives the same link. */
export function meetingActivities(meetings: Meetings) {
  return {
    async makeMeeting({ booking, key }: { booking: Booking; key: string }): Promise<string> {
      const { start, end } = booking
      if (start === null || end === null) throw new Error(`booking ${booking.id} has no time to meet at`)
      return namingRefusals(() =>
        meetings.create({
          key,
          bookingId: booking.id,
          subject: booking.subject ?? booking.reference,
          range: { start, end },
        }),
      )
    },
  }
}
