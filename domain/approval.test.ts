import { describe, expect, test } from 'vitest'
import { claimsOf } from './claims.ts'
import { at, DUE, EXPIRY, held, OPERATOR } from './testing/builders.ts'
import { nextDeadline, waitingFor } from './deadlines.ts'
import { withConsequences } from './consequences.ts'
import { after, asked, due, rang, requested, told, undecided } from './testing/steps.ts'

describe('C-04 a booking that needs approval', () => {
  const booking = held({ terms: { requiresApproval: true } })
  const waiting = after(booking, requested(0), told('authorized', 1))

  test('is approved before the money is taken', () => {
    expect(waiting).toMatchObject({ status: 'awaiting_approval', approved: false, approveBy: at(1 + 24 * 60) })
    expect(due(waiting, 1)).toEqual([])
    const approved = after(waiting, asked('approve', 60, OPERATOR))
    expect(claimsOf(approved)).toBe('committed')
    expect(due(approved, 60)).toEqual(['capture'])
    expect(after(approved, told('succeeded', 61)).status).toBe('confirmed')
  })

  test('is approved while its authorisation holds, as the payment service says or a week', () => {
    const patient = held({
      terms: { requiresApproval: true },
      policy: { approvalSeconds: 30 * 86_400 },
      agreement: { start: null },
    })
    const told30 = (more: object) => after(patient, requested(0), told('authorized', 1, more))
    expect(told30({ authorisedUntil: at(90) })).toMatchObject({ approveBy: at(90) })
    expect(told30({})).toMatchObject({ approveBy: at(1 + 7 * 24 * 60) })
    expect(after(patient, requested(0), told('succeeded', 1))).toMatchObject({ approveBy: at(1 + 30 * 24 * 60) })
  })

  test('is approved by its start at the latest', () => {
    const soon = held({ terms: { requiresApproval: true }, agreement: { start: at(120), end: at(180) } })
    expect(after(soon, told('authorized', 1))).toMatchObject({ approveBy: at(120) })
  })

  test('is cancelled and voided when it is declined, or nobody says anything in time', () => {
    const declined = after(waiting, asked('decline', 60, OPERATOR))
    const forgotten = after(waiting, rang(1 + 24 * 60))
    expect(declined).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'decline asked for', revivable: false },
    })
    expect(forgotten).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'approval_timeout', revivable: false },
    })
    for (const ended of [declined, forgotten]) expect(due(ended, 2000)).toEqual(['void'])
    expect(after(waiting, rang(24 * 60)).status).toBe('awaiting_approval')
  })

  test('X-04 is not confirmed for less than its price', () => {
    const short = after(waiting, asked('approve', 60, OPERATOR), told('succeeded', 61, { amount: 5000 }))
    expect(short).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'amount_mismatch' },
      refunds: [{ amount: 5000 }],
    })
    const early = after(waiting, told('succeeded', 30, { amount: 5000 }))
    expect(early.status).toBe('cancelled')
  })

  test.each([
    ['before', []],
    ['after', [asked('approve', 60, OPERATOR)]],
  ])('H-20 ends when its authorisation is gone %s the approval, and is not left waiting for ever', (_, steps) => {
    const gone = after(waiting, ...steps, told('cancelled', 70))
    expect(gone).toMatchObject({ status: 'cancelled', cancellation: { reason: 'payment_cancelled' } })
    expect(claimsOf(gone)).toBe('released')
  })

  test('is never confirmed without the approval, not even by a late payment', () => {
    const late = after(booking, rang(EXPIRY), told('succeeded', 60))
    expect(late).toMatchObject({ status: 'expired', refunds: [{ amount: DUE }] })
    expect(due(after(booking, rang(EXPIRY), told('authorized', 60)), 60)).toEqual(['void'])
  })

  test('X-05 loses its authorisation when the units went to somebody else meanwhile', () => {
    const lost = after(waiting, asked('approve', 60, OPERATOR, { unitsLost: true }))
    expect(lost).toMatchObject({ status: 'cancelled', cancellation: { reason: 'units_lost' } })
    expect(due(lost, 60)).toEqual(['void'])
  })
})

describe('C-04 where the payment service captures at once', () => {
  const automatic = { terms: { requiresApproval: true }, policy: { capture: 'automatic' } } as const
  const unasked = withConsequences(held(automatic), [], { now: at(0) }).booking

  test('nothing is asked for before the approval', () => {
    expect(unasked).toMatchObject({ status: 'awaiting_approval', approved: false, payments: [] })
    expect(due(unasked, 1)).toEqual([])
    expect([waitingFor(unasked), nextDeadline(unasked)]).toEqual(['approval', at(24 * 60)])
    expect(after(unasked, asked('decline', 5, OPERATOR))).toMatchObject({ status: 'cancelled', payments: [] })
    expect(after(unasked, rang(24 * 60))).toMatchObject({ cancellation: { reason: 'approval_timeout' } })
  })

  const approved = after(unasked, asked('approve', 60, OPERATOR))

  test('the approval asks for the payment, within a hold of its own, and the payment confirms', () => {
    expect(approved).toMatchObject({ status: 'awaiting_approval', hold: { expiresAt: at(60 + EXPIRY) } })
    expect(claimsOf(approved)).toBe('committed')
    expect(due(approved, 60)).toEqual(['request_payment'])
    const payable = after(approved, requested(61))
    expect([waitingFor(payable), nextDeadline(payable)]).toEqual(['payment', at(60 + EXPIRY)])
    expect(after(payable, told('succeeded', 62)).status).toBe('confirmed')
  })

  test('X-03 unpaid, it ends only once the payment service says so, and money that comes later goes back', () => {
    const overdue = after(approved, requested(61), rang(60 + EXPIRY))
    expect(overdue.status).toBe('awaiting_approval')
    expect(due(overdue, 60 + EXPIRY)).toEqual(['void'])
    const waited = after(overdue, undecided(60 + EXPIRY))
    expect(waited).toMatchObject({ status: 'awaiting_approval', hold: { extensions: 1 } })
    const ended = after(overdue, told('cancelled', 76))
    expect(ended).toMatchObject({ status: 'cancelled', cancellation: { reason: 'hold_expired' } })
    expect(claimsOf(ended)).toBe('released')
    const late = after(ended, told('succeeded', 80, { intentId: 'pi_late' }))
    expect(late).toMatchObject({ status: 'cancelled', refunds: [{ amount: DUE }] })
  })
})
