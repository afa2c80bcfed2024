import { ApplicationFailure } from '@temporalio/common'
import { bookedItems, type Booking, type Hold } from '../domain/booking.ts'
import type { Fact } from '../domain/facts.ts'
import { mechanismOf } from '../domain/offering.ts'
import {
  agreementOf,
  firstHold,
  isToBeChosen,
  withChosen,
  type AssignedUnits,
  type ChosenUnit,
  type Order,
  type Priced,
} from '../domain/order.ts'
import { claimChange, itemClaims } from '../domain/claims.ts'
import { holdOfChange, onUnitsHeld, revisionOf, supplementOf, type ChangedUnits } from '../domain/reschedule.ts'
import { pricedWithoutContact, withoutContact } from '../domain/contact.ts'
import { evolveAll } from '../domain/evolve.ts'
import { Refused } from '../domain/failures.ts'
import { findBooking, type StoredBooking } from '../prisma/bookings.ts'
import { brokenRule, type Database } from '../prisma/client.ts'
import { changeBooking } from '../prisma/changes.ts'
import { chooseUnits, giveBackChosen, lookForUnits } from '../prisma/choice.ts'
import type { Notifications } from '../prisma/notifications.ts'
import {
  AnotherWriter,
  holdBooking,
  OfferOver,
  recordChange,
  SoldOut,
  UnitsLost,
  type Messages,
} from '../prisma/writes.ts'
import type { Inventory } from '../services/ports.ts'
import { final, namingRefusals } from './failures.ts'
import { priceOrder, type QuotePorts } from './quote.ts'
import { withBuffer, type Instant } from '../domain/time.ts'

export type HoldPorts = QuotePorts & {
  readonly database: Database
  readonly messages: Messages
  readonly notifications: Notifications
  /** Null: units are claims in our own database, held and written in one transaction. */
  readonly inventory: Inventory | null
}

/** What holding an order came to; `existing` when it had been held before, by a try whose answer was lost. */
export type HeldAnswer = { readonly priced: Priced; readonly units: AssignedUnits } | { readonly existing: Booking }

/** What a change asks of a booking that stands. */
export type ChangeOfUnits = {
  readonly before: Booking
  readonly asked: Parameters<typeof onUnitsHeld>[2]
}

/** A change of a booking to be written: the facts, worked out from how it stood. */
export type Change = { readonly before: Booking; readonly facts: readonly Fact[] }

/** The activities that hold units and write the projection. */
export function holdActivities(ports: HoldPorts) {
  const { database, messages, notifications, inventory } = ports
  const claimsHere = inventory === null

  async function swap(order: Order, priced: Priced, at: Instant, { before, asked }: ChangeOfUnits): Promise<Booking> {
    if (!claimsHere) {
      throw final(
        'policy_forbids',
        'The units are kept by another service, which cannot swap them: cancel, and book anew.',
      )
    }
    const hold = holdFor(before, order, at)
    const decide = (units: ChangedUnits) =>
      onUnitsHeld(before, revisionOf(before, order, priced, units), asked, hold, at)
    const releases = supplementOf(before, priced.price) === null
    try {
      return await changeBooking(
        database,
        { before, order, hold, releases, changeId: asked.id, decide },
        messages,
        notifications,
      )
    } catch (error) {
      if (error instanceof SoldOut) throw soldOut(error)
      if (error instanceof AnotherWriter) throw final('another_writer', error.message)
      throw error
    }
  }

  /** A change whose units nobody named is priced for those it would get; if they are gone by then, for others. */
  async function changed(order: Order, at: Instant, change: ChangeOfUnits): Promise<Booking> {
    for (let tries = 1; ; tries++) {
      const named = claimsHere && isToBeChosen(order) ? withChosen(order, await unitsFor(order, at, change)) : order
      const priced = await namingRefusals(() => priceOrder(ports, named))
      try {
        return await swap(named, priced, at, change)
      } catch (error) {
        if (named === order || !isSoldOut(error) || tries === MOST_TRIES) throw error
      }
    }
  }

  async function unitsFor(order: Order, at: Instant, { before }: ChangeOfUnits): Promise<ChosenUnit[]> {
    try {
      return await lookForUnits(database, before, order, holdFor(before, order, at))
    } catch (error) {
      throw error instanceof SoldOut ? soldOut(error) : error
    }
  }

  /** What nobody named is held first, and then priced: the lease of the choice becomes the booking's. */
  async function held(order: Order, at: Instant): Promise<Booking> {
    const hold = firstHold(order, at)
    try {
      const units =
        inventory === null
          ? await chooseUnits(database, order)
          : (await namingRefusals(() => reserve(inventory, order, hold.expiresAt))).map(unpriced)
      if (units === null) return await known(order)
      const chosen = withChosen(order, units)
      const agreement = agreementOf(chosen, await priceOrGiveBack(chosen), [], at)
      await holdBooking(database, { order: chosen, agreement, hold, claimsHere, chosen: claimsHere }, messages)
      return await known(order)
    } catch (error) {
      if (error instanceof OfferOver) throw final('hold_expired', 'The offer is over: it was not accepted in time.')
      throw error instanceof SoldOut ? soldOut(error) : error
    }
  }

  async function priceOrGiveBack(order: Order): Promise<Priced> {
    try {
      return await namingRefusals(() => priceOrder(ports, order))
    } catch (error) {
      await (inventory === null ? giveBackChosen(database, order.bookingId) : inventory.release(order.bookingId))
      throw error
    }
  }

  async function known({ bookingId }: Order): Promise<Booking> {
    const existing = await findBooking(database, bookingId)
    if (existing === null) throw new Error(`booking ${bookingId} was there and is not`)
    return agreed(existing)
  }

  return {
    /**
     * Prices an order and holds its units, all or nothing (E-01): in one transaction with the embedded inventory. Asked again it answers with
     * the booking it made. Refused: `sold_out`, `hold_expired` (an offer of the waitlist), `policy_forbids`,
     * `validation_failed`. With `change`, the order is what a booking that stands
     * is to be: its units are held beside the old ones, or swapped, and what follows is written in the same transaction (H-11).
     */
    async hold({ order, at, change }: { order: Order; at: Instant; change?: ChangeOfUnits }): Promise<HeldAnswer> {
      if (change !== undefined) return { existing: withoutContact(await changed(order, at, change)) }
      if (isToBeChosen(order)) return { existing: await held(order, at) }
      const priced = await namingRefusals(() => priceOrder(ports, order))
      const hold = firstHold(order, at)
      const reserved = inventory === null ? [] : await namingRefusals(() => reserve(inventory, order, hold.expiresAt))
      const agreement = agreementOf(order, priced, reserved, at)
      try {
        const { repeated, units } = await holdBooking(database, { order, agreement, hold, claimsHere }, messages)
        if (!repeated) return { priced: pricedWithoutContact(priced), units: claimsHere ? units : reserved }
      } catch (error) {
        if (error instanceof OfferOver) throw final('hold_expired', 'The offer is over: it was not accepted in time.')
        if (!(error instanceof SoldOut)) throw error
        throw soldOut(error)
      }
      return { existing: await known(order) }
    },

    /**
     * Writes facts of a booking in one transaction: state, history, claims, money, outbox. Written again it changes nothing. Fails for good
     * with `units_lost` (the units to commit are somebody else's), `another_writer` (the booking has moved on) or `write_refused` (it breaks a rule
     * of the database, and would break it again).
     */
    async record({ before, facts }: Change): Promise<void> {
      const after = evolveAll(before, facts).booking
      const claims = inventory === null ? null : claimChange(before, after)
      if (inventory !== null && claims?.state === 'committed') await commitElsewhere(inventory, before)
      try {
        await recordChange(database, { before, facts, claimsHere }, messages, notifications)
      } catch (error) {
        if (error instanceof UnitsLost) throw final('units_lost', error.message)
        if (error instanceof AnotherWriter) throw final('another_writer', error.message)
        const rule = brokenRule(error)
        if (rule !== null) throw final('write_refused', `The database refuses it for good: ${rule}.`)
        throw error
      }
      // Units are given up only after the booking says so; a crash in between repeats this activity, and releasing twice is no error.
      if (claims?.state === 'released') await inventory?.release(before.id)
      const cancelled = inventory === null ? [] : (itemClaims(before, after)?.release ?? [])
      if (cancelled.length > 0) await inventory?.release(before.id, cancelled)
      if (claims?.state === 'held') await inventory?.extend(before.id, claims.expiresAt)
    },

    /** The booking as PostgreSQL knows it, or null. */
    async load(bookingId: string): Promise<Booking | null> {
      const stored = await findBooking(database, bookingId)
      return stored === null ? null : agreed(stored)
    },
  }
}

function holdFor(before: Booking, order: Order, at: Instant): Hold {
  return before.status === 'pending' ? before.hold : holdOfChange(before, order, at)
}

/** How often a change chooses units anew that others took while it was priced. */
const MOST_TRIES = 3

function isSoldOut(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === 'sold_out'
}

/** Another inventory says which unit it gave, and nothing of its price: the offering's counts. */
function unpriced({ itemId, unitId }: AssignedUnits[number]): ChosenUnit {
  return { itemId, unitId, price: null, start: null, end: null }
}

/** Without what is the database's alone: it would only lengthen histories, or is nothing for them (N-24). */
function agreed({ recorded: _recorded, ...booking }: StoredBooking): Booking {
  return withoutContact(booking)
}

function soldOut({ itemId }: SoldOut): Error {
  return final('sold_out', 'What was asked for is not free any more.', { item_ids: [itemId] })
}

function reserve(inventory: Inventory, order: Order, expiresAt: Instant): Promise<AssignedUnits> {
  return inventory.reserve({
    lockId: order.bookingId,
    expiresAt,
    items: order.items.map(({ id, offeringId, unitId, quantity, occupied }) => ({
      itemId: id,
      offeringId,
      unitId,
      quantity,
      range: occupied,
      partySize: order.partySize,
    })),
  })
}

async function commitElsewhere(inventory: Inventory, booking: Booking): Promise<void> {
  const { bufferBeforeMinutes, bufferAfterMinutes } = booking.terms.policy
  const items = bookedItems(booking).map(({ id, offeringId, unitId, kind, quantity, start, end }) => ({
    itemId: id,
    offeringId,
    unitId,
    quantity,
    range:
      start !== null && end !== null && mechanismOf(kind) === 'range'
        ? withBuffer({ start, end }, bufferBeforeMinutes, bufferAfterMinutes)
        : null,
    partySize: booking.partySize,
  }))
  try {
    await inventory.commit(booking.id, items)
  } catch (error) {
    if (error instanceof Refused && error.code === 'sold_out') throw final('units_lost', error.message)
    throw error
  }
}
