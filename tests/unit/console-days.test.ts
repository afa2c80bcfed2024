import { describe, expect, it } from 'vitest'
import { dayAsked, dayOf, instantsAt, timeAsked } from '../../api/console/days.ts'
import { moneyText, momentText, spanText } from '../../api/console/format.ts'

describe('the days of the console', () => {
  it('offers no start that the clocks skip, and both that they show twice (H-15)', () => {
    expect(instantsAt('2026-03-29', '02:30', 'Europe/Berlin')).toEqual([])
    expect(instantsAt('2026-10-25', '02:30', 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
    ])
    expect(instantsAt('2026-06-01', '02:30', 'Europe/Berlin')).toEqual(['2026-06-01T00:30:00.000Z'])
  })

  it('are those of the offering’s zone (X-09)', () => {
    expect(dayOf('2026-12-31T23:30:00.000Z', 'Asia/Tokyo')).toBe('2027-01-01')
    expect(dayOf('2026-12-31T23:30:00.000Z', 'America/New_York')).toBe('2026-12-31')
  })

  it('are read from an address only when they are days and times', () => {
    for (const text of [undefined, '', 'tomorrow', '2031-02-30', '0001-01-01', '2031-1-1', '<b>'])
      expect(dayAsked(text)).toBeNull()
    expect(dayAsked('2028-02-29')).toBe('2028-02-29')
    for (const text of [undefined, '24:00', '7:00', '12:60', '12:00:00']) expect(timeAsked(text)).toBeNull()
    expect(timeAsked('07:05')).toBe('07:05')
  })
})

describe('the words of the console', () => {
  it('say money by the decimals of its currency, in groups of three', () => {
    expect(moneyText(15_000_000, 'IDR')).toBe('150,000.00 IDR')
    expect(moneyText(1234, 'JPY')).toBe('1,234 JPY')
    expect(moneyText(5, 'KWD')).toBe('0.005 KWD')
    expect(moneyText(-4500, 'USD')).toBe('−45.00 USD')
  })

  it('say times by the clock of a place, the day once when it is the same (X-09)', () => {
    const [start, end] = ['2027-01-20T19:00:00.000Z', '2027-01-20T22:00:00.000Z']
    expect(momentText(start, 'Europe/Berlin')).toBe('Wed 20 Jan 2027, 20:00')
    expect(spanText(start, end, 'Europe/Berlin')).toBe('Wed 20 Jan 2027, 20:00 – 23:00')
    expect(spanText(start, end, 'Asia/Tokyo')).toBe('Thu 21 Jan 2027, 04:00 – 07:00')
    expect(spanText(start, '2027-01-22T19:00:00.000Z', 'UTC')).toBe('Wed 20 Jan 2027, 19:00 – Fri 22 Jan 2027, 19:00')
    expect(spanText(start, null, 'UTC')).toBe('Wed 20 Jan 2027, 19:00')
  })
})
