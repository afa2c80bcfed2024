import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { auditInvariants } from '../../prisma/invariants.ts'
import type { Parts } from '../../wire.ts'
import { requireRole, type Variables } from '../auth.ts'
import { answers, problems, SECURITY } from '../documented.ts'

const AuditSchema = z
  .object({
    healthy: z.boolean(),
    violations: z.array(z.object({ invariant: z.string(), subject: z.string(), detail: z.string() })),
  })
  .openapi('Audit')

const audit = createRoute({
  method: 'get',
  path: '/invariants',
  summary: 'The audit of the invariants; empty means healthy (A-21)',
  security: SECURITY,
  responses: { ...answers(200, 'what is not as it must be', AuditSchema), ...problems(403) },
})

/** A-21, for operators. */
export function invariantRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database }: Parts): void {
  app.openapi(audit, async (c) => {
    requireRole(c.get('principal'), 'operator')
    const violations = await auditInvariants(database)
    return c.json({ healthy: violations.length === 0, violations }, 200)
  })
}
