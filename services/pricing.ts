import { z } from 'zod'
import { Refused } from '../domain/failures.ts'
import { priceOf, type Price } from '../domain/price.ts'
import type { HttpClient } from './http.ts'
import type { Pricing, PricingRequest } from './ports.ts'

const PriceSchema = z
  .object({
    quote_id: z.string().nullish(),
    currency: z.string(),
    items: z.array(z.object({ item_id: z.string(), unit_price: z.int().nonnegative(), amount: z.int().nonnegative() })),
    subtotal: z.int().nonnegative(),
    fees: z.int().nonnegative(),
    tax: z.int().nonnegative(),
    total: z.int().nonnegative(),
  })
  .transform(({ quote_id, items, ...price }): Price => ({
    ...price,
    quoteId: quote_id ?? null,
    lines: items.map(({ item_id, unit_price, amount }) => ({ itemId: item_id, unitPrice: unit_price, amount })),
  }))

/** The pricing port over HTTP (S-02). */
export function httpPricing(client: HttpClient): Pricing {
  const ask = (path: string) => (request: PricingRequest) =>
    client.call({ method: 'POST', path, body: bodyOf(request), answer: PriceSchema }, (problem) => {
      throw new Refused({ code: 'validation_failed', message: `This cannot be priced: ${problem.detail}.` })
    })
  return { calculate: ask('/api/v1/pricing/calculate'), estimate: ask('/api/v1/pricing/estimate') }
}

/** Prices by the list alone: what is used where there is no pricing service. */
export const listPricing: Pricing = {
  calculate: ({ lines, currency }) => Promise.resolve(priceOf(lines, currency)),
  estimate: ({ lines, currency }) => Promise.resolve(priceOf(lines, currency)),
}

function bodyOf({ profile, currency, partySize, lines }: PricingRequest): object {
  return {
    profile,
    currency,
    ...(partySize !== null && { party_size: partySize }),
    items: lines.map(({ itemId, offeringId, unitId, quantity, range, nights, unitPrice, priceUnit }) => ({
      item_id: itemId,
      offering_id: offeringId,
      ...(unitId !== null && { unit_id: unitId }),
      quantity,
      ...(range !== null && range),
      ...(nights !== undefined && { nights }),
      unit_price: unitPrice.amount,
      price_unit: priceUnit,
    })),
  }
}
