import { describe, expect, test } from 'vitest'
import { exponentOf } from '../domain/currencies.ts'
import { PROFILES, profileNamed } from './index.ts'
import { PROFILE_NAMES, termsOf, type ProfileName } from './profile.ts'

describe('the five lines of business', () => {
  test('are found by their name, and nothing else is', () => {
    for (const name of PROFILE_NAMES) expect(profileNamed(name)).toBe(PROFILES[name])
    for (const name of ['', 'Tutoring', 'hotel', '__proto__', 'constructor']) expect(profileNamed(name)).toBeUndefined()
  })

  test('C-02 have references of their own, of at most 20 characters', () => {
    const prefixes = Object.values(PROFILES).map(({ referencePrefix }) => referencePrefix)
    expect(new Set(prefixes).size).toBe(5)
    for (const prefix of prefixes) expect(`${prefix}-0123456789AB`.length).toBeLessThanOrEqual(20)
  })

  test.each<[ProfileName, string]>([
    ['tutoring', 'USD'],
    ['clinic', 'IDR'],
    ['ticketing', 'USD'],
    ['venue', 'USD'],
    ['course', 'USD'],
  ])('%s sells in %s by default', (name, currency) => {
    expect(PROFILES[name].defaultCurrency).toBe(currency)
    for (const code of PROFILES[name].currencies ?? [currency]) expect(exponentOf(code)).toBe(2)
  })

  test.each<[ProfileName, 'cancel' | 'retry']>([
    ['tutoring', 'cancel'],
    ['ticketing', 'cancel'],
    ['course', 'cancel'],
    ['clinic', 'retry'],
    ['venue', 'retry'],
  ])('X-13 a declined payment of %s: %s', (name, what) => {
    expect(PROFILES[name].policy.onPaymentFailed).toBe(what)
  })

  test('have policies that make sense', () => {
    for (const { policy } of Object.values(PROFILES)) {
      expect(policy.holdSeconds).toBeGreaterThan(0)
      expect(policy.processingGraceSeconds).toBeGreaterThan(policy.lapseGraceSeconds)
      const percents = policy.refundTiers
        .toSorted((a, b) => b.hoursBefore - a.hoursBefore)
        .map(({ percent }) => percent)
      expect(percents).toEqual(percents.toSorted((a, b) => b - a))
      for (const percent of [...percents, policy.noShowFeePercent])
        expect([percent >= 0, percent <= 100]).toEqual([true, true])
    }
  })

  test('T-02 T-03 T-05 T-08 tutoring: half an hour to four, three currencies, customers only, 24 hours', () => {
    const { shape, currencies, policy, priceSource, makesMeeting } = PROFILES.tutoring
    expect(shape).toMatchObject({
      minutes: { min: 30, max: 240 },
      subject: 'required',
      notes: 500,
      customersOnly: true,
    })
    expect(currencies).toEqual(['USD', 'EUR', 'GBP'])
    expect(policy.refundTiers).toEqual([{ hoursBefore: 24, percent: 100 }])
    expect([priceSource, makesMeeting]).toEqual(['tutor_rate', true])
  })

  test('E-02 E-03 E-04 ticketing: ten minutes, the catalogue’s prices, a ticket', () => {
    const { policy, priceSource, issuesTicket } = PROFILES.ticketing
    expect([policy.holdSeconds, priceSource, issuesTicket]).toEqual([600, 'event_catalogue', true])
  })

  test('V-01 V-03 V-07 venues: a party, buffers, versions, no-shows', () => {
    const { shape, policy } = PROFILES.venue
    expect(shape).toMatchObject({ partySize: 'required', versionRequired: true })
    expect(policy.bufferAfterMinutes).toBeGreaterThan(0)
    expect(policy.noShowGraceSeconds).not.toBeNull()
    for (const other of PROFILE_NAMES.filter((name) => name !== 'venue'))
      expect(PROFILES[other].shape.versionRequired).toBe(false)
  })

  test('C-09 the clinic reminds before, at and after the visit', () => {
    const offsets = PROFILES.clinic.policy.reminders.map(({ type, offsetMinutes }) => [type, Math.sign(offsetMinutes)])
    expect(offsets).toEqual([
      ['upcoming', -1],
      ['check_in', -1],
      ['follow_up', 1],
      ['review_request', 1],
    ])
  })
})

describe('K-03 what they publish', () => {
  const types = (name: ProfileName) => [...new Set(Object.values(PROFILES[name].events.on).flat())].toSorted()

  test.each<[ProfileName, string, readonly string[]]>([
    ['tutoring', 'T-10', ['BookingRequested', 'BookingConfirmed', 'BookingCancelled', 'PaymentProcessed']],
    ['ticketing', 'E-06', ['booking.created', 'booking.confirmed', 'booking.cancelled']],
    [
      'venue',
      'V-05',
      [
        'booking.created',
        'booking.cancelled',
        'booking.status_changed',
        'booking.confirmed',
        'booking.checked_in',
        'booking.completed',
        'booking.expired',
      ],
    ],
    ['course', 'O-04', ['OrderCreated', 'OrderSucceeded', 'OrderFailed']],
    [
      'clinic',
      'C-11',
      ['booking.created', 'booking.confirmed', 'booking.cancelled', 'booking.completed', 'payment.processed'],
    ],
  ])('%s (%s)', (name, _, named) => {
    expect(types(name)).toEqual(expect.arrayContaining([...named]))
  })

  test('ticketing to a topic per type, each of the others to one of its own, because their types bear the same names', () => {
    const topics = PROFILE_NAMES.map((name) => PROFILES[name].events.topic)
    expect(topics).toEqual([
      { name: 'booking.events' },
      { name: 'clinic.events' },
      'per_type',
      { name: 'venue.events' },
      { name: 'order.events' },
    ])
  })

  test('at the beginning and at the confirmation, all of them something', () => {
    for (const { events } of Object.values(PROFILES)) {
      expect(events.on.held).toHaveLength(1)
      expect(events.on.confirmed?.length).toBeGreaterThan(0)
    }
  })
})

describe('X-01 the terms of a booking', () => {
  const offering = { requiresApproval: true, policy: { holdSeconds: 60, refundTiers: [] } }

  test('are the profile’s, with what its offering overrides', () => {
    const terms = termsOf(PROFILES.clinic, offering)
    expect(terms.policy).toEqual({ ...PROFILES.clinic.policy, ...offering.policy })
    expect(terms).toMatchObject({
      requiresApproval: true,
      lifecycle: PROFILES.clinic.lifecycle,
      priceSource: 'offering',
    })
  })

  test('are JSON, so that they can travel with the booking', () => {
    for (const profile of Object.values(PROFILES)) {
      const terms = termsOf(profile, offering)
      expect(JSON.parse(JSON.stringify(terms))).toEqual(terms)
    }
  })

  test('C-04 ask for approval only where the life cycle can wait for one', () => {
    const waiting = PROFILE_NAMES.filter((name) => termsOf(PROFILES[name], offering).requiresApproval)
    expect(waiting).toEqual(['clinic'])
  })
})
