import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refreshViews } from '../../prisma/reports.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { offerSlots, offerTutor, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

type Entry = Record<string, unknown> & { id: string; type: string }
type Page = { entries: Entry[] }

const PRICE = 15_000_000

let world: World
let ada: Caller
let olga: Caller
let vet: Caller
let otherVet: Caller
/** Three visits to one vet, of which one was cancelled in time and one is settled, and a lesson. */
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
  vet = await world.as('provider', 'vet')
  otherVet = await world.as('provider', 'other-vet')
  const confirmed = async (offer: Offer, unitId?: string) => {
    const booking = await hold(ada, offer.order({}, unitId))
    await pay(world, booking)
    return until(ada, booking.id, { status: 'confirmed' })
  }
  const offer = await offerSlots(world, { slots: 3, more: { provider: { id: 'vet', name: 'Dr. Vet' } } })
  const cancelled = await confirmed(offer, 'slot-1')
  await ada.post(`/bookings/${cancelled.id}/cancel`, { reason: 'well again' })
  await until(ada, cancelled.id, { refund: expect.objectContaining({ status: 'completed' }) as never })
  const settled = await confirmed(offer, 'slot-2')
  const { body } = await olga.get<Page>(`/financial-entries?booking_id=${settled.id}`)
  const id = body.entries[0]?.id
  await olga.post(`/financial-entries/${id}/settle`, { transaction_reference: 'TRX' })
  await confirmed(offer, 'slot-3')
  await confirmed(await offerTutor(world))
})
afterAll(() => world.close())

describe('the reports', () => {
  type Report = { as_of: string; rows: Record<string, unknown>[]; total?: number }

  test('add each payee’s money up, settled and open (A-23, C-06)', async () => {
    const entries = (await olga.get<Page>('/financial-entries?limit=100&clinic_id=clinic-1')).body.entries
    expect(entries).toHaveLength(4)
    const sum = (field: string, rule: (entry: Entry) => boolean = () => true) =>
      entries.filter(rule).reduce((total, entry) => total + Number(entry[field]), 0)
    const { body } = await olga.get<Report>('/reports/settlement?clinic_id=clinic-1')
    const month = `${new Date().toISOString().slice(0, 7)}-01T00:00:00.000Z`
    expect(body.rows).toEqual([
      {
        clinic_id: 'clinic-1',
        provider_id: 'vet',
        currency: 'IDR',
        period: month,
        first_day: month.slice(0, 10),
        time_zone: 'UTC',
        gross: sum('total_amount', ({ type }) => type === 'payment'),
        refunds: -sum('total_amount', ({ type }) => type === 'refund'),
        fees: sum('platform_fee'),
        tax: 0,
        net: sum('clinic_amount'),
        settled: sum('clinic_amount', ({ status }) => status === 'settled'),
        open: sum('clinic_amount', ({ status }) => status === 'pending'),
      },
    ])
    expect(body.rows[0]).toMatchObject({ gross: 3 * PRICE, refunds: PRICE, settled: PRICE * 0.9, open: PRICE * 0.9 })
    expect((await olga.get<Report>('/reports/settlement')).body.rows.length).toBeGreaterThan(1)
    const days = await olga.get<Report>(`/reports/settlement?period=day&from=${month}&clinic_id=clinic-1`)
    expect(days.body.rows.reduce((total, { net }) => total + Number(net), 0)).toBe(body.rows[0]?.['net'])
  })

  test('show what is ahead and how it went as of the last refresh, to a provider their own (A-23, A-34, C-13)', async () => {
    await refreshViews(world.parts.database, 0)
    const upcoming = (await olga.get<Report>('/reports/upcoming?clinic_id=clinic-1&limit=1')).body
    expect(upcoming).toMatchObject({ total: 2, page: 1, limit: 1 })
    expect(upcoming.rows).toHaveLength(1)
    expect(Date.now() - Date.parse(upcoming.as_of)).toBeLessThan(60_000)
    expect((await vet.get<Report>('/reports/upcoming')).body.total).toBe(upcoming.total)
    expect((await otherVet.get<Report>('/reports/upcoming')).body).toMatchObject({ rows: [], total: 0 })

    const rates = (await olga.get<Report>('/reports/completion-rates')).body
    expect(rates.rows).toHaveLength(1)
    expect(rates.rows[0]).toMatchObject({ completed_bookings: 0, cancelled_bookings: 1 })
    expect(rates.as_of).toBe(upcoming.as_of)
    expect((await vet.get<Report>('/reports/completion-rates')).body.rows).toEqual(rates.rows)
    expect((await otherVet.get<Report>('/reports/completion-rates')).body.rows).toEqual([])
  })

  test.each(['completion-rates', 'upcoming', 'settlement'])(
    '%s is refused to customers, and bad filters to all (A-23, A-32, A-34)',
    async (name) => {
      expect(await ada.get(`/reports/${name}`)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
      expect(await world.withToken(null).get(`/reports/${name}`)).toMatchObject({ status: 401 })
      expect((await otherVet.get<Report>(`/reports/${name}?provider_id=vet`)).body.rows).toEqual([])
      for (const [query, pointer] of [
        ['from=now', '/from'],
        ['from=2027-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', '/to'],
        [`provider_id=${'x'.repeat(201)}`, '/provider_id'],
      ] as const) {
        const answer = await olga.get(`/reports/${name}?${query}`)
        expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ pointer }] } })
      }
    },
  )
})
