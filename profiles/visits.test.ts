import { describe, expect, test } from 'vitest'
import type { Actor, Booking } from '../domain/booking.ts'
import { legalCommands, onCommand, refusalOf } from '../domain/commands.ts'
import { VISIT_TRIGGERS } from '../domain/facts.ts'
import { anItem, aPayment, at, CUSTOMER, OPERATOR, PROVIDER, START } from '../domain/testing/builders.ts'
import { everyState } from '../domain/testing/every.ts'
import { aCommand } from '../domain/testing/steps.ts'
import { PROFILES } from './index.ts'
import { PROFILE_NAMES, termsOf, type ProfileName } from './profile.ts'

const SERVICE: Actor = { role: 'service', id: 'gate' }
const OPENS = { tutoring: 60, clinic: 60, ticketing: 60, venue: 24 * 60, course: 60 } as const

/** Bookings of a profile in every state, with a visit at START. */
function bookingsOf(name: ProfileName): Booking[] {
  const terms = termsOf(PROFILES[name], { requiresApproval: false, policy: {} })
  return everyState().map((booking) => ({
    ...booking,
    profile: name,
    items: [anItem('1', booking.price.total)],
    payments: [aPayment('succeeded')],
    terms,
  }))
}

describe.each(PROFILE_NAMES)('N-45 in %s nothing is over, missed or attended before it begins', (name) => {
  const opens = { check_in: OPENS[name], start: OPENS[name], complete: 0, no_show: 0, undo_no_show: 9 * 24 * 60 }
  const cells = bookingsOf(name).flatMap((booking) =>
    VISIT_TRIGGERS.filter((trigger) => legalCommands(booking).includes(trigger)).map((trigger) => ({
      booking,
      trigger,
    })),
  )

  test.each(cells)('$booking.status, $trigger', ({ booking, trigger }) => {
    const first = START - opens[trigger]
    for (const minute of [0, START - 6 * 24 * 60, START - 24 * 60, START - 60, START - 1, START, START + 30]) {
      for (const by of [CUSTOMER, PROVIDER, SERVICE, OPERATOR]) {
        for (const reason of [null, ' ', 'came yesterday']) {
          const command = { ...aCommand(trigger, by), reason }
          const isException = by === OPERATOR && reason === 'came yesterday'
          const refusal = refusalOf(booking, command, at(minute))
          if (minute >= first || isException) {
            expect(refusal, `${by.role} ${reason} ${minute}`).toBeNull()
            expect(onCommand(booking, command, { now: at(minute) }).facts[0]).toMatchObject({
              type: 'moved',
              by,
              reason,
            })
          } else {
            expect(refusal, `${by.role} ${reason} ${minute}`).toMatchObject({
              code: 'policy_forbids',
              details: { opens_at: at(first), start: at(START) },
            })
          }
        }
      }
    }
  })

  test('what has no time has begun', () => {
    for (const { booking, trigger } of cells) {
      const course = { ...booking, start: null, end: null }
      expect(refusalOf(course, { ...aCommand(trigger, PROVIDER), reason: null }, at(0))).toBeNull()
    }
  })
})

test('N-45 how early a guest may come is the offering’s to say, and an hour where bookings do not know it', () => {
  const [booking] = bookingsOf('venue').filter(({ status }) => status === 'confirmed') as [Booking]
  const opening = (checkInOpensMinutes?: number) => {
    const { checkInOpensMinutes: _, ...policy } = booking.terms.policy
    const known = checkInOpensMinutes === undefined ? policy : { ...policy, checkInOpensMinutes }
    return { ...booking, terms: { ...booking.terms, policy: known } }
  }
  const checkIn = aCommand('check_in', PROVIDER)
  for (const [minutes, first] of [
    [0, START],
    [15, START - 15],
    [undefined, START - 60],
  ] as const) {
    expect(refusalOf(opening(minutes), checkIn, at(first - 1))?.code).toBe('policy_forbids')
    expect(refusalOf(opening(minutes), checkIn, at(first))).toBeNull()
  }
})
