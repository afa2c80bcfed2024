import { z } from 'zod'
import { fromDecimal } from '../domain/money.ts'
import type { HttpClient } from './http.ts'
import type { Catalogue, CatalogueEvent } from './ports.ts'

const EventSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    venue: z.object({ id: z.string(), name: z.string() }).nullish(),
    starts_at: z.iso.datetime({ offset: true }).nullish(),
    on_sale: z.boolean(),
    currency: z.string(),
  })
  .transform(({ id, name, venue, starts_at, on_sale, currency }): CatalogueEvent => ({
    id,
    name,
    venue: venue ?? null,
    startsAt: typeof starts_at === 'string' ? new Date(starts_at).toISOString() : null,
    onSale: on_sale,
    currency,
  }))

// The ticketing document's shape: a decimal in major units, as a number or as text.
const SeatPricesSchema = z.array(
  z.object({ id: z.string(), price: z.union([z.number(), z.string()]), currency: z.string().default('USD') }),
)

/** The catalogue port over HTTP (S-05). */
export function httpCatalogue(client: HttpClient): Catalogue {
  const path = (eventId: string) => `/internal/events/${encodeURIComponent(eventId)}`
  return {
    event: (eventId) =>
      client.call<CatalogueEvent | null>({ method: 'GET', path: path(eventId), answer: EventSchema }, nullIfAbsent),
    async seatPrices(eventId, seatIds) {
      const seats = await client.call<z.infer<typeof SeatPricesSchema>>(
        { method: 'POST', path: `${path(eventId)}/seats/prices`, body: { seatIds }, answer: SeatPricesSchema },
        (problem) => nullIfAbsent(problem) ?? [],
      )
      return new Map(seats.map(({ id, price, currency }) => [id, fromDecimal(String(price), currency)]))
    },
  }
}

/** A 404 says that there is none; any other problem is a fault. */
function nullIfAbsent({ status, detail }: { status: number; detail: string }): null {
  if (status === 404) return null
  throw new Error(`answered ${status}: ${detail}`)
}
