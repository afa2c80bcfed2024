import { describe, expect, test } from 'vitest'
import type { Booking } from './booking.ts'
import { claimsOf, isPaying } from './claims.ts'
import { refusalOf } from './commands.ts'
import { displacementSettledBy } from './displacement.ts'
import { evolveAll } from './evolve.ts'
import { extendedUntil, legalOperations, type Operation } from './operations.ts'
import { isAtRest, nextDeadline, waitingFor } from './deadlines.ts'
import { pendingEffects } from './effects.ts'
import { at, CUSTOMER, DUE, EXPIRY, held, OPERATOR, START } from './testing/builders.ts'
import { aCommand, after, asked, due, factsOf, failed, rang, requested, told, undecided } from './testing/steps.ts'

const code = (booking: Booking, type: Operation['type'], minute: number, more = {}) =>
  refusalOf(booking, aCommand(type, OPERATOR, more), at(minute))?.code

const reserved = held({ hold: { reserved: true } })

describe('A-11 a reservation', () => {
  test('is asked for no payment before it is confirmed, and waits for that until it expires', () => {
    expect(due(reserved, 1)).toEqual([])
    expect(waitingFor(reserved)).toBe('confirmation')
    expect(nextDeadline(reserved)).toBe(at(EXPIRY))
    const confirmed = after(reserved, asked('confirm_reservation', 2, CUSTOMER, { paymentMethod: 'pm_card' }))
    expect(confirmed).toMatchObject({ status: 'pending', paymentMethod: 'pm_card', hold: { reserved: false } })
    expect(due(confirmed, 2)).toEqual(['request_payment'])
  })

  test('confirmed again changes nothing, in whatever way it went on', () => {
    const confirmed = after(reserved, asked('confirm_reservation', 2))
    for (const again of [confirmed, after(confirmed, requested(3), told('succeeded', 4))]) {
      expect(code(again, 'confirm_reservation', 5)).toBeUndefined()
      expect(factsOf(again, asked('confirm_reservation', 5))).toEqual([])
    }
  })

  test('A-32 has expired for good at its expiry, whether or not its timer was quick', () => {
    expect(code(reserved, 'confirm_reservation', EXPIRY - 1)).toBeUndefined()
    expect(code(reserved, 'confirm_reservation', EXPIRY)).toBe('hold_expired')
    const expired = after(reserved, rang(EXPIRY))
    expect(expired).toMatchObject({ status: 'expired', payments: [] })
    expect(code(expired, 'confirm_reservation', EXPIRY + 1)).toBe('hold_expired')
    expect(isAtRest(expired, at(EXPIRY))).toBe(true)
    expect(code(after(reserved, asked('cancel', 2)), 'confirm_reservation', 3)).toBe('illegal_transition')
  })

  test('that is free is confirmed by the second step only, and expires without it', () => {
    const free = held({ due: 0, hold: { reserved: true } })
    expect(after(free, rang(EXPIRY)).status).toBe('expired')
    expect(after(free, asked('confirm_reservation', 2)).status).toBe('confirmed')
  })
})

describe('A-18 H-10 a longer hold', () => {
  test('is given as often as the policy says, and then no more', () => {
    const once = after(held(), asked('extend', 3))
    expect(once).toMatchObject({ hold: { expiresAt: at(EXPIRY + 5), firstExpiresAt: at(EXPIRY + 5), asked: 1 } })
    const twice = after(once, asked('extend', 4))
    expect(twice).toMatchObject({ hold: { expiresAt: at(EXPIRY + 10), asked: 2, extensions: 0 } })
    expect(isPaying(twice)).toBe(false)
    expect(code(twice, 'extend', 5)).toBe('policy_forbids')
    expect(legalOperations(twice)).not.toContain('extend')
    expect(after(twice, rang(EXPIRY + 9)).status).toBe('pending')
    expect(after(twice, rang(EXPIRY + 10)).status).toBe('expired')
  })

  test('is capped two hours after it was made, or at the start, whichever comes first', () => {
    const greedy = { extendSeconds: 90 * 60, maxExtensions: 100 }
    const once = after(held({ policy: greedy }), asked('extend', 3), asked('extend', 4))
    expect(once).toMatchObject({ hold: { expiresAt: at(120) } })
    expect(code(once, 'extend', 5)).toBe('policy_forbids')
    const soon = after(held({ policy: greedy, agreement: { start: at(40) } }), asked('extend', 3))
    expect(soon).toMatchObject({ hold: { expiresAt: at(40) } })
    const long = held({ policy: { ...greedy, holdSeconds: 5 * 3600 } })
    if (long.status !== 'pending') throw new Error('it is pending')
    expect(extendedUntil(long)).toBe(at(300))
    expect(code(long, 'extend', 5)).toBe('policy_forbids')
  })

  test('is none while a payment is awaited past the expiry, and what that takes does not count as the customer’s', () => {
    const processing = after(held(), requested(0), told('processing', 1))
    const late = after(processing, undecided(EXPIRY))
    expect(late).toMatchObject({ status: 'pending', hold: { extensions: 1, asked: 0 } })
    expect(code(late, 'extend', EXPIRY + 1)).toBe('hold_expired')
    expect(code(processing, 'extend', 2)).toBeUndefined()
  })

  test('is for what is held: illegal once paid, expired once ended by its time', () => {
    expect(code(after(held(), told('succeeded', 1)), 'extend', 2)).toBe('illegal_transition')
    expect(code(after(held(), told('authorized', 1)), 'extend', 2)).toBe('illegal_transition')
    expect(code(after(held(), rang(EXPIRY)), 'extend', EXPIRY)).toBe('hold_expired')
    expect(code(after(held(), asked('cancel', 1)), 'extend', 2)).toBe('illegal_transition')
  })
})

describe('X-12 operations by hand', () => {
  test.each(['force_release', 'confirm_by_hand', 'settle_displacement'] as const)('%s needs a reason', (type) => {
    for (const reason of [null, '', '  ']) {
      expect(refusalOf(held(), { ...aCommand(type, OPERATOR), reason }, at(1))?.code).toBe('validation_failed')
    }
  })

  test('X-12 X-02 force-release frees the units at once; what is paid later takes them again, or goes back', () => {
    const silent = after(held(), requested(0), told('processing', 1), asked('force_release', 2, OPERATOR))
    expect(silent).toMatchObject({
      status: 'expired',
      cancellation: { by: OPERATOR, reason: 'force_release asked for' },
    })
    expect(claimsOf(silent)).toBe('released')
    expect(due(silent, 2)).toEqual(['void'])
    expect(after(silent, told('succeeded', 3)).status).toBe('confirmed')
    expect(after(silent, told('succeeded', 3, { unitsLost: true }))).toMatchObject({ refunds: [{ amount: DUE }] })
  })

  test('X-12 H-04 force-release of what is paid gives everything back, and it is not revived', () => {
    const stuck = after(held(), requested(0), told('authorized', 1), asked('force_release', 2, OPERATOR))
    expect(stuck).toMatchObject({ status: 'cancelled', cancellation: { revivable: false, keep: 0 } })
    expect(due(stuck, 2)).toEqual(['void'])
    expect(after(stuck, told('succeeded', 3))).toMatchObject({ status: 'cancelled', refunds: [{ amount: DUE }] })
  })

  test('X-12 force-release ends a revival whose capture does not come', () => {
    const reviving = after(
      held(),
      requested(0),
      rang(EXPIRY),
      told('cancelled', 16),
      told('authorized', 17, { intentId: 'pi_2' }),
    )
    expect(claimsOf(reviving)).toBe('committed')
    const released = after(reviving, asked('force_release', 20, OPERATOR))
    expect(claimsOf(released)).toBe('released')
    expect(due(released, 20)).toEqual(['void'])
    expect(code(after(held(), told('succeeded', 1)), 'force_release', 2)).toBe('illegal_transition')
  })

  test('X-12 confirm by hand is a payment of its own, of exactly what is due, and an open intent is voided', () => {
    const pending = after(held(), requested(0))
    expect(code(pending, 'confirm_by_hand', 1, { amount: DUE - 1 })).toBe('policy_forbids')
    const paid = after(pending, asked('confirm_by_hand', 1, OPERATOR, { amount: DUE }))
    expect(paid).toMatchObject({
      status: 'confirmed',
      payments: [{}, { method: 'manual', captured: DUE, status: 'succeeded' }],
    })
    expect(due(paid, 1)).toEqual(['void'])
    expect(code(paid, 'confirm_by_hand', 2)).toBe('illegal_transition')
    expect(code(after(held(), told('authorized', 1)), 'confirm_by_hand', 2)).toBe('illegal_transition')
    expect(code(held({ due: 0 }), 'confirm_by_hand', 1)).toBe('illegal_transition')
  })

  test('X-12 H-06 what was paid by hand is given back by hand: a person is called, and settles it', () => {
    const cancelled = after(held(), asked('confirm_by_hand', 1, OPERATOR), asked('cancel', 2, OPERATOR))
    expect(cancelled.refunds).toMatchObject([{ amount: DUE, status: 'pending' }])
    const called = after(cancelled, failed('refund', 3, 'refused'))
    expect(called.attention?.reason).toBe('refund_failed')
    const refundKey = called.refunds[0]?.key ?? ''
    const settled = after(called, asked('settle_refund', 4, OPERATOR, { refundKey }))
    expect(settled).toMatchObject({ attention: null, refunds: [{ status: 'succeeded' }] })
  })
})

describe('H-13 H-14 a displaced booking', () => {
  const confirmed = after(held(), told('succeeded', 1))
  const displaced = after(confirmed, asked('displace', 10, OPERATOR))

  test('keeps its place, and has two days to choose, or until its start', () => {
    const until = at(10 + 48 * 60)
    expect(displaced).toMatchObject({ status: 'confirmed', displacement: { until, by: OPERATOR } })
    expect([waitingFor(displaced), nextDeadline(displaced), claimsOf(displaced)]).toEqual([
      'displacement',
      until,
      'committed',
    ])
    expect(after(confirmed, asked('displace', START - 60, OPERATOR)).displacement?.until).toBe(at(START))
    expect(pendingEffects(displaced, at(11))).toEqual([])
  })

  test('is cancelled by its customer with everything back, whatever the tiers say', () => {
    const late = after(confirmed, asked('displace', START - 60, OPERATOR), asked('cancel', START - 30))
    expect(late).toMatchObject({ status: 'cancelled', cancellation: { keep: 0 }, refunds: [{ amount: DUE }] })
  })

  test('is cancelled with everything back when nobody chooses', () => {
    expect(after(displaced, rang(9 + 48 * 60)).status).toBe('confirmed')
    expect(after(displaced, rang(10 + 48 * 60))).toMatchObject({
      status: 'cancelled',
      cancellation: { reason: 'displaced', revivable: false },
      refunds: [{ amount: DUE }],
    })
  })

  test('is as it was when it is settled, and told once however often', () => {
    const settled = after(displaced, asked('settle_displacement', 20, OPERATOR))
    expect(settled).toMatchObject({ displacement: null, status: 'confirmed' })
    expect(nextDeadline(settled)).toBe(nextDeadline(confirmed))
    expect(code(displaced, 'displace', 11)).toBe('illegal_transition')
    expect(code(settled, 'settle_displacement', 21)).toBe('illegal_transition')
  })

  test('H-11 is settled by the move itself, and whoever was not displaced has nothing to settle', () => {
    const stamp = { at: at(20), by: CUSTOMER }
    const [settled] = displacementSettledBy(displaced, stamp)
    expect(settled).toEqual({ ...stamp, type: 'displacement_settled', how: 'moved', reason: null })
    expect(evolveAll(displaced, displacementSettledBy(displaced, stamp)).booking.displacement).toBeNull()
    expect(displacementSettledBy(confirmed, stamp)).toEqual([])
  })

  test('is one that has not begun: who sits there stays', () => {
    expect(code(after(confirmed, asked('check_in', START - 5, OPERATOR)), 'displace', START - 4)).toBe(
      'illegal_transition',
    )
    expect(code(confirmed, 'displace', START)).toBe('illegal_transition')
    expect(waitingFor(after(displaced, asked('check_in', 11, OPERATOR)))).toBe('completion')
  })

  test('that is only held still expires with its hold, and is not revived by a late payment', () => {
    const pending = after(held(), requested(0), asked('displace', 1, OPERATOR))
    expect(nextDeadline(pending)).toBe(at(EXPIRY))
    const expired = after(pending, rang(EXPIRY), told('cancelled', 16))
    expect(after(expired, told('succeeded', 17, { intentId: 'pi_2' }))).toMatchObject({
      status: 'expired',
      refunds: [{}],
    })
  })
})
