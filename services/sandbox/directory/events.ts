import { Hono } from 'hono'
import { z } from 'zod'
import type { Named } from '../faults/strike.ts'
import { CONTROL_LIMIT, pathId, readBody } from '../http/body.ts'
import type { SandboxEnv } from '../http/env.ts'
import { currency, identifier, instant, text, toInstant } from '../http/fields.ts'
import { invalid, notFound } from '../http/problem.ts'
import type { Database } from '../store/database.ts'

const eventBody = z.strictObject({
  id: identifier.optional(),
  name: text(200),
  venue: z.strictObject({ id: identifier, name: text(200) }),
  starts_at: instant,
  ends_at: instant,
  on_sale: z.boolean(),
  currency,
  /** Prices in major units, as the ticketing document has them: 25.5 is 25 euros and 50 cents. */
  seats: z.array(z.strictObject({ id: identifier, price: z.number().min(0).max(1e9) })).max(100_000),
})

const pricesBody = z.strictObject({ seatIds: z.array(identifier).min(1).max(500) })

interface Event {
  id: string
  currency: string
}

function findEvent(db: Database, id: string): Event {
  const row = db.get<{ entry: string }>('select entry from events where id = ?', id)
  if (row === undefined) throw notFound('event')
  return JSON.parse(row.entry) as Event
}

/** `/internal/events` [S-05]. */
export function eventRoutes(db: Database, named: Named): Hono<SandboxEnv> {
  return new Hono<SandboxEnv>()
    .get('/:id', named('catalog', 'event'), (c) => c.json(findEvent(db, c.req.param('id'))))
    .post('/:id/seats/prices', named('catalog', 'prices'), async (c) => {
      const { seatIds } = await readBody(c, pricesBody)
      const event = findEvent(db, c.req.param('id'))
      const prices = [...new Set(seatIds)].flatMap((id) =>
        db.all<{ id: string; price: number }>(
          'select id, price from seats where event_id = ? and id = ?',
          event.id,
          id,
        ),
      )
      return c.json(prices.map((seat) => ({ ...seat, currency: event.currency })))
    })
}

/** `PUT /control/events/{id}` [S-07]: the event and all its seats, replacing what was there. */
export function eventControl(db: Database): Hono<SandboxEnv> {
  return new Hono<SandboxEnv>().put('/:id', async (c) => {
    const id = pathId(c)
    const { seats, ...body } = await readBody(c, eventBody, { limit: CONTROL_LIMIT })
    if (body.id !== undefined && body.id !== id) throw invalid({ pointer: '/id', message: 'must be that of the path' })
    const event = { ...body, id, starts_at: toInstant(body.starts_at), ends_at: toInstant(body.ends_at) }
    db.transaction(() => {
      db.run('insert or replace into events (id, entry) values (?, ?)', id, JSON.stringify(event))
      db.run('delete from seats where event_id = ?', id)
      for (const seat of seats) {
        db.run('insert or replace into seats (event_id, id, price) values (?, ?, ?)', id, seat.id, seat.price)
      }
    })
    return c.json({ ...event, seats: seats.length })
  })
}
