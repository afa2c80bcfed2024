import { bookedItems, type Booking, type Hold } from '../domain/booking.ts'
import type { ChosenUnit, Order } from '../domain/order.ts'
import { instantOf } from '../domain/time.ts'
import { databaseError, OFFER_OVER, SOLD_OUT, type Database } from './client.ts'
import { claimColumns } from './columns.ts'
import { OfferOver, SoldOut } from './writes.ts'

/** In seconds: longer than pricing takes with all its tries; the units of a process that died meanwhile are free again after it. */
const LEASE_SECONDS = 30

type Row = {
  readonly item_id: string
  readonly unit_id: string
  readonly price: number | null
  readonly starts_at: string | null
  readonly ends_at: string | null
}

/**
 * Chooses units for what nobody named, and holds them all for the order until it is priced. Asked again it answers with the same units. Null:
 * the order’s booking is there already. Throws SoldOut or OfferOver.
 */
export async function chooseUnits(db: Database, order: Order): Promise<ChosenUnit[] | null> {
  const items = JSON.stringify(order.items.map((item) => claimColumns(item, order.partySize)))
  const [{ units }] = await translated(
    db.$queryRaw<[{ units: Row[] | null }]>`
      SELECT choose_units(${order.bookingId}::uuid, ${items}::jsonb, ${LEASE_SECONDS}::int) AS units`,
  )
  return units?.map(chosenOf) ?? null
}

/** The units that are held for an offer of the waitlist. */
export async function offeredUnits(db: Database, bookingId: string): Promise<ChosenUnit[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT c.item_id, u.id AS unit_id, u.price_amount::float8 AS price, to_json(u.starts_at) AS starts_at, to_json(u.ends_at) AS ends_at
    FROM claims c JOIN units u ON u.offering_id = c.offering_id AND u.id = c.unit_id
    WHERE c.lock_id = ${bookingId}::uuid AND c.state <> 'released'`
  return rows.map(chosenOf)
}

/**
 * The units that a change would get now, the booking’s own first: what it is priced by. Nothing is held, because the claims are rolled back; claiming
 * those very units shows whether they are still free. Throws SoldOut.
 */
export async function lookForUnits(db: Database, before: Booking, order: Order, hold: Hold): Promise<ChosenUnit[]> {
  const items = JSON.stringify(order.items.map((item) => claimColumns(item, order.partySize)))
  const own = bookedItems(before).map(({ id }) => id)
  const rows = await rolledBack(db, (tx) =>
    translated(
      tx.$queryRaw<Row[]>`
        WITH claimed AS MATERIALIZED (
          SELECT claim_change(${before.id}::uuid, ${hold.expiresAt}::timestamptz, ${hold.lapsesAt}::timestamptz,
            choose_items(${before.id}::uuid, ${items}::jsonb), ${own}::text[], true) AS units
        )
        SELECT c.item_id, u.id AS unit_id, u.price_amount::float8 AS price, to_json(u.starts_at) AS starts_at, to_json(u.ends_at) AS ends_at
        FROM claimed CROSS JOIN LATERAL jsonb_to_recordset(claimed.units) AS c (item_id text, unit_id text)
        JOIN jsonb_to_recordset(${items}::jsonb) AS i (item_id text, offering_id text) ON i.item_id = c.item_id
        JOIN units u ON u.offering_id = i.offering_id AND u.id = c.unit_id`,
    ),
  )
  return rows.map(chosenOf)
}

/** Carries an answer out of a transaction that leaves nothing behind. */
class RolledBack<Answer> extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super('rolled back')
    this.answer = answer
  }
}

async function rolledBack<Answer>(
  db: Database,
  ask: (tx: Pick<Database, '$queryRaw'>) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await db.$transaction(async (tx) => {
      throw new RolledBack(await ask(tx))
    })
  } catch (error) {
    if (error instanceof RolledBack) return (error as RolledBack<Answer>).answer
    throw error
  }
}

/** Gives back what was chosen for an order that cannot be priced. */
export async function giveBackChosen(db: Database, bookingId: string): Promise<void> {
  await db.$executeRaw`
    SELECT release_claims(${bookingId}::uuid, 'not_priced')
    WHERE NOT EXISTS (SELECT FROM bookings WHERE id = ${bookingId}::uuid)
      AND NOT EXISTS (SELECT FROM waitlist_entries WHERE booking_id = ${bookingId}::uuid)`
}

function chosenOf({ item_id, unit_id, price, starts_at, ends_at }: Row): ChosenUnit {
  const instant = (text: string | null) => (text === null ? null : instantOf(new Date(text).getTime()))
  return { itemId: item_id, unitId: unit_id, price, start: instant(starts_at), end: instant(ends_at) }
}

async function translated<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (error) {
    const known = databaseError(error)
    if (known?.code === OFFER_OVER) throw new OfferOver('the offer is over', { cause: error })
    throw known?.code === SOLD_OUT ? new SoldOut(known.detail ?? '') : error
  }
}
