import { randomUUID } from 'node:crypto'
import type { Actor, Agreement, Booking, Hold } from '../domain/booking.ts'
import { SECRET_KEPT } from '../domain/contact.ts'
import { evolve, heldBooking } from '../domain/evolve.ts'
import type { Fact } from '../domain/facts.ts'
import type { AssignedUnits, Order } from '../domain/order.ts'
import { claimChange } from '../domain/claims.ts'
import type { Instant } from '../domain/time.ts'
import { extraColumns, holdColumns } from './extras.ts'
import { ANOTHER_WRITER, databaseError, OFFER_OVER, SOLD_OUT, UNITS_LOST, type Database } from './client.ts'
import {
  agreementColumns,
  claimChangeColumns,
  claimColumns,
  historyColumns,
  itemColumns,
  ledgerColumns,
  type LedgerLine,
  outboxColumns,
  paymentColumns,
  refundColumns,
  stateColumns,
} from './columns.ts'
import { entriesOf } from './financial-entries.ts'
import { Prisma } from './generated/client.ts'
import { isRevised, revisionOf } from './revisions.ts'
import { notificationColumns, type NotificationEntry, type Notifications } from './notifications.ts'

/** A message for the outbox: under which id and event type, to which topic, and what it says. */
export type OutboxEntry = {
  readonly eventId: string
  readonly eventType: string
  readonly topic: string
  readonly payload: object
}

/** The beginning of a booking, which is no `Fact` because there is nothing yet for it to change. */
export type HeldFact = { readonly type: 'held'; readonly at: Instant; readonly by: Actor }

/** Says which messages a change of a booking makes; decided by its profile. */
export type Messages = (
  profile: string,
  fact: Fact | HeldFact,
  before: Booking | null,
  after: Booking,
) => readonly OutboxEntry[]

export type HoldRequest = {
  readonly order: Order
  /** Items without a unit get the best-fitting free one. */
  readonly agreement: Agreement
  readonly hold: Hold
  /** False when another service holds the units (S-01): then every item has its unit. */
  readonly claimsHere: boolean
  /** Its units were held before it was priced (`chooseUnits`). */
  readonly chosen?: boolean
}

export type HeldUnits = { readonly repeated: boolean; readonly units: AssignedUnits }

/** Somebody else has the unit: thrown by `holdBooking` with the item it was wanted for. */
export class SoldOut extends Error {
  override readonly name = 'SoldOut'
  readonly itemId: string

  constructor(itemId: string) {
    super(`item ${itemId} is sold out`)
    this.itemId = itemId
  }
}

/** The waitlist's offer that was to become this booking is over: thrown by `holdBooking`, nothing was written. */
export class OfferOver extends Error {
  override readonly name = 'OfferOver'
}

/** The units of a lapsed hold belong to somebody else by now: thrown by `recordChange`, nothing was written. */
export class UnitsLost extends Error {
  override readonly name = 'UnitsLost'
}

/** The booking is not at the version the facts were worked out for: thrown by `recordChange`, nothing was written. */
export class AnotherWriter extends Error {
  override readonly name = 'AnotherWriter'
}

/**
 * Holds the units and writes the booking, its history and its messages in one statement. Asked again for the same booking it changes nothing
 * and says `repeated`. Throws SoldOut or OfferOver, and then nothing is written.
 */
export async function holdBooking(db: Database, request: HoldRequest, messages: Messages): Promise<HeldUnits> {
  const { order, agreement, hold } = request
  const booking = heldBooking(agreement, hold)
  const by: Actor = { role: order.callerRole ?? 'customer', id: order.callerId }
  const fact: HeldFact = { type: 'held', at: agreement.createdAt, by }
  const { unassigned, told } = withPlaceholders(booking)
  const document = JSON.stringify({
    booking: { ...agreementColumns(agreement, order, hold), ...stateColumns(booking), ...holdColumns(booking) },
    items: agreement.items.map((item, index) => itemColumns(agreement.id, item, index + 1)),
    claims: request.claimsHere ? order.items.map((item) => claimColumns(item, order.partySize)) : null,
    history: [
      {
        booking_id: agreement.id,
        version: 1,
        fact_type: 'held',
        operation: 'held',
        previous_status: null,
        status: booking.status,
        actor_role: by.role,
        actor_id: by.id,
        reason: null,
        data: {},
        at: agreement.createdAt,
      },
    ],
    outbox: outboxColumns(messages(agreement.profile, fact, null, told), 'held', booking),
    unassigned,
    chosen: request.chosen ?? false,
  })
  try {
    const [row] = await db.$queryRaw<[{ result: HoldResult }]>`SELECT hold_booking(${document}::jsonb) AS result`
    return {
      repeated: row.result.repeated,
      units: row.result.units.map(({ item_id, unit_id }) => ({ itemId: item_id, unitId: unit_id })),
    }
  } catch (error) {
    const known = databaseError(error)
    if (known?.code === OFFER_OVER) throw new OfferOver('the offer is over', { cause: error })
    throw known?.code === SOLD_OUT ? new SoldOut(known.detail ?? '') : error
  }
}

/**
 * Messages are written before PostgreSQL picks the units that nobody named. There they name a placeholder, which `hold_booking` replaces; it
 * is random, so that nothing a customer writes can be taken for one.
 */
function withPlaceholders(booking: Booking): { unassigned: string | null; told: Booking } {
  if (booking.items.every(({ unitId }) => unitId !== '')) return { unassigned: null, told: booking }
  const unassigned = randomUUID()
  const items = booking.items.map((item) =>
    item.unitId === '' ? { ...item, unitId: `${unassigned}:${item.id}` } : item,
  )
  return { unassigned, told: { ...booking, items } }
}

type HoldResult = { repeated: boolean; units: { item_id: string; unit_id: string; kind: string }[] }

type Recorded = { result: 'applied' | 'repeated' }

/**
 * Writes what facts make of a booking (state, history, claims, money, messages, notifications) in one statement, provided that it still stands where
 * `before` says. Written again it changes nothing. Throws UnitsLost or AnotherWriter, and then nothing is written.
 */
export async function recordChange(
  db: Pick<Database, '$queryRaw' | 'financialEntry'>,
  change: { before: Booking; facts: readonly Fact[]; claimsHere: boolean },
  messages: Messages,
  notifications: Notifications = () => [],
): Promise<'applied' | 'repeated'> {
  const { before, facts } = change
  const history: object[] = []
  const outbox: object[] = []
  const told: NotificationEntry[] = []
  const ledger: LedgerLine[] = []
  let after = before
  for (const fact of facts) {
    const next = evolve(after, fact)
    history.push(historyColumns(after, next, fact))
    outbox.push(...outboxColumns(messages(next.profile, fact, after, next), fact.type, next))
    told.push(...notifications(next.profile, fact, after, next))
    ledger.push(...ledgerColumns(after, fact))
    after = next
  }
  const revised = isRevised(before, after)
  const document = JSON.stringify({
    booking_id: before.id,
    base_version: before.version,
    state: stateColumns(after),
    history,
    outbox,
    payments: paymentColumns(after),
    refunds: refundColumns(after),
    ledger,
    // Asked for by a run, which does not know the secrets: they were withheld for this write.
    withheld_secrets: facts.some((fact) => fact.type === 'payment_requested' && fact.clientSecret === SECRET_KEPT),
    claims: change.claimsHere ? claimChangeColumns(claimChange(before, after)) : null,
    ...(revised && revisionOf(before, after, change.claimsHere)),
  })
  const entries = await entriesOf(db, before, facts)
  const extras = JSON.stringify(extraColumns(before, after, facts))
  try {
    const written = revised
      ? Prisma.sql`record_revision(${document}::jsonb)`
      : Prisma.sql`record_change(${document}::jsonb)`
    // Each takes the outcome of the one before it, and does its part only when that was applied: all of it is one statement.
    let recorded = Prisma.sql`record_extras(${before.id}::uuid, ${extras}::jsonb, outcome)`
    if (entries.length > 0) {
      recorded = Prisma.sql`record_financial_entries(${recorded}, ${JSON.stringify(entries)}::jsonb)`
    }
    if (told.length > 0) {
      recorded = Prisma.sql`record_notifications(${recorded}, ${JSON.stringify(notificationColumns(told))}::jsonb)`
    }
    const [row] = await db.$queryRaw<[Recorded]>`
      WITH written AS MATERIALIZED (SELECT ${written} AS outcome) SELECT ${recorded} AS result FROM written`
    return row.result
  } catch (error) {
    const code = databaseError(error)?.code
    if (code === UNITS_LOST) throw new UnitsLost('the units belong to somebody else', { cause: error })
    if (code === ANOTHER_WRITER) throw new AnotherWriter('the booking has moved on', { cause: error })
    throw error
  }
}
