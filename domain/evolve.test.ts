import { describe, expect, test } from 'vitest'
import type { Booking } from './booking.ts'
import { evolve, evolveAll, heldBooking } from './evolve.ts'
import type { Fact } from './facts.ts'
import { next, type Status } from './lifecycle.ts'
import { at, DUE, EVERYTHING, held } from './testing/builders.ts'
import { everyBooking, everyFact, everyState } from './testing/every.ts'

const PROGRESS = 'version payments refunds ticketReference meetingUrl attention displacement updatedAt'.split(' ')
const { version: _, status, hold, ...rest } = heldWithoutProgress()
const AGREEMENT = Object.keys(rest)

/** What a booking has once it was changed, and what no other fact but these may touch. */
const OF_CHANGES = ['change', 'lastChange', 'revision']
const REVISES = ['noted', 'changed', 'items_cancelled', 'visit_over']

/** What each status carries besides: nothing of an old state may linger in a new one. */
const CARRIES: Record<Status, readonly string[]> = {
  pending: ['hold'],
  awaiting_approval: ['hold', 'approveBy', 'approved'],
  confirmed: [],
  checked_in: [],
  in_progress: [],
  completed: [],
  no_show: [],
  cancelled: ['cancellation', 'reviving'],
  expired: ['cancellation', 'reviving'],
  refunded: ['cancellation'],
}

test('a booking begins at version 1, held and unpaid', () => {
  const booking = held()
  expect(booking).toMatchObject({ version: 1, status: 'pending', payments: [], refunds: [], updatedAt: at(0) })
  expect({ status, hold }).toEqual({ status: 'pending', hold: expect.objectContaining({ extensions: 0 }) })
})

describe('any fact on any booking', () => {
  test.each([...new Set(everyFact().map(({ type }) => type))])(
    'H-08 %s changes it by the rules, or not at all',
    (type) => {
      const facts = everyFact().filter((fact) => fact.type === type)
      const changes = everyBooking().flatMap((before) =>
        facts.map((fact) => ({ before, fact, after: evolve(before, fact) })).filter(({ after }) => after !== before),
      )
      expect(changes.length).toBeGreaterThan(0)
      expect(changes.flatMap((change) => complaintsAbout(change)).slice(0, 3)).toEqual([])
    },
    60_000,
  )

  test('H-08 a fact that is illegal where the booking stands gives the very same booking back', () => {
    for (const booking of everyState()) {
      for (const fact of everyFact()) {
        const to = (trigger: Parameters<typeof next>[2]) => next(EVERYTHING, booking.status, trigger)
        const after = evolve(booking, fact)
        switch (fact.type) {
          case 'ended':
          case 'moved':
            expect(after.status).toBe(to(fact.trigger) ?? booking.status)
            expect(after === booking).toBe(to(fact.trigger) === undefined)
            break
          case 'confirmed': {
            const forbidden = fact.trigger === 'revive' && 'cancellation' in booking && !booking.cancellation.revivable
            expect(after === booking).toBe(to(fact.trigger) === undefined || forbidden)
            break
          }
          case 'approval_awaited':
            expect(after === booking).toBe(booking.status !== 'pending')
            break
          case 'refunded':
            expect(after === booking).toBe(booking.status !== 'cancelled')
            break
          case 'hold_extended':
            expect(after === booking).toBe(booking.status !== 'pending' || fact.expiresAt <= booking.hold.expiresAt)
            break
          case 'visit_over':
            expect(after.status).toBe(after === booking ? booking.status : 'confirmed')
            break
          default:
            expect(after.status).toBe(booking.status)
        }
      }
    }
  })
})

describe('H-04 a booking that a person cancelled', () => {
  const cancelled = evolve(held(), ended('cancel'))

  test('is never revived', () => {
    const stamp = { at: at(9), by: { role: 'system', id: 'x' } } as const
    expect(evolve(cancelled, { ...stamp, type: 'revival_started' })).toBe(cancelled)
    expect(evolve(cancelled, { ...stamp, type: 'confirmed', trigger: 'revive', ticketReference: null })).toBe(cancelled)
    expect(evolve(cancelled, { ...stamp, type: 'revival_failed' })).toBe(cancelled)
  })

  test('says why, by whom and how much is kept', () => {
    expect(cancelled).toMatchObject({
      status: 'cancelled',
      reviving: false,
      cancellation: { reason: 'why', keep: 0, revivable: false, at: at(5) },
    })
  })

  test.each(['expire', 'fail'] as const)('is another thing than one that ended by %s', (trigger) => {
    expect(evolve(held(), ended(trigger))).toMatchObject({ cancellation: { revivable: true } })
  })
})

test('a hold is never made shorter, and its first expiry is remembered', () => {
  const extended = (expiresAt: string) =>
    evolve(held(), {
      at: at(15),
      by: { role: 'system', id: 'x' },
      type: 'hold_extended',
      reason: 'payment_unknown',
      expiresAt,
      lapsesAt: expiresAt,
    })
  expect(extended(at(14))).toEqual(held())
  expect(extended(at(20))).toMatchObject({ hold: { expiresAt: at(20), firstExpiresAt: at(15), extensions: 1 } })
})

test('several facts are applied in order, and the stale ones are left out', () => {
  const { booking, applied } = evolveAll(held(), [ended('cancel'), ended('expire'), ended('cancel')])
  expect(applied).toEqual([ended('cancel')])
  expect(booking.version).toBe(2)
})

/** What is wrong with a change that a fact made. */
function complaintsAbout({ before, fact, after }: { before: Booking; fact: Fact; after: Booking }): string[] {
  const isLegal = Object.values(EVERYTHING[before.status] ?? {}).some((to) => to === after.status)
  const keys = [...AGREEMENT, ...PROGRESS, 'status', ...CARRIES[after.status]]
  const parts = Object.keys(after).filter(
    (key) => !OF_CHANGES.includes(key) && !(key === 'disputes' && fact.type === 'disputed'),
  )
  const complaints = {
    'is not one version more': after.version !== before.version + 1,
    'has another time than the fact': after.updatedAt !== fact.at,
    'is changed again by the same fact': evolve(after, fact) !== after,
    'changed its status against the table': after.status !== before.status && !isLegal,
    'has parts that linger or lacks some': parts.toSorted().join() !== keys.toSorted().join(),
    'changed what was agreed':
      !REVISES.includes(fact.type) &&
      AGREEMENT.some((key) => !mayChange(fact).includes(key) && Reflect.get(after, key) !== Reflect.get(before, key)),
  }
  return Object.entries(complaints)
    .filter(([, isTrue]) => isTrue)
    .map(([complaint]) => `${complaint}: ${JSON.stringify({ fact, before })}`)
}

/** What of the agreement a fact may change: the second step of a reservation says what the first left open. */
function mayChange({ type }: Fact): readonly string[] {
  return type === 'reservation_confirmed' ? ['paymentMethod', 'notes'] : []
}

function ended(trigger: 'cancel' | 'expire' | 'fail') {
  return { at: at(5), by: { role: 'customer', id: 'ada' }, type: 'ended', trigger, reason: 'why', keep: 0 } as const
}

/** A booking without what changes while it lives. */
function heldWithoutProgress() {
  const booking = held({ due: DUE })
  if (booking.status !== 'pending') throw new Error('a booking begins pending')
  const {
    payments: _p,
    refunds: _r,
    ticketReference: _t,
    meetingUrl: _m,
    attention: _a,
    displacement: _d,
    updatedAt: _u,
    ...rest
  } = booking
  expect(heldBooking(booking, booking.hold)).toEqual(booking)
  return rest
}
