import { z } from 'zod'
import { Refused } from '../domain/failures.ts'
import { epochOf, type Instant } from '../domain/time.ts'
import type { HttpClient, Problem } from './http.ts'
import type { Inventory, InventoryItem } from './ports.ts'

const PATH = '/api/v1/inventory'

/** How long units that were taken again wait for their commit, which follows at once. */
const RETAKEN_FOR_MS = 60_000

/** The inventory port over HTTP (S-01); the lock id, which is the booking's, is part of every key. */
export function httpInventory(client: HttpClient): Inventory {
  const post = <Answer>(operation: string, key: string, body: object, answer: z.ZodType<Answer>) =>
    client.call({ method: 'POST', path: `${PATH}/${operation}`, key, body, answer }, refuse)
  const extend = async (lockId: string, expiresAt: Instant): Promise<void> => {
    const body = { lock_id: lockId, state: 'held', expires_at: expiresAt }
    await post('update-reservation', `extend:${lockId}:${expiresAt}`, body, z.object({}))
  }
  return {
    async reserve({ lockId, expiresAt, items }) {
      // The time is part of the key: a try after a crash comes later, holds until later, and is no repeat under the same key with another body.
      const { expires_at: until, items: reserved } = await post(
        'reserve',
        `reserve:${lockId}:${expiresAt}`,
        { lock_id: lockId, expires_at: expiresAt, items: items.map(itemBody) },
        z.object({
          expires_at: z.iso.datetime({ offset: true }).nullable(),
          items: z.array(z.object({ item_id: z.string(), unit_id: z.string() })),
        }),
      )
      // The lock gives its first answer again, which ends before this hold does.
      if (until !== null && epochOf(until) < epochOf(expiresAt)) await extend(lockId, expiresAt)
      return reserved.map(({ item_id, unit_id }) => ({ itemId: item_id, unitId: unit_id }))
    },
    async commit(lockId, items) {
      const commit = () =>
        post('update-reservation', `commit:${lockId}`, { lock_id: lockId, state: 'committed' }, z.object({}))
      try {
        await commit()
      } catch (error) {
        if (!isRefused(error, 'not_found')) throw error
        // Without a key, because under the first one the answer of long ago would come; the lock itself makes it safe to repeat.
        const expires_at = new Date(Date.now() + RETAKEN_FOR_MS).toISOString()
        const body = { lock_id: lockId, expires_at, items: items.map(itemBody) }
        await client.call({ method: 'POST', path: `${PATH}/reserve`, body, answer: z.object({}) }, refuse)
        await commit()
      }
    },
    async extend(lockId, expiresAt) {
      try {
        await extend(lockId, expiresAt)
      } catch (error) {
        if (!isRefused(error, 'sold_out') && !isRefused(error, 'not_found')) throw error
      }
    },
    async release(lockId, itemIds) {
      const key = itemIds === undefined ? `release:${lockId}` : `release:${lockId}:${itemIds.join(',')}`
      const body = { lock_id: lockId, ...(itemIds !== undefined && { item_ids: itemIds }) }
      await post('release', key, body, z.object({}))
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

function isRefused(error: unknown, code: Refused['code']): boolean {
  return error instanceof Refused && error.code === code
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
  if (status === 404) throw new Refused({ code: 'not_found', message: 'The inventory knows no such reservation.' })
  throw new Refused({ code: 'validation_failed', message: `The inventory refused: ${detail}.` })
}
