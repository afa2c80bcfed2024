import { bookedItems, dueOf, retained, type Actor, type Booking, type Revision } from './booking.ts'
import type { Fact } from './facts.ts'
import { holdOfChange } from './reschedule.ts'
import { reducedTo } from './split.ts'
import type { Instant } from './time.ts'

export const RETURNED = ['ask_again', 'leave'] as const
/** What becomes of the part of the price that went back with a no-show which is undone: asked for again, or left with the guest (N-16). */
export type Returned = (typeof RETURNED)[number]

/**
 * The facts that undo a no-show (V-07, N-16). What went back of the price is no part of it any more: the visit stands at what was kept, for good where it
 * is left with the guest. Where it is asked for again, that is a change for the price as it was, which waits for its supplement like any other (H-11).
 */
export function undoneFacts(
  booking: Booking,
  { by, reason, returned }: { readonly by: Actor; readonly reason: string | null; readonly returned?: Returned | null },
  now: Instant,
): Fact[] {
  const stamp = { at: now, by }
  const undone: Fact = { ...stamp, type: 'moved', trigger: 'undo_no_show', reason }
  const missing = dueOf(booking) - retained(booking)
  if (missing <= 0) return [undone]
  const { start, end, partySize, price } = booking
  const revision: Revision = { items: bookedItems(booking), start, end, partySize, price, snapshots: {} }
  const reduced = reducedTo(price, retained(booking))
  const amountOf = new Map(reduced.lines.map(({ itemId, amount }) => [itemId, amount]))
  const items = revision.items.map((item) => ({ ...item, amount: amountOf.get(item.id) ?? item.amount }))
  const id = `undo:${booking.id}:${booking.version}`
  const stands: Fact = {
    ...stamp,
    type: 'changed',
    changeId: id,
    revision: { ...revision, items, price: reduced },
    reason: reason ?? 'undo_no_show',
  }
  if (returned !== 'ask_again') return [undone, stands]
  // It has begun, so its start is no bound: somebody who decides about the no-show waits for the money.
  const hold = holdOfChange(booking, { start: null }, now)
  const change = { id: `${id}:again`, revision, supplement: missing, hold, taken: false, by, reason }
  return [undone, stands, { ...stamp, type: 'change_held', change, reason }]
}
