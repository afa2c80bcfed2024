import { beforeAll, describe, expect, test } from 'vitest'
import { inDays, pays, person, unique, type Person } from './cast.ts'

/** What an operator loads, over our own API and nowhere else, and how it is ordered. */
type Own = {
  readonly offering: object
  readonly units?: readonly object[]
  readonly order: (id: string) => object
  readonly costs: number
}

const [start, end] = [inDays(20), inDays(20, 1)]
const usd = (amount: number) => ({ amount, currency: 'USD' })

const OWN: Record<string, Own> = {
  'an event with seats of two prices': {
    offering: { profile: 'ticketing', name: 'Concert', price: usd(4500) },
    units: [
      { id: 'A-1', kind: 'seat', start, end },
      { id: 'A-2', kind: 'seat', start, end, price: { amount: 9000 } },
    ],
    order: (id) => ({ profile: 'ticketing', items: ['A-1', 'A-2'].map((unit_id) => ({ offering_id: id, unit_id })) }),
    costs: 13_500,
  },
  'a clinic’s slot, and a pet that only its owner knows': {
    offering: {
      profile: 'clinic',
      name: 'Vaccination',
      price: usd(3000),
      venue: { id: unique('paws'), type: 'clinic' },
    },
    units: [{ id: 'ten', kind: 'slot', start, end, staff_id: unique('vet') }],
    order: (id) => ({ profile: 'clinic', pet_id: unique('rex'), items: [{ offering_id: id, unit_id: 'ten' }] }),
    costs: 3000,
  },
  'a restaurant’s table': {
    offering: { profile: 'venue', name: 'Dinner', price: usd(2500), price_unit: 'person', duration_minutes: 90 },
    units: [{ id: 'T1', kind: 'table', max_party: 4 }],
    order: (id) => ({ profile: 'venue', party_size: 2, items: [{ offering_id: id, start }] }),
    costs: 5000,
  },
  'a tutor’s calendar, by the hour': {
    offering: { profile: 'tutoring', name: 'Maths', price: usd(6000), provider: { id: unique('tess') } },
    order: (id) => ({ profile: 'tutoring', subject: 'Sums', items: [{ offering_id: id, start, end }] }),
    costs: 6000,
  },
  'a course that says nothing of places': {
    offering: { profile: 'course', name: 'TypeScript', price: usd(9900) },
    order: (id) => ({ profile: 'course', items: [{ offering_id: id }] }),
    costs: 9900,
  },
}

describe('An operator opens shop: what was loaded here alone is for sale', () => {
  let ada: Person
  let olga: Person
  beforeAll(async () => {
    ;[ada, olga] = [await person('customer', unique('ada')), await person('operator', 'olga')]
  })

  test.each(Object.entries(OWN))('N-05 %s', async (_, { offering, units = [], order, costs }) => {
    const id = unique('own')
    const loaded = await olga.sets(`/offerings/${id}`, offering)

    expect(loaded['warnings']).toMatchObject(units.length === 0 ? [] : [{ code: 'no_units' }])
    if (units.length > 0) expect(await olga.sets(`/offerings/${id}/units`, { units })).toMatchObject({ warnings: [] })
    const booking = await ada.does('/bookings', order(id))
    expect(booking).toMatchObject({ status: 'pending', amount: costs })
    await pays(booking)
    expect(await ada.waitsFor(booking, { status: 'confirmed' })).toMatchObject({ amount: costs })
  })
})
