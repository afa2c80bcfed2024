import { describe, expect, test } from 'vitest'
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
  const recorded = { number: 1, steps: {}, heldUntil: '2027-03-01T09:15:00.000Z', isErased: false, unitLabels: {} }
  return bookings.map((booking) => ({ ...booking, profile: name, terms, recorded }))
}

/** What a customer may do at all; the rest is for those who run the visit. */
const MAY = ['pay', 'cancel', 'change', 'extend', 'confirm_reservation']

describe.each(PROFILE_NAMES)('a booking of %s on the wire, in every state', (name) => {
  const bookings = everyBookingOf(name)

  test('A-33 is what the schema says, for everybody', () => {
    for (const role of ROLES) {
      for (const booking of bookings) {
        const result = BookingSchema.safeParse(renderBooking(booking, viewer(role)))
        expect(result.error).toBeUndefined()
      }
    }
  })

  test('A-33 X-10 H-20 names what it waits for whenever something is ahead, and until when it must have moved', () => {
    for (const booking of bookings) {
      const shown = renderBooking(booking, viewer('operator'))
      const work = pendingEffects(booking, booking.updatedAt)
      const isAhead = deadlineOf(booking) !== null || work.length > 0
      const told = {
        status: booking.status,
        payments: booking.payments,
        refunds: booking.refunds,
        shown: shown.waiting_for,
      }
      if (isAhead) expect({ ...told, deadline: shown.next_deadline !== null }).toMatchObject({ deadline: true })
      if (isAhead) expect({ ...told, waits: shown.waiting_for !== null }).toMatchObject({ waits: true })
      // What waits without a deadline waits for a person, who is told what they may do.
      if (shown.waiting_for !== null && shown.next_deadline === null) {
        expect({ ...told, actions: shown.available_actions.length > 0 }).toMatchObject({ actions: true })
      }
    }
  })

  test('A-33 A-34 offers each only what is theirs to do, and the secret to nobody who does not pay', () => {
    for (const booking of bookings) {
      const [customer, provider, operator] = ROLES.map((role) => renderBooking(booking, viewer(role)))
      for (const action of customer?.available_actions ?? []) expect(MAY).toContain(action)
      expect(provider?.available_actions).not.toContain('pay')
      for (const action of ['retry', 'settle_refund']) expect(provider?.available_actions).not.toContain(action)
      const others = [...(customer?.available_actions ?? []), ...(provider?.available_actions ?? [])]
      expect(operator?.available_actions).toEqual(expect.arrayContaining(others))
      expect(provider?.payment?.client_secret ?? null).toBeNull()
    }
  })
})
