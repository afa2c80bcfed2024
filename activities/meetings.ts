import type { Database } from '../prisma/client.ts'
import type { Meetings } from '../services/ports.ts'
import { dueDuty, type Errand } from './errands.ts'
import { namingRefusals } from './failures.ts'

/** The activity that makes the link of a lesson (T-09); the same key gives the same link. */
export function meetingActivities(database: Database, meetings: Meetings) {
  return {
    async makeMeeting(errand: Errand): Promise<string> {
      const { booking, effect } = await dueDuty(database, errand, 'make_meeting')
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
