import { describe, expect, test } from 'vitest'
import { retained, type Actor, type Booking } from './booking.ts'
import { claimsOf } from './claims.ts'
import { cancellationOffer } from './cancellation.ts'
import { legalCommands, onCommand, refusalOf } from './commands.ts'
import { at, CUSTOMER, DUE, EXPIRY, held, OPERATOR, PROVIDER, START } from './testing/builders.ts'
import { aCommand, after, asked, failed, rang, refundsDone, requested, told } from './testing/steps.ts'

const HOUR = 60
const pending = after(held(), requested(0))
const authorized = after(pending, told('authorized', 1))
const waiting = after(held({ terms: { requiresApproval: true } }), told('authorized', 1))
const approved = after(waiting, asked('approve', 2, OPERATOR))
const confirmed = after(held(), told('succeeded', 1))
const checkedIn = after(confirmed, asked('check_in', START, OPERATOR))
const started = after(confirmed, asked('start', START, PROVIDER))
const missed = after(confirmed, rang(START + HOUR))
const expired = after(held(), rang(EXPIRY))
const cancelled = after(confirmed, asked('cancel', 5))
const refunded = after(cancelled, refundsDone(6))
const completed = after(confirmed, asked('complete', START, PROVIDER))

describe('A-09 what is legal where a booking stands', () => {
  test.each<[string, Booking, readonly string[]]>([
    ['pending', pending, ['cancel']],
    ['awaiting approval', waiting, ['cancel', 'approve', 'decline']],
    ['approved', approved, ['cancel']],
    ['confirmed', confirmed, ['check_in', 'start', 'complete', 'no_show', 'cancel']],
    ['checked in', checkedIn, ['complete', 'cancel']],
    ['in progress', started, ['complete', 'cancel']],
    ['completed', completed, []],
    ['missed', missed, ['undo_no_show']],
    ['expired', expired, []],
    ['cancelled', cancelled, ['retry', 'settle_refund', 'stop_refund']],
    ['refunded', refunded, []],
    ['cancelled with a failed refund', after(cancelled, failed('refund', 9, 'overdue')), ['retry', 'settle_refund']],
  ])('%s', (_, booking, legal) => {
    expect(legalCommands(booking)).toEqual(legal)
    for (const type of ['check_in', 'start', 'complete', 'cancel', 'approve', 'decline', 'retry'] as const) {
      // N-84: once it has begun only operators approve it.
      const refusal = refusalOf(booking, aCommand(type), at(type === 'approve' ? START - 1 : START))
      // N-44: a second check-in is answered.
      if (type === 'check_in' && booking.status === 'checked_in') continue
      if (legal.includes(type)) expect(refusal).toBeNull()
      else
        expect(refusal).toMatchObject({
          code: 'illegal_transition',
          details: { booking_status: booking.status, legal },
        })
    }
  })
})

describe('a command is refused', () => {
  test('A-31 V-03 when somebody else was faster', () => {
    const stale = { ...aCommand('cancel'), expectedVersion: confirmed.version - 1 }
    expect(refusalOf(confirmed, stale, at(5))).toMatchObject({
      code: 'version_conflict',
      details: { current_version: confirmed.version },
    })
    expect(refusalOf(confirmed, { ...stale, expectedVersion: confirmed.version }, at(5))).toBeNull()
  })

  test('V-07 when nobody can be missing yet', () => {
    expect(refusalOf(confirmed, aCommand('no_show', PROVIDER), at(START - 1))?.code).toBe('policy_forbids')
    expect(refusalOf(confirmed, aCommand('no_show', PROVIDER), at(START))).toBeNull()
  })

  test('V-07 when a no-show is long past: it is reversible for a while', () => {
    const lastMoment = START + HOUR + 24 * HOUR
    expect(refusalOf(missed, aCommand('undo_no_show', OPERATOR), at(lastMoment - 1))).toBeNull()
    expect(refusalOf(missed, aCommand('undo_no_show', OPERATOR), at(lastMoment))?.code).toBe('policy_forbids')
  })

  test('V-07 N-16 when a part of the price has gone back with the no-show and nobody says what becomes of it', () => {
    const lenient = after(held({ policy: { noShowFeePercent: 50 } }), told('succeeded', 1), rang(START + HOUR))
    expect(refusalOf(lenient, aCommand('undo_no_show', OPERATOR), at(START + 90))?.code).toBe('policy_forbids')
  })

  test('N-44 but not a second check-in of the same guest, which changes nothing', () => {
    const again = aCommand('check_in', PROVIDER)
    expect(refusalOf(checkedIn, again, at(START))).toBeNull()
    expect(refusalOf(checkedIn, { ...again, expectedVersion: 1 }, at(START))?.code).toBe('version_conflict')
    expect(onCommand(checkedIn, again, { now: at(START) })).toEqual({ booking: checkedIn, facts: [] })
    expect(refusalOf(completed, again, at(START + 90))?.code).toBe('illegal_transition')
  })

  test('X-07 N-15 when the refund to be settled is unknown or back already; one that is still being tried may be settled', () => {
    const more = after(held(), told('succeeded', 1, { amount: DUE + 300 }), asked('cancel', 5))
    const half = after(more, failed('refund', 9, 'overdue'))
    const [broken, moving] = half.refunds.map(({ key }) => key)
    expect(half.refunds.map(({ status }) => status)).toEqual(['failed', 'pending'])
    const refusal = (key = '') => refusalOf(half, aCommand('settle_refund', OPERATOR, { refundKey: key }), at(10))?.code
    expect(refusal('unknown')).toBe('not_found')
    expect(refusal(moving)).toBeUndefined()
    expect(refusal(broken)).toBeUndefined()
    const settled = after(half, refundsDone(10))
    expect(refusalOf(settled, aCommand('settle_refund', OPERATOR, { refundKey: moving ?? '' }), at(11))?.code).toBe(
      'not_found',
    )
  })
})

describe('A-07 cancelling', () => {
  /** Who cancels, when, and how much of 120.00 comes back: 100 % until 48 hours before, 50 % until 24 hours. */
  test.each<[Actor['role'], string, number, number]>([
    ['customer', 'three days before', START - 72 * HOUR, DUE],
    ['customer', 'a minute more than 48 hours before', START - 48 * HOUR - 1, DUE],
    ['customer', 'exactly 48 hours before', START - 48 * HOUR, DUE / 2],
    ['customer', 'exactly 24 hours before', START - 24 * HOUR, 0],
    ['customer', 'after the start', START + 10, 0],
    ['system', 'exactly 24 hours before', START - 24 * HOUR, 0],
    ['provider', 'exactly 24 hours before', START - 24 * HOUR, DUE],
    ['provider', 'after the start', START + 10, DUE],
    ['operator', 'after the start', START + 10, DUE],
  ])('T-08 X-06 by the %s, %s, gives back what the preview said', (role, _, minute, back) => {
    const by: Actor = { role, id: 'somebody' }
    for (const booking of [confirmed, checkedIn, started]) {
      const offer = cancellationOffer(booking, by, at(minute))
      expect(offer.amount).toBe(back)
      const ended = after(booking, asked('cancel', minute, by))
      expect(ended).toMatchObject({ status: 'cancelled', cancellation: { keep: DUE - back, by } })
      expect(retained(ended)).toBe(DUE - back)
      expect(claimsOf(ended)).toBe('released')
    }
  })

  test.each([
    ['unpaid', pending],
    ['authorised', authorized],
    ['waiting for approval', waiting],
    ['approved', approved],
    ['captured, without its link', after(held({ terms: { makesMeeting: true } }), told('succeeded', 1))],
  ])('what is %s costs nothing, whoever cancels and however late', (_, booking) => {
    for (const by of [CUSTOMER, PROVIDER, OPERATOR]) {
      const minute = START - HOUR
      const offer = cancellationOffer(booking, by, at(minute))
      const ended = after(booking, asked('cancel', minute, by))
      expect(offer).toMatchObject({ percent: 100, validUntil: null })
      expect(ended).toMatchObject({ status: 'cancelled', cancellation: { keep: 0, revivable: false } })
      expect(retained(ended)).toBe(0)
    }
  })

  test('A-08 the preview says until when it holds', () => {
    expect(cancellationOffer(confirmed, CUSTOMER, at(5))).toEqual({
      percent: 100,
      amount: DUE,
      validUntil: at(START - 48 * HOUR),
    })
  })

  test('a free booking gives nothing back', () => {
    const free = after(held({ due: 0, terms: { requiresApproval: true } }), rang(0), asked('cancel', 1))
    expect(free).toMatchObject({ status: 'cancelled', refunds: [] })
  })

  test('says who did it and why, or else that it was cancelled', () => {
    expect(cancelled).toMatchObject({ cancellation: { by: CUSTOMER, reason: 'cancel asked for', at: at(5) } })
    const silent = onCommand(pending, { ...aCommand('cancel'), reason: null }, { now: at(1) }).booking
    expect(silent).toMatchObject({ cancellation: { reason: 'cancelled' } })
  })
})

test('C-04 declining gives everything back, captured at once or not', () => {
  const captured = after(held({ terms: { requiresApproval: true } }), told('succeeded', 1))
  expect(captured.status).toBe('awaiting_approval')
  expect(after(captured, asked('decline', 2, PROVIDER))).toMatchObject({
    status: 'cancelled',
    refunds: [{ amount: DUE }],
  })
})

test('V-07 a no-show is not undone when the units went to somebody else', () => {
  const command = aCommand('undo_no_show', OPERATOR)
  const circumstances = { now: at(START + 90), unitsLost: true }
  expect(onCommand(missed, command, circumstances)).toEqual({ booking: missed, facts: [] })
})
