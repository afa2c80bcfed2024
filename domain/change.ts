import {
  bookedItems,
  dueOf,
  type Booking,
  type BookingState,
  type Item,
  type Payment,
  type PendingChange,
} from './booking.ts'
import type { Fact } from './facts.ts'
import { isLive, next } from './lifecycle.ts'
import type { Purpose } from './payments.ts'
import { withoutItems } from './split.ts'
import type { Instant } from './time.ts'

type ChangeFact = Extract<
  Fact,
  {
    type: 'noted' | 'changed' | 'change_held' | 'change_extended' | 'change_taken' | 'change_ended' | 'items_cancelled'
  }
>
/** What a change, or the cancellation of an item, does to a booking. */
export type Revised = Partial<
  Pick<
    Booking,
    | 'items'
    | 'start'
    | 'end'
    | 'partySize'
    | 'notes'
    | 'price'
    | 'snapshots'
    | 'payments'
    | 'change'
    | 'lastChange'
    | 'revision'
  >
>

/** The booking's parts after a fact about a change, or null when it changes nothing. */
export function revisedBy(booking: Booking, fact: ChangeFact): Revised | null {
  if (!isLive(booking.status)) return null
  const { change } = booking
  switch (fact.type) {
    case 'noted':
      return booking.notes === fact.notes ? null : { notes: fact.notes }
    case 'changed':
      return (change?.id ?? fact.changeId) !== fact.changeId || (change == null && booking.lastChange === fact.changeId)
        ? null
        : changed(booking, fact)
    case 'change_held':
      return change != null || booking.lastChange === fact.change.id
        ? null
        : { change: fact.change, lastChange: fact.change.id }
    case 'change_extended':
      return change?.id === fact.changeId && !change.taken && fact.expiresAt > change.hold.expiresAt
        ? { change: { ...change, hold: extended(change.hold, fact) } }
        : null
    case 'change_taken':
      return change?.id === fact.changeId && !change.taken ? { change: { ...change, taken: true } } : null
    case 'change_ended':
      return change?.id === fact.changeId ? withoutChange(booking) : null
    case 'items_cancelled':
      return itemsCancelled(booking, fact)
  }
}

/** The booking's parts when its pending change is over: whatever is or will be paid for it goes back. */
export function withoutChange({ change, payments }: Booking): Pick<Revised, 'change' | 'payments'> {
  if (change == null) return {}
  return { change: null, payments: supersede(payments, (payment) => payment.change === change.id) }
}

function changed(booking: Booking, { changeId, revision }: ChangeFact & { type: 'changed' }): Revised {
  const { items, notes = booking.notes, ...rest } = revision
  const isOtherPrice = rest.price.total !== booking.price.total
  return {
    ...rest,
    notes,
    snapshots: { ...booking.snapshots, ...revision.snapshots },
    items: [...booking.items.filter(({ cancelled }) => cancelled === true), ...items],
    change: null,
    lastChange: changeId,
    revision: (booking.revision ?? 0) + 1,
    ...(booking.status === 'pending' && isOtherPrice && { payments: supersede(booking.payments, () => true) }),
  }
}

function itemsCancelled(booking: Booking, { itemIds, keep }: ChangeFact & { type: 'items_cancelled' }): Revised | null {
  const booked = bookedItems(booking)
  const rest = booked.filter(({ id }) => !itemIds.includes(id))
  const isPossible = rest.length > 0 && rest.length === booked.length - itemIds.length
  if (!isPossible || itemIds.length === 0 || booking.change != null) return null
  return {
    items: booking.items.map((item) => (itemIds.includes(item.id) ? { ...item, cancelled: true } : item)),
    price: withoutItems(booking.price, itemIds, keep),
    ...spanOf(rest, booking),
    revision: (booking.revision ?? 0) + 1,
    ...(booking.status === 'pending' && { payments: supersede(booking.payments, () => true) }),
  }
}

/**
 * The booking after one of its visits (N-80): the items of it give up their units, what is kept of their price is settled for good, and what is ahead stands as
 * it did. A change that waits is over with it, as with every visit.
 */
export function afterVisit(
  booking: Booking,
  { itemIds, outcome, keep }: Extract<Fact, { type: 'visit_over' }>,
): (Revised & BookingState) | null {
  const booked = bookedItems(booking)
  const rest = booked.filter(({ id }) => !itemIds.includes(id))
  const isPossible = itemIds.length > 0 && rest.length > 0 && rest.length === booked.length - itemIds.length
  const status =
    booking.status === 'confirmed' ? 'confirmed' : next(booking.terms.lifecycle, booking.status, 'next_visit')
  if (!isPossible || status !== 'confirmed') return null
  return {
    ...withoutChange(booking),
    status,
    items: booking.items.map((item) => (itemIds.includes(item.id) ? { ...item, cancelled: true, outcome } : item)),
    price: withoutItems(booking.price, itemIds, keep),
    ...spanOf(rest, booking),
    revision: (booking.revision ?? 0) + 1,
  }
}

/** From the first start to the last end of the items; of items without a time, what it was before. */
export function spanOf(
  items: readonly Item[],
  otherwise: Pick<Booking, 'start' | 'end'>,
): Pick<Booking, 'start' | 'end'> {
  const starts = items.flatMap(({ start }) => start ?? []).toSorted()
  const ends = items.flatMap(({ end }) => end ?? []).toSorted()
  return { start: starts[0] ?? otherwise.start, end: ends.at(-1) ?? otherwise.end }
}

function supersede(payments: readonly Payment[], which: (payment: Payment) => boolean): readonly Payment[] {
  return payments.map((payment) =>
    payment.status !== 'voided' && which(payment) ? { ...payment, superseded: true } : payment,
  )
}

function extended(hold: PendingChange['hold'], { expiresAt, lapsesAt }: { expiresAt: Instant; lapsesAt: Instant }) {
  return { ...hold, expiresAt, lapsesAt, extensions: hold.extensions + 1 }
}

/**
 * What an intent was asked for. One that was asked for before the booking was priced anew, or for a change that is over, is not wanted any more.
 */
export function purposeOf(booking: Booking, fact: Fact): Purpose {
  if (fact.type !== 'payment_requested') return {}
  if (fact.change !== undefined) {
    return { change: fact.change, ...(booking.change?.id !== fact.change && { superseded: true }) }
  }
  const isStale = booking.revision !== undefined && booking.status === 'pending' && fact.amount !== dueOf(booking)
  return isStale ? { superseded: true } : {}
}
