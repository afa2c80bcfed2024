import { beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { bankStatement, inDays, pays, paysForChange, person, unique, type Person } from './cast.ts'

describe('A restaurant: a party of two becomes a party of four', () => {
  const dinner = unique('dinner')
  let ada: Person
  let olga: Person
  let table: BookingBody
  beforeAll(async () => {
    ;[ada, olga] = [await person('customer', unique('ada')), await person('operator', 'olga')]
  })

  test('the bistro has a table for two and one for four, at 25 dollars a head', async () => {
    await olga.sets(`/offerings/${dinner}`, {
      profile: 'venue',
      name: 'Dinner',
      venue: { id: unique('bistro'), type: 'restaurant', name: 'Bistro' },
      price: { amount: 2500, currency: 'USD' },
      price_unit: 'person',
      duration_minutes: 90,
    })
    const units = [
      { id: 'T1', kind: 'table', min_party: 1, max_party: 2 },
      { id: 'T2', kind: 'table', min_party: 1, max_party: 4 },
    ]
    await olga.sets(`/offerings/${dinner}/units`, { units })
  })

  test('V-01 Ada books for two, and gets the small table', async () => {
    const items = [{ offering_id: dinner, start: inDays(5, 7) }]
    table = await ada.does('/bookings', { profile: 'venue', party_size: 2, items })
    expect(table).toMatchObject({ status: 'pending', amount: 5000, items: [{ unit_id: 'T1' }] })
    await pays(table)
    table = await ada.waitsFor(table, { status: 'confirmed' })
  })

  test('V-03 who does not say what they looked at changes nothing', async () => {
    expect(await ada.isRefused(`/bookings/${table.id}`, { party_size: 4 }, 'put')).toMatchObject({
      code: 'validation_failed',
    })
  })

  test('A-06 two friends join: she pays for them, and the party moves to the big table', async () => {
    const change = { party_size: 4, expected_version: table.version }
    const changing = await ada.sets<BookingBody>(`/bookings/${table.id}`, change)
    expect(changing).toMatchObject({ status: 'confirmed', party_size: 2, amount: 5000 })
    await paysForChange(ada, changing)
    table = await ada.waitsFor(table, { status: 'confirmed', party_size: 4, amount: 10_000 })
    expect(table.items).toMatchObject([{ unit_id: 'T2' }])
    await expect.poll(() => bankStatement(table), { timeout: 20_000 }).toEqual({ taken: 10_000, given: 0 })
  })

  test('V-02 they come, eat and leave', async () => {
    for (const action of ['check_in', 'complete']) {
      const { version } = await olga.sees<BookingBody>(`/bookings/${table.id}`)
      await olga.does(`/bookings/${table.id}/status`, { action, reason: 'came early', expected_version: version })
    }
    expect(await ada.waitsFor(table, { status: 'completed' })).toMatchObject({ waiting_for: null })
  })
})
