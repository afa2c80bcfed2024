import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { hold } from '../support/booking.ts'
import { inDays, offerSeats, offerSlots, type Offer } from '../support/offers.ts'
import {
  expectFaultAt,
  expectRefused,
  json,
  literally,
  NO_COUNTS,
  NO_INSTANTS,
  NO_TEXTS,
  type Code,
} from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

type Body = Record<string, unknown>

let world: World
let olga: Caller
let slots: Offer
let seats: Offer
beforeAll(async () => {
  world = await openWorld()
  olga = await world.as('operator', 'olga')
  slots = await offerSlots(world)
  seats = await offerSeats(world)
  await hold(await world.as('customer', 'ada'), slots.order())
})
afterAll(() => world.close())

async function expectRefusal(path: string, body: unknown, pointer: string, code: Code = 'validation_failed') {
  const answer = await expectRefused(world, () => olga.put(path, json(body)), code)
  if (code === 'validation_failed') expectFaultAt(answer, pointer)
  return answer
}

const OFFERING: Body = { profile: 'clinic', name: 'New', price: { amount: 100, currency: 'USD' } }

/** Amounts may be zero, and are whole numbers of minor units. */
const NO_AMOUNTS = NO_COUNTS.filter(([name]) => !name.includes('zero'))

describe('an offering', () => {
  test.each(NO_AMOUNTS)('A-20 A-32 with a price of %s is refused', async (_, amount) => {
    await expectRefusal('/offerings/new', { ...OFFERING, price: { amount, currency: 'USD' } }, '/price/amount')
  })

  test.each([
    ['in small letters', 'usd'],
    ['with a line break', 'USD\n'],
    ['of two letters', 'US'],
    ['that is none', 'XXX'],
    ['that was given up', 'DEM'],
    ['empty', ''],
    ['null', null],
    ['a number', 840],
    ['a list', ['USD']],
  ])('A-20 A-32 in a currency %s is refused', async (_, currency) => {
    await expectRefusal('/offerings/new', { ...OFFERING, price: { amount: 1, currency } }, '/price/currency')
  })

  test.each([
    ['/price', { price: 100 }],
    ['/price', { price: null }],
    ['/price', { price: undefined }],
    ['/price/amount', { price: { amount: 1_000_000_000_001, currency: 'USD' } }],
    ['/price/tax', { price: { amount: 1, currency: 'USD', tax: 1 } }],
    ['/price_unit', { price_unit: 'minute' }],
    ['/profile', { profile: 'hotel' }],
    ['/profile', { profile: undefined }],
    ['/name', { name: '' }],
    ['/name', { name: 'x'.repeat(256) }],
    ['/provider', { provider: 'vet' }],
    ['/provider/id', { provider: {} }],
    ['/provider/role', { provider: { id: 'vet', role: 'operator' } }],
    ['/venue/id', { venue: { id: ' paws' } }],
    ['/requires_approval', { requires_approval: 'yes' }],
    ['/is_available', { is_available: 1 }],
    ['/duration_minutes', { duration_minutes: 0 }],
    ['/duration_minutes', { duration_minutes: 86_401 }],
    ['/capacity', { capacity: -1 }],
    ['/capacity', { capacity: 1.5 }],
    ['/capacity', { capacity: literally('1e400') }],
    ['/time_zone', { time_zone: 'Mars/Olympus' }],
    ['/time_zone', { time_zone: 'UTC+1' }],
    ['/time_zone', { time_zone: '+01:00' }],
    ['/time_zone', { time_zone: '' }],
    ['/time_zone', { time_zone: null }],
    ['/claimed', { claimed: 0 }],
    ['/id', { id: 'other' }],
    ['/availability_exceptions', { availability_exceptions: {} }],
    ['/availability_exceptions/0/to', { availability_exceptions: [{ from: inDays(2), to: inDays(1) }] }],
    ['/availability_exceptions/0/to', { availability_exceptions: [{ from: inDays(2), to: inDays(2) }] }],
    ['/availability_exceptions/0/from', { availability_exceptions: [{ from: 'today', to: inDays(1) }] }],
    ['/policy', { policy: [] }],
    ['/policy/lifecycle', { policy: { lifecycle: {} } }],
    ['/policy/holdSeconds', { policy: { holdSeconds: 5 } }],
    ['/policy/hold_seconds', { policy: { hold_seconds: 0 } }],
    ['/policy/hold_seconds', { policy: { hold_seconds: 604_801 } }],
    ['/policy/hold_seconds', { policy: { hold_seconds: null } }],
    ['/policy/on_payment_failed', { policy: { on_payment_failed: 'shrug' } }],
    ['/policy/capture', { policy: { capture: 'later' } }],
    ['/policy/no_show_fee_percent', { policy: { no_show_fee_percent: 101 } }],
    ['/policy/no_show_fee_percent', { policy: { no_show_fee_percent: -1 } }],
    ['/policy/refund_tiers/0/percent', { policy: { refund_tiers: [{ hours_before: 1, percent: 150 }] } }],
    ['/policy/refund_tiers/0/hours_before', { policy: { refund_tiers: [{ hours_before: -1, percent: 50 }] } }],
    ['/policy/buffer_after_minutes', { policy: { buffer_after_minutes: literally('9007199254740993') } }],
    ['/policy/max_lead_days', { policy: { max_lead_days: 0 } }],
    ['/policy/reminders/0/type', { policy: { reminders: [{ type: 'nag', offset_minutes: 1 }] } }],
  ])('A-20 A-32 with a wrong %s is refused: %j', async (pointer, more) => {
    await expectRefusal('/offerings/new', { ...OFFERING, ...more }, pointer)
  })

  test.each(NO_INSTANTS)('A-20 A-32 on sale from or until %s is refused', async (_, instant) => {
    await expectRefusal('/offerings/new', { ...OFFERING, on_sale_from: instant }, '/on_sale_from')
    await expectRefusal('/offerings/new', { ...OFFERING, on_sale_until: instant }, '/on_sale_until')
  })

  test.each(NO_TEXTS)('A-20 A-32 whose name or description is %s is refused', async (_, text) => {
    await expectRefusal('/offerings/new', { ...OFFERING, name: text }, '/name')
    await expectRefusal('/offerings/new', { ...OFFERING, description: text }, '/description')
  })

  test.each(['%00', '%20', 'x%20', 'x'.repeat(201), '%0A', '%1b'])('A-20 A-32 called %s is refused', async (id) => {
    await expectRefusal(`/offerings/${id}`, OFFERING, '/id')
    await expectRefusal(`/offerings/${id}/units`, { units: [{ id: 'one', kind: 'seat' }] }, '/id')
  })

  test('A-20 A-32 with a name that breaks the path is not there', async () => {
    for (const [id, statuses] of [
      ['%ff', [400]],
      ['%ed%a0%80', [400]],
      ['a%2Fb%2Fc', [404, 422]],
    ] as const) {
      expect(statuses).toContain((await olga.get(`/services/${id}/slots`)).status)
    }
  })
})

describe('the units of an offering', () => {
  const unit = { id: 'new', kind: 'slot', start: inDays(7), end: inDays(7, 1) }
  const path = () => `/offerings/${slots.offeringId}/units`

  test.each([
    ['/units', {}],
    ['/units', { units: [] }],
    ['/units', { units: {} }],
    ['/units', { units: null }],
    ['/units/0', { units: ['slot-1'] }],
    ['/units/0', { units: [[unit]] }],
    ['/other', { units: [unit], other: 1 }],
    ['/force', { units: [unit], force: 'yes' }],
    ['/units/0/id', { units: [{ ...unit, id: '' }] }],
    ['/units/0/id', { units: [{ ...unit, id: 'a\u0000' }] }],
    ['/units/1/id', { units: [unit, unit] }],
    ['/units/0/kind', { units: [{ ...unit, kind: 'chair' }] }],
    ['/units/0/kind', { units: [{ ...unit, kind: undefined }] }],
    ['/units/0/claimed', { units: [{ ...unit, claimed: 0 }] }],
    ['/units/0/booked_count', { units: [{ ...unit, booked_count: 0 }] }],
    ['/units/0/status', { units: [{ ...unit, status: 'booked' }] }],
    ['/units/0/start', { units: [{ id: 'new', kind: 'slot' }] }],
    ['/units/0/start', { units: [{ id: 'new', kind: 'slot', start: inDays(7) }] }],
    ['/units/0/end', { units: [{ ...unit, end: inDays(7) }] }],
    ['/units/0/end', { units: [{ ...unit, end: inDays(6) }] }],
    ['/units/0/end', { units: [{ ...unit, end: '9999-01-01T00:00:00Z' }] }],
    ['/units/0/min_party', { units: [{ id: 'T', kind: 'table', min_party: 0 }] }],
    ['/units/0/max_party', { units: [{ id: 'T', kind: 'table', max_party: 501 }] }],
    ['/units/0/max_party', { units: [{ id: 'T', kind: 'table', min_party: 4, max_party: 2 }] }],
    ['/units/0/price/currency', { units: [{ ...unit, price: { amount: 1, currency: 'USD' } }] }],
    ['/units/0/price', { units: [{ ...unit, price: 1 }] }],
    ['/units/0/staff_id', { units: [{ ...unit, staff_id: 7 }] }],
    ['/units/0/label', { units: [{ ...unit, label: '\ud800' }] }],
  ])('A-20 A-32 with a wrong %s are refused, all of them: %j', async (pointer, body) => {
    await expectRefusal(path(), body, pointer)
  })

  test.each(NO_AMOUNTS.filter(([name]) => name !== 'null'))(
    'A-20 A-32 with a capacity or a price of %s are refused',
    async (_, value) => {
      await expectRefusal(path(), { units: [{ ...unit, capacity: value }] }, '/units/0/capacity')
      await expectRefusal(path(), { units: [{ ...unit, price: { amount: value } }] }, '/units/0/price/amount')
    },
  )

  test('A-20 A-32 are refused when one of many is wrong, and when there are more than 5,000', async () => {
    await expectRefusal(
      path(),
      { units: [unit, { ...unit, id: 'b' }, { ...unit, id: 'c', end: inDays(1) }] },
      '/units/2/end',
    )
    const many = Array.from({ length: 5001 }, (_, n) => ({ id: `s${n}`, kind: 'seat' }))
    await expectRefusal(`/offerings/${seats.offeringId}/units`, { units: many }, '/units')
  })

  test('A-20 A-32 of an offering that is not there are refused', async () => {
    await expectRefusal('/offerings/nothing/units', { units: [unit] }, '', 'not_found')
  })
})

describe('a block', () => {
  test.each([
    ['/offering_id', {}],
    ['/offering_id', { offering_id: 1 }],
    ['/offering_id', { offering_id: 'a\u0000' }],
    ['/blocked', { offering_id: 'x', blocked: 'no' }],
    ['/force', { offering_id: 'x', force: 1 }],
    ['/reason', { offering_id: 'x', reason: 'x'.repeat(201) }],
    ['/until', { offering_id: 'x', until: inDays(1) }],
  ])('A-20 A-32 with a wrong %s is refused: %j', async (pointer, body) => {
    const ask = () => olga.post('/units/slot-1/block', json(body))
    const answer = await expectRefused(world, ask, 'validation_failed')
    expect(answer.body).toMatchObject({ errors: [{ pointer }] })
  })
})
