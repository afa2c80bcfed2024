import { Refused } from '../domain/failures.ts'
import {
  claimDueDisplacements,
  displaceLatecomers,
  displacementDelivered,
  isStillOnUnit,
  putOffDisplacement,
  type StoredDisplacement,
} from '../prisma/displacements.ts'
import type { InboxPorts } from './inbox.ts'
import { startPoller, type Poller } from '../runtime/poller.ts'

/**
 * Tells a booking that its unit was taken away, or is back, and marks that as delivered on the result, not before (H-13, H-14). The update's id is the
 * row's, so whoever dies in between tells it nothing new the second time.
 */
async function deliver({ database, workflows, log }: InboxPorts, stored: StoredDisplacement): Promise<void> {
  const { id, bookingId, action, why } = stored
  try {
    if (bookingId === null) {
      await displaceLatecomers(database, stored)
      return await displacementDelivered(database, id, 'looked')
    }
    if (!(await isStillOnUnit(database, stored))) return await displacementDelivered(database, id, 'moved_on')
    const [type, more] =
      action === 'displace' ? (['displace', {}] as const) : (['settle_displacement', { how: 'restored' }] as const)
    await workflows.command(bookingId, type, { ...why, expectedVersion: null, ...more }, id)
    await displacementDelivered(database, id, 'told')
  } catch (error) {
    // Displaced already, begun, or over: there is nothing more to tell it.
    if (error instanceof Refused && error.code === 'illegal_transition') {
      return displacementDelivered(database, id, 'stale')
    }
    const message = error instanceof Error ? error.message : String(error)
    log.warn(
      { displacement_id: id, booking_id: bookingId, attempts: stored.attempts, reason: message },
      'displacement parked',
    )
    await putOffDisplacement(database, id, message)
  }
}

/** Keeps telling bookings what became of their units until stopped. Several may run side by side. */
export function startDisplacementPoller(ports: InboxPorts, intervalMs = 1000): Poller {
  const round = async () => {
    const due = await claimDueDisplacements(ports.database, 20)
    await Promise.all(due.map((stored) => deliver(ports, stored)))
    return due.length > 0
  }
  return startPoller({ round, intervalMs, log: ports.log, trouble: 'displacements could not be told' })
}
