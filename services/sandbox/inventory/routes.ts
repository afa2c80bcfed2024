import { Hono } from 'hono'
import type { Named } from '../faults/strike.ts'
import { CONTROL_LIMIT, readBody } from '../http/body.ts'
import type { Operations } from '../http/operation.ts'
import type { SandboxEnv } from '../http/env.ts'
import { toInstant } from '../http/fields.ts'
import type { Database } from '../store/database.ts'
import { place, type Taken } from './place.ts'
import { release, reserve, updateLock } from './reserve.ts'
import { checkBody, releaseBody, reserveBody, unitsBody, updateBody } from './schemas.ts'

/**
 * `/api/v1/inventory` [S-01]. Checking promises nothing; only a reservation does. The lock makes repeats harmless by itself; a key,
 * when there is one, also stops a repeat that comes after a later operation.
 */
export function inventoryRoutes(db: Database, now: () => Date, named: Named, operations: Operations): Hono<SandboxEnv> {
  const time = () => now().getTime()
  return new Hono<SandboxEnv>()
    .post('/check-availability', named('inventory', 'check'), async (c) => {
      const { items } = await readBody(c, checkBody)
      const refused = new Map(place(db, items, '', time()).refused.map((item) => [item.item_id, item.conflicts]))
      return c.json({
        items: items.map(({ item_id }) => ({
          item_id,
          available: !refused.has(item_id),
          conflicts: (refused.get(item_id) ?? []).map(conflictOf),
        })),
      })
    })
    .post('/reserve', named('inventory', 'reserve'), async (c) => {
      const body = await readBody(c, reserveBody)
      return operations.onceIfKeyed(c, 'reserve', body, () => reserve(db, body, time()))
    })
    .post('/update-reservation', named('inventory', 'update'), async (c) => {
      const body = await readBody(c, updateBody)
      return operations.onceIfKeyed(c, 'update', body, () => updateLock(db, body, time()))
    })
    .post('/release', named('inventory', 'release'), async (c) => {
      const body = await readBody(c, releaseBody)
      return operations.onceIfKeyed(c, 'release', body, () => release(db, body))
    })
}

/** `PUT /control/inventory/units` [S-07]: adds units, or changes those of the same offering and id. */
export function unitRoutes(db: Database): Hono<SandboxEnv> {
  return new Hono<SandboxEnv>().put('/units', async (c) => {
    const { units } = await readBody(c, unitsBody, { limit: CONTROL_LIMIT })
    db.transaction(() => {
      for (const unit of units) {
        db.run(
          `insert or replace into units (offering_id, unit_id, kind, capacity, min_party, max_party)
           values (?, ?, ?, ?, ?, ?)`,
          unit.offering_id,
          unit.unit_id,
          unit.kind,
          unit.capacity ?? null,
          unit.min_party ?? null,
          unit.max_party ?? null,
        )
      }
    })
    return c.json({ units: units.length })
  })
}

function conflictOf({ unit_id, start_at, end_at }: Taken): Record<string, unknown> {
  if (start_at === null || end_at === null) return { unit_id }
  return { unit_id, start: toInstant(start_at), end: toInstant(end_at) }
}
