import { bookedItems, type Actor, type Agreement, type Booking, type Item } from './booking.ts'
import { isCaptured } from './cancellation.ts'
import type { Fact, VisitTrigger } from './facts.ts'
import type { Refusal } from './failures.ts'
import { percentOf } from './money.ts'
import type { Policy } from './policy.ts'
import { sharesTogether } from './split.ts'
import { earlier, plusSeconds, secondsBetween, type Instant } from './time.ts'

/** How long before the start guests are let in and visits begin; an hour by terms that do not say. */
export function opensMinutes({ checkInOpensMinutes }: Pick<Policy, 'checkInOpensMinutes'>): number {
  return checkInOpensMinutes ?? 60
}

/**
 * From when on a visit may go this way (N-45): a guest is in, or a visit has begun, from when the policy opens for it; over or missed is only what has
 * begun. Null: at any time. A booking without a start has none of these times.
 */
export function visitOpensAt(
  { start, terms }: Pick<Agreement, 'start' | 'terms'>,
  trigger: VisitTrigger,
): Instant | null {
  if (start === null) return null
  switch (trigger) {
    case 'check_in':
    case 'start':
      return plusSeconds(start, -60 * opensMinutes(terms.policy))
    case 'complete':
    case 'no_show':
      return start
    case 'undo_no_show':
      return null
  }
}

/** Why a visit may not go this way yet; null: it may. What happened earlier than was planned is recorded by an operator, with the reason. */
export function earlyRefusal(
  booking: Pick<Agreement, 'start' | 'terms'>,
  { type, by, reason }: { readonly type: VisitTrigger; readonly by: Actor; readonly reason: string | null },
  now: Instant,
): Refusal | null {
  const opensAt = visitOpensAt(booking, type)
  const isException = by.role === 'operator' && (reason ?? '').trim() !== ''
  if (opensAt === null || now >= opensAt || isException) return null
  return {
    code: 'policy_forbids',
    message: `The visit begins at ${booking.start}: ${type} is for ${opensAt} or later, or for an operator who says the reason.`,
    details: { opens_at: opensAt, start: booking.start },
  }
}

/** With so much time between them, what is booked is two visits and not one, in seconds: a guest who misses lunch may still come for dinner. */
const APART_SECONDS = 6 * 3600

/** The visit of a booking that is ahead or under way, and what comes after it. */
type Visit = { readonly items: readonly Item[]; readonly later: readonly Item[] }

/**
 * The rule for a booking of several dates (N-80). What begins less than six hours after what came before it is over is one visit with it. A booking is about
 * one visit at a time: the first that is not over. That one is attended or missed by itself; the booking then goes on with the next, and its status at the end
 * is that of its last. A life cycle that does not know `next_visit`, and what has no time of its own, make one visit of all.
 */
export function visitOf(booking: Pick<Agreement, 'items' | 'price' | 'terms'>): Visit {
  const booked = bookedItems(booking)
  const priced = new Set(booking.price.lines.map(({ itemId }) => itemId))
  const isTold = booked.every(({ id, start }) => start !== null && priced.has(id))
  const hasNext = Object.values(booking.terms.lifecycle).some((steps) => steps.next_visit !== undefined)
  if (!isTold || !hasNext) return { items: booked, later: [] }
  const inOrder = booked.toSorted((a, b) => secondsBetween(startOf(b), startOf(a)))
  let over: Instant | null = null
  const count = inOrder.findIndex((item) => {
    if (over !== null && secondsBetween(over, startOf(item)) >= APART_SECONDS) return true
    over = over === null || endOf(item) > over ? endOf(item) : over
    return false
  })
  return count < 0 ? { items: booked, later: [] } : { items: inOrder.slice(0, count), later: inOrder.slice(count) }
}

/** When a visit that nobody closed is taken as over: a day after its end, or when the next one opens, if that is earlier. Null: it has no end. */
export function closesAt(booking: Booking): Instant | null {
  const { closeAfterSeconds, policy } = booking.terms
  const { items, later } = visitOf(booking)
  const [next] = later
  if (next === undefined) return booking.end === null ? null : plusSeconds(booking.end, closeAfterSeconds)
  const end = items.map(endOf).reduce((a, b) => (a > b ? a : b))
  const opens = plusSeconds(startOf(next), -60 * opensMinutes(policy))
  return earlier(plusSeconds(end, closeAfterSeconds), opens > end ? opens : end)
}

/** What a visit's going its way is for the booking: of the last one the booking's own, of an earlier one that this one is over, with the fee where it was missed. */
export function visitFact(
  booking: Booking,
  {
    trigger,
    ...happened
  }: Pick<Fact, 'at' | 'by'> & { readonly trigger: VisitTrigger; readonly reason: string | null },
): Fact {
  const { items, later } = visitOf(booking)
  const isOver = trigger === 'complete' || trigger === 'no_show'
  if (!isOver || later.length === 0) return { ...happened, type: 'moved', trigger }
  const itemIds = items.map(({ id }) => id)
  const outcome = trigger === 'complete' ? 'attended' : 'missed'
  return { ...happened, type: 'visit_over', outcome, itemIds, keep: keptOf(booking, itemIds, outcome) }
}

/** All of what was attended is kept; of what was missed, the fee. What goes back is rounded down, so that parts are never more than the whole (N-85). */
function keptOf(booking: Booking, itemIds: readonly string[], outcome: 'attended' | 'missed'): number {
  if (!isCaptured(booking)) return 0
  const share = sharesTogether(booking.price, itemIds)
  const back = outcome === 'attended' ? 0 : 100 - booking.terms.policy.noShowFeePercent
  return share.amount - percentOf(share, back, 'part').amount
}

function startOf({ start }: Pick<Item, 'start'>): Instant {
  if (start === null) throw new Error('an item without a time is no visit of its own')
  return start
}

function endOf(item: Pick<Item, 'start' | 'end'>): Instant {
  return item.end ?? startOf(item)
}
