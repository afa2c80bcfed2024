import { z } from 'zod'
import { Refused } from '../domain/failures.ts'
import type { HttpClient, Problem } from './http.ts'
import type { Inventory, InventoryItem } from './ports.ts'

const PATH = '/api/v1/inventory'

/** The inventory port over HTTP (S-01); the lock id, which is the booking's, is also the key. */
export function httpInventory(client: HttpClient): Inventory {
  const post = <Answer>(operation: string, key: string, body: object, answer: z.ZodType<Answer>) =>
    client.call({ method: 'POST', path: `${PATH}/${operation}`, key, body, answer }, refuse)
  return {
    async reserve({ lockId, expiresAt, items }) {
      const { items: reserved } = await post(
        'reserve',
        `reserve:${lockId}`,
        { lock_id: lockId, expires_at: expiresAt, items: items.map(itemBody) },
        z.object({ items: z.array(z.object({ item_id: z.string(), unit_id: z.string() })) }),
      )
      return reserved.map(({ item_id, unit_id }) => ({ itemId: item_id, unitId: unit_id }))
    },
    async commit(lockId) {
      await post('update-reservation', `commit:${lockId}`, { lock_id: lockId, state: 'committed' }, z.object({}))
    },
    async extend(lockId, expiresAt) {
      const body = { lock_id: lockId, state: 'held', expires_at: expiresAt }
      await post('update-reservation', `extend:${lockId}:${expiresAt}`, body, z.object({}))
    },
    async release(lockId) {
      await post('release', `release:${lockId}`, { lock_id: lockId }, z.object({}))
    },
    async check(items) {
      const { items: checked } = await client.call(
        {
          method: 'POST',
          path: `${PATH}/check-availability`,
          body: { items: items.map(itemBody) },
          answer: z.object({ items: z.array(z.object({ item_id: z.string(), available: z.boolean() })) }),
        },
        refuse,
      )
      return new Map(checked.map(({ item_id, available }) => [item_id, available]))
    },
  }
}

function itemBody({ itemId, offeringId, unitId, quantity, range, partySize }: InventoryItem): object {
  return {
    item_id: itemId,
    offering_id: offeringId,
    ...(unitId !== null && { unit_id: unitId }),
    quantity,
    ...(range !== null && range),
    ...(partySize !== null && { party_size: partySize }),
  }
}

function refuse({ status, code, detail, body }: Problem): never {
  if (status === 409) {
    const items: unknown = Reflect.get(Object(body), 'item_ids')
    throw new Refused({
      code: 'sold_out',
      message: 'What was asked for is not free any more.',
      details: { item_ids: Array.isArray(items) ? items : [], inventory_code: code },
    })
  }
  throw new Refused({ code: 'validation_failed', message: `The inventory refused: ${detail}.` })
}
