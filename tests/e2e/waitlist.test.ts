import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { WaitlistEntryBody } from '../../api/schemas/waitlist.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerCourse, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { cancel, see, wait } from '../support/waitlist.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let [ada, ben, cleo, olga]: Caller[] = []
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  ben = await world.as('customer', 'ben')
  cleo = await world.as('customer', 'cleo')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

const SOLD_OUT = { status: 409, body: { code: 'sold_out' } }

function seen(who: Caller, entry: WaitlistEntryBody, status: WaitlistEntryBody['status']): Promise<WaitlistEntryBody> {
  return eventually(async () => {
    const now = await see(who, entry)
    expect(now.status).toBe(status)
    return now
  })
}

describe('what was sold out and came free', () => {
  test('A-24 X-11 is held for the first in line at once, accepted, paid for and confirmed', async () => {
    const event = await offerSeats(world)
    const owner = await hold(ada!, event.order())
    const entry = await wait(ben!, event.order())
    const next = await wait(cleo!, event.order())
    expect([entry.position, next.position]).toEqual([1, 2])
    expect(entry).toMatchObject({ offer: null, booking_id: null, available_actions: ['withdraw'] })

    expect(await cancel(ada!, owner)).toMatchObject({ status: 200 })
    const offered = await see(ben!, entry)
    expect(offered).toMatchObject({
      status: 'offered',
      position: null,
      items: [{ offering_id: event.offeringId, unit_id: 'A-1' }],
      available_actions: ['accept', 'withdraw'],
      history: [
        { status: 'waiting', by: { id: 'ben' } },
        { status: 'offered', by: { role: 'system' } },
      ],
    })
    expect(Date.parse(offered.offer?.expires_at ?? '')).toBeGreaterThan(Date.now() + 500_000)
    expect(await see(cleo!, next)).toMatchObject({ status: 'waiting', position: 1 })
    expect(await ada!.post('/bookings', event.order())).toMatchObject(SOLD_OUT)

    const [first, twin] = await Promise.all(
      [0, 1].map(() => ben!.post<BookingBody>(`/waitlist/${entry.id}/accept`, {})),
    )
    expect(first).toMatchObject({
      status: 201,
      body: { status: 'pending', customer: { id: 'ben' }, items: [{ unit_id: 'A-1' }], amount: 4500 },
    })
    expect(twin).toMatchObject({ status: 201, body: { id: first!.body.id } })
    expect(await see(ben!, entry)).toMatchObject({ status: 'accepted', booking_id: first!.body.id, offer: null })
    await pay(world, first!.body)
    await until(ben!, first!.body.id, { status: 'confirmed' })
    expect(await ben!.post(`/waitlist/${entry.id}/accept`, {})).toMatchObject({ body: { status: 'confirmed' } })
    expect(await see(cleo!, next)).toMatchObject({ status: 'waiting' })
  })

  test('X-11 H-19 passes on within a second or so to the next and the next, until somebody answers', async () => {
    const event = await offerSeats(world, 1, { hold_seconds: 2, lapse_grace_seconds: 0 })
    const owner = await hold(ada!, event.order())
    const line = await Promise.all(Array.from({ length: 4 }, (_, n) => world.as('customer', `in-line-${n}`)))
    const entries: WaitlistEntryBody[] = []
    for (const who of line) entries.push(await wait(who, event.order()))
    // Nobody pays: the hold itself ends first, and then three offers.
    await seen(line[3]!, entries[3]!, 'offered')
    const ends = await Promise.all(entries.map((entry, n) => see(line[n]!, entry)))
    expect(ends.map(({ status }) => status)).toEqual(['expired', 'expired', 'expired', 'offered'])
    for (const n of [1, 2, 3]) {
      const [over, taken] = [ends[n - 1]!, ends[n]!].map(({ history }) => Date.parse(history[1]?.at ?? ''))
      expect(taken! - (over! + 2000)).toBeGreaterThanOrEqual(0)
      expect(taken! - (over! + 2000)).toBeLessThan(2000)
    }
    expect(await line[0]!.post(`/waitlist/${entries[0]!.id}/accept`, {})).toMatchObject({
      status: 409,
      body: { code: 'hold_expired' },
    })
    const { status } = await line[3]!.post(`/waitlist/${entries[3]!.id}/accept`, {})
    expect(status).toBe(201)
    await until(ada!, owner.id, { status: 'expired' })
  })

  test('H-19 A-36 with 50 in line and 200 who hammer goes to the first, and never to one who hammers', async () => {
    const event = await offerSeats(world)
    const owner = await hold(ada!, event.order())
    const line = await Promise.all(Array.from({ length: 50 }, (_, n) => world.as('customer', `queue-${n}`)))
    const entries: WaitlistEntryBody[] = []
    for (const who of line) entries.push(await wait(who, event.order()))
    expect(entries.map(({ position }) => position)).toEqual(entries.map((_, n) => n + 1))

    const buyers = await Promise.all(Array.from({ length: 200 }, (_, n) => world.as('customer', `hammer-${n}`)))
    const hammering = Promise.all(buyers.map((buyer) => buyer.post('/bookings', event.order())))
    await cancel(ada!, owner)
    const answers = await hammering
    expect(answers.filter(({ status, body }) => status === 409 && body['code'] === 'sold_out')).toHaveLength(200)

    await seen(line[0]!, entries[0]!, 'offered')
    expect(await line[0]!.delete(`/waitlist/${entries[0]!.id}`)).toMatchObject({ body: { status: 'withdrawn' } })
    expect(await see(line[1]!, entries[1]!)).toMatchObject({ status: 'offered' })
    expect(await ada!.post('/bookings', event.order())).toMatchObject(SOLD_OUT)
    const { body } = await olga!.get<{ entries: WaitlistEntryBody[] }>(
      `/waitlist?offering_id=${event.offeringId}&status=waiting,offered&limit=100`,
    )
    expect(body.entries.filter(({ status }) => status === 'waiting')).toHaveLength(48)
  }, 120_000)

  const KINDS: [string, () => Promise<Offer>, object][] = [
    ['places in a slot', () => offerSlots(world, { capacity: 2 }), {}],
    ['a table for a party', () => offerTables(world, [4]), { party_size: 4 }],
    ['a tutor’s hour', () => offerTutor(world), {}],
    ['the last place of a course', () => offerCourse(world, 1), {}],
  ]
  test.each(KINDS)('X-11 is offered whatever it is: %s', async (_, load, more) => {
    const offer = await load()
    const quantity = offer.unitIds[0] === 'slot-1' ? 2 : undefined
    const items = (offer.order()['items'] as object[]).map((item) => ({ ...item, ...(quantity && { quantity }) }))
    const order = offer.order({ ...more, items })
    const owner = await hold(await world.as('student', 'ada'), order)
    const entry = await wait(await world.as('student', 'ben'), order)
    await cancel(ada!, owner)
    await seen(ben!, entry, 'offered')
    const { status, body } = await ben!.post<BookingBody>(`/waitlist/${entry.id}/accept`, {})
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'pending', customer: { id: 'ben' } } })
    await pay(world, body)
    await until(ben!, body.id, { status: 'confirmed' })
  })

  test('X-11 A-20 a larger capacity is offered to those in line before anybody else', async () => {
    const service = await offerSlots(world)
    await hold(ada!, service.order())
    const entry = await wait(ben!, service.order())
    const { units } = { units: [{ id: 'slot-1', kind: 'slot', capacity: 2 }] }
    const slot = await world.parts.database.unit.findFirstOrThrow({ where: { offeringId: service.offeringId } })
    const load = await olga!.put(`/offerings/${service.offeringId}/units`, {
      units: units.map((unit) => ({ ...unit, start: slot.startsAt, end: slot.endsAt })),
    })
    expect(load).toMatchObject({ status: 200 })
    expect(await cleo!.post('/bookings', service.order())).toMatchObject(SOLD_OUT)
    expect(await see(ben!, entry)).toMatchObject({ status: 'offered' })
  })
})

test('X-11 an entry whose time has come ends with it', async () => {
  const service = await offerSlots(world)
  await hold(ada!, service.order())
  const entry = await wait(ben!, service.order())
  await world.parts.database.waitlistEntry.update({
    where: { id: entry.id },
    data: { closesAt: new Date(Date.now() + 300) },
  })
  expect(await seen(ben!, entry, 'expired')).toMatchObject({ position: null, available_actions: [] })
  await eventually(async () => {
    expect(await world.parts.database.waitlistWish.count({ where: { entryId: entry.id } })).toBe(0)
  })
})

describe('N-86 what an offer promises', () => {
  /** What is sold out, how it is ordered, and how it gets twice as dear. */
  const DEARER: [
    string,
    () => Promise<{ offer: Offer; order: Record<string, unknown>; double: () => Promise<unknown> }>,
  ][] = [
    [
      'a place with the price of its offering',
      async () => {
        const offer = await offerSlots(world)
        return { offer, order: offer.order(), double: async () => undefined }
      },
    ],
    [
      'a table that nobody named',
      async () => {
        const offer = await offerTables(world, [4])
        return { offer, order: offer.order({ party_size: 4 }), double: async () => undefined }
      },
    ],
    [
      'a seat that nobody named, priced by a catalogue',
      async () => {
        const offer = await offerSeats(world)
        const order = offer.order({ items: [{ offering_id: offer.offeringId, quantity: 1 }] })
        const event = { name: 'Concert', starts_at: inDays(30), ends_at: inDays(30, 3), on_sale: true, currency: 'USD' }
        const dearer = { ...event, venue: { id: 'hall', name: 'Hall' }, seats: [{ id: 'A-1', price: 90 }] }
        return { offer, order, double: () => world.service.put(`/control/events/${offer.offeringId}`, dearer) }
      },
    ],
    [
      'an hour at the rate of a tutor',
      async () => {
        const offer = await offerTutor(world)
        const tutor = { name: 'Tess Tutor', email: 'tess@example.test', subjects: ['maths'] }
        const rate = { amount: 12_000, currency: 'USD' }
        const double = () => world.service.put(`/control/tutors/${offer.offeringId}`, { ...tutor, hourly_rate: rate })
        return { offer, order: offer.order(), double }
      },
    ],
  ]

  test.each(DEARER)(
    'N-86 X-11 %s: the price and the terms of the offer hold, whatever becomes of them',
    async (_, load) => {
      const { offer, order, double } = await load()
      const owner = await hold(ada!, order)
      const entry = await wait(ben!, order)
      await cancel(ada!, owner)
      const offered = await eventually(async () => {
        const now = await see(ben!, entry)
        expect(now.offer?.amount).not.toBeNull()
        return now.offer!
      })
      expect(offered).toMatchObject({ amount: owner.amount, currency: owner.currency, price: { total: owner.amount } })
      const [before] = await world.parts.database.booking.findMany({ where: { id: owner.id } })

      await double()
      const row = await world.parts.database.offering.findUniqueOrThrow({ where: { id: offer.offeringId } })
      const policy = { ...(row.policy as object), refundTiers: [], noShowFeePercent: 77 }
      await world.parts.database.offering.update({
        where: { id: offer.offeringId },
        data: { priceAmount: 2n * row.priceAmount, policy },
      })
      const { status, body } = await ben!.post<BookingBody>(`/waitlist/${entry.id}/accept`, {})
      expect({ status, body }).toMatchObject({
        status: 201,
        body: { amount: owner.amount, price: { total: owner.amount } },
      })
      const made = await world.parts.database.booking.findUniqueOrThrow({ where: { id: body.id } })
      expect(made.terms).toEqual(before!.terms)
      expect(offered.no_show_fee_percent).not.toBe(77)
      expect(offered.refund_tiers?.length).toBeGreaterThan(0)
      // Without the offer it is dearer, for everybody.
      await cancel(ben!, body)
      const dear = await hold(cleo!, order)
      expect(dear.amount).toBeGreaterThan(owner.amount)
      await cancel(cleo!, dear)
    },
  )
})
