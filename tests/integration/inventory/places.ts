import { holdActivities } from '../../../activities/holds.ts'
import type { UnitKind } from '../../../domain/booking.ts'
import { mechanismOf } from '../../../domain/offering.ts'
import type { Order } from '../../../domain/order.ts'
import { messagesOf } from '../../../events/mapping.ts'
import { lookUpItems } from '../../../prisma/item-lookup.ts'
import { createSandbox } from '../../../services/sandbox/app.ts'
import { httpClient } from '../../../services/http.ts'
import { httpInventory } from '../../../services/inventory.ts'
import type { Inventory } from '../../../services/ports.ts'
import { listPricing } from '../../../services/pricing.ts'
import { freePort } from '../../support/ports.ts'
import { openDesk, type Desk } from '../prisma/desk.ts'

export type Units = readonly { readonly id: string; readonly capacity?: number; readonly maxParty?: number }[]

/** Somewhere that keeps units, behind the activities that the workflow calls: the very code that runs in the worker. */
export type Place = {
  readonly desk: Desk
  readonly activities: ReturnType<typeof holdActivities>
  offer(offering: string, kind: UnitKind, units: Units): Promise<void>
  isFree(order: Order): Promise<boolean[]>
  close(): Promise<void>
}

export async function embedded(): Promise<Place> {
  const desk = await openDesk()
  return {
    desk,
    activities: activitiesOf(desk, null),
    offer: (offering, kind, units) => desk.offer(kind, units, offering),
    async isFree({ items, partySize }) {
      const found = await lookUpItems(
        desk.db,
        items.map((item) => ({ ...item, partySize })),
        {},
      )
      return found.map(({ freeUnit }) => freeUnit !== null)
    },
    close: () => desk.close(),
  }
}

export async function overHttp(): Promise<Place> {
  const desk = await openDesk()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const sandbox = createSandbox({
    database: ':memory:',
    issuer: url,
    audience: 'holdfast',
    webhookUrl: null,
    webhookSecret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  })
  await sandbox.listen({ port })
  const client = httpClient('inventory', url, 20_000)
  const inventory = httpInventory(client)
  return {
    desk,
    activities: activitiesOf(desk, inventory),
    async offer(offering_id, kind, units) {
      const kinds = { unique: 'seat', counter: 'slot', range: 'range' } as const
      const { status } = await fetch(`${url}/control/inventory/units`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          units: units.map(({ id, capacity, maxParty }) => ({
            offering_id,
            unit_id: id,
            kind: kinds[mechanismOf(kind)],
            capacity,
            max_party: maxParty,
          })),
        }),
      })
      if (status !== 200) throw new Error(`the inventory took no units: ${status}`)
    },
    async isFree({ items, partySize }) {
      const answer = await inventory.check(
        items.map(({ id, occupied, ...item }) => ({ ...item, itemId: id, range: occupied, partySize })),
      )
      return items.map(({ id }) => answer.get(id) ?? false)
    },
    async close() {
      await client.close()
      await sandbox.close()
      await desk.close()
    },
  }
}

function activitiesOf(desk: Desk, inventory: Inventory | null): Place['activities'] {
  const unknown = () => Promise.resolve(null)
  return holdActivities({
    database: desk.db,
    messages: messagesOf,
    notifications: () => [],
    inventory,
    pricing: listPricing,
    advisors: [],
    catalogue: { event: unknown, seatPrices: () => Promise.resolve(new Map()) },
    directory: { user: unknown, tutor: unknown, pet: unknown, clinic: unknown },
    users: null,
    courses: null,
  })
}
