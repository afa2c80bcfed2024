import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OfferingOnSale, UnitOnSale } from '../../api/routes/catalogue.ts'
import { hold } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { inDays, offerCourse, offerSeats, offerSlots, offerTables, offerTutor } from '../support/offers.ts'
import { expectRefused } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

type Listed = { offerings: OfferingOnSale[]; next_cursor: string | null; limit: number }

describe('what is sold', () => {
  it('A-12 is listed page by page, of all profiles or of one, with the kinds of its units', async () => {
    const ids = {
      tutoring: (await offerTutor(world)).offeringId,
      clinic: (await offerSlots(world)).offeringId,
      ticketing: (await offerSeats(world)).offeringId,
      venue: (await offerTables(world)).offeringId,
      course: (await offerCourse(world)).offeringId,
    }
    const all: OfferingOnSale[] = []
    let cursor = ''
    do {
      const query = new URLSearchParams({ limit: '2', ...(cursor !== '' && { cursor }) }).toString()
      const { status, body } = await ada.get<Listed>(`/offerings?${query}`)
      expect(status).toBe(200)
      expect(body.offerings.length).toBeLessThanOrEqual(2)
      all.push(...body.offerings)
      cursor = body.next_cursor ?? ''
    } while (cursor !== '')
    expect(all.map(({ id }) => id)).toEqual(Object.values(ids).toSorted())
    expect(Object.fromEntries(all.map(({ profile, unit_kinds }) => [profile, unit_kinds]))).toEqual({
      tutoring: ['calendar'],
      clinic: ['slot'],
      ticketing: ['seat'],
      venue: ['table'],
      course: ['enrolment'],
    })
    const { body } = await ada.get<Listed>('/offerings?profile=venue')
    expect(body).toMatchObject({ offerings: [{ id: ids.venue, closed_because: null }], next_cursor: null, limit: 50 })
  })

  it('A-12 is shown one by one, and says why it is not on sale', async () => {
    const { offeringId } = await offerCourse(world)
    const body = { profile: 'course', name: 'Later', price: { amount: 1, currency: 'USD' }, on_sale_from: inDays(3) }
    await olga.put(`/offerings/${offeringId}`, body)
    const shown = await ada.get<OfferingOnSale>(`/offerings/${offeringId}`)
    expect(shown).toMatchObject({
      status: 200,
      body: { id: offeringId, closed_because: `Later is on sale from ${inDays(3)}.` },
    })
  })

  it('A-12 shows its units with what is left of them; a table has no time of its own to be taken at', async () => {
    const units = async (id: string) => (await ada.get<{ units: UnitOnSale[] }>(`/offerings/${id}/units`)).body.units
    const seats = await offerSeats(world, 2)
    await hold(ada, seats.order())
    expect(await units(seats.offeringId)).toMatchObject([
      { id: 'A-1', kind: 'seat', row: '1', status: 'booked', booked_count: 1 },
      { id: 'A-2', status: 'available', booked_count: 0, price: { amount: 4500, currency: 'USD' } },
    ])
    const course = await offerCourse(world, 3)
    await hold(ada, course.order())
    expect(await units(course.offeringId)).toMatchObject([{ kind: 'enrolment', capacity: 3, booked_count: 1 }])
    const tables = await offerTables(world, [4])
    await hold(ada, tables.order())
    expect(await units(tables.offeringId)).toMatchObject([
      { id: 'T1', kind: 'table', min_party: 1, max_party: 4, status: 'available', booked_count: 0 },
    ])
  })

  it('A-12 A-32 is refused to those who ask for what is not there or is no question', async () => {
    await expectRefused(world, () => ada.get('/offerings/none'), 'not_found')
    await expectRefused(world, () => ada.get('/offerings/none/units'), 'not_found')
    await expectRefused(world, () => world.withToken(null).get('/offerings'), 'unauthenticated')
    for (const query of ['profile=opera', 'limit=0', 'limit=201', 'limit=x', 'colour=red', 'cursor='])
      await expectRefused(world, () => ada.get(`/offerings?${query}`), 'validation_failed')
  })
})
