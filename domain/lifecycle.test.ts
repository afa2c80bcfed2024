import { expect, test } from 'vitest'
import { isClosed, isLive, legalTriggers, next, STATUSES, statusesOf, TRIGGERS, type Lifecycle } from './lifecycle.ts'
import { EVERYTHING } from './testing/builders.ts'

const SHORT: Lifecycle = { pending: { cancel: 'cancelled', confirm: 'confirmed' }, cancelled: { refund: 'refunded' } }

test('what is not in the table is illegal, for every status and trigger', () => {
  for (const from of STATUSES) {
    for (const by of TRIGGERS) expect(next(SHORT, from, by)).toBe(SHORT[from]?.[by])
    expect(legalTriggers(SHORT, from).toSorted()).toEqual(Object.keys(SHORT[from] ?? {}).toSorted())
  }
})

test('legal triggers come in one order, however the table was written', () => {
  expect(legalTriggers(SHORT, 'pending')).toEqual(['confirm', 'cancel'])
})

test('a life cycle uses the statuses it goes from and to', () => {
  expect(statusesOf(SHORT)).toEqual(['pending', 'confirmed', 'cancelled', 'refunded'])
  expect(statusesOf({})).toEqual(['pending'])
  expect(statusesOf(EVERYTHING)).toEqual([...STATUSES])
})

test('a booking owns its units, is over, or was ended before it took place: never two of these', () => {
  const kinds = STATUSES.map((status) => [status, isLive(status) ? 'live' : isClosed(status) ? 'closed' : 'over'])
  expect(Object.fromEntries(kinds)).toEqual({
    pending: 'live',
    awaiting_approval: 'live',
    confirmed: 'live',
    checked_in: 'live',
    in_progress: 'live',
    completed: 'over',
    no_show: 'over',
    cancelled: 'closed',
    expired: 'closed',
    refunded: 'closed',
  })
  for (const status of STATUSES) expect(isLive(status) && isClosed(status)).toBe(false)
})
