import { bookedItems, type Booking, type Hold } from '../domain/booking.ts'
import type { Order } from '../domain/order.ts'
import type { ChangedUnits } from '../domain/reschedule.ts'
import type { Outcome } from '../domain/consequences.ts'
import { findBooking } from './bookings.ts'
import { databaseError, SOLD_OUT, type Database } from './client.ts'
import { claimColumns } from './columns.ts'
import type { Notifications } from './notifications.ts'
import { AnotherWriter, recordChange, SoldOut, type Messages } from './writes.ts'

export type ChangeOfBooking = {
  readonly before: Booking
  /** What the booking is to be; its items have ids that the booking never had. */
  readonly order: Order
  readonly hold: Hold
  /** Give back first what the change does without: it is a swap, and nothing is held beside the old units. */
  readonly releases: boolean
  readonly changeId: string
  /** What follows once the units are known. */
  readonly decide: (units: ChangedUnits) => Outcome
}

type UnitRow = { item_id: string; unit_id: string; kept: string | null }

/**
 * Holds the units of a change and writes what follows from having them, in one transaction: a crash leaves both or neither (H-11). Asked again
 * for a change that was written it answers with the booking as it stands. Throws SoldOut or AnotherWriter, and then nothing was changed.
 */
export async function changeBooking(
  db: Database,
  change: ChangeOfBooking,
  messages: Messages,
  notifications: Notifications = () => [],
): Promise<Booking> {
  const { before, order, hold, releases, changeId, decide } = change
  const items = JSON.stringify(order.items.map((item) => claimColumns(item, order.partySize)))
  const own = bookedItems(before).map(({ id }) => id)
  const written = await db.$transaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ version: number; last_change: string | null }[]>`
      SELECT version, last_change FROM bookings WHERE id = ${before.id}::uuid FOR UPDATE`
    if (row?.last_change === changeId) return null
    if (row?.version !== before.version) throw new AnotherWriter('the booking has moved on')
    const units = await claimed(
      tx.$queryRaw<[{ units: UnitRow[] }]>`
        SELECT claim_change(${before.id}::uuid, ${hold.expiresAt}::timestamptz, ${hold.lapsesAt}::timestamptz,
          ${items}::jsonb, ${own}::text[], ${releases}::boolean) AS units`,
    )
    const { booking, facts } = decide(units)
    if (facts.length > 0)
      await recordChange(tx, { before, facts, paymentEventId: null, claimsHere: true }, messages, notifications)
    return booking
  })
  if (written !== null) return written
  const known = await findBooking(db, before.id)
  if (known === null) throw new Error(`booking ${before.id} was there and is not`)
  return known
}

async function claimed(asked: Promise<[{ units: UnitRow[] }]>): Promise<ChangedUnits> {
  try {
    const [{ units }] = await asked
    return units.map(({ item_id, unit_id, kept }) => ({ itemId: item_id, unitId: unit_id, kept }))
  } catch (error) {
    const known = databaseError(error)
    throw known?.code === SOLD_OUT ? new SoldOut(known.detail ?? '') : error
  }
}
