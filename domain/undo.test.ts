import { describe, expect, test } from 'vitest'
import { dueOf, retained, type Booking } from './booking.ts'
import { claimChange, itemClaims } from './claims.ts'
import { onCommand, refusalOf } from './commands.ts'
import { addsUp } from './price.ts'
import { reducedTo } from './split.ts'
import { anItem, at, DUE, held, OPERATOR, PROVIDER, START } from './testing/builders.ts'
import { RETURNED } from './undo.ts'
import { complaintsAbout } from './testing/invariants.ts'
import { aCommand, after, asked, due, failed, rang, refundsDone, requested, told } from './testing/steps.ts'

const HOUR = 60
const MISSED = START + HOUR
const UNDONE = START + 90

/** Nobody came; the fee is so many percent of 120.00, and the rest went back, is on its way, or could not be given back. */
function missed(
  percent: number,
  refund: 'back' | 'pending' | 'failed',
  items = [anItem('1', 7001), anItem('2', 3000)],
): Booking {
  const booking = after(
    held({ policy: { noShowFeePercent: percent }, agreement: { items } }),
    told('succeeded', 1),
    rang(MISSED),
  )
  if (refund === 'back') return after(booking, refundsDone(MISSED + 1))
  return refund === 'failed' && booking.refunds.length > 0
    ? after(booking, failed('refund', MISSED + 1, 'overdue'))
    : booking
}

/** What the audit of the invariants compares with the price. */
const sumOfItems = ({ items }: Booking) => items.reduce((sum, { amount }) => sum + amount, 0)

const cells = [0, 1, 33, 60, 99, 100].flatMap((percent) =>
  (['back', 'pending', 'failed'] as const).flatMap((refund) =>
    [OPERATOR, PROVIDER].flatMap((by) =>
      RETURNED.map((returned) => ({ percent, refund, role: by.role, by, returned })),
    ),
  ),
)

describe('N-16 V-07 a no-show is undone whatever its fee', () => {
  test.each(cells)(
    '$percent % kept, the refund $refund, by the $role: $returned',
    ({ percent, refund, by, returned }) => {
      const before = missed(percent, refund)
      const undone = after(before, asked('undo_no_show', UNDONE, by, { returned }))
      const kept = Math.round((DUE * percent) / 100)
      expect(undone).toMatchObject({ status: 'confirmed', refunds: before.refunds })
      expect(dueOf(undone)).toBe(retained(undone))
      expect(dueOf(undone)).toBe(kept)
      expect(addsUp(undone.price)).toBe(true)
      expect(undone.items.map(({ id }) => id)).toEqual(['1', '2'])
      expect(sumOfItems(undone)).toBe(undone.price.subtotal)
      expect(claimChange(before, undone)).toEqual({ state: 'committed' })
      expect(itemClaims(before, undone)).toBeNull()
      expect(complaintsAbout(undone, at(UNDONE))).toEqual([])

      if (returned === 'leave' || kept === DUE) {
        expect(undone.change ?? null).toBeNull()
        expect(due(undone, UNDONE)).not.toContain('request_payment')
        return
      }
      expect(undone.change).toMatchObject({ supplement: DUE - kept, taken: false })
      const paying = after(undone, requested(UNDONE + 1, 'pi_2', DUE - kept, undone.change!.id))
      const money = { intentId: 'pi_2', amount: DUE - kept }
      const whole = after(paying, told('authorized', UNDONE + 2, money), told('succeeded', UNDONE + 3, money))
      expect(whole).toMatchObject({ status: 'confirmed', change: null })
      expect([dueOf(whole), retained(whole)]).toEqual([DUE, DUE])
      expect(sumOfItems(whole)).toBe(whole.price.subtotal)
      expect(complaintsAbout(whole, at(UNDONE + 3))).toEqual([])
      // Nobody pays: it stands at what was kept.
      const unpaid = after(paying, rang(UNDONE + 15), told('cancelled', UNDONE + 16, { intentId: 'pi_2' }))
      expect(unpaid).toMatchObject({ status: 'confirmed', change: null })
      expect(dueOf(unpaid)).toBe(kept)
    },
  )

  test('the choice is said, and recorded with who made it and why', () => {
    const before = missed(60, 'back')
    const undo = aCommand('undo_no_show', OPERATOR)
    expect(refusalOf(before, undo, at(UNDONE))).toMatchObject({
      code: 'policy_forbids',
      details: { returned: (DUE * 40) / 100, choices: ['ask_again', 'leave'] },
    })
    const { facts } = onCommand(before, aCommand('undo_no_show', OPERATOR, { returned: 'leave' }), { now: at(UNDONE) })
    expect(facts).toMatchObject([
      { type: 'moved', trigger: 'undo_no_show', by: OPERATOR, reason: 'undo_no_show asked for' },
      { type: 'changed', by: OPERATOR, reason: 'undo_no_show asked for' },
    ])
    expect(refusalOf(missed(100, 'back'), undo, at(UNDONE))).toBeNull()
  })

  test('not while a bank decides about the payment', () => {
    const dispute = { dispute: { id: 'dp_1', state: 'withdrawn', reason: null } } as const
    const disputed = after(missed(60, 'back'), told('disputed', MISSED + 2, { ...dispute, amount: 7200 }))
    const undo = aCommand('undo_no_show', OPERATOR, { returned: 'leave' })
    expect(refusalOf(disputed, undo, at(UNDONE))?.message).toContain('bank')
  })

  test('a price is scaled to the cent, and what was kept of it before stays', () => {
    const price = {
      currency: 'USD',
      lines: [{ itemId: '1', unitPrice: 333, amount: 333 }],
      subtotal: 333,
      fees: 60,
      tax: 7,
      total: 400,
      quoteId: null,
      kept: 50,
    }
    for (const total of [50, 51, 77, 123, 399, 400]) {
      const reduced = reducedTo(price, total)
      expect(reduced).toMatchObject({ total, kept: 50 })
      expect(addsUp(reduced)).toBe(true)
    }
  })
})
