import { v5 } from 'uuid'
import { isConfirmation, wasConfirmed, type Booking } from '../domain/booking.ts'
import type { Fact, FactType } from '../domain/facts.ts'
import { profileNamed } from '../profiles/index.ts'
import type { Moment, Profile } from '../profiles/profile.ts'
import type { HeldFact, OutboxEntry } from '../prisma/writes.ts'
import { entryOf } from './catalogue.ts'
import { BOOKING_CHANGED } from './payloads/changed.ts'
import type { MoneyMoved, Review } from './payloads/definition.ts'
import { given } from './payloads/values.ts'

/** Of ids of messages: one fact and event type always has the same, however often it is written. */
const NAMESPACE = '5b0c4b5e-6a0f-4c52-9d2b-0f6d7a1c9e34'

/**
 * The messages a change of a booking makes, by its profile: the event types of the moment, those of money that moved, and `booking.changed`, which
 * every version makes (K-02, K-03, N-40). What others never heard of is not told to have ended, and money is told after what it paid for (N-41).
 */
export function messagesOf(
  profileName: string,
  fact: Fact | HeldFact,
  before: Booking | null,
  after: Booking,
): OutboxEntry[] {
  const profile = profileNamed(profileName)
  if (profile === undefined) throw new Error(`there is no profile ${profileName}`)
  const entry = (eventType: string, money?: MoneyMoved, n = 0): OutboxEntry[] => {
    const { topic, build } = entryOf(profile.name, eventType)
    const eventId = v5(`${after.id} ${after.version} ${eventType}${n === 0 ? '' : ` ${n}`}`, NAMESPACE)
    const payload = build?.({ eventId, before, after, fact, ...(money !== undefined && { money }) }) ?? null
    return payload === null ? [] : [{ eventId, eventType, topic, payload }]
  }
  const told = momentsOf(profile, fact.type, before, after).flatMap((moment) => profile.events.on[moment] ?? [])
  const moved = moneyToTell(profile, before, after)
  return [
    ...told.flatMap((eventType) => entry(eventType)),
    ...moved.flatMap((money, n) => moneyTypes(profile, money).flatMap((eventType) => entry(eventType, money, n))),
    ...entry(BOOKING_CHANGED),
  ]
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

/** Facts that change what is booked. */
const UPDATES: ReadonlySet<FactType> = new Set([
  'changed',
  'items_cancelled',
  'visit_over',
  'noted',
  'contact_corrected',
])

function momentsOf(profile: Profile, factType: FactType, before: Booking | null, after: Booking): Moment[] {
  if (factType === 'held') return ['held']
  if (!isKnown(profile, after)) return []
  const moments: Moment[] = []
  if (UPDATES.has(factType)) moments.push('updated')
  if (before !== null && before.status !== after.status) {
    const again = after.status === 'confirmed' && !isConfirmation(before, after)
    if (after.status !== 'pending' && after.status !== 'awaiting_approval' && !again) moments.push(after.status)
    if (isKnown(profile, before)) moments.push('status_changed')
  }
  return moments
}

/** Have others heard of it as a booking, and not only as a hold? */
function isKnown({ events: { knownFrom } }: Profile, booking: Booking): boolean {
  return knownFrom === 'held' || wasConfirmed(booking)
}

/**
 * The movements of money to tell with a change: its own, or all there were so far when it is the first that is told of what they paid for. Until a
 * booking is confirmed or has ended, nobody is told that it is paid.
 */
function moneyToTell(profile: Profile, before: Booking | null, after: Booking): MoneyMoved[] {
  if (!isMoneyTold(profile, after)) return []
  const told = before !== null && isMoneyTold(profile, before) ? before : null
  const captures = after.payments.map((payment) => {
    const earlier = told?.payments.find(({ id }) => id === payment.id)?.captured ?? 0
    const at = told === null ? payment.paidAt : null
    return { kind: 'captured' as const, payment, amount: payment.captured - earlier, at: at ?? after.updatedAt }
  })
  const refunds = after.refunds
    .filter(({ status, key }) => status === 'succeeded' && !isBack(told, key))
    .map((refund) => ({
      kind: 'refunded' as const,
      payment: given(
        after.payments.find(({ id }) => id === refund.paymentId),
        'payment',
        after,
      ),
      amount: refund.amount,
      at: (told === null ? refund.settledAt : null) ?? after.updatedAt,
    }))
  return [...captures.filter(({ amount }) => amount > 0), ...refunds]
}

function isMoneyTold(profile: Profile, booking: Booking): boolean {
  return isKnown(profile, booking) && booking.status !== 'pending' && booking.status !== 'awaiting_approval'
}

function isBack(booking: Booking | null, refundKey: string): boolean {
  return booking?.refunds.some(({ key, status }) => key === refundKey && status === 'succeeded') ?? false
}

function moneyTypes({ events: { on } }: Profile, { kind }: MoneyMoved): readonly string[] {
  return (kind === 'captured' ? on.payment_captured : on.refund_succeeded) ?? []
}
