import type { Meetings, Payments } from '../services/ports.ts'
import { findBooking } from '../prisma/bookings.ts'
import { withhold } from '../prisma/withheld.ts'
import { holdActivities, type HoldPorts } from './holds.ts'
import { meetingActivities } from './meetings.ts'
import { paymentActivities } from './payments.ts'

export type Ports = HoldPorts & { readonly payments: Payments; readonly meetings: Meetings }

/** Every activity of the product over the ports it needs. */
export function createActivities(ports: Ports) {
  const holds = holdActivities(ports)
  const find = (bookingId: string) => findBooking(ports.database, bookingId)
  return {
    ...holds,
    ...paymentActivities({
      find,
      payments: ports.payments,
      record: (change) => holds.record(change),
      withhold: (id, data) => withhold(ports.database, id, data),
    }),
    ...meetingActivities(find, ports.meetings),
  }
}

export type Activities = ReturnType<typeof createActivities>
