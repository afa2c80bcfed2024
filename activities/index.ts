import type { Meetings, Payments } from '../services/ports.ts'
import { holdActivities, type HoldPorts } from './holds.ts'
import { meetingActivities } from './meetings.ts'
import { paymentActivities } from './payments.ts'

export type Ports = HoldPorts & { readonly payments: Payments; readonly meetings: Meetings }

/** Every activity of the product over the ports it needs. */
export function createActivities(ports: Ports) {
  const holds = holdActivities(ports)
  return {
    ...holds,
    ...paymentActivities({
      database: ports.database,
      payments: ports.payments,
      record: (change) => holds.record(change),
    }),
    ...meetingActivities(ports.database, ports.meetings),
  }
}

export type Activities = ReturnType<typeof createActivities>
