import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { pay } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerTables, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'
import { atDoor, expecting, neverAsked, toldOf } from './client.ts'

// The data model of seed 003; the document names the fields and gives no types.
const Timestamp = z.iso.datetime({ offset: true })
const STATUSES = ['PENDING', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW', 'EXPIRED'] as const
const Booking = z.strictObject({
  id: z.uuid(),
  booking_reference: z.string(),
  guest_id: z.string(),
  guest_name: z.string().nullable(),
  guest_email: z.string().nullable(),
  guest_phone: z.string().nullable(),
  venue_id: z.string(),
  venue_type: z.string().nullable(),
  venue_name: z.string().nullable(),
  booking_date: z.iso.date(),
  booking_time: z.iso.time(),
  duration_minutes: z.int(),
  party_size: z.int(),
  status: z.enum(STATUSES),
  version: z.int(),
  total_amount: z.number(),
  currency: z.string(),
  payment_intent_id: z.string().nullable(),
  payment_status: z.string().nullable(),
  inventory_reservation_id: z.string(),
  notes: z.string().nullable(),
  expires_at: Timestamp.nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
  confirmed_at: Timestamp.nullable(),
  checked_in_at: Timestamp.nullable(),
  completed_at: Timestamp.nullable(),
  cancelled_at: Timestamp.nullable(),
  no_show_at: Timestamp.nullable(),
  expired_at: Timestamp.nullable(),
})
const Available = z.object({ available: z.boolean(), conflicts: z.array(z.unknown()), duration_minutes: z.int() })
const HttpError = z.looseObject({ detail: z.string() })
const ValidationError = z.object({ detail: z.array(z.object({ loc: z.array(z.string()), msg: z.string() })) })

// The events that it names, without their fields.
const EVENTS = ['created', 'updated', 'cancelled', 'status_changed', 'confirmed', 'checked_in', 'completed', 'expired']
const namesOf = async (id: string) =>
  (await toldOf(world, id)).flatMap(({ type }) => {
    const name = type.replace('booking.', '')
    return EVENTS.includes(name) ? [name] : []
  })

let world: World
let guest: Caller
let host: Caller
let dinner: Offer

beforeAll(async () => {
  world = await openWorld()
  guest = await atDoor(world, 'venue', 'customer', 'ada')
  host = await atDoor(world, 'venue', 'operator', 'olga')
  dinner = await offerTables(world, [2, 4])
})
afterAll(() => world.close())

const venue = () => `bistro-${dinner.offeringId}`
const place = (day: number, more: object = {}) => ({
  venue_id: venue(),
  booking_date: inDays(day).slice(0, 10),
  booking_time: inDays(day).slice(11, 16),
  party_size: 2,
  ...more,
})
const request = (day: number, more: object = {}) => ({
  guest_id: 'ada',
  guest_name: 'Ada',
  guest_email: 'ada@example.test',
  guest_phone: '+41 44 000 00 00',
  venue_type: 'restaurant',
  venue_name: 'Bistro',
  ...place(day),
  ...more,
})
const PATH = '/api/v1/bookings'

/** Asks with the version as it is now, and again when another step came in between, as the document tells its clients to. */
const insisting = (id: string, ask: (version: number) => ReturnType<Caller['put']>) =>
  eventually(async () => {
    const { version } = await expecting(200, Booking, host.get(`${PATH}/${id}`))
    return expecting(200, Booking, ask(version))
  })

describe('a client of the venues document, with nothing but a base URL', () => {
  test('F-04 F-07 asks, books a table, pays, comes and goes, each step with its time', async () => {
    const asked = await expecting(200, Available, guest.post(`${PATH}/availability/check`, place(7)))
    expect(asked).toMatchObject({ available: true, duration_minutes: 90, conflicts: [] })
    const made = await expecting(201, Booking, guest.post(PATH, request(7, { idempotency_key: 'dinner-1' })))
    expect(made).toMatchObject({
      ...request(7, { booking_time: `${inDays(7).slice(11, 16)}:00` }),
      status: 'PENDING',
      total_amount: 50,
    })
    const twice = await expecting(201, Booking, guest.post(PATH, request(7, { idempotency_key: 'dinner-1' })))
    expect(twice.id).toBe(made.id)
    const own = await world.as('customer', 'ada')
    await pay(world, (await own.get<BookingBody>(`/bookings/${made.id}`)).body)
    const confirmed = await eventually(async () => {
      const seen = await expecting(200, Booking, guest.get(`${PATH}/reference/${made.booking_reference}`))
      expect(seen).toMatchObject({ status: 'CONFIRMED', confirmed_at: expect.any(String) as string })
      return seen
    })
    const arrived = await expecting(
      200,
      Booking,
      host.post(`${PATH}/${made.id}/status`, {
        status: 'CHECKED_IN',
        reason: 'came early',
        expected_version: confirmed.version,
      }),
    )
    expect(arrived.checked_in_at).not.toBeNull()
    const gone = await expecting(
      200,
      Booking,
      host.post(`${PATH}/${made.id}/status`, {
        status: 'COMPLETED',
        reason: 'came early',
        expected_version: arrived.version,
      }),
    )
    expect(gone).toMatchObject({ status: 'COMPLETED', confirmed_at: confirmed.confirmed_at })
    expect(await expecting(200, z.array(Booking), guest.get(`${PATH}/guest/ada`))).toContainEqual(gone)
    expect(await expecting(200, z.array(Booking), host.get(`${PATH}/venue/${venue()}`))).toContainEqual(gone)
    expect(await expecting(200, Booking, guest.get(`${PATH}/${made.id}`))).toEqual(gone)
    expect(await namesOf(made.id)).toEqual([
      'created',
      'confirmed',
      'status_changed',
      'checked_in',
      'status_changed',
      'completed',
      'status_changed',
    ])
  })

  test('F-04 V-09 the business confirms without the payment service; what it takes is recorded by hand', async () => {
    const made = await expecting(201, Booking, guest.post(PATH, request(8)))
    const confirmed = await expecting(
      200,
      Booking,
      host.post(`${PATH}/${made.id}/status`, { status: 'CONFIRMED', expected_version: made.version }),
    )
    expect(confirmed.status).toBe('CONFIRMED')
  })

  test('F-04 changes time and party, and cancels, with the version it looked at', async () => {
    const made = await expecting(201, Booking, guest.post(PATH, request(9)))
    await expecting(422, ValidationError, guest.put(`${PATH}/${made.id}`, { party_size: 1 }))
    const stale = await expecting(
      409,
      HttpError,
      guest.put(`${PATH}/${made.id}`, { party_size: 1, expected_version: 1 }),
    )
    expect(Booking.parse(stale['current']).id).toBe(made.id)
    const later = { booking_date: inDays(10).slice(0, 10), expected_version: made.version }
    const moved = await expecting(200, Booking, guest.put(`${PATH}/${made.id}`, later))
    expect(moved).toMatchObject({ booking_date: inDays(10).slice(0, 10), duration_minutes: 90, party_size: 2 })
    const cancelled = await expecting(
      200,
      Booking,
      guest.post(`${PATH}/${made.id}/cancel`, { reason: 'ill', expected_version: moved.version }),
    )
    expect(cancelled).toMatchObject({ status: 'CANCELLED', cancelled_at: expect.any(String) as string })
    expect(await namesOf(made.id)).toEqual(['created', 'updated', 'cancelled', 'status_changed'])
  })

  test('F-04 N-46 corrects who comes, alone and with the party, and says so', async () => {
    const made = await expecting(201, Booking, guest.post(PATH, request(14)))
    const at = (version: number, more: object) => ({ ...more, expected_version: version })
    const corrected = { guest_name: 'Ada B.', guest_email: 'b@example.test' }
    const named = await insisting(made.id, (version) => guest.put(`${PATH}/${made.id}`, at(version, corrected)))
    expect(named).toMatchObject({ guest_name: 'Ada B.', guest_email: 'b@example.test', guest_phone: made.guest_phone })
    const stale = at(made.version, { guest_name: 'Nobody' })
    await expecting(409, HttpError, guest.put(`${PATH}/${made.id}`, stale))
    const more = { party_size: 1, notes: 'by the window', guest_phone: '+41 44 111 11 11' }
    let keyed: object = {}
    const both = await insisting(made.id, (version) => {
      keyed = { ...at(version, more), idempotency_key: `both-${version}` }
      return guest.put(`${PATH}/${made.id}`, keyed)
    })
    expect(both).toMatchObject({ party_size: 1, notes: 'by the window', guest_phone: '+41 44 111 11 11' })
    expect(await expecting(200, Booking, guest.put(`${PATH}/${made.id}`, keyed))).toEqual(both)
    await insisting(made.id, (version) => guest.put(`${PATH}/${made.id}`, at(version, { notes: 'by the door' })))
    expect(await namesOf(made.id)).toEqual(['created', 'updated', 'updated', 'updated', 'updated'])
    const updates = (await toldOf(world, made.id)).filter(({ type }) => type === 'booking.updated')
    expect(updates.map(({ payload }) => (payload as { changed_fields: string[] }).changed_fields)).toMatchObject([
      ['contact'],
      ['contact'],
      expect.arrayContaining(['party_size', 'notes']),
      ['notes'],
    ])
    const provider = await atDoor(world, 'venue', 'provider', venue())
    const theirs = await provider.put(`${PATH}/${made.id}`, at(both.version, { guest_name: 'X' }))
    expect([403, 404]).toContain(theirs.status)
  })

  test('F-04 who does not come is NO_SHOW, and what nobody confirms is EXPIRED', async () => {
    const made = await expecting(201, Booking, guest.post(PATH, request(15)))
    const become = (status: string) =>
      insisting(made.id, (version) =>
        host.post(`${PATH}/${made.id}/status`, { status, reason: 'called to say so', expected_version: version }),
      )
    await become('CONFIRMED')
    expect(await become('NO_SHOW')).toMatchObject({
      status: 'NO_SHOW',
      no_show_at: expect.any(String) as string,
    })
    const brief = await offerTables(world, [2], { hold_seconds: 1, lapse_grace_seconds: 1 })
    const late = await expecting(
      201,
      Booking,
      guest.post(PATH, request(16, { venue_id: `bistro-${brief.offeringId}` })),
    )
    await eventually(async () => {
      const seen = await expecting(200, Booking, guest.get(`${PATH}/${late.id}`))
      expect(seen).toMatchObject({ status: 'EXPIRED', expired_at: expect.any(String) as string })
    })
    expect(await namesOf(late.id)).toEqual(['created', 'expired', 'status_changed'])
  })

  test('F-04 a party too large, a full house, an unknown venue and a faulty field are each told apart', async () => {
    await expecting(201, Booking, guest.post(PATH, request(12)))
    await expecting(201, Booking, guest.post(PATH, request(12)))
    const full = await expecting(200, Available, guest.post(`${PATH}/availability/check`, place(12)))
    expect(full.available).toBe(false)
    await expecting(409, HttpError, guest.post(PATH, request(12)))
    await expecting(409, HttpError, guest.post(PATH, request(13, { party_size: 9 })))
    await expecting(404, HttpError, guest.post(PATH, request(13, { venue_id: 'nowhere' })))
    for (const bad of [{ party_size: 0 }, { booking_date: 'soon' }, { booking_time: '8 pm' }, { guest_id: null }]) {
      await expecting(422, ValidationError, guest.post(PATH, request(13, bad)))
    }
    for (const bad of [{ booking_date: '2027-02-31' }, { booking_time: '25:00' }]) {
      const { status } = await guest.post(PATH, request(13, bad))
      expect(status).toBe(422)
    }
    await expecting(403, HttpError, guest.post(PATH, request(13, { guest_id: 'ben' })))
    await expecting(404, HttpError, guest.get(`${PATH}/00000000-0000-4000-8000-000000000000`))
    await expecting(404, HttpError, guest.get(`${PATH}/reference/VEN-NOPE`))
    expect((await guest.get('/health')).status).toBe(200)
  })

  test('F-07 every route of the door’s document was asked, and answered as the document says', async () => {
    expect(await neverAsked(world, 'venue')).toEqual([])
  })
})
