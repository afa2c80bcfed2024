import { v5 } from 'uuid'
import type { Booking } from '../domain/booking.ts'
import type { Fact, FactType } from '../domain/facts.ts'
import { profileNamed } from '../profiles/index.ts'
import type { Moment } from '../profiles/profile.ts'
import type { HeldFact, OutboxEntry } from '../prisma/writes.ts'
import { entryOf } from './catalogue.ts'
import type { Review } from './payloads/definition.ts'

/** Of ids of messages: one fact and event type always has the same, however often it is written. */
const NAMESPACE = '5b0c4b5e-6a0f-4c52-9d2b-0f6d7a1c9e34'

/**
 * The messages a change of a booking makes, by its profile: the event types of the moment, each with its topic and payload (K-02, K-03). A change
 * that the profile publishes nothing for makes none.
 */
export function messagesOf(
  profileName: string,
  fact: Fact | HeldFact,
  before: Booking | null,
  after: Booking,
): OutboxEntry[] {
  const profile = profileNamed(profileName)
  if (profile === undefined) throw new Error(`there is no profile ${profileName}`)
  return momentsOf(fact.type, before, after)
    .flatMap((moment) => profile.events.on[moment] ?? [])
    .flatMap((eventType) => {
      const { topic, build } = entryOf(profile.name, eventType)
      const eventId = v5(`${after.id} ${after.version} ${eventType}`, NAMESPACE)
      const payload = build?.({ eventId, before, after, fact }) ?? null
      return payload === null ? [] : [{ eventId, eventType, topic, payload }]
    })
}

/** The messages a review makes, by its booking's profile. A booking has one review, so each type comes once (C-07). */
export function reviewMessagesOf(booking: Booking, review: Review): OutboxEntry[] {
  const profile = profileNamed(booking.profile)
  if (profile === undefined) throw new Error(`there is no profile ${booking.profile}`)
  return (profile.events.on.reviewed ?? []).flatMap((eventType) => {
    const { topic, buildReview } = entryOf(profile.name, eventType)
    const eventId = v5(`${booking.id} ${review.id} ${eventType}`, NAMESPACE)
    return buildReview === undefined ? [] : [{ eventId, eventType, topic, payload: buildReview(booking, review) }]
  })
}

function momentsOf(factType: FactType, before: Booking | null, after: Booking): Moment[] {
  const moments: Moment[] = []
  if (factType === 'held' || factType === 'payment_captured' || factType === 'refund_succeeded') moments.push(factType)
  if (factType === 'changed' || factType === 'items_cancelled' || factType === 'noted') moments.push('updated')
  if (before !== null && before.status !== after.status) {
    // A no-show that is taken back is a change of status, and no second confirmation.
    const again = before.status === 'no_show' && after.status === 'confirmed'
    if (after.status !== 'pending' && after.status !== 'awaiting_approval' && !again) moments.push(after.status)
    moments.push('status_changed')
  }
  return moments
}
