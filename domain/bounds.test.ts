import { describe, expect, test } from 'vitest'
import { approvalDeadline, holdToPay } from './approval.ts'
import { hasStatus, type Actor, type Booking, type Role } from './booking.ts'
import { hasBegun, isTooLate, untilStart } from './bounds.ts'
import { refusalOf } from './commands.ts'
import { withConsequences } from './consequences.ts'
import { choiceUntil } from './displacement.ts'
import { extendedUntil } from './operations.ts'
import { firstHold, type Order } from './order.ts'
import { holdOfChange } from './reschedule.ts'
import { aChange, aHold, aRevision, at, CUSTOMER, DUE, held, OPERATOR, PROVIDER } from './testing/builders.ts'
import { aCommand, after, asked, rang, requested, told, undecided } from './testing/steps.ts'

const HOUR = 60
/** Each would last for ten hours, if it were not for the start. */
const policy = {
  holdSeconds: 600 * 60,
  extendSeconds: 600 * 60,
  approvalSeconds: 600 * 60,
  processingGraceSeconds: 600 * 60,
}
const starting = (minute: number | null, more: Parameters<typeof held>[0] = {}) => {
  const time = minute === null ? { start: null, end: null } : { start: at(minute), end: at(minute + HOUR) }
  return held({ policy, ...more, agreement: time })
}
const orderOf = ({ id, start, terms }: Booking, callerRole: Role) =>
  ({ bookingId: id, start, terms, callerRole }) as unknown as Order
const heldFor = (minute: number | null, role: Role) => {
  const booking = starting(minute)
  return firstHold(orderOf(booking, role), at(0)).expiresAt
}
const waiting = (booking: Booking) => {
  const made = after({ ...booking, terms: { ...booking.terms, requiresApproval: true } }, told('authorized', 1))
  if (!hasStatus(made, 'awaiting_approval')) throw new Error(made.status)
  return made
}
const pending = (booking: Booking) => {
  if (!hasStatus(booking, 'pending')) throw new Error(booking.status)
  return booking
}
/** A hold of ten minutes, whose payment is at a bank that does not say what becomes of it. */
const slow = (minute: number | null) =>
  after(
    starting(minute, { hold: aHold({ ...held().terms.policy, holdSeconds: 600 }) }),
    requested(0),
    told('processing', 1),
  )
/** The same of a change for 30 dollars more. */
const slowChange = (minute: number | null) => {
  const time = minute === null ? { start: null, end: null } : { start: at(minute), end: at(minute + HOUR) }
  const change = aChange(10, { revision: aRevision(DUE + 3000, time) })
  const booking = after(starting(null), told('succeeded', 1))
  return after(
    { ...booking, change, lastChange: change.id },
    requested(2, 'pi_2', 3000, change.id),
    told('processing', 3, { intentId: 'pi_2', amount: 3000 }),
  )
}

/** Every way in which something is kept for somebody: until when, of a visit that starts at a minute. */
const PATHS: Readonly<Record<string, (minute: number | null) => string>> = {
  'a hold, by a customer': (minute) => heldFor(minute, 'customer'),
  'a hold, by a service': (minute) => heldFor(minute, 'service'),
  'an offer or a reservation that becomes a booking': (minute) =>
    firstHold({ ...orderOf(starting(minute), 'customer'), reserved: true }, at(0)).expiresAt,
  'a longer hold, asked for by a customer': (minute) =>
    extendedUntil(pending(starting(minute, { policy: { ...policy, holdSeconds: 600 } })), 'customer'),
  'a longer hold, listed for anybody': (minute) =>
    extendedUntil(pending(starting(minute, { policy: { ...policy, holdSeconds: 600 } }))),
  'a hold whose payment is not known': (minute) => {
    const later = after(slow(minute), undecided(10))
    return 'hold' in later ? later.hold.expiresAt : later.updatedAt
  },
  'an approval': (minute) => approvalDeadline(starting(minute), at(0), null),
  'an approval of what is authorised': (minute) => waiting(starting(minute)).approveBy,
  'a payment after the approval': (minute) => holdToPay(waiting(starting(minute)), at(2)).expiresAt,
  'a choice, of who is displaced': (minute) => choiceUntil(starting(minute), at(0)),
  'a change': (minute) => holdOfChange(starting(null), { start: minute === null ? null : at(minute) }, at(0)).expiresAt,
  'a change whose payment is not known': (minute) => {
    const later = after(slowChange(minute), undecided(10))
    return later.change?.hold.expiresAt ?? later.updatedAt
  },
}

describe('N-84 nothing is kept beyond the start', () => {
  test.each(Object.entries(PATHS))('%s', (_, until) => {
    for (const minute of [11, 30, 119]) expect(until(minute) <= at(minute), `${minute}: ${until(minute)}`).toBe(true)
    for (const minute of [null, 100 * HOUR]) expect(until(minute) > at(110), `${minute}: ${until(minute)}`).toBe(true)
  })

  test('N-84 but by an operator: a hold, and a longer one', () => {
    expect(heldFor(30, 'operator')).toBe(at(600))
    const shorter = pending(starting(30, { policy: { ...policy, holdSeconds: 600 } }))
    expect(extendedUntil(shorter, 'operator')).toBe(at(120))
    expect(after(shorter, asked('extend', 5, OPERATOR))).toMatchObject({ hold: { expiresAt: at(120) } })
  })

  test('N-84 one rule for all of them', () => {
    expect(untilStart({ start: at(9) }, at(10))).toBe(at(9))
    expect(untilStart({ start: at(11) }, at(10))).toBe(at(10))
    expect(untilStart({ start: null }, at(10))).toBe(at(10))
    expect(hasBegun({ start: null }, at(10))).toBe(false)
    expect([at(9), at(10)].map((now) => hasBegun({ start: at(10) }, now))).toEqual([false, true])
    expect(isTooLate({ start: at(10) }, { expiresAt: at(10) }, at(10))).toBe(true)
    expect(isTooLate({ start: at(10) }, { expiresAt: at(20) }, at(15))).toBe(false)
  })
})

describe('N-84 nothing is confirmed beyond the start', () => {
  const START = 30
  const short = (more: Parameters<typeof held>[0] = {}) =>
    starting(START, {
      hold: { ...aHold(), expiresAt: at(START), firstExpiresAt: at(START), lapsesAt: at(START + 1) },
      ...more,
    })
  /** Approved first and paid for then, in a hold of its own. */
  const approved = () => {
    const booking = short({ terms: { requiresApproval: true }, policy: { ...policy, capture: 'automatic' } })
    const asking = withConsequences(booking, [], { now: at(0) }).booking
    return after(asking, asked('approve', 1, PROVIDER), requested(2))
  }

  /** Where money comes in, or a person says yes: each in time, and a minute after the start. */
  const WAYS: Readonly<Record<string, (minute: number) => Booking>> = {
    'authorised, then captured': (minute) =>
      after(short(), requested(0), told('authorized', minute), told('succeeded', minute)),
    'captured at once': (minute) => after(short(), requested(0), told('succeeded', minute)),
    'without our asking': (minute) => after(short(), told('succeeded', minute)),
    'paid after the approval': (minute) => after(approved(), told('succeeded', minute)),
  }

  test.each(Object.entries(WAYS))('%s', (_, paid) => {
    expect(paid(START - 1).status).toBe('confirmed')
    const late = paid(START + 1)
    expect(['expired', 'cancelled']).toContain(late.status)
    expect(late.refunds).toMatchObject([{ amount: DUE, reason: 'hold_expired' }])
  })

  test('paid after it had expired: revived until the start, and not beyond', () => {
    const expired = after(held({ agreement: { start: at(START), end: at(START + HOUR) } }), rang(15))
    expect(after(expired, told('succeeded', START - 1)).status).toBe('confirmed')
    const late = after(expired, told('succeeded', START))
    expect(late).toMatchObject({ status: 'expired', refunds: [{ amount: DUE }] })
  })

  test('what was paid in time is confirmed when it is captured, however late that is', () => {
    const authorised = after(short(), requested(0), told('authorized', START - 1))
    expect(after(authorised, told('succeeded', START + 5)).status).toBe('confirmed')
  })

  test('a change: what is paid for it after its start goes back, and the booking stands as it was', () => {
    const paying = (minute: number) =>
      after(slowChange(START), undecided(10), told('succeeded', minute, { intentId: 'pi_2', amount: 3000 }))
    expect(paying(START - 1).price.total).toBe(DUE + 3000)
    const late = paying(START + 1)
    expect(late).toMatchObject({ status: 'confirmed', change: null, refunds: [{ amount: 3000 }] })
    expect(late.price.total).toBe(DUE)
  })

  test('but by an operator: what is paid at the desk, what is approved then, and what they kept for longer', () => {
    const late = START + 5
    expect(after(short(), asked('confirm_by_hand', late, OPERATOR)).status).toBe('confirmed')
    const kept = short({ hold: { ...aHold(), expiresAt: at(90), firstExpiresAt: at(90), lapsesAt: at(91) } })
    expect(after(kept, told('succeeded', late)).status).toBe('confirmed')
    const unapproved = waiting(starting(START))
    const approve = (by: Actor) => refusalOf(unapproved, aCommand('approve', by), at(late))
    expect(approve(OPERATOR)).toBeNull()
    expect(approve(PROVIDER)?.code).toBe('policy_forbids')
    expect(refusalOf(unapproved, aCommand('approve', CUSTOMER), at(START - 1))).toBeNull()
  })
})
