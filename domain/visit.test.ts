import { describe, expect, test } from 'vitest'
import type { Booking } from './booking.ts'
import { legalCommands } from './commands.ts'
import { deadlineOf } from './deadlines.ts'
import { pendingEffects } from './effects.ts'
import { anItem, at, DUE, held, OPERATOR, START } from './testing/builders.ts'
import { after, asked, factsOf, rang, told } from './testing/steps.ts'

describe('timers after the confirmation', () => {
  const confirmed = after(held(), told('succeeded', 1))

  test('V-07 H-18 an unvisited booking is a no-show after its start and the grace, with the fee', () => {
    expect(deadlineOf(confirmed)).toEqual({ kind: 'no_show', at: at(START + 60) })
    expect(after(confirmed, rang(START + 60))).toMatchObject({ status: 'no_show', refunds: [] })
    const lenient = after(held({ policy: { noShowFeePercent: 25 } }), told('succeeded', 1), rang(START + 60))
    expect(lenient).toMatchObject({ status: 'no_show', refunds: [{ amount: (DUE * 3) / 4 }] })
  })

  test('V-07 a no-show that an operator undid is not one again at once', () => {
    const undone = after(confirmed, rang(START + 60), asked('undo_no_show', START + 90, OPERATOR))
    expect(undone.status).toBe('confirmed')
    expect(factsOf(undone, rang(START + 90))).toEqual([])
    expect(deadlineOf(undone)).toEqual({ kind: 'no_show', at: at(START + 150) })
    expect(after(undone, asked('check_in', START + 95, OPERATOR)).status).toBe('checked_in')
    expect(after(undone, rang(START + 150)).status).toBe('no_show')
  })

  test('V-07 not even where the policy gives no grace', () => {
    const strict = after(held({ policy: { noShowGraceSeconds: 0 } }), told('succeeded', 1), rang(START))
    const undone = after(strict, asked('undo_no_show', START + 1, OPERATOR))
    expect(deadlineOf(undone)?.at).toBe(at(START + 61))
  })

  test('a visit that nobody closed is taken as over a day after its end', () => {
    const visited = after(confirmed, asked('check_in', START, OPERATOR))
    expect(deadlineOf(visited)).toEqual({ kind: 'close', at: at(START + 60 + 24 * 60) })
    expect(after(visited, rang(START + 60 + 24 * 60)).status).toBe('completed')
  })

  test('where nobody is ever missing, the confirmed booking itself is', () => {
    const lesson = after(held({ policy: { noShowGraceSeconds: null } }), told('succeeded', 1))
    expect(after(lesson, rang(START + 60 + 24 * 60)).status).toBe('completed')
  })

  test.each([
    ['a session', ['seat'], true],
    ['a place in a course', ['enrolment'], false],
    ['both in one order', ['seat', 'enrolment'], false],
  ] as const)('F-05 %s: only what has an end is over or missed, the rest is kept', (_, kinds, ends) => {
    const share = DUE / kinds.length
    const items = kinds.map((kind, n) =>
      anItem(`7-${n + 1}`, share, { kind, ...(kind === 'enrolment' && { start: null, end: null }) }),
    )
    const [strict, lenient] = [0, null].map((noShowGraceSeconds) =>
      after(held({ agreement: { items }, policy: { noShowGraceSeconds } }), told('succeeded', 1)),
    ) as [Booking, Booking]
    expect(deadlineOf(strict)?.kind).toBe(ends ? 'no_show' : undefined)
    expect(deadlineOf(lenient)?.kind).toBe(ends ? 'close' : undefined)
    const legal = legalCommands(lenient)
    expect(legal).toContain('check_in')
    expect({ complete: legal.includes('complete'), no_show: legal.includes('no_show') }).toEqual({
      complete: ends,
      no_show: ends,
    })
  })

  test('a booking without a time has no timer', () => {
    const course = after(held({ agreement: { start: null, end: null } }), told('succeeded', 1))
    expect(deadlineOf(course)).toBeNull()
    expect(pendingEffects(course, at(99_999))).toEqual([])
  })
})
