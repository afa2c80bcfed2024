import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Variables } from '../auth.ts'
import { expectedVersionOf, giveCommand } from '../command.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { BookingSchema } from '../schemas/booking.ts'
import { Amount, IdempotencyHeader, IdempotencyKeyField, line, text, Uuid } from '../schemas/common.ts'

const Version = z.int().min(0).optional().openapi({ description: 'the version you looked at; or If-Match' })
const params = z.object({ id: Uuid })

const ExtendSchema = z
  .strictObject({ expected_version: Version, idempotency_key: IdempotencyKeyField })
  .openapi('ExtendHold')

const extend = createRoute({
  method: 'post',
  path: '/bookings/{id}/extend',
  ...about(
    'Bookings',
    'extendHold',
    'Hold the units for longer',
    'How often, and how much longer, is in the policy of what was booked.',
  ),
  request: { params, headers: IdempotencyHeader, ...jsonBody(ExtendSchema, 'nothingMore') },
  responses: { ...answers(200, 'the booking, held for longer', BookingSchema), ...problems(403, 404, 409, 412, 422) },
})

const COMMON = {
  reason: text(1, 500).refine((reason) => reason.trim() !== '', { message: 'says nothing: it stays in the history' }),
  expected_version: Version,
  idempotency_key: IdempotencyKeyField,
}

const OperationSchema = z
  .discriminatedUnion('operation', [
    z.strictObject({ operation: z.literal('settle_refund'), refund_key: line(1, 300), ...COMMON }),
    z.strictObject({ operation: z.literal('stop_refund'), refund_key: line(1, 300), ...COMMON }),
    z.strictObject({ operation: z.literal('retry'), ...COMMON }),
    z.strictObject({ operation: z.literal('force_release'), ...COMMON }),
    z.strictObject({ operation: z.literal('confirm_by_hand'), amount: Amount.optional(), ...COMMON }),
    z.strictObject({ operation: z.literal('settle_displacement'), ...COMMON }),
    z.strictObject({ operation: z.literal('acknowledge'), ...COMMON }),
  ])
  .openapi('Operation')

const operate = createRoute({
  method: 'post',
  path: '/bookings/{id}/operations',
  ...about(
    'Operations',
    'operateBooking',
    'Repair a booking by hand, with a reason',
    'For operators. The reason stays in the booking’s history. `available_actions` says which operations are possible now; docs/runbook.md says when to use which.',
  ),
  request: { params, headers: IdempotencyHeader, ...jsonBody(OperationSchema, 'acknowledge', 'retry', 'forceRelease') },
  responses: { ...answers(200, 'the booking as it then stands', BookingSchema), ...problems(403, 404, 409, 412, 422) },
})

/** commands to the workflow besides the visit and the cancellation. */
export function operationRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  app.openapi(extend, (c) => {
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    return once(c, parts, 'extend', id, body, (operation) =>
      giveCommand(parts, c.get('principal'), {
        id,
        commandFor: () => 'extend',
        reason: null,
        expected: expectedVersionOf(c, body.expected_version),
        operation,
      }),
    )
  })

  app.openapi(operate, (c) => {
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    requireRole(c.get('principal'), 'operator')
    return once(c, parts, 'operate', id, body, (operation) =>
      giveCommand(parts, c.get('principal'), {
        id,
        commandFor: () => body.operation,
        reason: body.reason,
        expected: expectedVersionOf(c, body.expected_version),
        operation,
        more: () => ({
          ...('refund_key' in body && { refundKey: body.refund_key }),
          ...(body.operation === 'confirm_by_hand' && { amount: body.amount ?? null }),
        }),
      }),
    )
  })
}
