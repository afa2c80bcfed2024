import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, openSandbox } from './harness.ts'

interface Estimate {
  quote_id?: string
  items: Array<{ item_id: string; unit_price: number; amount: number }>
  subtotal: number
  fees: number
  tax: number
  total: number
  expires_at: string
}

const sandboxOnce = () => openSandbox({ now: () => new Date('2030-01-01T00:00:00Z') })
const order = (items: object[], more: object = {}) => ({
  profile: 'test',
  currency: 'EUR',
  ...more,
  items: items.map((item, index) => ({ item_id: `i${index}`, offering_id: 'o', quantity: 1, ...item })),
})
const at = (time: string) => `2030-03-30T${time}:00Z`

describe('a price [S-02]', () => {
  it.each([
    { name: '3 each', item: { unit_price: 1999, price_unit: 'each', quantity: 3 }, amount: 5997 },
    {
      name: '90 minutes',
      item: { unit_price: 5000, price_unit: 'hour', start: at('10:00'), end: at('11:30') },
      amount: 7500,
    },
    {
      name: '20 minutes of 100, a third',
      item: { unit_price: 100, price_unit: 'hour', start: at('10:00'), end: at('10:20') },
      amount: 33,
    },
    {
      name: '40 minutes of 100, two thirds',
      item: { unit_price: 100, price_unit: 'hour', start: at('10:00'), end: at('10:40') },
      amount: 67,
    },
    {
      name: 'half a cent goes up',
      item: { unit_price: 1, price_unit: 'hour', start: at('10:00'), end: at('10:30') },
      amount: 1,
    },
    {
      name: 'rounded once, not per piece',
      item: { unit_price: 1, price_unit: 'hour', quantity: 3, start: at('10:00'), end: at('10:30') },
      amount: 2,
    },
    {
      name: 'two nights over a clock change',
      item: { unit_price: 9000, price_unit: 'night', start: at('15:00'), end: '2030-04-01T10:00:00+02:00' },
      amount: 18000,
    },
    {
      name: 'as many nights as the caller counts on the calendar of the place',
      item: { unit_price: 9000, price_unit: 'night', nights: 1, start: at('23:00'), end: '2030-04-01T01:00:00+02:00' },
      amount: 9000,
    },
    {
      name: 'a day room is one night',
      item: { unit_price: 9000, price_unit: 'night', start: at('09:00'), end: at('18:00') },
      amount: 9000,
    },
    { name: 'a party of 4', item: { unit_price: 2500, price_unit: 'person' }, amount: 10000 },
    { name: 'nothing', item: { unit_price: 0, price_unit: 'each' }, amount: 0 },
  ])('of $name is $amount', async ({ item, amount }) => {
    const answer = await call<Estimate>(
      sandboxOnce(),
      'POST',
      '/api/v1/pricing/estimate',
      order([item], { party_size: 4 }),
    )
    expect(answer).toMatchObject({ status: 200, body: { items: [{ amount }], total: amount } })
    expect(answer.body.quote_id).toBeUndefined()
  })

  it('sums: every item is priced alone, and subtotal, fees and tax make the total', async () => {
    const sandbox = sandboxOnce()
    const item = fc.record({
      unit_price: fc.nat(10_000_000),
      quantity: fc.integer({ min: 1, max: 500 }),
      price_unit: fc.constantFrom('each', 'hour', 'night', 'person'),
      start: fc.constant(at('10:00')),
      end: fc
        .integer({ min: 1, max: 100_000 })
        .map((minutes) => new Date(Date.parse(at('10:00')) + minutes * 60_000).toISOString()),
    })
    const items = fc.array(item, { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 20 }), async (items, party_size) => {
        const path = '/api/v1/pricing/calculate'
        const { body } = await call<Estimate>(sandbox, 'POST', path, order(items, { party_size }), null)
        expect(body.subtotal).toBe(body.items.reduce((sum, { amount }) => sum + amount, 0))
        expect(body.total).toBe(body.subtotal + body.fees + body.tax)
        expect(body.items.every(({ amount }) => Number.isSafeInteger(amount) && amount >= 0)).toBe(true)
        const alone = await call<Estimate>(sandbox, 'POST', path, order(items.slice(0, 1), { party_size }), null)
        expect(alone.body.total).toBe(body.items[0]?.amount)
      }),
      { numRuns: 200 },
    )
  })

  it('of an hour is off by half a cent at most, and never short of it', async () => {
    const sandbox = sandboxOnce()
    const minutes = fc.integer({ min: 1, max: 100_000 })
    await fc.assert(
      fc.asyncProperty(
        fc.nat(10_000_000),
        minutes,
        fc.integer({ min: 1, max: 500 }),
        async (unit_price, minutes, quantity) => {
          const end = new Date(Date.parse(at('10:00')) + minutes * 60_000).toISOString()
          const item = { unit_price, quantity, price_unit: 'hour', start: at('10:00'), end }
          const { body } = await call<Estimate>(sandbox, 'POST', '/api/v1/pricing/estimate', order([item]), null)
          const twiceTheError =
            2n * (BigInt(body.total) * 60n - BigInt(unit_price) * BigInt(quantity) * BigInt(minutes))
          expect(twiceTheError > -60n && twiceTheError <= 60n).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('that was calculated is a quote with its own expiry, the same for the same key', async () => {
    const sandbox = sandboxOnce()
    const body = order([{ unit_price: 100, price_unit: 'each' }])
    const first = await call<Estimate>(sandbox, 'POST', '/api/v1/pricing/calculate', body, 'quote')
    expect(first.body).toMatchObject({
      quote_id: expect.stringMatching(/^qt_/),
      expires_at: '2030-01-01T00:15:00.000Z',
    })
    expect((await call(sandbox, 'POST', '/api/v1/pricing/calculate', body, 'quote')).body).toEqual(first.body)
    expect((await call<Estimate>(sandbox, 'POST', '/api/v1/pricing/calculate', body)).body.quote_id).not.toBe(
      first.body.quote_id,
    )
  })

  it.each([
    { name: 'an hour without start', item: { unit_price: 1, price_unit: 'hour' }, pointer: '/items/0/start' },
    {
      name: 'no night at all',
      item: { unit_price: 1, price_unit: 'night', nights: 0, start: at('10:00'), end: at('11:00') },
      pointer: '/items/0/nights',
    },
    {
      name: 'a night without end',
      item: { unit_price: 1, price_unit: 'night', start: at('10:00') },
      pointer: '/items/0/end',
    },
    {
      name: 'an end before the start',
      item: { unit_price: 1, price_unit: 'hour', start: at('10:00'), end: at('09:00') },
      pointer: '/items/0/end',
    },
    { name: 'a person without a party', item: { unit_price: 1, price_unit: 'person' }, pointer: '/party_size' },
    {
      name: 'more than can be counted',
      item: { unit_price: Number.MAX_SAFE_INTEGER, price_unit: 'each', quantity: 2 },
      pointer: '/items',
    },
  ])('cannot be made of $name: 422 at $pointer', async ({ item, pointer }) => {
    const answer = await call(sandboxOnce(), 'POST', '/api/v1/pricing/calculate', order([item]))
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ pointer }] } })
  })
})
