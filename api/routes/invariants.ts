import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { auditInvariants } from '../../prisma/invariants.ts'
import { findReport, openDiscrepancies, type ReconciliationReport } from '../../prisma/reconciliation.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Variables } from '../auth.ts'
import { about, answers, problems } from '../documented.ts'

// With a name of its own, because generators make one up for each place where it stands.
const DiscrepancySchema = z
  .object({
    kind: z.string(),
    subject: z.string(),
    detail: z.string(),
    outcome: z.enum(['repaired', 'attention', 'open']),
  })
  .openapi('Discrepancy')

const ReconciliationSchema = z
  .object({
    id: z.string(),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
    restored: z.boolean().openapi({ description: 'the database had been restored to an earlier time' }),
    bookings: z.int().openapi({ description: 'open bookings that were compared' }),
    runs: z.int().openapi({ description: 'runs of workflows that were compared' }),
    findings: z.array(DiscrepancySchema),
  })
  .openapi('Reconciliation')

const AuditSchema = z
  .object({
    healthy: z.boolean(),
    violations: z.array(z.object({ invariant: z.string(), subject: z.string(), detail: z.string() })),
    reconciliation: ReconciliationSchema.nullable().openapi({
      description: 'the last reconciliation that is over: invariant 9 is as it left it; null: there was none yet',
    }),
  })
  .openapi('Audit')

const audit = createRoute({
  method: 'get',
  path: '/invariants',
  ...about(
    'Operations',
    'auditInvariants',
    'Audit what must always hold; no violation means healthy',
    'For operators. Looks at what is open and what changed within the hour, and adds what the last reconciliation left.',
  ),
  responses: { ...answers(200, 'what is not as it must be', AuditSchema), ...problems(403) },
})

/** How far back the audit looks of what has ended. */
const LOOKS_BACK_MS = 3_600_000

/** A-21, for operators. */
export function invariantRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database }: Parts): void {
  app.openapi(audit, async (c) => {
    requireRole(c.get('principal'), 'operator')
    const now = new Date()
    // The last report has what is older: asking for all of it here would take too long (N-61).
    const scope = { since: new Date(now.getTime() - LOOKS_BACK_MS), now, named: [] }
    const [found, last] = await Promise.all([auditInvariants(database, [], scope), findReport(database, null)])
    const violations = [...found, ...openDiscrepancies(last)]
    const reconciliation = last === null ? null : render(last)
    return c.json({ healthy: violations.length === 0, violations, reconciliation }, 200)
  })
}

function render(report: ReconciliationReport): z.infer<typeof ReconciliationSchema> {
  const { id, startedAt, finishedAt, restored, bookings, runs, discrepancies } = report
  return {
    id,
    started_at: startedAt.toISOString(),
    finished_at: finishedAt?.toISOString() ?? null,
    restored,
    bookings,
    runs,
    findings: [...discrepancies],
  }
}
