import { randomUUID } from 'node:crypto'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import { hold, pay, until } from '../support/booking.ts'
import { offerTutor } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('student', 'ada')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

const BERLIN = 'Europe/Berlin'
const ZONES = [BERLIN, 'America/New_York', 'Australia/Lord_Howe'] as const

type Change = {
  readonly before: Temporal.ZonedDateTime
  readonly after: Temporal.ZonedDateTime
  readonly minutes: number
}

/** The next time that the clocks of a zone are put forward (minutes > 0) or back, a day from now at the soonest. */
function nextChange(zone: string, isForward: boolean): Change {
  let from = Temporal.Now.zonedDateTimeISO(zone).add({ days: 2 })
  for (;;) {
    const after = from.getTimeZoneTransition('next')
    if (after === null) throw new Error(`the clocks of ${zone} are never changed`)
    const before = after.subtract({ nanoseconds: 1 })
    const minutes = (after.offsetNanoseconds - before.offsetNanoseconds) / 60e9
    if (minutes > 0 === isForward) return { before, after, minutes }
    from = after
  }
}

const local = (time: Temporal.ZonedDateTime | Temporal.PlainDateTime) => time.toString().slice(0, 16)
const instant = (time: Temporal.ZonedDateTime) => time.toInstant().toString({ fractionalSecondDigits: 3 })
const text = (time: Temporal.ZonedDateTime) => time.toString({ timeZoneName: 'never' })

/** A hotel in a zone, with a room; priced as named. */
async function offerRoom(zone: string, priceUnit: 'night' | 'hour', more: object = {}): Promise<string> {
  const id = `hotel-${randomUUID().slice(0, 8)}`
  const offering = {
    profile: 'venue',
    name: 'Room',
    venue: { id, type: 'hotel', name: 'Hotel' },
    price: { amount: 10_000, currency: 'EUR' },
    price_unit: priceUnit,
    duration_minutes: 120,
    time_zone: zone,
    policy: { max_lead_days: 800 },
    ...more,
  }
  expect((await olga.put(`/offerings/${id}`, offering)).status).toBe(200)
  const room = { id: 'R1', kind: 'room', min_party: 1, max_party: 4 }
  expect((await olga.put(`/offerings/${id}/units`, { units: [room] })).status).toBe(200)
  return id
}

function order(offeringId: string, time: object): object {
  return { profile: 'venue', party_size: 2, items: [{ offering_id: offeringId, ...time }] }
}

/** Asked to be booked and asked about: both refuse it alike, and nothing is held. */
async function refused(offeringId: string, time: object): Promise<Answer> {
  const answer = await ada.post('/bookings', order(offeringId, time))
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
  const check = await ada.post('/bookings/availability/check', { items: [{ offering_id: offeringId, ...time }] })
  expect(check.body['errors']).toEqual(answer.body['errors'])
  expect((await olga.get(`/bookings?offering_id=${offeringId}`)).body).toMatchObject({ bookings: [] })
  return answer
}

describe.each(ZONES)('by the clock of %s', (zone) => {
  test('X-09 H-15 what the clock skips is refused with its neighbours, and either of them can be booked', async () => {
    const { after, minutes } = nextChange(zone, true)
    const id = await offerRoom(zone, 'hour')
    const missing = after.toPlainDateTime().subtract({ minutes: minutes / 2 })
    const neighbours = (['earlier', 'later'] as const).map((disambiguation) =>
      missing.toZonedDateTime(zone, { disambiguation }),
    )
    const answer = await refused(id, { start_local: local(missing) })
    expect(answer.body['errors']).toMatchObject([
      { pointer: '/items/0/start_local', candidates: neighbours.map((each) => text(each)) },
    ])
    const [first] = neighbours
    const booking = await hold(ada, order(id, { start_local: local(first!) }))
    // It starts before the clocks are put forward and lasts two hours that pass.
    expect(booking).toMatchObject({ time_zone: zone, start: instant(first!), start_local: text(first!) })
    expect(booking.end).toBe(instant(first!.add({ minutes: 120 })))
    expect(booking.end_local).toBe(text(first!.add({ minutes: 120 })))
    expect(booking.amount).toBe(20_000)
  })

  test('X-09 H-15 what the clock shows twice needs its offset, and then both are bookable, one after the other', async () => {
    const { before, after, minutes } = nextChange(zone, false)
    const id = await offerRoom(zone, 'hour', { policy: { max_lead_days: 800, buffer_after_minutes: 0 } })
    const twice = after.toPlainDateTime().add({ minutes: -minutes / 2 })
    const both = (['earlier', 'later'] as const).map((disambiguation) =>
      twice.toZonedDateTime(zone, { disambiguation }),
    )
    const candidates = both.map((each) => text(each))
    const answer = await refused(id, { start_local: local(twice) })
    expect(answer.body['errors']).toMatchObject([{ pointer: '/items/0/start_local', candidates }])
    const wrong = await refused(id, { start_local: local(twice), start_offset: '+05:45' })
    expect(wrong.body['errors']).toMatchObject([{ pointer: '/items/0/start_offset', candidates }])
    for (const [index, offset] of [before.offset, after.offset].entries()) {
      const start = both[index]!
      const end = start.add({ minutes: -minutes })
      const time = { start_local: local(twice), start_offset: offset, end_local: local(end), end_offset: end.offset }
      const booking = await hold(ada, order(id, time))
      expect(booking).toMatchObject({ start: instant(start), start_local: candidates[index], end: instant(end) })
      expect(booking.items[0]).toMatchObject({ start_local: candidates[index], end_local: text(end) })
    }
  })

  test('X-09 H-15 a night across either change is one night, and a whole day by the hour costs the hours it has', async () => {
    for (const isForward of [true, false]) {
      const { before, minutes } = nextChange(zone, isForward)
      const day = before.toPlainDate()
      const room = await offerRoom(zone, 'night')
      const stay = {
        start_local: `${day.subtract({ days: 1 }).toString()}T15:00`,
        end_local: `${day.toString()}T10:00`,
      }
      const check = await ada.post<{ items: object[] }>('/bookings/availability/check', {
        items: [{ offering_id: room, ...stay }],
      })
      expect(check.body.items).toMatchObject([{ available: true, price: { amount: 10_000, currency: 'EUR' } }])
      expect(await hold(ada, order(room, stay))).toMatchObject({ amount: 10_000 })
      const hall = await offerRoom(zone, 'hour')
      const whole = { start_local: `${day.toString()}T00:00`, end_local: `${day.add({ days: 1 }).toString()}T00:00` }
      expect(await hold(ada, order(hall, whole))).toMatchObject({ amount: (10_000 * (24 * 60 - minutes)) / 60 })
    }
  })
})

describe('times by the clock', () => {
  const inAMonth = () => Temporal.Now.plainDateISO('UTC').add({ days: 30 }).toString()

  test('X-09 A-32 are refused together with an instant, without sense, or with an offset alone', async () => {
    const id = await offerRoom(BERLIN, 'hour')
    const day = inAMonth()
    for (const [time, pointer] of [
      [{ start: `${day}T10:00:00Z`, start_local: `${day}T10:00` }, '/items/0/start_local'],
      [{ start: `${day}T10:00:00Z`, start_offset: '+01:00' }, '/items/0/start_offset'],
      [{ start_local: `${day}T10:00`, end: `${day}T12:00:00Z`, end_local: `${day}T12:00` }, '/items/0/end_local'],
      [{ start_local: `${day}T10:00`, start_offset: '+09:00' }, '/items/0/start_offset'],
      [{ start_local: `${day}T10:00Z` }, '/items/0/start_local'],
      [{ start_local: `${day}T25:00` }, '/items/0/start_local'],
      [{ start_local: `${day}T10:00`, start_offset: 'CET' }, '/items/0/start_offset'],
    ] as const) {
      expect((await refused(id, time)).body['errors']).toMatchObject([{ pointer }])
    }
    for (const [time, pointer] of [
      [{ start_local: '2025-01-01T10:00' }, '/items/0/start_local'],
      [{ start_local: `${day}T10:00`, end_local: `${day}T09:00` }, '/items/0/end_local'],
    ] as const) {
      const answer = await ada.post('/bookings', order(id, time))
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
    }
  })

  test('X-09 A-30 are one operation under one key, and mean the zone of each item’s offering', async () => {
    const [berlin, kolkata] = [await offerRoom(BERLIN, 'hour'), await offerRoom('Asia/Kolkata', 'hour')]
    const day = inAMonth()
    const items = [berlin, kolkata].map((offering_id) => ({ offering_id, start_local: `${day}T10:00` }))
    const body = { profile: 'venue', party_size: 2, items }
    const key = { 'idempotency-key': randomUUID() }
    const booking = await hold(ada, body, key)
    expect((await ada.post<BookingBody>('/bookings', body, key)).body.id).toBe(booking.id)
    expect(booking.items[1]).toMatchObject({ start: `${day}T04:30:00.000Z`, start_local: expect.anything() as string })
    expect(booking.items[0]?.start).toBe(instant(Temporal.PlainDateTime.from(`${day}T10:00`).toZonedDateTime(BERLIN)))
    const other = await ada.post('/bookings', { ...body, items: items.slice(0, 1) }, key)
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } })
  })

  test('X-09 T-08 a lesson the day after a change comes back in full until 24 hours that pass before it', async () => {
    const { before } = nextChange(BERLIN, true)
    const offer = await offerTutor(world)
    const noon = before.toPlainDate().toPlainDateTime('12:00').toZonedDateTime(BERLIN)
    const items = [{ offering_id: offer.offeringId, start: text(noon), end: text(noon.add({ hours: 1 })) }]
    const booking = await hold(ada, offer.order({ items }))
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    const preview = (await ada.get(`/bookings/${booking.id}/cancellation`)).body
    expect(preview).toMatchObject({ valid_until: instant(noon.subtract({ hours: 24 })) })
  })

  test('X-09 C-01 slots and closed days are loaded by the clock of the offering, and hold there', async () => {
    const id = `practice-${randomUUID().slice(0, 8)}`
    const day = inAMonth()
    const closed = { from_local: `${day}T12:00`, to_local: `${day}T13:00`, reason: 'lunch' }
    const clinic = {
      profile: 'clinic',
      name: 'Check-up',
      price: { amount: 100, currency: 'IDR' },
      duration_minutes: 30,
      time_zone: 'Asia/Kolkata',
    }
    const load = (more: object) => olga.put(`/offerings/${id}`, { ...clinic, ...more })
    expect((await load({ availability_exceptions: [closed] })).status).toBe(200)
    const slot = (unit: string, start: string, end: string) => ({
      id: unit,
      kind: 'slot',
      start_local: `${day}T${start}`,
      end_local: `${day}T${end}`,
    })
    const units = [slot('early', '11:30', '12:00'), slot('lunch', '12:30', '13:00')]
    expect((await olga.put(`/offerings/${id}/units`, { units })).status).toBe(200)
    const book = (unit_id: string) =>
      ada.post('/bookings', { profile: 'clinic', items: [{ offering_id: id, unit_id }] })
    expect(await book('early')).toMatchObject({
      status: 201,
      body: { start: `${day}T06:00:00.000Z`, start_local: `${day}T11:30:00+05:30` },
    })
    expect((await ada.get<{ slots: object[] }>(`/services/${id}/slots`)).body.slots[0]).toMatchObject({
      start: `${day}T06:00:00.000Z`,
      start_local: `${day}T11:30:00+05:30`,
      end_local: `${day}T12:00:00+05:30`,
    })
    expect(await book('lunch')).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    for (const [exception, pointer] of [
      [{ ...closed, from: `${day}T00:00:00Z` }, '/availability_exceptions/0/from_local'],
      [{ ...closed, to_local: `${day}T11:00` }, '/availability_exceptions/0/to'],
      [{ to_local: `${day}T11:00` }, '/availability_exceptions/0/from'],
      [{ from_local: `${day}T11:00` }, '/availability_exceptions/0/to'],
      [{ ...closed, to_offset: '+01:00' }, '/availability_exceptions/0/to_offset'],
    ] as const) {
      expect(await load({ availability_exceptions: [exception] })).toMatchObject({
        status: 422,
        body: { errors: [{ pointer }] },
      })
    }
    const both = [{ ...slot('new', '10:00', '11:00'), start: `${day}T00:00:00Z` }]
    expect(await olga.put(`/offerings/${id}/units`, { units: both })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/units/0/start_local' }] },
    })
  })
})
