import { bookedItems, type Booking, type Displacement } from './booking.ts'
import { untilStart } from './bounds.ts'
import type { Fact } from './facts.ts'
import { next } from './lifecycle.ts'
import { plusSeconds, type Instant } from './time.ts'

/** How long a displaced customer has to choose, unless the booking starts before. */
const CHOICE_SECONDS = 48 * 3600

/** The displacement that waits for somebody's choice, or null: over once the visit has begun or the booking has ended. */
export function openDisplacement(booking: Booking): Displacement | null {
  return isBeforeVisit(booking) ? (booking.displacement ?? null) : null
}

/** Can this booking be displaced? Whoever sits on the unit already stays there. */
export function isDisplaceable(booking: Booking): boolean {
  return isBeforeVisit(booking) && openDisplacement(booking) === null
}

/** By when a booking that is displaced now has to be moved or cancelled: within two days, and before it starts. */
export function choiceUntil({ start }: Pick<Booking, 'start'>, now: Instant): Instant {
  return untilStart({ start }, plusSeconds(now, CHOICE_SECONDS))
}

/**
 * The fact of a change of units, and that it settles a displacement: only when nothing is kept of what was booked, since the unit that is
 * gone may be among what is.
 */
export function swapFacts(booking: Booking, swap: Extract<Fact, { type: 'changed' }>): Fact[] {
  const booked = bookedItems(booking).map(({ id }) => id)
  const keeps = swap.revision.items.some(({ id }) => booked.includes(id))
  return keeps ? [swap] : [swap, ...displacementSettledBy(booking, { at: swap.at, by: swap.by })]
}

/** What a booking that has other units now adds to its facts: nothing, when it was not displaced. */
export function displacementSettledBy(booking: Booking, stamp: Pick<Fact, 'at' | 'by'>): Fact[] {
  if (openDisplacement(booking) === null) return []
  return [{ ...stamp, type: 'displacement_settled', how: 'moved', reason: null }]
}

function isBeforeVisit({ status, terms }: Booking): boolean {
  const isBefore = status === 'pending' || status === 'awaiting_approval' || status === 'confirmed'
  return isBefore && next(terms.lifecycle, status, 'cancel') !== undefined
}
