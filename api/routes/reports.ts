import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import {
  completionRates,
  settlementReport,
  upcomingBookings,
  viewsRefreshedAt,
  type Span,
} from '../../prisma/reports.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Principal, type Variables } from '../auth.ts'
import { about, answers, problems } from '../documented.ts'
import { invalid } from '../problems.ts'
import { Id, InstantText, whole } from '../schemas/common.ts'

const MAX_PAGE = 500

const SpanQuery = z.object({ from: InstantText.optional(), to: InstantText.optional(), provider_id: Id.optional() })
const PayeeQuery = SpanQuery.extend({ clinic_id: Id.optional() })
const AsOf = z.string().openapi({ description: 'what the report says is of then' })
const ZONED = {
  time_zone: z.string().openapi({ description: 'of the place: periods are by its clock' }),
  first_day: z.string().openapi({ description: 'the first day of the period there', example: '2026-03-01' }),
}
const refusals = problems(403, 422)

const rates = createRoute({
  method: 'get',
  path: '/reports/completion-rates',
  ...about(
    'Reports',
    'reportCompletionRates',
    'Report how the clinic bookings of each month ended',
    'Newest month first; months by the clock of the place.',
  ),
  request: { query: SpanQuery },
  responses: {
    ...answers(
      200,
      'one row a month',
      z
        .object({
          as_of: AsOf,
          rows: z.array(
            z.object({
              month: z.string().openapi({ description: 'when the month begins in the zone' }),
              ...ZONED,
              total_bookings: z.int(),
              completed_bookings: z.int(),
              cancelled_bookings: z.int(),
              no_show_bookings: z.int(),
              completion_rate: z.number(),
              cancellation_rate: z.number(),
            }),
          ),
        })
        .openapi('CompletionRates'),
    ),
    ...refusals,
  },
})

const upcoming = createRoute({
  method: 'get',
  path: '/reports/upcoming',
  ...about(
    'Reports',
    'reportUpcoming',
    'Report the confirmed clinic bookings ahead',
    'Soonest first; dates and times by the clinic’s clock.',
  ),
  request: {
    query: PayeeQuery.extend({
      page: whole(1, 10_000).default(1),
      limit: whole(1, MAX_PAGE).default(100),
    }),
  },
  responses: {
    ...answers(
      200,
      'a page',
      z
        .object({ as_of: AsOf, rows: z.array(z.looseObject({})), page: z.int(), limit: z.int(), total: z.int() })
        .openapi('UpcomingBookings'),
    ),
    ...refusals,
  },
})

const settlement = createRoute({
  method: 'get',
  path: '/reports/settlement',
  ...about(
    'Reports',
    'reportSettlement',
    'Report what was earned and what is owed',
    'Per payee, currency and period, in minor units; periods by the clock of the place.',
  ),
  request: { query: PayeeQuery.extend({ period: z.enum(['day', 'month']).default('month') }) },
  responses: {
    ...answers(
      200,
      'gross − refunds = fees + tax + net, and net = settled + open',
      z
        .object({
          as_of: AsOf,
          rows: z.array(
            z.object({
              clinic_id: z.string().nullable(),
              provider_id: z.string().nullable(),
              currency: z.string(),
              period: z.string().openapi({ description: 'when the period begins in the zone' }),
              ...ZONED,
              ...Object.fromEntries(
                ['gross', 'refunds', 'fees', 'tax', 'net', 'settled', 'open'].map((name) => [name, z.int()]),
              ),
            }),
          ),
        })
        .openapi('Settlement'),
    ),
    ...refusals,
  },
})

/** operators see everything, providers what is theirs. */
export function reportRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database }: Parts): void {
  app.openapi(rates, async (c) => {
    const query = c.req.valid('query')
    const providerId = providerIn(c.get('principal'), query.provider_id)
    if (providerId === undefined) return c.json({ as_of: now(), rows: [] }, 200)
    // Read before the rows: then they are of that time, or younger.
    const asOf = providerId === null ? (await viewsRefreshedAt(database)).toISOString() : now()
    const rows = await completionRates(database, providerId, spanOf(query))
    return c.json(
      { as_of: asOf, rows: rows.map((row) => ({ ...row, ...begun('month', row.month, row.time_zone) })) },
      200,
    )
  })

  app.openapi(upcoming, async (c) => {
    const { page, limit, clinic_id: clinicId, ...query } = c.req.valid('query')
    const providerId = providerIn(c.get('principal'), query.provider_id)
    const asOf = (await viewsRefreshedAt(database)).toISOString()
    if (providerId === undefined) return c.json({ as_of: asOf, rows: [], page, limit, total: 0 }, 200)
    const filter = { ...spanOf(query), providerId, clinicId: clinicId ?? null }
    const { rows, total } = await upcomingBookings(database, filter, { page, limit })
    return c.json({ as_of: asOf, rows, page, limit, total }, 200)
  })

  app.openapi(settlement, async (c) => {
    const { period, clinic_id: clinicId, ...query } = c.req.valid('query')
    const providerId = providerIn(c.get('principal'), query.provider_id)
    const asOf = now()
    if (providerId === undefined) return c.json({ as_of: asOf, rows: [] }, 200)
    const rows = await settlementReport(database, { ...spanOf(query), providerId, clinicId: clinicId ?? null }, period)
    return c.json(
      { as_of: asOf, rows: rows.map((row) => ({ ...row, ...begun('period', row.period, row.time_zone) })) },
      200,
    )
  })
}

/** Whose rows: null is everybody's. Undefined when a provider asks for another one's, who has nothing to show to them. */
function providerIn(principal: Principal, asked: string | undefined): string | null | undefined {
  requireRole(principal, 'operator', 'service', 'provider')
  if (principal.role !== 'provider') return asked ?? null
  return asked === undefined || asked === principal.id ? principal.id : undefined
}

function spanOf({ from, to }: { from?: string | undefined; to?: string | undefined }): Span {
  if (from !== undefined && to !== undefined && from >= to)
    throw invalid({ pointer: '/to', message: 'is not after from' })
  return { from: from ?? null, to: to ?? null }
}

/** The moment at which a period begins, and the day that it is there (N-88). */
function begun<Name extends 'month' | 'period'>(name: Name, at: Date, zone: string) {
  // Sweden's way of writing a day is that of ISO 8601.
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(at)
  return { [name]: at.toISOString(), first_day: day } as Record<Name, string> & { first_day: string }
}

function now(): string {
  return new Date().toISOString()
}
