import { z } from 'zod'
import { identifier, instant } from '../http/fields.ts'

const item = z
  .strictObject({
    item_id: identifier,
    offering_id: identifier,
    unit_id: identifier.optional(),
    quantity: z.int().min(1).max(1_000_000).default(1),
    start: instant.optional(),
    end: instant.optional(),
    party_size: z.int().min(1).max(1_000_000).optional(),
  })
  .refine(({ start, end }) => (start === undefined) === (end === undefined), {
    path: ['end'],
    message: 'start and end go together',
  })
  .refine(({ start, end }) => start === undefined || end === undefined || start < end, {
    path: ['end'],
    message: 'must be after start',
  })

const items = z
  .array(item)
  .min(1)
  .max(500)
  .refine((all) => new Set(all.map(({ item_id }) => item_id)).size === all.length, 'must have different item_ids')

export const checkBody = z.strictObject({ items })
export const reserveBody = z.strictObject({ lock_id: identifier, expires_at: instant, items })
export const updateBody = z.strictObject({
  lock_id: identifier,
  state: z.enum(['held', 'committed']),
  expires_at: instant.optional(),
})
export const releaseBody = z.strictObject({
  lock_id: identifier,
  item_ids: z.array(identifier).min(1).max(500).optional(),
})

export const unitsBody = z.strictObject({
  units: z
    .array(
      z
        .strictObject({
          offering_id: identifier,
          unit_id: identifier,
          kind: z.enum(['seat', 'slot', 'range']),
          capacity: z.int().min(0).optional(),
          min_party: z.int().min(1).optional(),
          max_party: z.int().min(1).optional(),
        })
        .refine(({ kind, capacity }) => kind !== 'slot' || capacity !== undefined, {
          path: ['capacity'],
          message: 'is needed for a slot',
        }),
    )
    .max(50_000),
})

/** What somebody wants. Instants in milliseconds. */
export type Item = z.output<typeof item>
export type Reserve = z.output<typeof reserveBody>
export type Update = z.output<typeof updateBody>
export type Release = z.output<typeof releaseBody>
