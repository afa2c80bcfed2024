import type { Meetings } from '../services/ports.ts'
import { dueDuty, type Errand, type FindBooking } from './errands.ts'
import { namingRefusals } from './failures.ts'

/** The activity that makes the link of a lesson (T-09); the same key gives the same link. */
export function meetingActivities(find: FindBooking, meetings: Meetings) {
  return {
    async makeMeeting(errand: Errand): Promise<string> {
      const { booking, effect } = await dueDuty(find, errand, 'make_meeting')
      const { start, end } = booking
      if (start === null || end === null) throw new Error(`booking ${booking.id} has no time to meet at`)
      return namingRefusals(() =>
        meetings.create({
          key: effect.key,
          bookingId: booking.id,
          subject: booking.subject ?? booking.reference,
          range: { start, end },
        }),
      )
    },
  }
}
