import { isDeepStrictEqual } from 'node:util'
import type { Booking } from '../domain/booking.ts'
import type { Fact } from '../domain/facts.ts'

/** What `record_extras` writes after a change, or null when nothing of it changed, which is nearly always. */
export function extraColumns(before: Booking, after: Booking, facts: readonly Fact[]): object | null {
  const columns = columnsOf(after)
  const keepsUnits = facts.some((fact) => fact.type === 'hold_extended' && fact.reason === 'asked')
  const corrections = facts.flatMap((fact) => (fact.type === 'contact_corrected' ? [fact.correctionId] : []))
  const isSame = isDeepStrictEqual({ ...columnsOf(before), ...columns }, columnsOf(before))
  if (!keepsUnits && corrections.length === 0 && isSame) return null
  return { columns, keeps_units: keepsUnits, contact: corrections[0] ?? null }
}

function columnsOf(booking: Booking): Record<string, unknown> {
  return {
    ...holdColumns(booking),
    ...('hold' in booking && { hold_first_expires_at: booking.hold.firstExpiresAt }),
    payment_method: booking.paymentMethod,
    notes: booking.notes,
    displacement: booking.displacement ?? null,
    disputes: booking.disputes ?? null,
  }
}

/** The terms of a hold that a booking begins with; a booking without one keeps what it had last. */
export function holdColumns(booking: Booking): object {
  return 'hold' in booking ? { reserved: booking.hold.reserved ?? false, hold_asked: booking.hold.asked ?? 0 } : {}
}
