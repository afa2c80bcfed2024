import type { Ask, Reply } from './ask.ts'

/** What the API says of one thing at one time. */
export type Availability = {
  readonly available: boolean
  readonly conflicts: readonly unknown[]
  readonly price: { readonly amount: number; readonly currency: string } | null
}

/** Asks about up to a hundred at once; the answers are in the order of the questions. */
export async function availabilityOf(ask: Ask, items: readonly object[]): Promise<Reply<{ items: Availability[] }>> {
  if (items.length === 0) return { ok: true, body: { items: [] } }
  return ask.tell('POST', '/bookings/availability/check', { items })
}

/** Why it cannot be had: somebody has it then, or it is not offered then. */
export function whyNot(availability: Availability | undefined): string {
  return availability !== undefined && availability.conflicts.length > 0 ? 'taken then' : 'not to be had then'
}
