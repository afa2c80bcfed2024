import { expect, test } from 'vitest'
import type { Booking } from './booking.ts'
import { evolve } from './evolve.ts'
import { operationOf, type Fact } from './facts.ts'
import { at } from './testing/builders.ts'
import { everyBooking, everyFact } from './testing/every.ts'

test('an operation has the same name whenever it is tried again', () => {
  for (const fact of everyFact()) {
    const later = { ...fact, at: at(999), by: { role: 'operator', id: 'somebody else' } } as Fact
    expect(operationOf(later)).toBe(operationOf(fact))
  }
})

test('operations with one name lead to one booking, so that a repeated write is never mistaken for another writer’s', () => {
  // A third of all bookings, whichever: each takes a while to compare.
  const mixed: string[] = []
  for (const booking of everyBooking().filter((_, index) => index % 3 === 0)) {
    const ends = new Map<string, string>()
    for (const fact of everyFact()) {
      const after = evolve(booking, fact)
      if (after === booking) continue
      const end = withoutTimes(after)
      if ((ends.get(operationOf(fact)) ?? end) !== end)
        mixed.push(`${operationOf(fact)} on a ${booking.status} booking`)
      ends.set(operationOf(fact), end)
    }
  }
  expect(mixed).toEqual([])
}, 60_000)

test.each([
  ['a cancellation that keeps the price', 'and one that gives it back', ended(0), ended(12_000)],
  ['the customer’s cancellation', 'and the hold’s end', ended(0), { ...ended(0), trigger: 'expire' as const }],
  ['a capture of the price', 'and one of a part of it', captured(12_000), captured(5000)],
  ['a capture of one payment', 'and of another', captured(5000), { ...captured(5000), intentId: 'pi_2' }],
])('%s %s are two operations', (_, __, one, other) => {
  expect(operationOf(one)).not.toBe(operationOf(other))
})

test('an operation’s name carries nothing personal but ids', () => {
  const facts = everyFact().map((fact): Fact =>
    'reason' in fact && fact.type === 'ended' ? { ...fact, reason: 'my knee hurts' } : fact,
  )
  for (const fact of facts) expect(operationOf(fact)).not.toContain('knee')
})

function ended(keep: number) {
  return {
    at: at(5),
    by: { role: 'customer', id: 'ada' },
    type: 'ended',
    trigger: 'cancel',
    reason: 'why',
    keep,
  } as const
}

function captured(amount: number) {
  const paymentEvent = { intentId: 'pi_1', paymentEventId: 'n', noticedAt: at(4), method: null, amount }
  return { at: at(5), by: { role: 'service', id: 'payments' }, type: 'payment_captured', ...paymentEvent } as const
}

/** Times differ when a task is run again, and with them deadlines; who says it, and by which method, changes nothing either. */
const DIFFERING = new Set(
  'updatedAt asOf paidAt at by since requestedAt settledAt expiresAt lapsesAt approveBy method'.split(' '),
)

/** What changes with a fact, but for what may differ. */
function withoutTimes({ terms: _terms, price: _price, ...booking }: Booking): string {
  return JSON.stringify(booking, (key, inner: unknown) => (DIFFERING.has(key) ? undefined : inner))
}
