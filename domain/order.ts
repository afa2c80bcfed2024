import type { Agreement, Customer, Hold, Item, Provider, Role, Venue } from './booking.ts'
import { untilStart } from './bounds.ts'
import type { Terms } from './policy.ts'
import type { Price, PriceUnit } from './price.ts'
import { plusSeconds, type Instant, type TimeRange } from './time.ts'

/** Seats that nobody named: those of one group are chosen together, side by side where there are any, or only so (docs/adr/0020). */
export type SeatsWanted = { readonly group: string; readonly adjacent: boolean; readonly section: string | null }

/** A line as it was ordered: the unit may be left to the inventory, the list price to the profile's price source. */
export type OrderItem = Pick<Item, 'id' | 'offeringId' | 'kind' | 'quantity' | 'start' | 'end'> & {
  readonly unitId: string | null
  /** The time the unit is occupied, buffers included; null for seats, slots and enrolments. */
  readonly occupied: TimeRange | null
  /** In minor units of the order's currency. */
  readonly listPrice: number
  readonly priceUnit: PriceUnit
  /** Nobody named its unit, and its price depends on which it is: it is chosen, and held, before it is priced. */
  readonly choose?: SeatsWanted | 'any'
  /** Of what is priced per night: how many, on the calendar of the offering's zone. */
  readonly nights?: number
}

/** A booking as the API hands it over: checked, with the terms of its profile and offering as they are now. */
export type Order = {
  readonly bookingId: string
  readonly reference: string
  readonly profile: string
  readonly callerId: string
  /** As what they called; a customer unless it says otherwise. */
  readonly callerRole?: Role
  /** The first of two steps: held, and no payment asked for before it is confirmed. */
  readonly reserved?: boolean
  /** Hash of the request's body: tells a repeated request from another one under the same key. */
  readonly fingerprint: string
  readonly customer: Customer
  readonly provider: Provider | null
  readonly venue: Venue | null
  readonly items: readonly OrderItem[]
  /** What was ordered, as it was called then (C-03). */
  readonly offerings: readonly { readonly id: string; readonly name: string; readonly durationMinutes: number | null }[]
  readonly start: Instant | null
  readonly end: Instant | null
  readonly timeZone: string
  readonly currency: string
  readonly partySize: number | null
  readonly subject: string | null
  readonly petId: string | null
  readonly notes: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly paymentMethod: string | null
  readonly terms: Terms
  /** What it was offered at, which holds as long as the offer (N-86); absent: it is priced when it is held. */
  readonly quoted?: Price
}

/** What an offer of the waitlist promises until its deadline (N-86). */
export type Quoted = { readonly price: Price; readonly terms: Terms }

/** What an order was priced at, and what was noted of the people and things in it (T-04, C-03). */
export type Priced = { readonly price: Price; readonly snapshots: Readonly<Record<string, unknown>> }

/** Which unit each item got. */
export type AssignedUnits = readonly { readonly itemId: string; readonly unitId: string }[]

/** The lease a new booking begins with: an operator's may last beyond the start. */
export function firstHold(order: Order, at: Instant): Hold {
  const { holdSeconds, lapseGraceSeconds } = order.terms.policy
  const expiresAt = untilStart(order, plusSeconds(at, holdSeconds), order.callerRole)
  return {
    lockId: order.bookingId,
    expiresAt,
    lapsesAt: plusSeconds(expiresAt, lapseGraceSeconds),
    firstExpiresAt: expiresAt,
    extensions: 0,
    asked: 0,
    reserved: order.reserved ?? false,
  }
}

/** The agreement that an order becomes once it is priced and its units are known; units that are not, yet, are left empty. */
export function agreementOf(order: Order, { price, snapshots }: Priced, units: AssignedUnits, at: Instant): Agreement {
  const unitOf = new Map(units.map(({ itemId, unitId }) => [itemId, unitId]))
  const lineOf = new Map(price.lines.map((line) => [line.itemId, line]))
  return {
    id: order.bookingId,
    reference: order.reference,
    profile: order.profile,
    customer: order.customer,
    provider: order.provider,
    venue: order.venue,
    items: order.items.map(({ id, offeringId, unitId, kind, quantity, start, end }) => ({
      id,
      offeringId,
      unitId: unitOf.get(id) ?? unitId ?? '',
      kind,
      quantity,
      start,
      end,
      unitPrice: lineOf.get(id)?.unitPrice ?? 0,
      amount: lineOf.get(id)?.amount ?? 0,
    })),
    start: order.start,
    end: order.end,
    timeZone: order.timeZone,
    partySize: order.partySize,
    subject: order.subject,
    petId: order.petId,
    notes: order.notes,
    metadata: order.metadata,
    paymentMethod: order.paymentMethod,
    price,
    terms: order.terms,
    snapshots,
    createdAt: at,
  }
}

/** A unit that was chosen and is held, with what its price depends on; `price` null: the offering's. */
export type ChosenUnit = {
  readonly itemId: string
  readonly unitId: string
  readonly price: number | null
  readonly start: Instant | null
  readonly end: Instant | null
}

/** Does it leave open what its price depends on? */
export function isToBeChosen({ items }: Order): boolean {
  return items.some(({ choose }) => choose !== undefined)
}

/** The order, once its units are chosen: with their names, times and prices. */
export function withChosen(order: Order, units: readonly ChosenUnit[]): Order {
  const chosenOf = new Map(units.map((unit) => [unit.itemId, unit]))
  const items = order.items.map(({ choose, ...item }) => {
    const unit = chosenOf.get(item.id)
    if (choose === undefined || unit === undefined) return item
    const hasOwnTime = item.occupied === null
    return {
      ...item,
      unitId: unit.unitId,
      listPrice: unit.price ?? item.listPrice,
      ...(hasOwnTime && unit.start !== null && { start: unit.start, end: unit.end ?? unit.start }),
    }
  })
  const starts = items.flatMap(({ start }) => start ?? [])
  const ends = items.flatMap(({ end }) => end ?? [])
  return { ...order, items, start: starts.toSorted()[0] ?? null, end: ends.toSorted().at(-1) ?? null }
}

/** Which item of the request it came from: several seats that nobody named are one there. */
export function placeInRequest(items: readonly Pick<OrderItem, 'id'>[], index: number): number {
  return items.slice(0, index + 1).filter(({ id }) => !id.includes('.')).length - 1
}
