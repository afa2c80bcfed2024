import { z } from 'zod'
import { currency, identifier, instant, minorUnits, text, toInstant } from '../http/fields.ts'
import { invalid, type Fault } from '../http/problem.ts'
import { amountOf } from './amount.ts'

const QUOTE_MS = 15 * 60 * 1000
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER)

export const priceBody = z.strictObject({
  profile: text(100),
  currency,
  party_size: z.int().min(1).max(1_000_000).optional(),
  items: z
    .array(
      z.strictObject({
        item_id: identifier,
        offering_id: identifier,
        unit_id: identifier.optional(),
        quantity: z.int().min(1).max(1_000_000),
        start: instant.optional(),
        end: instant.optional(),
        nights: z.int().min(1).max(100_000).optional(),
        unit_price: minorUnits,
        price_unit: z.enum(['each', 'hour', 'night', 'person']),
      }),
    )
    .min(1)
    .max(500),
})

type PriceRequest = z.output<typeof priceBody>

/** A price breakdown [S-02], all in minor units: subtotal + fees + tax = total. */
export interface Estimate {
  currency: string
  items: Array<{ item_id: string; unit_price: number; amount: number }>
  subtotal: number
  fees: number
  tax: number
  total: number
  expires_at: string
}

/** Prices the list price of each item. @throws Problem 422 `validation_failed` naming every item that cannot be priced */
export function estimate(request: PriceRequest, now: Date): Estimate {
  const errors: Fault[] = []
  const amounts = request.items.map((item, index) => {
    const amount = amountOf(item, request.party_size)
    if (typeof amount === 'bigint') return amount
    errors.push(
      amount === 'party_size'
        ? { pointer: '/party_size', message: 'is needed to price a person' }
        : {
            pointer: `/items/${index}/${amount}`,
            message: `is needed to price by the ${item.price_unit}, end after start`,
          },
    )
    return 0n
  })
  const subtotal = amounts.reduce((sum, amount) => sum + amount, 0n)
  if (subtotal > LARGEST) errors.push({ pointer: '/items', message: 'come to more than can be charged' })
  if (errors.length > 0) throw invalid(...errors)

  return {
    currency: request.currency,
    items: request.items.map(({ item_id, unit_price }, index) => ({
      item_id,
      unit_price,
      amount: Number(amounts[index]),
    })),
    subtotal: Number(subtotal),
    fees: 0,
    tax: 0,
    total: Number(subtotal),
    expires_at: toInstant(now.getTime() + QUOTE_MS),
  }
}
