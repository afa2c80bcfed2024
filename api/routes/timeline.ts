import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { listHistory } from '../../prisma/lists.ts'
import { readDurable } from '../../temporal/timeline/read.ts'
import { timelineOf } from '../../temporal/timeline/timeline.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Variables } from '../auth.ts'
import { about, answers, problems } from '../documented.ts'
import { Uuid } from '../schemas/common.ts'
import { visibleBooking } from '../visibility.ts'

const TimelineSchema = z
  .object({
    source: z
      .enum(['temporal', 'history'])
      .openapi({ description: '`history`: only the facts of the booking are known' }),
    note: z.string().nullable().openapi({ description: 'what is missing, and why' }),
    entries: z.array(
      z.object({
        at: z.string().openapi({ format: 'date-time' }),
        kind: z.string(),
        text: z.string().openapi({ example: 'The refund of 120.00 USD failed, and was tried again (attempt 3).' }),
        actor: z.object({ role: z.string(), id: z.string() }).nullable(),
        details: z.record(z.string(), z.unknown()),
        workflow_id: z.string().nullable(),
        run_id: z.string().nullable(),
        event_id: z.int().nullable(),
        version: z.int().nullable(),
      }),
    ),
  })
  .openapi('Timeline')

const route = createRoute({
  method: 'get',
  path: '/bookings/{id}/timeline',
  ...about(
    'History',
    'getTimeline',
    'Read the story of a booking in plain words',
    'Commands, timers, payments, retries and undo steps, from the runs in Temporal together with the history. While Temporal is away, the history alone.',
  ),
  request: { params: z.object({ id: Uuid }) },
  responses: { ...answers(200, 'from the beginning, what is under way last', TimelineSchema), ...problems(404, 422) },
})

/** the one read that asks Temporal; without it, the facts of the history table are told alone. */
export function timelineRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database, temporal, log }: Parts): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const { role } = c.get('principal')
    const booking = await visibleBooking(database, c.get('principal'), id)
    const durable = await readDurable(temporal, id, (error) => {
      log.warn({ err: error, booking: id }, 'Temporal could not be asked for a timeline')
    })
    // Read after Temporal, so that what it tells of is in it.
    const history = await listHistory(database, id)
    const wording = { currency: booking.price.currency, forStaff: role === 'operator' || role === 'service' }
    return c.json(timelineOf(history, durable, wording), 200)
  })
}
