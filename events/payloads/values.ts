import { createHash } from 'node:crypto'
import { z } from 'zod'
import { retained, type Actor, type Booking } from '../../domain/booking.ts'
import type { Status } from '../../domain/lifecycle.ts'
import { money, toDecimal } from '../../domain/money.ts'
import { plusSeconds, secondsBetween, type Instant } from '../../domain/time.ts'
import type { Change, MoneyMoved } from './definition.ts'

/** An amount in major units as text, with all its decimals: `12.34`. */
export const decimal = z.string().regex(/^\d+(\.\d+)?$/)
export const instant = z.iso.datetime({ offset: true })
export const currencyCode = z.string().length(3)

/** Minor units of the booking's currency as decimal text. */
export function amountOf(booking: Pick<Booking, 'price'>, minorUnits: number): string {
  return toDecimal(money(minorUnits, booking.price.currency))
}

/** What a field must have. Its absence is a mistake of ours, which is not to be told to the world as a fact. */
export function given<Value>(value: Value | null | undefined, what: string, { id }: Pick<Booking, 'id'>): Value {
  if (value === null || value === undefined) throw new Error(`booking ${id} has no ${what} to be published`)
  return value
}

/** Until when the units are held; afterwards, until when they were held at first. */
export function heldUntil({ before, after }: Pick<Change, 'before' | 'after'>): Instant {
  if ('hold' in after) return after.hold.expiresAt
  if (before !== null && 'hold' in before) return before.hold.expiresAt
  return plusSeconds(after.createdAt, after.terms.policy.holdSeconds)
}

/** The movement of money that an event of money tells, its amount as decimal text. */
export function moneyMoved({ after, money: moved }: Change): Omit<MoneyMoved, 'amount'> & { readonly amount: string } {
  const movement = given(moved, 'movement of money', after)
  return { ...movement, amount: amountOf(after, movement.amount) }
}

/** What goes back with the end of a booking, and how that stands: it has only been decided then. */
export function refundAhead(booking: Booking): { refund_amount: string; refund_status: 'pending' | null } {
  const kept = 'cancellation' in booking ? booking.cancellation.keep : retained(booking)
  const ahead = Math.max(0, retained(booking) - kept)
  return { refund_amount: amountOf(booking, ahead), refund_status: ahead > 0 ? 'pending' : null }
}

/** Why and by whom it was ended. */
export function endOf(booking: Booking): { readonly reason: string; readonly by: Actor; readonly keep: number } {
  const { cancellation } = given('cancellation' in booking ? booking : null, 'cancellation', booking)
  return { reason: cancellation.reason, by: cancellation.by, keep: cancellation.keep }
}

/** A booking's number in a payload, which the database gives and `write_trail` puts in for this. */
export const NUMBER_TO_COME = 0

/** A person's id as the number that a document has for it: itself when it is one, else 48 bits of its hash, always the same ones. */
export function personNumber(id: string): number {
  if (/^[1-9]\d{0,14}$/.test(id)) return Number(id)
  return createHash('sha256').update(id).digest().readUIntBE(0, 6)
}

/** The status it had before; a booking that was not there before has none. */
export function statusBefore({ before, after }: Change): Status {
  return given(before, 'status before', after).status
}

/** Date and time of day on a clock in a time zone, `2026-05-11` and `09:00:00`; null without an instant. */
export function wallClock(at: Instant | null, timeZone: string): { date: string | null; time: string | null } {
  if (at === null) return { date: null, time: null }
  const [date = null, time = null] = clockOf(timeZone).format(new Date(at)).split(' ')
  return { date, time }
}

/** Making one takes longer than all the rest of a message. */
const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known !== undefined) return known
  // Swedes write dates as ISO 8601 has them.
  const made = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  clocks.set(timeZone, made)
  return made
}

export function minutesOf({ start, end }: Pick<Booking, 'start' | 'end'>): number | null {
  return start === null || end === null ? null : Math.round(secondsBetween(start, end) / 60)
}
