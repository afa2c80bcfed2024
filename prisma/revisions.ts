import type { Booking } from '../domain/booking.ts'
import { itemClaims, type ItemClaims } from '../domain/claims.ts'
import { itemColumns } from './columns.ts'

/** What `record_revision` takes besides what `record_change` does: what is agreed from now on, and what becomes of single claims. */
export function revisionOf(before: Booking, after: Booking, claimsHere: boolean): object {
  return {
    agreement: revisionColumns(after),
    items: after.items.map((item, index) => itemColumns(after.id, item, index + 1)),
    item_claims: claimsHere ? itemClaimColumns(itemClaims(before, after)) : null,
  }
}

/** Did more change than the state: what was agreed, a change that is pending, what a payment is for, or the claim of a single item? */
export function isRevised(before: Booking, after: Booking): boolean {
  const purposes = ({ payments }: Booking) => payments.map(({ change, superseded }) => [change, superseded])
  const agreed = (booking: Booking) => [
    revisionColumns(booking),
    booking.items,
    purposes({ ...booking, payments: booking.payments.slice(0, before.payments.length) }),
  ]
  return itemClaims(before, after) !== null || JSON.stringify(agreed(before)) !== JSON.stringify(agreed(after))
}

/** The columns of an agreement that was changed. */
function revisionColumns(booking: Booking): object {
  return {
    starts_at: booking.start,
    ends_at: booking.end,
    party_size: booking.partySize,
    notes: booking.notes,
    price: booking.price,
    amount: booking.price.total,
    snapshots: booking.snapshots,
    change: booking.change ?? null,
    last_change: booking.lastChange ?? null,
    revision: booking.revision ?? null,
  }
}

function itemClaimColumns(claims: ItemClaims | null): object | null {
  if (claims === null) return null
  const { commit, release, renew } = claims
  return {
    commit,
    release,
    renew: renew && {
      items: renew.items,
      expires_at: renew.expiresAt,
      lapses_at: renew.lapsesAt,
      paying: renew.paying,
    },
  }
}
