import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { Booking } from '../../domain/booking.ts'
import { cancellationOffer, keptAfter, policyOffer } from '../../domain/cancellation.ts'
import { legalCommands, type CommandType } from '../../domain/commands.ts'
import { Refused } from '../../domain/failures.ts'
import { STATUSES, type Status } from '../../domain/lifecycle.ts'
import { itemsRefusal } from '../../domain/reschedule.ts'
import { RETURNED } from '../../domain/undo.ts'
import type { Parts } from '../../runtime/wire.ts'
import { actorOf, requireRole, type Variables } from '../auth.ts'
import { expectedVersionOf, giveCommand } from '../command.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { currentInstant } from '../clock.ts'
import { invalid } from '../problems.ts'
import { BookingSchema } from '../schemas/booking.ts'
import { Id, IdempotencyHeader, IdempotencyKeyField, text, Uuid } from '../schemas/common.ts'
import { visibleBooking } from '../visibility.ts'

const Version = z.int().min(0).optional().openapi({ description: 'the version you looked at; or If-Match' })
const params = z.object({ id: Uuid })

const ItemIds = z.array(Id).min(1).max(100)

const CancelSchema = z
  .strictObject({
    reason: text(1, 500).optional(),
    item_ids: ItemIds.optional().openapi({
      description: 'cancels these items alone; all of them are the whole booking',
    }),
    expected_version: Version,
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('Cancel')

const cancel = createRoute({
  method: 'post',
  path: '/bookings/{id}/cancel',
  ...about(
    'Bookings',
    'cancelBooking',
    'Cancel a booking, or some of its items',
    'What comes back follows the policy as it was when the booking was made; ask before with the preview. With `item_ids` only those items are cancelled.',
  ),
  request: { params, headers: IdempotencyHeader, ...jsonBody(CancelSchema, 'cancelAll', 'cancelOneItem') },
  responses: { ...answers(200, 'cancelled, with its refund', BookingSchema), ...problems(403, 404, 409, 412, 422) },
})

const CancellationSchema = z
  .object({
    can_cancel: z.boolean(),
    refund: z.object({ amount: z.int(), currency: z.string(), percent: z.int() }),
    valid_until: z.string().nullable(),
    forfeited: z.int().openapi({
      description: 'what is not given back: it stays forfeited when the visit is moved to another date',
    }),
    version: z.int(),
  })
  .openapi('CancellationPreview')

const PreviewQuery = z.strictObject({
  item_ids: text(1, 2000)
    .transform((list) => list.split(','))
    .pipe(ItemIds)
    .optional()
    .openapi({ type: 'string', description: 'of these items alone, separated by commas' }),
})

const preview = createRoute({
  method: 'get',
  path: '/bookings/{id}/cancellation',
  ...about(
    'Bookings',
    'previewCancellation',
    'Ask what cancelling now would give back',
    'The answer holds until `valid_until`, for this `version` of the booking.',
  ),
  request: { params, query: PreviewQuery },
  responses: { ...answers(200, 'the preview', CancellationSchema), ...problems(404, 409, 422) },
})

const ACTIONS = [
  'approve',
  'decline',
  'check_in',
  'start',
  'complete',
  'no_show',
  'undo_no_show',
  'cancel',
] as const satisfies readonly CommandType[]

const StatusSchema = z
  .strictObject({
    status: z.enum(STATUSES).optional(),
    action: z.enum(ACTIONS).optional(),
    reason: text(1, 500).optional(),
    returned: z.enum(RETURNED).optional().openapi({
      description:
        'with `undo_no_show`, where a part of the price went back: it is asked for again, or left with the guest',
    }),
    expected_version: Version,
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('StatusChange')

const changeStatus = (method: 'post' | 'put') =>
  createRoute({
    method,
    path: '/bookings/{id}/status',
    ...about(
      'Bookings',
      method === 'post' ? 'changeStatus' : 'putStatus',
      'Run a visit: approve, check in, start, complete, no-show',
      'For operators and providers. Name the status to reach, or the action. POST and PUT do the same.',
    ),
    request: { params, headers: IdempotencyHeader, ...jsonBody(StatusSchema, 'checkIn', 'complete') },
    responses: {
      ...answers(200, 'the booking as it then stands', BookingSchema),
      ...problems(403, 404, 409, 412, 422),
    },
  })

/** commands go to the workflow as updates; what is not legal is a 409 that names what is. */
export function commandRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  app.openapi(cancel, (c) => {
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    return once(c, parts, 'cancel', id, body, (operation) =>
      giveCommand(parts, c.get('principal'), {
        id,
        commandFor: () => 'cancel',
        reason: body.reason ?? null,
        expected: expectedVersionOf(c, body.expected_version),
        operation,
        more: () => (body.item_ids === undefined ? {} : { itemIds: [...new Set(body.item_ids)] }),
      }),
    )
  })

  app.openapi(preview, async (c) => {
    const { id } = c.req.valid('param')
    const principal = c.get('principal')
    const booking = await visibleBooking(parts.database, principal, id)
    const { currency } = booking.price
    const { version } = booking
    if (!legalCommands(booking).includes('cancel')) {
      const refund = { amount: 0, currency, percent: 0 }
      return c.json({ can_cancel: false, refund, valid_until: null, forfeited: 0, version }, 200)
    }
    const itemIds = c.req.valid('query').item_ids ?? null
    const [by, now] = [actorOf(principal), currentInstant()]
    const no = itemIds === null ? null : itemsRefusal(booking, itemIds, now)
    if (no !== null) throw new Refused(no)
    const { amount, percent, validUntil } = cancellationOffer(booking, by, now, itemIds)
    const refund = { amount, currency, percent }
    const forfeited = keptAfter(booking, policyOffer(booking, by, now, itemIds), itemIds)
    return c.json({ can_cancel: true, refund, valid_until: validUntil, forfeited, version }, 200)
  })

  for (const method of ['post', 'put'] as const) {
    app.openapi(changeStatus(method), (c) => {
      const { id } = c.req.valid('param')
      const body = c.req.valid('json')
      requireRole(c.get('principal'), 'operator', 'provider')
      const { status, action } = body
      if ((status === undefined) === (action === undefined)) {
        throw invalid({ pointer: '/status', message: 'name the status to reach, or the action, and not both' })
      }
      if (body.returned !== undefined && action !== 'undo_no_show') {
        throw invalid({ pointer: '/returned', message: 'is for the action undo_no_show alone' })
      }
      return once(c, parts, 'status', id, body, (operation) =>
        giveCommand(parts, c.get('principal'), {
          id,
          commandFor: (booking) => action ?? actionTowards(booking, status!, operation.begunBefore),
          reason: body.reason ?? null,
          expected: expectedVersionOf(c, body.expected_version),
          operation,
          more: () => (body.returned === undefined ? {} : { returned: body.returned }),
        }),
      )
    })
  }
}

/** The command that leads a booking to a status. Confirming is the payment's business: only an approval or a mistaken no-show is a person's (T-07). */
function actionTowards(booking: Booking, status: Status, begunBefore: boolean): CommandType {
  const from = booking.status
  switch (status) {
    case 'confirmed':
      if (from === 'awaiting_approval') return 'approve'
      if (from === 'no_show') return 'undo_no_show'
      // Asked for before, and perhaps done: the workflow knows the operation by its id, whichever command it was.
      if (begunBefore) return 'approve'
      break
    case 'cancelled':
      return from === 'awaiting_approval' ? 'decline' : 'cancel'
    case 'checked_in':
      return 'check_in'
    case 'in_progress':
      return 'start'
    case 'completed':
      return 'complete'
    case 'no_show':
      return 'no_show'
    case 'pending':
    case 'awaiting_approval':
    case 'expired':
    case 'refunded':
      break
  }
  throw new Refused({
    code: 'illegal_transition',
    message: `A ${from} booking cannot be made ${status} by hand.`,
    details: { booking_status: from, legal: legalCommands(booking) },
  })
}
