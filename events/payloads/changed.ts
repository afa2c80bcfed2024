import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { bookedItems, VISIT_OUTCOMES, retained, type Booking, type Item } from '../../domain/booking.ts'
import { STATUSES } from '../../domain/lifecycle.ts'
import { defineEvent, type Change } from './definition.ts'
import { currencyCode, instant } from './values.ts'

// The event that no seed has: one for every version of every booking, the same in every profile, with the state after it. It has no contact
// data and no notes: streams are kept and read by many. Amounts are in minor units, as in the HTTP API.

const minorUnits = z.int().min(0)

const item = z.strictObject({
  item_id: z.string(),
  offering_id: z.string(),
  unit_id: z.string(),
  quantity: z.int(),
  start: instant.nullable(),
  end: instant.nullable(),
  amount: minorUnits,
})

const state = z.strictObject({
  reference: z.string(),
  status: z.enum(STATUSES),
  customer_id: z.string(),
  provider_id: z.string().nullable(),
  venue_id: z.string().nullable(),
  pet_id: z.string().nullable(),
  start: instant.nullable(),
  end: instant.nullable(),
  time_zone: z.string(),
  party_size: z.int().nullable(),
  /** What is booked now; what was cancelled by itself, and what is over before the rest, is not in it. */
  items: z.array(item),
  /** The visits that are over while others of the booking are, or were, ahead. */
  visits_over: z.array(z.strictObject({ item_id: z.string(), outcome: z.enum(VISIT_OUTCOMES) })),
  currency: currencyCode,
  total: minorUnits,
  /** All that was ever captured; of it, what is back with the customer, and what is to go back and is not there yet. */
  paid: minorUnits,
  refunded: minorUnits,
  refunding: minorUnits,
  /** Until when the units are held; null once they are booked or free. */
  held_until: instant.nullable(),
  /** A change that waits for its supplement: its units are held beside those that are booked. */
  pending_change: z.strictObject({ items: z.array(item), supplement: minorUnits, held_until: instant }).nullable(),
  ticket_reference: z.string().nullable(),
  cancellation_reason: z.string().nullable(),
  created_at: instant,
  updated_at: instant,
})

type State = z.infer<typeof state>

/** The name of the event in every profile. */
export const BOOKING_CHANGED = 'booking.changed'

export const CHANGED_EVENT = defineEvent({
  type: BOOKING_CHANGED,
  summary:
    'Each version of a booking, from 1 without gaps: what happened (`change`), which members of `booking` are not what they were (`changed`), and the whole state after it. Who keeps the latest version of each booking has what is booked.',
  schema: z.strictObject({
    event_type: z.literal(BOOKING_CHANGED),
    event_id: z.uuid(),
    booking_id: z.string(),
    profile: z.string(),
    version: z.int().min(1),
    change: z.string(),
    changed: z.array(z.string()),
    by: z.strictObject({ role: z.string(), id: z.string() }),
    occurred_at: instant,
    booking: state,
  }),
}).from(({ eventId, before, after, fact }) => ({
  event_type: BOOKING_CHANGED,
  event_id: eventId,
  booking_id: after.id,
  profile: after.profile,
  version: after.version,
  change: fact.type,
  changed: [...changedMembers(before, after), ...(fact.type === 'contact_corrected' ? ['contact'] : [])],
  by: { role: fact.by.role, id: fact.by.id },
  occurred_at: fact.at,
  booking: stateOf(after),
}))

/** The members of the state that are not what they were, and `notes`, whose text is not told; so with `contact` (N-46). A change of bookkeeping alone names none. */
function changedMembers(before: Change['before'], after: Booking): string[] {
  const now = stateOf(after)
  const old: Partial<State> = before === null ? {} : stateOf(before)
  const names = Object.keys(now) as (keyof State)[]
  return [
    ...names.filter((name) => name !== 'updated_at' && !isDeepStrictEqual(now[name], old[name])),
    ...((before?.notes ?? null) === after.notes ? [] : ['notes']),
  ]
}

function stateOf(booking: Booking): State {
  const refunded = booking.refunds.reduce((sum, { status, amount }) => sum + (status === 'succeeded' ? amount : 0), 0)
  const paid = booking.payments.reduce((sum, { captured }) => sum + captured, 0)
  const pending = booking.change ?? null
  return {
    reference: booking.reference,
    status: booking.status,
    customer_id: booking.customer.id,
    provider_id: booking.provider?.id ?? null,
    venue_id: booking.venue?.id ?? null,
    pet_id: booking.petId,
    start: booking.start,
    end: booking.end,
    time_zone: booking.timeZone,
    party_size: booking.partySize,
    items: itemsOf(bookedItems(booking)),
    visits_over: booking.items.flatMap(({ id, outcome }) => (outcome === undefined ? [] : [{ item_id: id, outcome }])),
    currency: booking.price.currency,
    total: booking.price.total,
    paid,
    refunded,
    refunding: paid - refunded - retained(booking),
    held_until: 'hold' in booking ? booking.hold.expiresAt : null,
    pending_change: pending && {
      items: itemsOf(bookedItems(pending.revision)),
      supplement: pending.supplement,
      held_until: pending.hold.expiresAt,
    },
    ticket_reference: booking.ticketReference,
    cancellation_reason: 'cancellation' in booking ? booking.cancellation.reason : null,
    created_at: booking.createdAt,
    updated_at: booking.updatedAt,
  }
}

function itemsOf(items: readonly Item[]): State['items'] {
  return items.map(({ id, offeringId, unitId, quantity, start, end, amount }) => ({
    item_id: id,
    offering_id: offeringId,
    unit_id: unitId,
    quantity,
    start,
    end,
    amount,
  }))
}
