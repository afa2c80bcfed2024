import { describe, expect, test } from 'vitest'
import type { Actor, Booking } from './booking.ts'
import { itemClaims } from './claims.ts'
import type { Order } from './order.ts'
import { changeRefusal, holdOfChange, itemsRefusal, onUnitsHeld, revisionOf } from './reschedule.ts'
import { aChange, anItem, at, CUSTOMER, EXPIRY, held, PROVIDER, START } from './testing/builders.ts'
import { after, asked, requested, told, undecided, type Step } from './testing/steps.ts'

const ITEMS = [anItem('1', 7000), anItem('2', 4999)]
const confirmed = after(
  held({ agreement: { items: ITEMS } }),
  requested(0),
  told('authorized', 1),
  told('succeeded', 2),
)
const LINES = [
  { itemId: 'a', unitPrice: 7000, amount: 7000 },
  { itemId: 'b', unitPrice: 4999, amount: 4999 },
]
const PRICED = {
  price: { currency: 'USD', lines: LINES, subtotal: 11_999, fees: 1, tax: 0, total: 12_000, quoteId: null },
  snapshots: { offerings: ['Table'], subject: 'not noted anew' },
}

/** An order as a change has it, of two items. */
function orderOf(booking: Booking, more: Partial<Order> = {}): Order {
  const item = { offeringId: 'o', kind: 'table', quantity: 1, start: at(START), end: at(START + 60) } as const
  const listed = { ...item, unitId: null, occupied: null, listPrice: 0, priceUnit: 'each' } as const
  const { profile, customer, timeZone, partySize, metadata, terms, start, end } = booking
  return {
    bookingId: booking.id,
    reference: booking.reference,
    profile,
    callerId: 'ada',
    fingerprint: 'f',
    customer,
    provider: null,
    venue: null,
    offerings: [],
    start,
    end,
    timeZone,
    currency: 'USD',
    partySize,
    subject: null,
    petId: null,
    notes: null,
    metadata,
    paymentMethod: null,
    terms,
    items: [
      { ...listed, id: 'a' },
      { ...listed, id: 'b' },
    ],
    ...more,
  }
}

const kept = [
  { itemId: 'a', unitId: 'T1', kept: '1' },
  { itemId: 'b', unitId: 'T2', kept: '2' },
]
const moved = [kept[0]!, { itemId: 'b', unitId: 'T9', kept: null }]

describe('A-06 what a priced order makes of a booking', () => {
  test('A-06 items that keep their unit keep their id, lines go with them, and only what is booked is noted anew', () => {
    const revision = revisionOf(confirmed, orderOf(confirmed), PRICED, moved)
    expect(revision?.items.map(({ id, unitId }) => [id, unitId])).toEqual([
      ['1', 'T1'],
      ['b', 'T9'],
    ])
    expect(revision?.price.lines.map(({ itemId }) => itemId)).toEqual(['1', 'b'])
    expect(revision?.snapshots).toEqual({ offerings: ['Table'] })
  })

  test('A-06 what changes nothing is no change; another party or another price is one', () => {
    expect(revisionOf(confirmed, orderOf(confirmed), PRICED, kept)).toBeNull()
    expect(revisionOf(confirmed, orderOf(confirmed, { partySize: 5 }), PRICED, kept)).toMatchObject({ partySize: 5 })
    const dearer = { ...PRICED, price: { ...PRICED.price, fees: 2, total: 12_001 } }
    expect(revisionOf(confirmed, orderOf(confirmed), dearer, kept)).toMatchObject({ price: { total: 12_001 } })
  })

  test('A-06 notes go with it, or alone where nothing else changes, and only where they are others', () => {
    const hold = holdOfChange(confirmed, { start: null }, at(10))
    const change = (revision: Parameters<typeof onUnitsHeld>[1], notes?: string) =>
      onUnitsHeld(
        confirmed,
        revision,
        { id: 'c', by: CUSTOMER, reason: null, ...(notes !== undefined && { notes }) },
        hold,
        at(10),
      )
    const types = (outcome: ReturnType<typeof change>) => outcome.facts.map(({ type }) => type)
    expect(types(change(null))).toEqual([])
    expect(types(change(null, 'by the window'))).toEqual(['noted'])
    const revision = revisionOf(confirmed, orderOf(confirmed), PRICED, moved)
    expect(change(revision, 'by the window').booking).toMatchObject({ notes: 'by the window', lastChange: 'c' })
  })
})

describe('A-06 X-08 what is refused', () => {
  const change = (booking: Booking, by: Actor) => changeRefusal(booking, { by, change: { order: {} } }, at(10))

  test('A-06 what was approved is changed by who approved it, and a second change waits for the first', () => {
    const approved = { ...confirmed, terms: { ...confirmed.terms, requiresApproval: true } }
    expect(change(approved, CUSTOMER)?.code).toBe('policy_forbids')
    expect(change(approved, PROVIDER)).toBeNull()
    expect(change({ ...confirmed, change: aChange() }, PROVIDER)?.message).toContain('waits for its payment')
  })

  test('X-08 items that there are not, or are not any more, are not cancelled', () => {
    expect(itemsRefusal(confirmed, ['1', 'x'], at(10))).toMatchObject({
      code: 'validation_failed',
      details: { errors: [{ pointer: '/item_ids/1' }] },
    })
    const gone = { ...confirmed, items: [{ ...ITEMS[0]!, cancelled: true as const }, ITEMS[1]!] }
    expect(itemsRefusal(gone, ['1'], at(10))?.code).toBe('policy_forbids')
    expect(itemsRefusal(confirmed, ['1', '2'], at(10))).toBeNull()
    expect(itemsRefusal({ ...confirmed, change: aChange() }, ['1'], at(10))?.code).toBe('policy_forbids')
  })

  test('H-11 the hold of a change ends before what it is to be begins', () => {
    expect(holdOfChange(confirmed, { start: at(12) }, at(10)).expiresAt).toBe(at(12))
    expect(holdOfChange(confirmed, { start: at(120) }, at(10)).expiresAt).toBe(at(10 + EXPIRY))
  })
})

describe('H-11 the claims of a change that waits for its payment', () => {
  const pending: Booking = { ...confirmed, change: aChange(EXPIRY, { revision: { ...aChange().revision } }) }
  const supplement: Step = requested(3, 'pi_2', 3000, 'a-change')
  const paying = after(pending, supplement, told('processing', 4, { intentId: 'pi_2', amount: 3000 }))

  test('H-11 are kept while its money is under way, and longer with each extension', () => {
    expect(itemClaims(after(pending, supplement), paying)).toMatchObject({ renew: { items: ['7-1'], paying: true } })
    const longer = after(paying, undecided(EXPIRY))
    expect(itemClaims(paying, longer)?.renew).toMatchObject({ items: ['7-1'], paying: true })
    expect(longer.change?.hold.expiresAt).toBe(itemClaims(paying, longer)?.renew?.expiresAt)
  })

  test('H-11 stay as they are when nothing was said of it, and when all of them go on', () => {
    expect(itemClaims(pending, { ...pending, notes: 'x' })).toBeNull()
    const same = { ...pending, change: aChange(EXPIRY, { revision: { ...aChange().revision, items: ITEMS } }) }
    const news = after(same, supplement, told('processing', 4, { intentId: 'pi_2', amount: 3000 }))
    expect(itemClaims(after(same, supplement), news)).toBeNull()
  })

  test('H-11 go with the booking', () => {
    expect(itemClaims(pending, after(pending, asked('cancel', 5)))).toBeNull()
  })
})
