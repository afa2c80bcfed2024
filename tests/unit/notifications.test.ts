import { describe, expect, test } from 'vitest'
import { readConfig } from '../../config.ts'
import type { Booking } from '../../domain/booking.ts'
import { evolve } from '../../domain/evolve.ts'
import type { Fact } from '../../domain/facts.ts'
import { newsOf } from '../../domain/notifications.ts'
import { CUSTOMER, START, at } from '../../domain/testing/builders.ts'
import { notificationOfOffer, notificationOfReminder, notificationsOf } from '../../events/notifications/mapping.ts'
import type { NotificationEntry } from '../../prisma/notifications.ts'
import { PROFILES } from '../../profiles/index.ts'
import { PROFILE_NAMES, type ProfileName } from '../../profiles/profile.ts'
import { STORY, cancelled, heldOf, moved, refunded } from '../support/messages.ts'

const { requested, captured, confirmed, expired, failed } = STORY
const line = {
  id: '1',
  offeringId: 'check-up',
  unitId: 'slot-1',
  kind: 'slot',
  quantity: 1,
  unitPrice: 12_000,
  amount: 12_000,
} as const

function bookingOf(name: ProfileName): Booking {
  return heldOf(name, {
    customer: { id: 'ada', name: 'Ada Lovelace', email: 'ada@example.test', phone: '+41 44 000 00 00' },
    provider: { id: 'vet', name: 'Dr. Vet' },
    venue: { id: 'clinic-1', type: 'clinic', name: 'Paws' },
    items: [{ ...line, start: at(START), end: at(START + 30) }],
    timeZone: 'Asia/Jakarta',
    snapshots: { offerings: [{ id: 'check-up', name: 'Check-up' }] },
  })
}

/** What is told of each fact, in order. */
function toldOf(booking: Booking, ...facts: readonly Fact[]): NotificationEntry[] {
  let before = booking
  return facts.flatMap((fact) => {
    const after = evolve(before, fact)
    const told = notificationsOf(after.profile, fact, before, after)
    before = after
    return told
  })
}

const lines = (told: readonly NotificationEntry[]) => told.map(({ type, userRole }) => `${type} to ${userRole}`)
const awaited: Fact = { type: 'approval_awaited', approveBy: at(60), by: CUSTOMER, at: at(2) }
const declined: Fact = { type: 'ended', trigger: 'decline', reason: 'no_surgeon', keep: 0, by: CUSTOMER, at: at(3) }

describe('C-08 what is told, and to whom', () => {
  test('of a visit to the clinic: that it stands and that it does not, to both sides', () => {
    const visit = bookingOf('clinic')
    expect(lines(toldOf(visit, requested, captured, confirmed, cancelled(0), ...refunded(visit, 12_000)))).toEqual([
      'booking_confirmed to customer',
      'booking_confirmed to provider',
      'booking_cancelled to customer',
      'booking_cancelled to provider',
      'refund_succeeded to customer',
    ])
    expect(lines(toldOf(visit, requested, expired))).toEqual(['booking_expired to customer'])
    expect(lines(toldOf(visit, requested, awaited, declined))).toEqual([
      'approval_needed to customer',
      'approval_needed to provider',
      'approval_declined to customer',
    ])
  })

  test('nothing of what changes nothing for anybody: payments on their way, a visit that begins and ends, a no-show taken back', () => {
    const table = bookingOf('venue')
    const stands = [requested, captured, confirmed].reduce<Booking>(evolve, table)
    expect(toldOf(stands, moved('no_show', START), moved('undo_no_show', START + 5))).toEqual([])
    expect(toldOf(stands, moved('check_in', START), moved('complete', START + 5))).toEqual([])
    expect(toldOf(table, requested, captured)).toEqual([])
  })

  test('a booking that takes place at another time than before has changed, whichever fact changed it', () => {
    const stands = [requested, captured, confirmed].reduce<Booking>(evolve, bookingOf('clinic'))
    const later = { ...stands, start: at(START + 60), version: stands.version + 1 }
    const fact: Fact = { type: 'attention_cleared', by: CUSTOMER, at: at(9) }
    expect(newsOf(fact, stands, later)).toBe('booking_changed')
    expect(newsOf(fact, stands, { ...stands, version: 9 })).toBeNull()
    expect(lines(notificationsOf('clinic', fact, stands, later))).toEqual([
      'booking_changed to customer',
      'booking_changed to provider',
    ])
  })

  test.each(PROFILE_NAMES)(
    '%s tells the customer that it stands and that money came back; nobody is told of a hold',
    (name) => {
      const { notifications } = PROFILES[name]
      expect(notifications.booking_confirmed).toContain('customer')
      expect(notifications.refund_succeeded).toEqual(['customer'])
      const booking = bookingOf(name)
      expect(toldOf(booking, requested)).toEqual([])
      expect(lines(toldOf(booking, requested, failed))).toContain('booking_cancelled to customer')
    },
  )
})

describe('C-08 its words', () => {
  const visit = bookingOf('clinic')
  const told = [
    ...toldOf(visit, requested, captured, confirmed, cancelled(2000), ...refunded(visit, 10_000)),
    ...toldOf(visit, requested, expired),
    ...toldOf(visit, requested, awaited, declined),
    ...(['upcoming', 'check_in', 'follow_up', 'review_request'] as const).map((type) =>
      notificationOfReminder(visit, { id: '0198a2f0-1111-7222-8333-444455556667', type }, at(9)),
    ),
  ]
  const contentOf = (type: string) => told.find((each) => each.type === type)?.content

  test('say what, when by the clock there, where, and how much goes back', () => {
    expect(contentOf('booking_confirmed')).toBe('Check-up on 2026-05-11 at 16:00 (Asia/Jakarta). At Paws.')
    expect(contentOf('booking_cancelled')).toBe(
      'Check-up on 2026-05-11 at 16:00 (Asia/Jakarta). Reason: changed my mind. 100.00 USD is refunded.',
    )
    expect(contentOf('refund_succeeded')).toBe('100.00 USD is on its way back to your account.')
    expect(contentOf('approval_declined')).toContain('no surgeon')
    expect(contentOf('reminder_upcoming')).toContain('16:00 (Asia/Jakarta)')
  })

  test('of an offer of the waitlist say what came free, when it is, and until when it is kept, by the clock there', () => {
    const offer = {
      entryId: '0198a2f0-1111-7222-8333-444455556667',
      customerId: 'ada',
      profile: 'clinic',
      names: ['Check-up', 'Vaccination'],
      start: at(START),
      timeZone: 'Asia/Jakarta',
      expiresAt: at(START - 600),
    }
    expect(notificationOfOffer(offer, at(9))).toMatchObject({
      type: 'waitlist_offered',
      userId: 'ada',
      bookingId: null,
      title: 'It is your turn: Check-up, Vaccination',
      content:
        'Check-up, Vaccination on 2026-05-11 at 16:00 (Asia/Jakarta) has come free, and is kept for you until 2026-05-11 at 06:00 ' +
        '(Asia/Jakarta). If you do not accept it by then, it goes to whoever is next.',
    })
    // A course is taken at no time in particular.
    expect(notificationOfOffer({ ...offer, start: null }, at(9)).content).toMatch(
      /^Check-up, Vaccination has come free/,
    )
  })

  test('name the booking, and no person', () => {
    expect(told.length).toBeGreaterThan(10)
    for (const { title, content, metadata } of told) {
      expect(JSON.stringify([title, content, metadata])).not.toMatch(/Lovelace|ada@|\+41|Dr\. Vet|undefined|null,|NaN/)
      expect(metadata['reference']).toBe('EVT-7K3QX9ABCDEF')
    }
  })

  test('H-21 have an id that is the same whenever they are made again, and another for every other', () => {
    const [once, again] = [1, 2].map(() => toldOf(visit, requested, captured, confirmed, cancelled(0)))
    expect(once).toEqual(again)
    expect(new Set(once?.map(({ id }) => id)).size).toBe(4)
  })
})

test('C-08 A-17 half of a mail server, or of a bucket’s credentials, is refused at the start, by name', () => {
  const services = ['PAYMENT', 'CATALOG', 'DIRECTORY', 'MEETING'].map((name) => [
    `${name}_SERVICE_URL`,
    'http://x.test',
  ])
  const usual = {
    ...Object.fromEntries(services),
    DATABASE_URL: 'postgresql://x.test/x',
    TEMPORAL_ADDRESS: 'x.test:7233',
    PAYMENT_WEBHOOK_SECRET: `whsec_${'x'.repeat(32)}`,
    AUTH_JWKS_URL: 'http://x.test',
    AUTH_ISSUER: 'x',
    AUTH_AUDIENCE: 'x',
  }
  const reading = (more: Record<string, string>) => () => readConfig({ ...usual, ...more })
  expect(reading({ SMTP_URL: 'smtp://mail.test' })).toThrow(/^MAIL_FROM is not set$/)
  expect(reading({ SMTP_URL: 'http://mail.test' })).toThrow(/^SMTP_URL is wrong/)
  expect(reading({ MAIL_FROM: 'a@b.test\r\nBcc: eve@b.test' })).toThrow(/^MAIL_FROM is wrong/)
  expect(reading({ ATTACHMENTS_MAX_BYTES: '-1' })).toThrow(/^ATTACHMENTS_MAX_BYTES is wrong/)
  expect(reading({ ATTACHMENTS_S3_ACCESS_KEY_ID: 'x' })).toThrow(/^ATTACHMENTS_S3_SECRET_ACCESS_KEY is not set$/)
  expect(reading({ SMTP_URL: 'smtps://mail.test', MAIL_FROM: 'Paws <a@b.test>' })()).toMatchObject({
    ATTACHMENTS_MAX_BYTES: 10 * 1024 * 1024,
  })
})
