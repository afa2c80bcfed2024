import type { Provider, UnitKind, Venue } from './booking.ts'
import type { Money } from './money.ts'
import type { Policy } from './policy.ts'
import type { PriceUnit } from './price.ts'
import type { Instant, TimeRange } from './time.ts'

/** What is sold. */
export type Offering = {
  readonly id: string
  readonly profile: string
  readonly name: string
  readonly description: string | null
  readonly provider: Provider | null
  readonly venue: Venue | null
  readonly price: Money
  readonly priceUnit: PriceUnit
  readonly durationMinutes: number | null
  readonly requiresApproval: boolean
  readonly isAvailable: boolean
  readonly onSaleFrom: Instant | null
  readonly onSaleUntil: Instant | null
  readonly timeZone: string
  /** Times at which it cannot be had (C-01). */
  readonly availabilityExceptions: readonly (TimeRange & { readonly reason: string | null })[]
  /** How many can be had of an offering without units of its own; null: any number. */
  readonly capacity: number | null
  /** What it does differently from its profile. */
  readonly policy: Partial<Policy>
}

/** The smallest thing of an offering that can be held. */
export type Unit = {
  readonly id: string
  readonly kind: UnitKind
  readonly label: string | null
  readonly section: string | null
  readonly row: string | null
  readonly start: Instant | null
  readonly end: Instant | null
  readonly staffId: string | null
  readonly capacity: number | null
  readonly claimed: number
  readonly minParty: number | null
  readonly maxParty: number | null
  /** In minor units of the offering's currency; null: the offering's price. */
  readonly price: number | null
  readonly blocked: boolean
}

/** Which of the three claim mechanisms guards a kind of unit (design.md, "Where the truth is"). */
export type Mechanism = 'unique' | 'counter' | 'range'

/** Seats are had once, slots and enrolments so many times, and the others for a time. */
export function mechanismOf(kind: UnitKind): Mechanism {
  switch (kind) {
    case 'seat':
      return 'unique'
    case 'slot':
    case 'enrolment':
      return 'counter'
    case 'calendar':
    case 'table':
    case 'room':
      return 'range'
  }
}

/**
 * What a claim on a unit is made on. Calendars, tables and rooms belong to their owner, not to an offering: a tutor who teaches two subjects, or
 * at two places, has one calendar, a table is the same at lunch and at dinner (T-01).
 */
export function resourceOf(
  offering: Pick<Offering, 'id' | 'provider' | 'venue'>,
  unit: Pick<Unit, 'id' | 'kind'>,
): string {
  return `${unit.kind}/${encodeURIComponent(ownerOf(offering, unit.kind))}/${encodeURIComponent(unit.id)}`
}

/** A calendar is a person's, tables and rooms are a house's. */
function ownerOf({ id, provider, venue }: Pick<Offering, 'id' | 'provider' | 'venue'>, kind: UnitKind): string {
  if (mechanismOf(kind) !== 'range') return id
  return kind === 'calendar' ? (provider?.id ?? venue?.id ?? id) : (venue?.id ?? provider?.id ?? id)
}
