import { describe, expect, test } from 'vitest'
import { InstantText } from '../../events/consumers/reading.ts'

describe('N-43 times as the systems of others write them', () => {
  test.each([
    ['JavaScript', '2025-03-01T09:00:00.123Z', '2025-03-01T09:00:00.123Z'],
    ['Python isoformat', '2025-03-01T09:00:00.123456+00:00', '2025-03-01T09:00:00.123Z'],
    ['Python isoformat without a zone', '2025-03-01T09:00:00', '2025-03-01T09:00:00.000Z'],
    ['Python str', '2025-03-01 09:00:00.123456+07:00', '2025-03-01T02:00:00.123Z'],
    ['Python str without a zone', '2025-03-01 09:00:00', '2025-03-01T09:00:00.000Z'],
    ['Python strftime %z', '2025-03-01T09:00:00+0700', '2025-03-01T02:00:00.000Z'],
    ['Python strftime %Z', '2025-03-01 09:00:00 UTC', '2025-03-01T09:00:00.000Z'],
    ['Java Instant', '2025-03-01T09:00:00.123456789Z', '2025-03-01T09:00:00.123Z'],
    ['Java OffsetDateTime on the minute', '2025-03-01T09:00+07:00', '2025-03-01T02:00:00.000Z'],
    ['Java ZonedDateTime', '2025-03-01T09:00:00+07:00[Asia/Jakarta]', '2025-03-01T02:00:00.000Z'],
    ['Java LocalDateTime', '2025-03-01T09:00:00.1', '2025-03-01T09:00:00.100Z'],
    ['Java Timestamp.toString', '2025-03-01 09:00:00.0', '2025-03-01T09:00:00.000Z'],
    ['PostgreSQL', '2025-03-01 09:00:00.5+07', '2025-03-01T02:00:00.500Z'],
    ['epoch milliseconds', 1_740_819_600_123, '2025-03-01T09:00:00.123Z'],
    ['Jackson, epoch seconds with decimals', 1_740_819_600.123, '2025-03-01T09:00:00.123Z'],
  ])('%s: %s', (_, written, instant) => {
    expect(InstantText.parse(written)).toBe(instant)
  })

  test.each([
    'yesterday',
    '',
    '2025-03-01',
    '2025-02-30T09:00:00Z',
    '2025-13-01T09:00:00Z',
    '2025-03-01T25:00:00Z',
    '2025-03-01T09:61:00Z',
    '01.03.2025 09:00:00',
    '2025-03-01T09:00:00 Mars/Olympus',
    1e300,
    -1,
    null,
    {},
  ])('%s is none', (written) => {
    expect(InstantText.safeParse(written).success).toBe(false)
  })
})
