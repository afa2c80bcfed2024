import { beforeAll, describe, expect, test } from 'vitest'
import { renderBooking } from '../../api/render.ts'
import { BookingSchema } from '../../api/schemas/booking.ts'
import { statusesOf } from '../../domain/lifecycle.ts'
import { deadlineOf } from '../../domain/deadlines.ts'
import { pendingEffects } from '../../domain/effects.ts'
import { everyBooking } from '../../domain/testing/every.ts'
import { PROFILES } from '../../profiles/index.ts'
import { PROFILE_NAMES, termsOf } from '../../profiles/profile.ts'

const ROLES = ['customer', 'provider', 'operator', 'service'] as const
const viewer = (role: (typeof ROLES)[number]) => ({ id: 'somebody', role, name: null, email: null, endsAt: 0 })

/** A booking in every status of a profile, with everything that may be known of payments and refunds, likely or not. */
function everyBookingOf(name: (typeof PROFILE_NAMES)[number]) {
  const terms = termsOf(PROFILES[name], { requiresApproval: true, policy: {} })
  const used = statusesOf(terms.lifecycle)
  const bookings = everyBooking().filter(({ status }) => used.includes(status))
  const recorded = { number: 1, steps: {}, heldUntil: '2027-03-01T09:15:00.000Z' }
  return bookings.map((booking) => ({ ...booking, profile: name, terms, recorded }))
}

/** What a customer may do at all; the rest is for those who run the visit. */
const MAY = ['pay', 'cancel', 'change', 'extend', 'confirm_reservation']

type Shown = { readonly booking: ReturnType<typeof everyBookingOf>[number] } & Readonly<
  Record<(typeof ROLES)[number], ReturnType<typeof renderBooking>>
>

/** What is wrong with some of them: an assertion for each of some ten thousand would take longer than all they do. */
function faultsOf(all: readonly Shown[], fault: (shown: Shown) => unknown): unknown[] {
  const found = all.flatMap((shown) => {
    const what = fault(shown)
    const { id, status, payments, refunds } = shown.booking
    return what === null ? [] : [{ what, of: { id, status, payments, refunds } }]
  })
  return found.slice(0, 10)
}

describe.each(PROFILE_NAMES)('a booking of %s on the wire, in every state', (name) => {
  let all: Shown[]
  beforeAll(() => {
    all = everyBookingOf(name).map((booking) => {
      const to = (role: (typeof ROLES)[number]) => renderBooking(booking, viewer(role))
      return {
        booking,
        customer: to('customer'),
        provider: to('provider'),
        operator: to('operator'),
        service: to('service'),
      }
    })
  })

  test('there are many', () => {
    expect(all.length).toBeGreaterThan(1000)
  })

  test.each(ROLES)('A-33 is what the schema says, for the role %s', (role) => {
    const faults = faultsOf(all, (shown) => {
      const { error } = BookingSchema.safeParse(shown[role])
      return error === undefined ? null : error.issues
    })
    expect(faults).toEqual([])
  })

  test('A-33 X-10 H-20 names what it waits for whenever something is ahead, and until when it must have moved', () => {
    const faults = faultsOf(all, ({ booking, operator: shown }) => {
      const isAhead = deadlineOf(booking) !== null || pendingEffects(booking, booking.updatedAt).length > 0
      if (isAhead && shown.next_deadline === null) return 'no deadline'
      if (isAhead && shown.waiting_for === null) return 'waits for nothing'
      // What waits without a deadline waits for a person, who is told what they may do.
      const needsPerson = shown.waiting_for !== null && shown.next_deadline === null
      return needsPerson && shown.available_actions.length === 0 ? 'nothing to do for anybody' : null
    })
    expect(faults).toEqual([])
  })

  test('A-33 A-34 offers each only what is theirs to do, and the secret to nobody who does not pay', () => {
    const faults = faultsOf(all, ({ customer, provider, operator }) => {
      const offered = (shown: typeof customer): readonly string[] => shown.available_actions
      const notTheirs = [
        ...offered(customer).filter((action) => !MAY.includes(action)),
        ...offered(provider).filter((action) => ['pay', 'retry', 'settle_refund'].includes(action)),
      ]
      if (notTheirs.length > 0) return { notTheirs }
      const kept = [...offered(customer), ...offered(provider)].filter((action) => !offered(operator).includes(action))
      if (kept.length > 0) return { keptFromOperators: kept }
      return (provider.payment?.client_secret ?? null) === null ? null : 'the secret'
    })
    expect(faults).toEqual([])
  })
})
