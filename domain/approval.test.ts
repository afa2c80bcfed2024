import { describe, expect, test } from 'vitest'
import { claimsOf } from './claims.ts'
import { at, DUE, EXPIRY, held, OPERATOR } from './testing/builders.ts'
import { after, asked, due, rang, requested, told } from './testing/steps.ts'

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
