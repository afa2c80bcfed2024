import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money } from './money.ts'
import { addsUp, lineAmount, PRICE_UNITS, priceOf, type Price, type PriceQuestion } from './price.ts'
import { instantOf } from './time.ts'

function question(more: Partial<PriceQuestion> = {}): PriceQuestion {
  return {
    itemId: '1',
    unitPrice: money(4500, 'USD'),
    priceUnit: 'each',
    quantity: 1,
    range: null,
    partySize: null,
    ...more,
  }
}

const from = (start: string, end: string) => ({ start: `2026-05-${start}:00.000Z`, end: `2026-05-${end}:00.000Z` })

const aQuestion = fc
  .record({
    price: fc.integer({ min: 0, max: 10_000_000 }),
    priceUnit: fc.constantFrom(...PRICE_UNITS),
    quantity: fc.integer({ min: 1, max: 50 }),
    partySize: fc.option(fc.integer({ min: 1, max: 40 })),
    start: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    length: fc.integer({ min: 1, max: 30 * 86_400_000 }),
  })
  .map(({ price, start, length, ...rest }) =>
    question({
      ...rest,
      unitPrice: money(price, 'USD'),
      range: { start: instantOf(start), end: instantOf(start + length) },
    }),
  )

describe('what a line costs', () => {
  test('each: the price times the quantity', () => {
    expect(lineAmount(question({ quantity: 3 }))).toEqual(money(13_500, 'USD'))
  })

  test('person: for everyone in the party, one when nobody said how many', () => {
    expect(lineAmount(question({ priceUnit: 'person', quantity: 2, partySize: 4 })).amount).toBe(36_000)
    expect(lineAmount(question({ priceUnit: 'person', quantity: 2 })).amount).toBe(9000)
  })

  test.each([
    [30, 2250],
    [45, 3375],
    [60, 4500],
    [61, 4575],
    [100, 7500],
    [240, 18_000],
  ])('T-03 hour: %i minutes at 45.00 an hour are exactly %i cents', (minutes, cents) => {
    const range = {
      start: '2026-05-04T09:00:00.000Z',
      end: instantOf(Date.parse('2026-05-04T09:00:00Z') + 60_000 * minutes),
    }
    expect(lineAmount(question({ priceUnit: 'hour', range })).amount).toBe(cents)
  })

  test('T-03 hour: every whole-minute length and rate is rounded half up once', () => {
    const rate = fc.integer({ min: 0, max: 1_000_000 })
    fc.assert(
      fc.property(rate, fc.integer({ min: 30, max: 240 }), (rate, minutes) => {
        const range = { start: instantOf(0), end: instantOf(60_000 * minutes) }
        const exact = (2n * BigInt(rate) * BigInt(minutes) + 60n) / 120n
        expect(lineAmount(question({ priceUnit: 'hour', unitPrice: money(rate, 'USD'), range })).amount).toBe(
          Number(exact),
        )
      }),
    )
  })

  test('T-03 hour: half a second counts as half a second, not as a whole one', () => {
    const range = { start: instantOf(0), end: instantOf(500) }
    expect(lineAmount(question({ priceUnit: 'hour', unitPrice: money(3_600_000, 'USD'), range })).amount).toBe(500)
  })

  test('T-03 hour: across the end of daylight saving only the time that passes is paid for', () => {
    const range = { start: '2026-10-25T00:30:00.000Z', end: '2026-10-25T01:30:00.000Z' } // 02:30 to 02:30 in Berlin
    expect(lineAmount(question({ priceUnit: 'hour', range })).amount).toBe(4500)
  })

  test('night: from afternoon to morning is one night, and at least one is paid for', () => {
    expect(lineAmount(question({ priceUnit: 'night', range: from('04T15:00', '05T10:00') })).amount).toBe(4500)
    expect(lineAmount(question({ priceUnit: 'night', range: from('04T15:00', '07T10:00') })).amount).toBe(13_500)
    expect(lineAmount(question({ priceUnit: 'night', range: from('04T10:00', '04T18:00') })).amount).toBe(4500)
    expect(lineAmount(question({ priceUnit: 'night', quantity: 2, range: from('04T15:00', '06T10:00') })).amount).toBe(
      18_000,
    )
  })

  test('what is paid by time needs a time, and one that goes forward', () => {
    expect(() => lineAmount(question({ priceUnit: 'hour' }))).toThrow(/per hour needs a start and an end/)
    expect(() => lineAmount(question({ priceUnit: 'night' }))).toThrow(/per night needs a start and an end/)
    expect(() => lineAmount(question({ priceUnit: 'hour', range: from('04T11:00', '04T10:00') }))).toThrow(RangeError)
  })

  test('T-03 is never negative', () => {
    fc.assert(fc.property(aQuestion, (question) => lineAmount(question).amount >= 0))
  })
})

describe('a whole price', () => {
  test('adds up, line by line and in total', () => {
    const questions = fc.array(aQuestion, { maxLength: 8 })
    fc.assert(
      fc.property(questions, (questions) => {
        const price = priceOf(questions, 'USD')
        expect(price.lines.map(({ amount }) => amount)).toEqual(
          questions.map((question) => lineAmount(question).amount),
        )
        expect(price.total).toBe(price.lines.reduce((total, { amount }) => total + amount, 0))
        expect(addsUp(price)).toBe(true)
      }),
    )
  })

  test('T-03 refuses lines in different currencies', () => {
    expect(() => priceOf([question(), question({ unitPrice: money(1, 'EUR') })], 'USD')).toThrow(RangeError)
    expect(() => priceOf([question()], 'EUR')).toThrow(RangeError)
  })
})

describe('believing a price that somebody else worked out', () => {
  const quoted: Price = {
    currency: 'USD',
    lines: [
      { itemId: '1', unitPrice: 100, amount: 100 },
      { itemId: '2', unitPrice: 50, amount: 150 },
    ],
    subtotal: 250,
    fees: 20,
    tax: 30,
    total: 300,
    quoteId: 'q-1',
  }

  test('fees and tax are part of it', () => {
    expect(addsUp(quoted)).toBe(true)
  })

  test('any part that is off by one is noticed', () => {
    for (const part of ['subtotal', 'fees', 'tax', 'total'] as const) {
      expect(addsUp({ ...quoted, [part]: quoted[part] + 1 })).toBe(false)
    }
    expect(addsUp({ ...quoted, lines: quoted.lines.slice(1) })).toBe(false)
  })

  test.each([
    ['a negative fee', { fees: -20, total: 260 }],
    ['a fraction', { fees: 20.5, total: 300.5 }],
    ['a line below nothing', { lines: [{ itemId: '1', unitPrice: 1, amount: -250 }], subtotal: -250, total: -200 }],
    ['no number', { total: NaN }],
    [
      'an unsafe number',
      { subtotal: 2 ** 53, total: 2 ** 53 + 50, lines: [{ itemId: '1', unitPrice: 1, amount: 2 ** 53 }] },
    ],
    ['no currency', { currency: 'XXX' }],
  ])('%s is not believed, and that is an answer, no exception', (_, wrong) => {
    expect(addsUp({ ...quoted, ...wrong })).toBe(false)
  })
})

test('X-09 nights are those of the place where they were counted, and one at the least', () => {
  const range = from('01T09:00', '03T09:00')
  const night = (nights?: number) => question({ priceUnit: 'night', range, ...(nights !== undefined && { nights }) })
  expect([night(), night(3), night(0)].map((asked) => lineAmount(asked).amount)).toEqual([9000, 13_500, 4500])
})
