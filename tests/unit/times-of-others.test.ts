import { describe, expect, test } from 'vitest'
import { InstantText } from '../../events/consumers/reading.ts'

describe('N-43 times as the systems of others write them', () => {
  test.each([
    ['JavaScript', '2027-03-01T09:00:00.123Z', '2027-03-01T09:00:00.123Z'],
    ['Python isoformat', '2027-03-01T09:00:00.123456+00:00', '2027-03-01T09:00:00.123Z'],
    ['Python isoformat without a zone', '2027-03-01T09:00:00', '2027-03-01T09:00:00.000Z'],
    ['Python str', '2027-03-01 09:00:00.123456+07:00', '2027-03-01T02:00:00.123Z'],
    ['Python str without a zone', '2027-03-01 09:00:00', '2027-03-01T09:00:00.000Z'],
    ['Python strftime %z', '2027-03-01T09:00:00+0700', '2027-03-01T02:00:00.000Z'],
    ['Python strftime %Z', '2027-03-01 09:00:00 UTC', '2027-03-01T09:00:00.000Z'],
    ['Java Instant', '2027-03-01T09:00:00.123456789Z', '2027-03-01T09:00:00.123Z'],
    ['Java OffsetDateTime on the minute', '2027-03-01T09:00+07:00', '2027-03-01T02:00:00.000Z'],
    ['Java ZonedDateTime', '2027-03-01T09:00:00+07:00[Asia/Jakarta]', '2027-03-01T02:00:00.000Z'],
    ['Java LocalDateTime', '2027-03-01T09:00:00.1', '2027-03-01T09:00:00.100Z'],
    ['Java Timestamp.toString', '2027-03-01 09:00:00.0', '2027-03-01T09:00:00.000Z'],
    ['PostgreSQL', '2027-03-01 09:00:00.5+07', '2027-03-01T02:00:00.500Z'],
    ['epoch milliseconds', 1_803_891_600_123, '2027-03-01T09:00:00.123Z'],
    ['Jackson, epoch seconds with decimals', 1_803_891_600.123, '2027-03-01T09:00:00.123Z'],
  ])('%s: %s', (_, written, instant) => {
    expect(InstantText.parse(written)).toBe(instant)
  })

  test.each([
    'yesterday',
    '',
    '2027-03-01',
    '2027-02-30T09:00:00Z',
    '2027-13-01T09:00:00Z',
    '2027-03-01T25:00:00Z',
    '2027-03-01T09:61:00Z',
    '01.03.2027 09:00:00',
    '2027-03-01T09:00:00 Mars/Olympus',
    1e300,
    -1,
    null,
    {},
  ])('%s is none', (written) => {
    expect(InstantText.safeParse(written).success).toBe(false)
  })
})
