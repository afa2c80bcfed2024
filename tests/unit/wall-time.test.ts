import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WallTime, TimeZone } from '../../api/schemas/common.ts'
import { localText, momentOf, nightsBetween } from '../../api/wall-time.ts'
import { money } from '../../domain/money.ts'
import { lineAmount } from '../../domain/price.ts'
import { refundOffer } from '../../domain/refund-policy.ts'
import { instantOf } from '../../domain/time.ts'

/** What a reading of the clock is taken for, or the fault. */
function read(zone: string, local: string, offset?: string) {
  return momentOf({ at: undefined, local, offset }, zone, '/start')
}

const at = (instant: string) => ({ instant })

describe('a reading of the clock, in the night in which the clocks are put forward', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29T01:59', '2026-03-29T00:59:00.000Z'],
    ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00:00.000Z'],
    ['America/New_York', '2026-03-08T01:59', '2026-03-08T06:59:00.000Z'],
    ['America/New_York', '2026-03-08T03:00', '2026-03-08T07:00:00.000Z'],
    ['Australia/Lord_Howe', '2026-10-04T01:59', '2026-10-03T15:29:00.000Z'],
    ['Australia/Lord_Howe', '2026-10-04T02:30', '2026-10-03T15:30:00.000Z'],
  ])('X-09 H-15 in %s %s is %s', (zone, local, instant) => {
    expect(read(zone, local)).toEqual(at(instant))
  })

  test.each([
    ['Europe/Berlin', '2026-03-29T02:30', ['2026-03-29T01:30:00+01:00', '2026-03-29T03:30:00+02:00']],
    ['America/New_York', '2026-03-08T02:00', ['2026-03-08T01:00:00-05:00', '2026-03-08T03:00:00-04:00']],
    ['Australia/Lord_Howe', '2026-10-04T02:15', ['2026-10-04T01:45:00+10:30', '2026-10-04T02:45:00+11:00']],
  ])('H-15 in %s %s does not exist, whatever its offset, and its neighbours are named', (zone, local, candidates) => {
    for (const offset of [undefined, candidates[0]?.slice(-6), candidates[1]?.slice(-6)]) {
      expect(read(zone, local, offset)).toMatchObject({ fault: { pointer: '/start_local', candidates } })
    }
  })
})

describe('a reading of the clock, in the night in which the clocks are put back', () => {
  test.each([
    ['Europe/Berlin', '2026-10-25T02:30', '+02:00', '2026-10-25T00:30:00.000Z', '+01:00', '2026-10-25T01:30:00.000Z'],
    [
      'America/New_York',
      '2026-11-01T01:00',
      '-04:00',
      '2026-11-01T05:00:00.000Z',
      '-05:00',
      '2026-11-01T06:00:00.000Z',
    ],
    [
      'Australia/Lord_Howe',
      '2026-04-05T01:45',
      '+11:00',
      '2026-04-04T14:45:00.000Z',
      '+10:30',
      '2026-04-04T15:15:00.000Z',
    ],
  ])('H-15 in %s %s comes twice, and the offset says which', (zone, local, summer, first, winter, second) => {
    expect(read(zone, local, summer)).toEqual(at(first))
    expect(read(zone, local, winter)).toEqual(at(second))
    const candidates = [`${local}:00${summer}`, `${local}:00${winter}`]
    expect(read(zone, local)).toMatchObject({ fault: { pointer: '/start_local', candidates } })
    expect(read(zone, local, '+05:00')).toMatchObject({ fault: { pointer: '/start_offset', candidates } })
    expect([first, second].map((instant) => localText(instant, zone))).toEqual(candidates)
  })

  test.each([
    ['Europe/Berlin', '2026-10-25T01:59', '2026-10-24T23:59:00.000Z'],
    ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00:00.000Z'],
    ['America/New_York', '2026-11-01T02:00', '2026-11-01T07:00:00.000Z'],
    ['Australia/Lord_Howe', '2026-04-05T02:00', '2026-04-04T15:30:00.000Z'],
  ])('H-15 in %s %s is %s: before and after, all is as ever', (zone, local, instant) => {
    expect(read(zone, local)).toEqual(at(instant))
  })
})

describe('a moment', () => {
  test('X-09 is an instant or a local time, never both; an offset goes with a local time and must be one of the place', () => {
    expect(momentOf({ at: '2026-05-04T09:00:00.000Z', local: undefined, offset: undefined }, 'UTC', '/end')).toEqual(
      at('2026-05-04T09:00:00.000Z'),
    )
    expect(momentOf({ at: undefined, local: undefined, offset: undefined }, 'UTC', '/end')).toEqual({
      instant: undefined,
    })
    for (const [given, pointer] of [
      [{ at: '2026-05-04T09:00:00.000Z', local: '2026-05-04T09:00', offset: undefined }, '/end_local'],
      [{ at: '2026-05-04T09:00:00.000Z', local: undefined, offset: 'Z' }, '/end_offset'],
      [{ at: undefined, local: '2026-05-04T09:00', offset: '+09:00' }, '/end_offset'],
    ] as const) {
      expect(momentOf(given, 'Europe/Berlin', '/end')).toMatchObject({ fault: { pointer } })
    }
    expect(read('UTC', '2026-05-04T09:00', 'Z')).toEqual(at('2026-05-04T09:00:00.000Z'))
  })

  test('X-09 goes out with its offset and comes in again as the same instant, in every zone, on every day', () => {
    const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC')
    const minute = fc.integer({ min: Date.UTC(2026, 0, 1) / 60_000, max: Date.UTC(2028, 0, 1) / 60_000 })
    const check = fc.property(zone, minute, (zone, minute) => {
      const instant = instantOf(minute * 60_000)
      const text = localText(instant, zone)
      expect(read(zone, text.slice(0, 16), text.slice(19))).toEqual(at(instant))
    })
    fc.assert(check, { numRuns: 300 })
  })

  test.each([
    '2026-02-30T10:00',
    '2026-13-01T10:00',
    '2026-05-04T24:00',
    '2026-05-04T10:60',
    '2026-05-04',
    '2026-05-04 10:00',
    '2026-05-04T10:00Z',
    '2026-05-04T10:00+02:00',
    '2026-05-04T10:00[Europe/Berlin]',
    '2026-05-04T10:00:00.5',
    '1999-05-04T10:00',
    '9999-05-04T10:00',
    '',
    'noon',
  ])('X-09 A-32 %s is no local time', (text) => {
    expect(WallTime.safeParse(text).success).toBe(false)
  })

  test('X-09 zones have their names of today and those of before, and an offset is none', () => {
    for (const name of ['Asia/Kolkata', 'Asia/Calcutta', 'Europe/Kyiv', 'America/Argentina/Buenos_Aires', 'UTC']) {
      expect({ name, ok: TimeZone.safeParse(name).success }).toEqual({ name, ok: true })
    }
    for (const name of ['+01:00', 'Europe', 'europe/berlin', 'Mars/Olympus', 'CET+1', 'Etc/../UTC']) {
      expect({ name, ok: TimeZone.safeParse(name).success }).toEqual({ name, ok: false })
    }
  })
})

describe('what is counted across a change of the clocks', () => {
  test.each([
    ['across the short night', 'Europe/Berlin', '2026-03-28T14:00Z', '2026-03-29T08:00Z', 1],
    ['across the long night', 'Europe/Berlin', '2026-10-24T13:00Z', '2026-10-25T09:00Z', 1],
    ['a week that has one', 'America/New_York', '2026-10-30T20:00Z', '2026-11-06T15:00Z', 7],
    ['across the long half hour', 'Australia/Lord_Howe', '2026-04-04T04:00Z', '2026-04-04T23:30Z', 1],
    ['in one UTC date, over a midnight of the place', 'America/New_York', '2026-05-05T01:00Z', '2026-05-05T14:00Z', 1],
    ['two nights within what UTC counts as one', 'Asia/Tokyo', '2026-05-04T14:00Z', '2026-05-05T16:00Z', 2],
    [
      'over a UTC midnight, in one evening of the place',
      'America/New_York',
      '2026-05-04T22:00Z',
      '2026-05-05T02:00Z',
      1,
    ],
    ['two UTC midnights, one night of the place', 'America/New_York', '2026-05-04T23:00Z', '2026-05-06T01:00Z', 1],
  ])('X-09 H-15 the nights of a stay %s', (_, zone, start, end, nights) => {
    const range = { start: instantOf(Date.parse(start)), end: instantOf(Date.parse(end)) }
    expect(nightsBetween(range, zone)).toBe(nights)
    const question = { itemId: '1', unitPrice: money(9000, 'EUR'), quantity: 1, range, partySize: null }
    expect(lineAmount({ ...question, priceUnit: 'night', nights }).amount).toBe(9000 * nights)
  })

  test.each([
    ['Europe/Berlin', '2026-10-25', '2026-10-26', 25],
    ['Europe/Berlin', '2026-03-29', '2026-03-30', 23],
    ['America/New_York', '2026-11-01', '2026-11-02', 25],
    ['America/New_York', '2026-03-08', '2026-03-09', 23],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-06', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-05', 23.5],
  ])('X-09 H-15 by the hour a day in %s from %s to %s costs its %d hours', (zone, from, to, hours) => {
    const [start, end] = [from, to].map((day) => read(zone, `${day}T00:00`))
    if (start === undefined || end === undefined || !('instant' in start) || !('instant' in end)) throw new Error('?')
    const range = { start: start.instant ?? '', end: end.instant ?? '' }
    const question = { itemId: '1', unitPrice: money(1000, 'EUR'), quantity: 1, range, partySize: null }
    expect(lineAmount({ ...question, priceUnit: 'hour' }).amount).toBe(1000 * hours)
  })

  test.each([
    // On both days it starts at noon: 24 hours before is eleven o'clock on the day before in spring, and one o'clock in autumn.
    ['Europe/Berlin', '2026-03-29T12:00', '2026-03-28T11:00:00+01:00'],
    ['Europe/Berlin', '2026-10-25T12:00', '2026-10-24T13:00:00+02:00'],
    ['America/New_York', '2026-03-08T12:00', '2026-03-07T11:00:00-05:00'],
  ])(
    'T-08 H-15 in %s what starts at %s comes back in full until %s: hours that pass, not those the clock shows',
    (zone, local, until) => {
      const start = read(zone, local)
      if (!('instant' in start) || start.instant === undefined) throw new Error('?')
      const offer = (now: number) =>
        refundOffer(money(6000, 'EUR'), [{ hoursBefore: 24, percent: 100 }], start.instant ?? null, instantOf(now))
      const last = Date.parse(until)
      expect(offer(last - 1)).toEqual({ percent: 100, amount: 6000, validUntil: instantOf(last) })
      expect(offer(last)).toMatchObject({ percent: 0, amount: 0 })
    },
  )
})
