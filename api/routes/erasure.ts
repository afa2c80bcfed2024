import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { erasePerson, type Erasure } from '../../prisma/erasure.ts'
import type { Parts } from '../../runtime/wire.ts'
import { eraseRuns } from '../../temporal/erasure.ts'
import { requireRole, type Variables } from '../auth.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { Id } from '../schemas/common.ts'

const KeptSchema = z.object({
  what: z.string(),
  count: z.int().nullable().openapi({ description: 'null: not counted here' }),
  ids: z.array(z.string()).optional().openapi({ description: 'of what can be erased once it is over' }),
  reason: z.string(),
})

const ErasureSchema = z
  .object({
    customer_id: z.string(),
    erased: z.record(z.string(), z.int()).openapi({ description: 'rows by table, and Temporal histories' }),
    kept: z.array(KeptSchema),
  })
  .openapi('Erasure')

const erase = createRoute({
  method: 'post',
  path: '/customers/{customer_id}/erasure',
  ...about(
    'Operations',
    'eraseCustomer',
    'Erase a customer',
    'For operators. Names, addresses, notes and whatever else people wrote goes from everything of the customer that is over: bookings, their history, events and webhooks that are still stored, stored answers, notifications, ' +
      'reviews, attachments, the waitlist, and the histories in Temporal. The answer says what stays, and why. It may be repeated, and has to be for what was not over yet.',
  ),
  request: {
    params: z.object({ customer_id: Id }),
    ...jsonBody(z.strictObject({}).openapi('ErasureRequest'), 'nothingMore'),
  },
  responses: { ...answers(200, 'what was erased, and what was kept', ErasureSchema), ...problems(403, 422) },
})

/** Erasing a person (issue 13, "Growth with a bound"). */
export function erasureRoutes(app: OpenAPIHono<{ Variables: Variables }>, { database, temporal, log }: Parts): void {
  app.openapi(erase, async (c) => {
    requireRole(c.get('principal'), 'operator')
    const { customer_id: customerId } = c.req.valid('param')
    const runs = { deleted: 0, left: 0 }
    // After the database: what dies in between is found by the next try.
    const erasure = await erasePerson(database, customerId, async (bookingIds) => {
      const { deleted, left } = await eraseRuns(temporal, bookingIds)
      runs.deleted += deleted
      runs.left += left
    })
    log.info({ by: c.get('principal').id, erased: erasure.erased, open: erasure.open.length }, 'a customer was erased')
    return c.json(
      {
        customer_id: customerId,
        erased: { ...erasure.erased, temporal_histories: runs.deleted },
        kept: keptOf(erasure, runs.left),
      },
      200,
    )
  })
}

/** What stays, and why: what is always so last. */
function keptOf({ open, waiting, unread, over }: Erasure, runs: number) {
  const counted = [
    {
      what: 'bookings that are ahead or under way, or have money on its way, with all that belongs to them',
      count: open.length,
      ids: [...open],
      reason: 'they cannot be carried out without it; cancel them, or erase again when they are over',
    },
    {
      what: 'waitlist entries that still wait',
      count: waiting.length,
      ids: [...waiting],
      reason: 'an offer could not be made without it; withdraw them, or erase again',
    },
    {
      what: 'Temporal histories of runs that are open or ended just now',
      count: runs,
      reason: 'a run cannot go on without its history; erase again in some minutes',
    },
    {
      what: 'messages from Kafka that are not processed yet',
      count: unread,
      reason:
        'they may be about money; they are deleted once they are processed, at the latest within a day; erase again',
    },
  ].filter(({ count }) => count > 0)
  return [
    ...counted,
    {
      what: 'the customer’s id, and the amounts, times and states of bookings, payments and accounts',
      count: over,
      reason:
        'the accounts have to be kept and to add up; the id names nobody once whoever gave it out has erased them, too',
    },
    {
      what: 'the stars of reviews',
      count: null,
      reason: 'averages of a service are made of them; they have no text',
    },
    {
      what: 'corrections of contact data that were not made yet',
      count: null,
      reason: 'they are kept apart from the person they are of, and deleted when they are made, or after a week',
    },
    { what: 'files of attachments', count: null, reason: 'they are removed within a day, by the search for orphans' },
    {
      what: 'sessions of the console',
      count: null,
      reason: 'they are encrypted under what only the browser has, and end with their token',
    },
    {
      what: 'events in Kafka, webhooks and mails that were sent, backups, and what the payment service and others know',
      count: null,
      reason:
        'they are out of our hands, or have an age of their own (docs/operations.md); events have no contact data and no notes',
    },
  ]
}
