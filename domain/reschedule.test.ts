import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bookedItems, dueOf, retained, type Actor, type Booking } from './booking.ts'
import { itemClaims } from './claims.ts'
import { cancellationOffer } from './cancellation.ts'
import { onCommand, refusalOf } from './commands.ts'
import { deadlineOf, nextDeadline, waitingFor } from './deadlines.ts'
import { changeRefusal, holdOfChange, onUnitsHeld } from './reschedule.ts'
import { anItem, aRevision, at, CUSTOMER, DUE, EXPIRY, held, OPERATOR, PROVIDER, START } from './testing/builders.ts'
import { everyState } from './testing/every.ts'
import { complaintsAbout } from './testing/invariants.ts'
import {
  after,
  asked,
  due,
  factsOf,
  failed,
  refundsDone,
  requested,
  told,
  undecided,
  type Step,
} from './testing/steps.ts'
import { anOperation, openWorld, type Operation } from './testing/world.ts'

const ITEMS = [anItem('1', 7000), anItem('2', 4999)]

/** Paid, for 120 dollars: two tables, and a fee of a cent. */
function confirmed(policy: Parameters<typeof held>[0] = {}): Booking {
  const booking = held({ ...policy, agreement: { items: ITEMS } })
  return after(booking, requested(1), told('authorized', 2), told('succeeded', 3))
}

/** Time and price change: the new units are held. */
function changed(minute: number, amount: number, by: Actor = CUSTOMER): Step {
  return (booking) =>
    onUnitsHeld(
      booking,
      aRevision(amount),
      { id: `change-${minute}`, by, reason: 'later is better' },
      holdOfChange(booking, { start: null }, at(minute)),
      at(minute),
    )
}

/** The supplement was asked for: `pi_2` is its intent. */
function supplementRequested(minute: number, amount = 3000): Step {
  return (booking) => {
    const effect = due(booking, minute)
    if (!effect.includes('request_payment')) throw new Error(`nothing is to be asked for, but ${effect.join()}`)
    return requested(minute, 'pi_2', amount, booking.change?.id)(booking)
  }
}

const supplement = { intentId: 'pi_2', amount: 3000 }
const SUPPLEMENT_PAID = [told('authorized', 12, supplement), told('succeeded', 13, supplement)]

describe('a change for more', () => {
  const pending = after(confirmed(), changed(10, DUE + 3000), supplementRequested(11))

  test('H-11 leaves the booking as it is until the supplement is captured; then it is the new one', () => {
    expect(pending).toMatchObject({ status: 'confirmed', start: at(START), items: ITEMS, change: { supplement: 3000 } })
    expect(waitingFor(pending)).toBe('change_payment')
    expect(deadlineOf(pending)).toEqual({ at: at(10 + EXPIRY), kind: 'change_expiry' })
    expect(nextDeadline(pending)).toBe(at(10 + EXPIRY))
    expect(factsOf(pending, ...SUPPLEMENT_PAID)).toEqual([
      'payment_authorized',
      'change_taken',
      'payment_captured',
      'changed',
    ])
    const made = after(pending, ...SUPPLEMENT_PAID)
    expect(made).toMatchObject({ status: 'confirmed', start: at(START + 1440), change: null, price: { total: 15_000 } })
    expect([retained(made), due(made, 14)]).toEqual([15_000, []])
  })

  test('H-11 commits the new units before the capture, and releases the old ones with the swap alone', () => {
    const taken = after(pending, SUPPLEMENT_PAID[0]!)
    expect(itemClaims(pending, taken)).toEqual({ commit: ['7-1'], release: [], renew: null })
    expect(due(taken, 12)).toEqual(['capture'])
    expect(waitingFor(taken)).toBe('capture')
    expect(itemClaims(taken, after(taken, SUPPLEMENT_PAID[1]!))).toEqual({
      commit: [],
      release: ['1', '2'],
      renew: null,
    })
    const atOnce = after(pending, told('succeeded', 12, supplement))
    expect(itemClaims(pending, atOnce)).toEqual({ commit: ['7-1'], release: ['1', '2'], renew: null })
  })

  test.each<[string, Step[], string]>([
    ['whose units went to somebody else', [told('authorized', 12, { ...supplement, unitsLost: true })], 'void'],
    ['whose capture the bank refuses', [SUPPLEMENT_PAID[0]!, failed('capture', 13, 'refused')], 'void'],
    ['that is paid too little for', [told('succeeded', 12, { intentId: 'pi_2', amount: 2999 })], 'refund'],
  ])('H-11 %s falls through, and the old booking stands', (_, steps, effect) => {
    const asIfNothing = { status: 'confirmed', start: at(START), items: ITEMS, price: { total: DUE }, change: null }
    const fallen = after(pending, ...steps)
    expect(fallen).toMatchObject(asIfNothing)
    expect(due(fallen, 14)).toEqual([effect])
    expect(itemClaims(pending, fallen)).toEqual({ commit: [], release: ['7-1'], renew: null })
  })

  test('H-11 X-03 unpaid asks before it ends, waits for a slow bank within the grace, and late money goes back in full', () => {
    expect(due(pending, 24)).toEqual([])
    expect(due(pending, 25)).toEqual(['void'])
    expect(after(pending, told('cancelled', 26, supplement))).toMatchObject({ change: null, status: 'confirmed' })
    const slow = after(pending, told('processing', 24, supplement), undecided(25))
    expect(slow.change?.hold).toMatchObject({ expiresAt: at(32.5), firstExpiresAt: at(25), extensions: 1 })
    const fallen = after(slow, undecided(55))
    expect(fallen).toMatchObject({ change: null, price: { total: DUE } })
    const late = after(fallen, told('succeeded', 60, supplement))
    expect(late.refunds).toMatchObject([{ amount: 3000, reason: 'change_fell_through', status: 'pending' }])
    expect(complaintsAbout(late, at(61))).toEqual([])
  })

  test('H-11 X-13 whose card is declined ends at once where the policy says so, and may be tried again elsewhere', () => {
    const declined = told('failed', 12, supplement)
    expect(due(after(pending, declined), 12)).toEqual([])
    const strict = after(
      confirmed({ policy: { onPaymentFailed: 'cancel' } }),
      changed(10, DUE + 3000),
      supplementRequested(11),
      declined,
    )
    expect(due(strict, 12)).toEqual(['void'])
    expect(after(strict, told('cancelled', 13, supplement))).toMatchObject({ change: null, status: 'confirmed' })
  })

  test('H-05 paid twice gives the surplus back, whether it is known before the swap or after', () => {
    const twice = told('succeeded', 13, { intentId: 'pi_3', amount: 3000 })
    for (const steps of [
      [twice, ...SUPPLEMENT_PAID],
      [...SUPPLEMENT_PAID, twice],
    ]) {
      const made = after(pending, ...steps)
      expect(made).toMatchObject({ price: { total: 15_000 }, change: null })
      expect(made.refunds).toMatchObject([{ amount: 3000, reason: 'surplus_payment' }])
      expect(retained(made)).toBe(15_000)
    }
  })

  test('H-11 ends with the booking: what is captured meanwhile goes back, by the tiers only what was its price', () => {
    const taken = after(pending, SUPPLEMENT_PAID[0]!)
    const cancelled = after(taken, asked('cancel', START - 30 * 60), SUPPLEMENT_PAID[1]!, refundsDone(START))
    expect(cancelled).toMatchObject({ status: 'cancelled', change: null, cancellation: { keep: 6000 } })
    expect(retained(cancelled)).toBe(6000)
    expect(complaintsAbout(cancelled, at(START))).toEqual([])
  })

  test('H-11 asked for again while it is pending is refused; the same operation again is not', () => {
    const request = (id: string) =>
      ({ type: 'change', by: CUSTOMER, reason: null, expectedVersion: 3, change: { id, order: null } }) as const
    expect(changeRefusal(pending, { by: CUSTOMER, change: { order: {} } }, at(12))).toMatchObject({
      code: 'policy_forbids',
    })
    expect(refusalOf(pending, request('change-10'), at(12))).toBeNull()
    expect(refusalOf(pending, request('another'), at(12))).toMatchObject({ code: 'version_conflict' })
  })
})

describe('a change for less', () => {
  test.each([
    ['long before the start, all of the difference', 10, CUSTOMER, 4000, 0],
    ['a day and a half before, half of it', START - 36 * 60, CUSTOMER, 2000, 2000],
    ['on the day, nothing', START - 60, CUSTOMER, 0, 4000],
    ['on the day by the other side, all of it', START - 60, PROVIDER, 4000, 0],
  ] as const)('X-06 A-06 gives back, %s', (_, minute, by, back, kept) => {
    const made = after(confirmed(), changed(minute, DUE - 4000, by))
    expect(made.price).toMatchObject({ total: DUE - back })
    expect(made.price.kept ?? 0).toBe(kept)
    expect(made.refunds.map(({ amount, reason }) => [amount, reason])).toEqual(back === 0 ? [] : [[back, 'changed']])
    expect(cancellationOffer(made, OPERATOR, at(minute)).amount).toBe(DUE - 4000)
  })

  test('A-06 of a pending booking asks for the new price; what is paid for the old one goes back in full', () => {
    const made = after(held({ agreement: { items: ITEMS } }), requested(1), changed(2, 8000))
    expect(due(made, 3)).toEqual(['request_payment', 'void'])
    const paid = after(made, requested(3, 'pi_2', 8000), told('authorized', 4, { intentId: 'pi_2', amount: 8000 }))
    const done = after(paid, told('succeeded', 5, { intentId: 'pi_2', amount: 8000 }), told('succeeded', 6))
    expect(done).toMatchObject({ status: 'confirmed', refunds: [{ amount: DUE, reason: 'priced_anew' }] })
    // The answer about the old price that came only now is not taken for the new one's.
    const crossed = after(
      held({ agreement: { items: ITEMS } }),
      changed(2, 8000),
      requested(3),
      requested(4, 'pi_2', 8000),
    )
    expect(crossed.payments).toMatchObject([{ superseded: true, amount: DUE }, { amount: 8000 }])
  })
})

describe('cancelling an item', () => {
  function without(itemIds: readonly string[], minute: number, by: Actor = CUSTOMER): Step {
    return (booking) =>
      onCommand(booking, { type: 'cancel', by, reason: null, expectedVersion: null, itemIds }, { now: at(minute) })
  }

  test('X-08 H-12 gives its share back, and releases its unit alone', () => {
    const before = confirmed()
    const left = after(before, without(['2'], 10))
    expect(left).toMatchObject({ status: 'confirmed', price: { total: 7001, fees: 1 }, refunds: [{ amount: 4999 }] })
    expect(bookedItems(left).map(({ id }) => id)).toEqual(['1'])
    expect(itemClaims(before, left)).toEqual({ commit: [], release: ['2'], renew: null })
    expect(after(left, without(['1'], 11))).toMatchObject({ status: 'cancelled', cancellation: { keep: 0 } })
  })

  test('X-06 X-08 keeps by the tier of the whole booking, and that is never given back again', () => {
    const left = after(confirmed(), without(['2'], START - 36 * 60))
    expect(left).toMatchObject({ price: { total: 9501, kept: 2500 }, refunds: [{ amount: 2499 }] })
    expect([dueOf(left), retained(left)]).toEqual([9501, 9501])
    expect(cancellationOffer(left, OPERATOR, at(START))).toMatchObject({ amount: 7001 })
  })
})

describe('the rule for every status', () => {
  test('A-06 who may change time and units, and where', () => {
    const allowed = (by: Actor, order: object | null) =>
      everyState()
        .filter((booking) => changeRefusal(booking, { by, change: { order } }, at(1)) === null)
        .map(({ status }) => status)
    expect(new Set(allowed(CUSTOMER, {}))).toEqual(new Set(['pending', 'confirmed']))
    expect(new Set(allowed(OPERATOR, {}))).toEqual(new Set(['pending', 'confirmed']))
    const live = ['pending', 'awaiting_approval', 'confirmed', 'checked_in', 'in_progress']
    expect(new Set(allowed(CUSTOMER, null))).toEqual(new Set(live))
  })

  test('A-06 until when: the least notice for customers, the start for the others', () => {
    const booking = confirmed({ policy: { minNoticeMinutes: 60 } })
    const refused = (by: Actor, minute: number) =>
      changeRefusal(booking, { by, change: { order: {} } }, at(minute)) !== null
    expect([refused(CUSTOMER, START - 61), refused(CUSTOMER, START - 60)]).toEqual([false, true])
    expect([refused(OPERATOR, START - 1), refused(OPERATOR, START)]).toEqual([false, true])
  })
})

test('H-11 H-05 a paid booking that is changed, over a net that loses and repeats: the bank holds its price in the end (1,500 histories)', () => {
  const now = (operation: Operation) => ({ operation, wait: 0 })
  const paid = [
    now({ do: 'work', which: 0, answer: 'arrives' }),
    now({ do: 'pay', which: 0, outcome: 'authorized' }),
    now({ do: 'hear', which: 0 }),
    now({ do: 'work', which: 0, answer: 'arrives' }),
    now({ do: 'reschedule', share: 1.25 }),
    now({ do: 'work', which: 0, answer: 'arrives' }),
  ]
  const ends = new Set<string>()
  fc.assert(
    fc.property(
      fc.constantFrom('cancel' as const, 'retry' as const),
      fc.array(anOperation, { minLength: 1, maxLength: 25, size: 'max' }),
      (onPaymentFailed, operations) => {
        const world = openWorld(held({ policy: { onPaymentFailed }, agreement: { items: ITEMS } }))
        for (const operation of paid) world.step(operation)
        expect(world.booking).toMatchObject({ status: 'confirmed', change: { supplement: 3000 } })
        for (const operation of operations) {
          world.step(operation)
          expect(complaintsAbout(world.booking, world.now)).toEqual([])
        }
        expect(world.rest()).toBe(true)
        expect(complaintsAbout(world.booking, world.now)).toEqual([])
        // What banks and other hands took back may be more than was there: that is a loss, and retained is nothing then.
        expect(Math.max(0, world.bank.net() - (world.byHand.get('USD') ?? 0))).toBe(retained(world.booking))
        ends.add(world.booking.revision === undefined ? 'fell through' : 'made')
      },
    ),
    { numRuns: 1500, seed: 20_261_129 },
  )
  expect(ends).toEqual(new Set(['made', 'fell through']))
}, 60_000)
