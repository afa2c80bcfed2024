import { SYSTEM, type Agreement, type Booking } from '../../domain/booking.ts'
import { evolve } from '../../domain/evolve.ts'
import type { Fact } from '../../domain/facts.ts'
import { CUSTOMER, DUE, START, aPayment, at, held } from '../../domain/testing/builders.ts'
import { messagesOf } from '../../events/mapping.ts'
import { BOOKING_CHANGED } from '../../events/payloads/changed.ts'
import type { OutboxEntry } from '../../prisma/writes.ts'
import { PROFILES } from '../../profiles/index.ts'
import { termsOf, type ProfileName } from '../../profiles/profile.ts'

/** A held booking of a profile, with its terms. */
export function heldOf(name: ProfileName, agreement: Partial<Omit<Agreement, 'price' | 'terms'>>, due = DUE): Booking {
  const terms = termsOf(PROFILES[name], { requiresApproval: false, policy: {} })
  return held({ due, policy: terms.policy, terms, agreement: { profile: name, ...agreement } })
}

/** A booking of any profile, with what the API lets it do without left out now and then. */
export function orderedOf(name: ProfileName, due: number, hasTime: boolean): Booking {
  const [start, end] = hasTime ? [at(START), at(START + 60)] : [null, null]
  const line = { offeringId: 'offering', quantity: 1, start, end, unitPrice: due, amount: due } as const
  return heldOf(
    name,
    {
      start,
      end,
      provider: hasTime ? { id: 'tess', name: null } : null,
      items: [{ ...line, id: '1', unitId: 'unit', kind: name === 'course' && !hasTime ? 'enrolment' : 'slot' }],
    },
    due,
  )
}

/** The messages of a booking's beginning and of each fact after it, but for those that every version makes. */
export function messagesAfter(booking: Booking, ...facts: readonly Fact[]): OutboxEntry[] {
  return allMessagesAfter(booking, ...facts).filter(({ eventType }) => eventType !== BOOKING_CHANGED)
}

/** The messages of a booking's beginning and of each fact after it. */
export function allMessagesAfter(booking: Booking, ...facts: readonly Fact[]): OutboxEntry[] {
  const messages = [
    ...messagesOf(booking.profile, { type: 'held', at: booking.createdAt, by: CUSTOMER }, null, booking),
  ]
  let before = booking
  for (const fact of facts) {
    const after = evolve(before, fact)
    messages.push(...messagesOf(after.profile, fact, before, after))
    before = after
  }
  return messages
}

/** The payloads by event type; of several alike the last. */
export function payloadsAfter(booking: Booking, ...facts: readonly Fact[]): Record<string, unknown> {
  return Object.fromEntries(messagesAfter(booking, ...facts).map(({ eventType, payload }) => [eventType, payload]))
}

const told = { intentId: 'pi_1', amount: DUE, by: SYSTEM } as const

/** A story in facts: minute 1 asked for money, 2 paid, 3 confirmed. */
export const STORY = {
  requested: { ...told, type: 'payment_requested', clientSecret: 'secret', noticedAt: at(1), at: at(1) },
  captured: { ...told, type: 'payment_captured', method: 'card', paymentEventId: 'n-1', noticedAt: at(2), at: at(2) },
  met: { type: 'meeting_made', url: 'https://meet.example/1', by: SYSTEM, at: at(2) },
  confirmed: { type: 'confirmed', trigger: 'confirm', ticketReference: null, by: SYSTEM, at: at(3) },
  expired: { type: 'ended', trigger: 'expire', reason: 'hold_expired', keep: 0, by: SYSTEM, at: at(15) },
  failed: { type: 'ended', trigger: 'fail', reason: 'payment_failed', keep: 0, by: SYSTEM, at: at(4) },
} as const satisfies Record<string, Fact>

export function cancelled(keep: number): Fact {
  return { type: 'ended', trigger: 'cancel', reason: 'changed my mind', keep, by: CUSTOMER, at: at(5) }
}

export function moved(trigger: 'check_in' | 'start' | 'complete' | 'no_show' | 'undo_no_show', minute: number): Fact {
  return { type: 'moved', trigger, reason: null, by: SYSTEM, at: at(minute) }
}

/** Money asked back and given back, of the payment that a story begins with. */
export function refunded(booking: Booking, amount: number): Fact[] {
  const paymentId = evolve(booking, STORY.requested).payments[0]?.id ?? aPayment('requested').id
  const key = 'refund:1'
  return [
    { type: 'refund_requested', key, paymentId, amount, reason: 'cancelled', by: SYSTEM, at: at(6) },
    { type: 'refund_succeeded', key, note: null, by: SYSTEM, at: at(7) },
  ]
}
