import { describe, expect, test } from 'vitest'
import { agreementOf, firstHold, isToBeChosen, placeInRequest, withChosen, type Order } from './order.ts'
import { at, held } from './testing/builders.ts'

const { terms } = held()
const item = { offeringId: 'o', kind: 'seat', quantity: 1, start: null, end: null } as const
const order: Order = {
  bookingId: 'b-1',
  reference: 'EVT-1',
  profile: 'ticketing',
  callerId: 'ada',
  fingerprint: 'f',
  customer: { id: 'ada', name: 'Ada', email: null, phone: null },
  provider: null,
  venue: null,
  items: [
    { ...item, id: '1', unitId: 'A1', occupied: null, listPrice: 100, priceUnit: 'each' },
    { ...item, id: '2', unitId: null, occupied: null, listPrice: 200, priceUnit: 'each' },
    { ...item, id: '3', unitId: null, occupied: null, listPrice: 300, priceUnit: 'each' },
  ],
  offerings: [],
  start: at(100),
  end: at(160),
  timeZone: 'Europe/Berlin',
  currency: 'USD',
  partySize: null,
  subject: null,
  petId: null,
  notes: 'by the door',
  metadata: { source: 'web' },
  paymentMethod: 'pm_card_visa',
  terms,
}
const price = {
  currency: 'USD',
  lines: [
    { itemId: '2', unitPrice: 210, amount: 420 },
    { itemId: '1', unitPrice: 100, amount: 100 },
    { itemId: '3', unitPrice: 5, amount: 5 },
  ],
  subtotal: 525,
  fees: 0,
  tax: 0,
  total: 525,
  quoteId: 'q',
}

test('the first lease runs for the hold, and lapses a grace later (X-14)', () => {
  expect(firstHold(order, at(0))).toEqual({
    lockId: 'b-1',
    expiresAt: at(15),
    lapsesAt: at(15.25),
    firstExpiresAt: at(15),
    extensions: 0,
    asked: 0,
    reserved: false,
  })
})

describe('what was agreed', () => {
  const agreement = agreementOf(order, { price, snapshots: { subject: 'x' } }, [{ itemId: '2', unitId: 'B7' }], at(0))

  test('H-16 each item has the price of its own line', () => {
    expect(agreement.items.map(({ id, unitPrice, amount }) => [id, unitPrice, amount])).toEqual([
      ['1', 100, 100],
      ['2', 210, 420],
      ['3', 5, 5],
    ])
  })

  test('an item has the unit that was asked for, or assigned, or none yet', () => {
    expect(agreement.items.map(({ unitId }) => unitId)).toEqual(['A1', 'B7', ''])
  })

  test('X-01 T-04 the terms, the price and the snapshots are part of it', () => {
    expect(agreement).toMatchObject({ id: 'b-1', price, terms, snapshots: { subject: 'x' }, createdAt: at(0) })
    expect(agreement).toMatchObject({
      notes: 'by the door',
      metadata: { source: 'web' },
      paymentMethod: 'pm_card_visa',
    })
  })

  test('what only the hold needs is left behind', () => {
    for (const key of ['callerId', 'fingerprint', 'offerings', 'currency']) expect(agreement).not.toHaveProperty(key)
    for (const line of agreement.items) {
      for (const key of ['occupied', 'listPrice', 'priceUnit']) expect(line).not.toHaveProperty(key)
    }
  })
})

describe('R-07 units that nobody named', () => {
  const choose = { ...order.items[1]!, choose: 'any' } as const
  const open: Order = { ...order, items: [order.items[0]!, choose, { ...choose, id: '3' }] }
  const chosen = { itemId: '2', unitId: 'B7', price: 250, start: at(30), end: null }

  test('R-07 have their name, price and time once they are chosen; the others stay as they were', () => {
    const made = withChosen(open, [chosen, { ...chosen, itemId: '1' }])
    expect(made.items).toEqual([
      order.items[0],
      { ...order.items[1], unitId: 'B7', listPrice: 250, start: at(30), end: at(30) },
      { ...order.items[1], id: '3' },
    ])
    expect([made.start, made.end]).toEqual([at(30), at(30)])
    expect([isToBeChosen(open), isToBeChosen(made)]).toEqual([true, false])
  })

  test('R-07 keep the price and the time of the offering where they have none of their own', () => {
    const time = { start: at(10), end: at(20) }
    const ranged: Order = { ...open, items: [{ ...choose, ...time, occupied: time }] }
    const priceless = { ...chosen, price: null }
    expect(withChosen(ranged, [priceless]).items).toMatchObject([{ unitId: 'B7', listPrice: 200, ...time }])
    const timeless = withChosen(open, [{ ...priceless, start: null }])
    expect(timeless.items[1]).toMatchObject({ start: null, end: null })
    expect([timeless.start, timeless.end]).toEqual([null, null])
    expect(withChosen(open, [{ ...chosen, end: at(40) }]).end).toBe(at(40))
  })

  test('R-07 are one line of the request, however many', () => {
    const ids = ['1', '2', '2.1', '2.2', '3'].map((id) => ({ id }))
    expect(ids.map((_, index) => placeInRequest(ids, index))).toEqual([0, 1, 1, 1, 2])
  })
})
