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
import { answers, problems, SECURITY } from '../documented.ts'
import { invalid } from '../problems.ts'
import { Id, InstantText, whole } from '../schemas/common.ts'

const MAX_PAGE = 500

const SpanQuery = z.object({ from: InstantText.optional(), to: InstantText.optional(), provider_id: Id.optional() })
const PayeeQuery = SpanQuery.extend({ clinic_id: Id.optional() })
const AsOf = z.string().openapi({ description: 'what the report says is of then' })
const refusals = problems(403, 422)

const rates = createRoute({
  method: 'get',
  path: '/reports/completion-rates',
  summary: 'How the clinic bookings of each month ended, newest month first (A-23)',
  security: SECURITY,
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
              month: z.string(),
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
  summary: 'Confirmed clinic bookings ahead, soonest first; dates and times on the clinic’s clock (A-23)',
  security: SECURITY,
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
  summary: 'What was earned and what is owed, per payee, currency and period; minor units (A-23, C-06)',
  security: SECURITY,
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
              period: z.string(),
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
    return c.json({ as_of: asOf, rows: rows.map((row) => ({ ...row, month: row.month.toISOString() })) }, 200)
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
    return c.json({ as_of: asOf, rows: rows.map((row) => ({ ...row, period: row.period.toISOString() })) }, 200)
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

function now(): string {
  return new Date().toISOString()
}
