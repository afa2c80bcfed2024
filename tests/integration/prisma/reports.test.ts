import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM, type Booking } from '../../../domain/booking.ts'
import { exponentOf, isCurrency } from '../../../domain/currencies.ts'
import type { Fact, VisitTrigger } from '../../../domain/facts.ts'
import { instantOf } from '../../../domain/time.ts'
import { startReportRefresh } from '../../../prisma/report-refresh.ts'
import {
  completionRates,
  refreshViews,
  settlementReport,
  upcomingBookings,
  viewsRefreshedAt,
} from '../../../prisma/reports.ts'
import { clinic } from '../../../profiles/clinic.ts'
import { termsOf } from '../../../profiles/profile.ts'
import { eventually } from '../../support/eventually.ts'
import { anOrder, factsFor, openDesk, PRICE, type Desk } from './desk.ts'

const SLOT = { start: '2030-03-01T18:30:00.000Z', end: '2030-03-01T19:15:00.000Z' }
const ALL = { from: null, to: null }

let desk: Desk
let url: string
beforeAll(async () => {
  desk = await openDesk()
  url = String(desk.sql.options.connectionString)
  await desk.offer('slot', [{ id: 's', capacity: 100, start: SLOT.start, end: SLOT.end }])
})
afterAll(() => desk.close())

type Wanted = { createdAt?: string; provider?: string; zone?: string; profile?: string; paid?: boolean }

/** A clinic's booking for the slot, made at a time, and confirmed unless it is not paid. */
async function booked({ createdAt, provider, zone = 'UTC', profile = 'clinic', paid = true }: Wanted = {}) {
  const terms = termsOf(clinic, { requiresApproval: false, policy: {} })
  const order = anOrder([{ kind: 'slot', unit: 's', ...SLOT }])
  const booking = await desk.held({
    ...order,
    profile,
    terms,
    petId: 'rex',
    timeZone: zone,
    venue: { id: 'paws', type: 'clinic', name: 'Paws' },
    provider: provider === undefined ? null : { id: provider, name: null },
  })
  if (createdAt !== undefined) {
    await desk.sql.query('UPDATE bookings SET created_at = $2 WHERE id = $1', [booking.id, createdAt])
  }
  if (!paid) return booking
  const { requested, captured, confirmed } = factsFor(booking)
  return desk.after(booking, requested(), captured(), confirmed())
}

const moved = (booking: Booking, trigger: VisitTrigger) =>
  desk.after(booking, { type: 'moved', trigger, reason: null, at: instantOf(Date.now()), by: SYSTEM } satisfies Fact)

async function cancelled(booking: Booking): Promise<Booking> {
  return desk.after(booking, factsFor(booking).cancelled(PRICE))
}

const columnsOf = async (view: string) => {
  const { rows } = await desk.sql.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
    [view],
  )
  return rows.map(({ name }) => name)
}

describe('the clinic’s two views', () => {
  test('have the columns of its document, in its order, and by which zone a month is (C-13)', async () => {
    expect((await columnsOf('upcoming_bookings_view')).join(' ')).toBe(
      'id reference_code user_id pet_id clinic_id service_id service_name amount status slot_date slot_start_time slot_end_time',
    )
    expect((await columnsOf('booking_completion_rates')).join(' ')).toBe(
      'month total_bookings completed_bookings cancelled_bookings no_show_bookings completion_rate cancellation_rate time_zone',
    )
  })

  test('count, month by month, what was ever confirmed, and nothing that was only held or is not a clinic’s (C-13)', async () => {
    const january = '2026-01-31T23:59:59.000Z'
    const february = '2026-02-01T00:00:00.000Z'
    await moved(await booked({ createdAt: january }), 'complete')
    await moved(await booked({ createdAt: january, provider: 'vera' }), 'no_show')
    await cancelled(await booked({ createdAt: january, provider: 'vera' }))
    await moved(await booked({ createdAt: february }), 'start')
    await cancelled(await booked({ createdAt: january, paid: false }))
    await moved(await booked({ createdAt: january, profile: 'venue' }), 'complete')
    expect(await refreshViews(desk.db, 0)).toBe(true)

    const january1 = { total_bookings: 3, completed_bookings: 1, cancelled_bookings: 1, no_show_bookings: 1 }
    expect(await completionRates(desk.db, null, ALL)).toEqual([
      {
        month: new Date('2026-02-01T00:00:00.000Z'),
        time_zone: 'UTC',
        total_bookings: 1,
        completed_bookings: 0,
        cancelled_bookings: 0,
        no_show_bookings: 0,
        completion_rate: 0,
        cancellation_rate: 0,
      },
      {
        month: new Date('2026-01-01T00:00:00.000Z'),
        time_zone: 'UTC',
        ...january1,
        completion_rate: 33.33,
        cancellation_rate: 33.33,
      },
    ])
    expect(await completionRates(desk.db, 'vera', ALL)).toMatchObject([
      { total_bookings: 2, completed_bookings: 0, no_show_bookings: 1, cancellation_rate: 50 },
    ])
    expect(await completionRates(desk.db, null, { from: '2026-02-01T00:00:00.000Z', to: null })).toHaveLength(1)
    expect(await completionRates(desk.db, null, { from: null, to: '2026-02-01T00:00:00.000Z' })).toHaveLength(1)
  })

  test('show what is confirmed and ahead, on the clock of the clinic’s zone, in major units (C-13)', async () => {
    const jakarta = await booked({ zone: 'Asia/Jakarta', provider: 'vera' })
    const elsewhere = await booked()
    await desk.sql.query(`UPDATE bookings SET time_zone = 'Mars/Olympus' WHERE id = $1`, [elsewhere.id])
    const past = await booked()
    await desk.sql.query(`UPDATE booking_items SET starts_at = now() - interval '1 minute' WHERE booking_id = $1`, [
      past.id,
    ])
    await moved(await booked(), 'start')
    await refreshViews(desk.db, 0)

    const page = { limit: 10, page: 1 }
    const { rows, total } = await upcomingBookings(desk.db, { ...ALL, clinicId: 'paws', providerId: null }, page)
    expect(total).toBe(2)
    expect(rows.find(({ id }) => id === jakarta.id)).toEqual({
      id: jakarta.id,
      reference_code: jakarta.reference,
      user_id: 'ada',
      pet_id: 'rex',
      clinic_id: 'paws',
      service_id: 'o',
      service_name: 'Something',
      amount: '50.00',
      currency: 'USD',
      status: 'confirmed',
      slot_date: '2030-03-02',
      slot_start_time: '01:30:00',
      slot_end_time: '02:15:00',
    })
    // A zone that PostgreSQL does not know keeps nothing out: there it is UTC.
    expect(rows.find(({ id }) => id === elsewhere.id)).toMatchObject({
      slot_date: '2030-03-01',
      slot_start_time: '18:30:00',
    })
    const own = await upcomingBookings(desk.db, { ...ALL, clinicId: null, providerId: 'vera' }, page)
    expect(own.rows.map(({ id }) => id)).toEqual([jakarta.id])
    const until = { from: null, to: SLOT.start, clinicId: null, providerId: null }
    expect((await upcomingBookings(desk.db, until, page)).rows).toEqual([])
  })

  test.each([
    // One moment, two months: the clock of the place says which.
    ['Asia/Jakarta', '2025-06-30T18:00:00.000Z', '2025-06-30T17:00:00.000Z'],
    ['America/New_York', '2025-07-01T03:00:00.000Z', '2025-06-01T04:00:00.000Z'],
    // In March the clocks went forward in between.
    ['Europe/Berlin', '2025-03-31T21:30:00.000Z', '2025-02-28T23:00:00.000Z'],
    ['Mars/Olympus', '2025-05-31T23:59:59.000Z', '2025-05-01T00:00:00.000Z'],
  ])('N-88 reports are by months of the place: %s', async (zone, at, month) => {
    const provider = `of-${zone}`
    const booking = await booked({ createdAt: at, provider })
    await desk.sql.query('UPDATE bookings SET time_zone = $2 WHERE id = $1', [booking.id, zone])
    await desk.sql.query('ALTER TABLE financial_entries DISABLE TRIGGER entries_settled_once')
    await desk.sql.query('UPDATE financial_entries SET created_at = $2, provider_id = $3 WHERE booking_id = $1', [
      booking.id,
      at,
      provider,
    ])
    await desk.sql.query('ALTER TABLE financial_entries ENABLE TRIGGER entries_settled_once')
    await refreshViews(desk.db, 0)
    const stated = { time_zone: zone.startsWith('Mars') ? 'UTC' : zone }
    const expected = { month: new Date(month), total_bookings: 1, ...stated }
    expect(await completionRates(desk.db, provider, ALL)).toMatchObject([expected])
    expect(await completionRates(desk.db, null, { from: month, to: at })).toContainEqual(
      expect.objectContaining(expected),
    )
    const filter = { ...ALL, clinicId: null, providerId: provider }
    expect(await settlementReport(desk.db, filter, 'month')).toMatchObject([
      { period: new Date(month), gross: PRICE, ...stated },
    ])
    const [day] = await settlementReport(desk.db, filter, 'day')
    expect(Date.parse(at) - day!.period.getTime()).toBeLessThan(86_400_000)
  })

  test('know the decimals of every currency that the product sells in (C-13)', async () => {
    const codes = Intl.supportedValuesOf('currency').filter(isCurrency)
    const { rows } = await desk.sql.query<{ code: string; decimals: number }>(
      'SELECT code, currency_exponent(code) AS decimals FROM unnest($1::text[]) AS code',
      [codes],
    )
    expect(codes.length).toBeGreaterThan(140)
    expect(rows).toEqual(codes.map((code) => ({ code, decimals: exponentOf(code) })))
  })
})

describe('who gets what of the money', () => {
  const splits = async (id: string) =>
    (
      await desk.sql.query<{ parts: string }>(
        `SELECT concat_ws(' ', type, total_amount, platform_fee, clinic_amount, tax_amount) AS parts FROM financial_entries
         WHERE booking_id = $1 ORDER BY created_at, type`,
        [id],
      )
    ).rows.map(({ parts }) => parts)

  async function givenBack(): Promise<Booking> {
    const booking = await booked()
    const { cancelled: cancel, refundRequested, refunded } = factsFor(booking)
    const ended = await desk.after(booking, cancel(), refundRequested(booking.payments[0]!.id))
    const done = await desk.after(ended, refunded())
    // A worker whose answer was lost writes the same operation once more.
    expect(await desk.record(ended, [refunded()])).toBe('repeated')
    return done
  }

  test('is written with the money, and once when the write is repeated (C-06, C-12)', async () => {
    expect(await splits((await givenBack()).id)).toEqual(['payment 5000 500 4500 0', 'refund -5000 -500 -4500 0'])
  })
})

describe('a refresh of the views', () => {
  const connected = async (use: (one: Client) => Promise<void>) => {
    const one = new Client({ connectionString: url })
    await one.connect()
    try {
      await one.query('BEGIN')
      await use(one)
    } finally {
      await one.end()
    }
  }

  test('does not wait for readers, and they do not wait for it (C-13)', async () => {
    await connected(async (reader) => {
      await reader.query('SELECT count(*) FROM booking_completion_rates, upcoming_bookings_view')
      expect(await refreshViews(desk.db, 0)).toBe(true)
    })
    await connected(async (refresh) => {
      expect((await refresh.query('SELECT refresh_reports($1)', ['0'])).rows).toEqual([{ refresh_reports: true }])
      await connected(async (reader) => {
        await reader.query(`SET LOCAL lock_timeout = '500ms'`)
        const { rowCount } = await reader.query('SELECT FROM booking_completion_rates')
        expect(rowCount).toBeGreaterThan(0)
        expect((await reader.query('SELECT FROM upcoming_bookings_view')).rowCount).toBeGreaterThan(0)
      })
    })
  })

  test('is one at a time, and not repeated for views that are young enough (C-13)', async () => {
    await connected(async (first) => {
      await first.query('SELECT refresh_reports($1)', ['0'])
      expect(await refreshViews(desk.db, 0)).toBe(false)
    })
    expect(await refreshViews(desk.db, 0)).toBe(true)
    const at = await viewsRefreshedAt(desk.db)
    expect(await refreshViews(desk.db, 60)).toBe(false)
    expect(await viewsRefreshedAt(desk.db)).toEqual(at)
  })

  test('comes by itself in every worker, and goes on after the database was away (C-13)', async () => {
    const warnings: unknown[] = []
    const log = { warn: (about: unknown) => warnings.push(about) } as never
    const refresh = startReportRefresh({ config: { DATABASE_URL: url, REPORT_REFRESH_SECONDS: 1 }, log })
    try {
      const before = await viewsRefreshedAt(desk.db)
      await eventually(async () => expect(await viewsRefreshedAt(desk.db)).not.toEqual(before))
      await desk.sql.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()',
        ['%refresh_reports(make_interval%'],
      )
      const then = await viewsRefreshedAt(desk.db)
      await eventually(async () => expect(await viewsRefreshedAt(desk.db)).not.toEqual(then))
    } finally {
      await refresh.stop()
    }
  })
})
