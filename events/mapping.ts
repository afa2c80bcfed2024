import type { Booking } from '../domain/booking.ts'
import type { FactType } from '../domain/facts.ts'
import { profileNamed } from '../profiles/index.ts'
import type { Moment } from '../profiles/profile.ts'
import type { OutboxEntry } from '../prisma/writes.ts'

/**
 * The messages a change of a booking makes, by its profile: the event types of the moment, each with its topic (K-03). A change that the profile
 * publishes nothing for makes none.
 */
export function messagesOf(
  profileName: string,
  factType: FactType,
  before: Booking | null,
  after: Booking,
): OutboxEntry[] {
  const profile = profileNamed(profileName)
  if (profile === undefined) throw new Error(`there is no profile ${profileName}`)
  const { on, topic } = profile.events
  return momentsOf(factType, before, after)
    .flatMap((moment) => on[moment] ?? [])
    .map((eventType) => ({ eventType, topic: topic === 'per_type' ? eventType : topic.name }))
}

function momentsOf(factType: FactType, before: Booking | null, after: Booking): Moment[] {
  const moments: Moment[] = []
  if (factType === 'held' || factType === 'payment_captured') moments.push(factType)
  if (before !== null && before.status !== after.status) {
    if (after.status !== 'pending' && after.status !== 'awaiting_approval') moments.push(after.status)
    moments.push('status_changed')
  }
  return moments
}
