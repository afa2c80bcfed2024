import { mechanismOf, type Offering, type Unit } from '../domain/offering.ts'
import { localOrNull } from './wall-time.ts'
import { overlaps } from '../domain/time.ts'

/** An offering as callers see it. */
export function renderOffering(offering: Offering) {
  return {
    id: offering.id,
    profile: offering.profile,
    name: offering.name,
    description: offering.description,
    provider: offering.provider,
    venue: offering.venue,
    price: offering.price,
    price_unit: offering.priceUnit,
    duration_minutes: offering.durationMinutes,
    requires_approval: offering.requiresApproval,
    is_available: offering.isAvailable,
    on_sale_from: offering.onSaleFrom,
    on_sale_until: offering.onSaleUntil,
    time_zone: offering.timeZone,
    availability_exceptions: offering.availabilityExceptions.map(({ start, end, reason }) => ({
      from: start,
      to: end,
      reason,
    })),
    capacity: offering.capacity,
  }
}

/** A unit and what is left of it; `taken` is how much of it live bookings have. */
export function renderUnit(unit: Unit, offering: Offering, taken: number) {
  const capacity = mechanismOf(unit.kind) === 'counter' ? unit.capacity : 1
  const isFull = capacity !== null && taken >= capacity
  return {
    id: unit.id,
    kind: unit.kind,
    label: unit.label,
    section: unit.section,
    row: unit.row,
    start: unit.start,
    end: unit.end,
    // Of slots, which people choose by the clock; a hall has thousands of seats, all at one time.
    ...(unit.kind === 'slot' && {
      start_local: localOrNull(unit.start, offering.timeZone),
      end_local: localOrNull(unit.end, offering.timeZone),
    }),
    staff_id: unit.staffId,
    capacity,
    booked_count: taken,
    price: { amount: unit.price ?? offering.price.amount, currency: offering.price.currency },
    status: unit.blocked || isExcepted(unit, offering) ? 'blocked' : isFull ? 'booked' : 'available',
  }
}

/** Is a unit's own time one at which its offering cannot be had (C-01)? */
function isExcepted({ start, end }: Unit, { availabilityExceptions }: Offering): boolean {
  if (start === null) return false
  const time = { start, end: end ?? start }
  return availabilityExceptions.some((exception) => overlaps(time, exception))
}
