import { describe, expect, test } from 'vitest'
import { bookedItems, dueOf, retained, type Booking } from './booking.ts'
import { cancellationOffer } from './cancellation.ts'
import { refusalOf } from './commands.ts'
import { deadlineOf } from './deadlines.ts'
import type { Policy } from './policy.ts'
import { aCommand, after, asked, factsOf, rang, told } from './testing/steps.ts'
import { aChange, anItem, at, CUSTOMER, EVERYTHING, held, OPERATOR, START } from './testing/builders.ts'
import { complaintsAbout } from './testing/invariants.ts'
import { visitOf } from './visits.ts'

const HOUR = 60
const DAY = 24 * HOUR

/** Confirmed and paid for: an hour on each of these days, for so many cents each, three of them being what does not divide. */
function booked(prices: readonly number[], policy: Partial<Policy> = {}, apart = DAY): Booking {
  const items = prices.map((amount, day) =>
    anItem(String(day + 1), amount, { start: at(START + day * apart), end: at(START + day * apart + HOUR) }),
  )
  const due = prices.reduce((sum, amount) => sum + amount, 0) + 3
  const agreement = { items, start: at(START), end: at(START + (prices.length - 1) * apart + HOUR) }
  return after(held({ due, policy, agreement }), told('succeeded', 1, { amount: due }))
}

const outcomes = ({ items }: Booking) => items.map(({ outcome }) => outcome ?? null)

/** One visit goes its way on its day. */
const visit = (day: number, outcome: 'attended' | 'missed') => (booking: Booking) => {
  const minute = START + day * DAY
  return outcome === 'missed'
    ? rang(minute + HOUR)(booking)
    : asked('complete', minute + 30, OPERATOR)(after(booking, asked('check_in', minute, OPERATOR)))
}

describe('N-80 a booking of several dates', () => {
  const days = booked([4000, 6000], { noShowFeePercent: 60 })

  test('nobody comes on the first day: it is missed, with its fee, and the second day stands', () => {
    expect(deadlineOf(days)).toEqual({ kind: 'no_show', at: at(START + HOUR) })
    const missed = after(days, rang(START + HOUR))
    expect(missed).toMatchObject({ status: 'confirmed', start: at(START + DAY), end: at(START + DAY + HOUR) })
    expect(outcomes(missed)).toEqual(['missed', null])
    expect(bookedItems(missed).map(({ id }) => id)).toEqual(['2'])
    // 40.01 with its part of the three cents: sixty percent are kept, and what goes back is rounded down.
    expect(missed.refunds.map(({ amount }) => amount)).toEqual([1600])
    expect(deadlineOf(missed)).toEqual({ kind: 'no_show', at: at(START + DAY + HOUR) })
    expect(after(missed, asked('check_in', START + DAY, OPERATOR)).status).toBe('checked_in')
  })

  test('whoever comes on the first day is asked again on the second, and not before it opens', () => {
    const first = after(days, asked('check_in', START, OPERATOR))
    expect(first.status).toBe('checked_in')
    expect(factsOf(first, asked('complete', START + HOUR, OPERATOR))).toEqual(['visit_over'])
    const over = after(first, asked('complete', START + HOUR, OPERATOR))
    expect(over).toMatchObject({ status: 'confirmed', start: at(START + DAY), refunds: [] })
    expect({ due: dueOf(over), kept: retained(over) }).toEqual({ due: dueOf(days), kept: retained(days) })
    const early = aCommand('check_in', { role: 'provider', id: 'tim' })
    expect(refusalOf(over, early, at(START + 2 * HOUR))).toMatchObject({ code: 'policy_forbids' })
    expect(refusalOf(over, early, at(START + DAY - HOUR))).toBeNull()
    const end = after(over, asked('check_in', START + DAY, OPERATOR), asked('complete', START + DAY + 30, OPERATOR))
    expect(end.status).toBe('completed')
    expect(outcomes(end)).toEqual(['attended', null])
  })

  test('a visit that nobody closed is over when the next one opens, and at its own end at the earliest', () => {
    const here = after(days, asked('check_in', START, OPERATOR))
    expect(deadlineOf(here)).toEqual({ kind: 'close', at: at(START + DAY - HOUR) })
    expect(after(here, rang(START + DAY - HOUR))).toMatchObject({ status: 'confirmed', start: at(START + DAY) })
    const luggage = booked([4000, 6000], { checkInOpensMinutes: 2 * DAY })
    const early = after(luggage, asked('check_in', START, OPERATOR))
    expect(deadlineOf(early)?.at).toBe(at(START + HOUR))
    const weeks = after(booked([4000, 6000], {}, 7 * DAY), asked('check_in', START, OPERATOR))
    expect(deadlineOf(weeks)?.at).toBe(at(START + HOUR + DAY))
    const last = after(here, rang(START + DAY - HOUR), asked('check_in', START + DAY, OPERATOR))
    expect(deadlineOf(last)?.at).toBe(at(START + DAY + HOUR + DAY))
  })

  // Every way that one, two, three or four visits can go, by every fee.
  const ways = (count: number): ('attended' | 'missed')[][] =>
    count === 0
      ? [[]]
      : ways(count - 1).flatMap((way) => (['attended', 'missed'] as const).map((last) => [...way, last]))
  const table = [1, 2, 3, 4].flatMap((count) =>
    ways(count).flatMap((way) => [0, 33, 50, 100].map((fee) => ({ way, fee, name: way.join(', ') }))),
  )
  test.each(table)(
    '$name at a fee of $fee %: its status is its last visit’s, and of each what is due is kept',
    ({ way, fee }) => {
      const before = booked(
        way.map((_, day) => 1001 + 333 * day),
        { noShowFeePercent: fee },
      )
      let booking = before
      way.forEach((outcome, day) => {
        expect(booking.status).toBe('confirmed')
        booking = after(booking, visit(day, outcome))
        expect(complaintsAbout(booking, at(START + day * DAY + HOUR))).toEqual([])
      })
      expect(booking.status).toBe(way.at(-1) === 'missed' ? 'no_show' : 'completed')
      expect(outcomes(booking)).toEqual([...way.slice(0, -1), null])
      // The whole less what goes back of each that was missed: never more back than the policy gives of all of them together.
      const missed = way.reduce((sum, outcome, day) => sum + (outcome === 'missed' ? 1001 + 333 * day : 0), 0)
      const back = dueOf(before) - retained(booking)
      expect(back).toBeLessThanOrEqual(Math.round(((missed + 3) * (100 - fee)) / 100))
      expect(back).toBeGreaterThanOrEqual(Math.floor((missed * (100 - fee)) / 100) - way.length)
    },
  )

  test('a no-show is undone for its last visit; what was missed before stays missed', () => {
    const free = booked([4000, 6000])
    const gone = after(free, visit(0, 'missed'), visit(1, 'missed'))
    expect(gone.status).toBe('no_show')
    const undone = after(gone, asked('undo_no_show', START + DAY + 2 * HOUR, OPERATOR))
    expect(undone.status).toBe('confirmed')
    expect(outcomes(undone)).toEqual(['missed', null])
  })

  test('what was attended never comes back: the customer gets what the date ahead gives, an operator gives all of that', () => {
    const over = after(booked([4000, 6000], {}, 10 * DAY), visit(0, 'attended'))
    const soon = at(START + HOUR)
    expect(cancellationOffer(over, CUSTOMER, soon)).toMatchObject({ amount: 6002, percent: 100 })
    expect(cancellationOffer(over, OPERATOR, soon).amount).toBe(6002)
    expect(cancellationOffer(over, CUSTOMER, at(START + 10 * DAY - HOUR)).amount).toBe(0)
    const cancelled = after(over, asked('cancel', START + HOUR, OPERATOR))
    expect(cancelled.refunds.map(({ amount }) => amount)).toEqual([6002])
  })

  test('what is over cannot be cancelled by itself', () => {
    const over = after(days, visit(0, 'attended'))
    const cancel = { ...aCommand('cancel'), type: 'cancel', itemIds: ['1'] } as const
    expect(refusalOf(over, cancel, at(START + 2 * HOUR))).toMatchObject({ code: 'policy_forbids' })
  })

  test('a change that waits for its supplement is over with the visit', () => {
    const waiting: Booking = { ...days, change: aChange(START + 2 * HOUR), lastChange: 'a-change' }
    const missed = after(waiting, rang(START + HOUR))
    expect(missed).toMatchObject({ status: 'confirmed', change: null })
    expect(outcomes(missed)).toEqual(['missed', null])
  })
})

describe('N-80 what is one visit', () => {
  const visitsAt = (...starts: readonly number[]) => {
    const items = starts.map((start, n) => anItem(String(n + 1), 1000, { start: at(start), end: at(start + HOUR) }))
    return visitOf(held({ due: 1000 * starts.length, agreement: { items } })).items.map(({ id }) => id)
  }

  test.each([
    ['at once', [0, 0], ['1', '2']],
    ['one after the other', [0, HOUR], ['1', '2']],
    ['less than six hours apart', [0, 7 * HOUR - 1], ['1', '2']],
    ['six hours apart', [0, 7 * HOUR], ['1']],
    ['in any order', [7 * HOUR, 0], ['2']],
    ['three close to one another', [0, 6 * HOUR, 12 * HOUR], ['1', '2', '3']],
  ] as const)('items %s', (_, starts, ids) => {
    expect(visitsAt(...starts)).toEqual(ids)
  })

  test('a table during the nights in a room is one visit with it', () => {
    const room = anItem('1', 9000, { kind: 'room', start: at(START), end: at(START + 3 * DAY) })
    const table = anItem('2', 1000, { start: at(START + 2 * DAY), end: at(START + 2 * DAY + HOUR) })
    expect(visitOf(held({ due: 10_000, agreement: { items: [room, table] } })).later).toEqual([])
  })

  test('what has no time of its own, no price of its own, or a life cycle from before, is one visit as a whole', () => {
    const [first, second] = [
      anItem('1', 5000),
      anItem('2', 5000, { start: at(START + DAY), end: at(START + DAY + HOUR) }),
    ]
    const two = held({ due: 10_000, agreement: { items: [first, second] } })
    expect(visitOf(two).later).toHaveLength(1)
    expect(visitOf({ ...two, items: [first, { ...second, start: null }] }).later).toEqual([])
    expect(visitOf({ ...two, price: { ...two.price, lines: [] } }).later).toEqual([])
    const { checked_in: _, in_progress: __, ...old } = EVERYTHING
    const before = { ...old, checked_in: { complete: 'completed' } } as const
    expect(visitOf({ ...two, terms: { ...two.terms, lifecycle: before } }).later).toEqual([])
  })
})
