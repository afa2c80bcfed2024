import { describe, expect, test } from 'vitest'
import { evolve } from '../domain/evolve.ts'
import { next, STATUSES, statusesOf, TRIGGERS, type Status, type Trigger } from '../domain/lifecycle.ts'
import { anItem } from '../domain/testing/builders.ts'
import { everyFact, everyState } from '../domain/testing/every.ts'
import { PROFILES } from './index.ts'
import { PROFILE_NAMES, termsOf, type ProfileName } from './profile.ts'

type Pairs = Readonly<Partial<Record<Status, readonly Status[]>>>

/** The contract's life cycles, status by status: T-06, C-04, E-02, V-02 with V-07, O-02 with F-05. */
const CONTRACT: Record<ProfileName, Pairs> = {
  tutoring: {
    pending: ['confirmed', 'cancelled'],
    confirmed: ['in_progress', 'completed', 'cancelled', 'refunded'],
    in_progress: ['completed', 'cancelled'],
    cancelled: ['refunded'],
  },
  clinic: {
    pending: ['awaiting_approval', 'confirmed', 'cancelled', 'expired'],
    awaiting_approval: ['confirmed', 'cancelled'],
    confirmed: ['in_progress', 'completed', 'no_show', 'cancelled'],
    in_progress: ['completed', 'cancelled'],
  },
  ticketing: { pending: ['confirmed', 'cancelled', 'expired'], confirmed: ['cancelled'] },
  venue: {
    pending: ['confirmed', 'cancelled', 'expired'],
    confirmed: ['checked_in', 'no_show', 'cancelled'],
    checked_in: ['completed', 'cancelled'],
    no_show: ['confirmed'],
  },
  course: {
    pending: ['confirmed', 'cancelled', 'expired'],
    confirmed: ['checked_in', 'completed', 'no_show', 'cancelled'],
    checked_in: ['completed', 'cancelled'],
    no_show: ['confirmed'],
  },
}

/** the ways back for a late payment, which each table lists besides. */
const REVIVALS: Record<ProfileName, readonly Status[]> = {
  tutoring: ['cancelled'],
  clinic: ['cancelled', 'expired'],
  ticketing: ['cancelled', 'expired'],
  venue: ['cancelled', 'expired'],
  course: ['cancelled', 'expired'],
}

/** N-80: where one of several visits can be over, and another one is ahead. The contract knows of one visit only. */
const VISITS: Record<ProfileName, readonly Status[]> = {
  tutoring: [],
  clinic: ['in_progress'],
  ticketing: [],
  venue: ['checked_in'],
  course: ['checked_in'],
}

/** Where each line of business ends for good. */
const TERMINAL: Record<ProfileName, readonly Status[]> = {
  tutoring: ['completed', 'refunded'],
  clinic: ['completed', 'no_show'],
  ticketing: [],
  venue: ['completed'],
  course: ['completed'],
}

describe.each(PROFILE_NAMES)('the life cycle of %s', (name) => {
  const { lifecycle } = PROFILES[name]
  const pairs = (from: Status, ...without: readonly Trigger[]) =>
    TRIGGERS.filter((by) => !without.includes(by)).flatMap((by) => next(lifecycle, from, by) ?? [])

  test.each(STATUSES)('leads from %s where the contract says, and nowhere else', (from) => {
    expect([...new Set(pairs(from, 'revive', 'next_visit'))].toSorted()).toEqual(
      (CONTRACT[name][from] ?? []).toSorted(),
    )
    expect(next(lifecycle, from, 'revive')).toBe(REVIVALS[name].includes(from) ? 'confirmed' : undefined)
    expect(next(lifecycle, from, 'next_visit')).toBe(VISITS[name].includes(from) ? 'confirmed' : undefined)
  })

  test('reaches every status it uses, and ends where the contract ends', () => {
    const reached = new Set<Status>(['pending'])
    for (const from of reached) for (const to of pairs(from)) reached.add(to)
    expect([...reached].toSorted()).toEqual(statusesOf(lifecycle).toSorted())
    expect(statusesOf(lifecycle).filter((status) => pairs(status).length === 0)).toEqual(TERMINAL[name])
  })

  test('is what facts go by: every status with every fact', () => {
    const terms = termsOf(PROFILES[name], { requiresApproval: true, policy: {} })
    const gone = new Set<string>()
    const items = [anItem('1', 1000), anItem('2', 1000)]
    for (const booking of everyState()) {
      for (const fact of everyFact()) {
        const { status } = evolve({ ...booking, items, terms }, fact)
        if (status !== booking.status) gone.add(`${booking.status} → ${status}`)
      }
    }
    const listed = STATUSES.flatMap((from) => pairs(from).map((to) => `${from} → ${to}`))
    // The preamble: `cancelled` always comes first, so no fact refunds a confirmed booking although T-06 would allow it.
    const expected = new Set(listed.filter((pair) => pair !== 'confirmed → refunded'))
    expect([...gone].toSorted()).toEqual([...expected].toSorted())
  })
})
