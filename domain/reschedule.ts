import {
  bookedItems,
  dueOf,
  isProcessing,
  payingPayment,
  type Actor,
  type Agreement,
  type Booking,
  type PendingChange,
  type Revision,
} from './booking.ts'
import { untilStart } from './bounds.ts'
import { isCaptured, policyOffer } from './cancellation.ts'
import { spanOf } from './change.ts'
import { openDisplacement, swapFacts } from './displacement.ts'
import type { Fact } from './facts.ts'
import type { Refusal } from './failures.ts'
import { isLive } from './lifecycle.ts'
import { allocate, money } from './money.ts'
import { agreementOf, type AssignedUnits, type Order, type Priced } from './order.ts'
import { closing } from './effects.ts'
import { refundByDates, type DatedPart } from './refund-policy.ts'
import { withConsequences, type Outcome } from './consequences.ts'
import { forfeitedOf, refundable, sharesOf, withForfeited, withKept } from './split.ts'
import { plusSeconds, type Instant } from './time.ts'

/** Which unit each item of a change got; `kept`: the booking's own item whose claim it goes on with. */
export type ChangedUnits = readonly (AssignedUnits[number] & { readonly kept: string | null })[]

/** Who asks for a change, and why, under which name of the operation. */
type Asked = { readonly id: string; readonly by: Actor; readonly reason: string | null; readonly notes?: string | null }

/** What a refusal looks at: who asks, and whether for units. */
type Wish = { readonly by: Actor; readonly change: { readonly order: object | null } }

const MANY = new Set<Actor['role']>(['provider', 'operator', 'service'])

/**
 * Why a change is refused; null: it is not. Notes may be changed as long as the booking lives. Time, units, items and party may be
 * changed before the start, and for customers before the least notice of the policy: while the booking is pending and nobody is paying for it, and
 * once it is confirmed. One that a person approved is changed by the provider's side only. Of two changes the second waits until the first is
 * paid for or has fallen through (H-11).
 */
export function changeRefusal(booking: Booking, { by, change: { order } }: Wish, now: Instant): Refusal | null {
  const forbids = (message: string): Refusal => ({ code: 'policy_forbids', message })
  if (!isLive(booking.status)) {
    return {
      code: 'illegal_transition',
      message: `A ${booking.status} booking cannot be changed.`,
      details: { booking_status: booking.status },
    }
  }
  if (order === null) return null
  const isTheirs = MANY.has(by.role) || openDisplacement(booking) !== null
  if (booking.change != null) return forbids(`A change waits for its payment until ${booking.change.hold.expiresAt}.`)
  if (booking.status !== 'pending' && booking.status !== 'confirmed') {
    return forbids(`A booking that is ${booking.status} keeps its time and units.`)
  }
  const until = booking.start === null ? null : plusSeconds(booking.start, isTheirs ? 0 : -60 * paymentEventOf(booking))
  if (until !== null && now >= until) return forbids(`Time and units could be changed until ${until}.`)
  if (booking.status === 'pending') return unsettled(booking, now)
  return booking.terms.requiresApproval && !isTheirs
    ? forbids('What was approved is changed by who approved it.')
    : null
}

/**
 * Why these items cannot be cancelled by themselves; null: they can. While nobody pays for a pending booking, and once it is confirmed,
 * but not beside a change that waits for its payment.
 */
export function itemsRefusal(booking: Booking, itemIds: readonly string[], now: Instant): Refusal | null {
  const errors = itemIds.flatMap((id, index) => {
    const isKnown = booking.items.some((item) => item.id === id)
    return isKnown ? [] : [{ pointer: `/item_ids/${index}`, message: 'the booking has no such item' }]
  })
  if (errors.length > 0) {
    return { code: 'validation_failed', message: 'There are no such items.', details: { errors } }
  }
  const booked = bookedItems(booking)
  if (itemIds.some((id) => !booked.some((item) => item.id === id))) {
    return { code: 'policy_forbids', message: 'Some of the items are cancelled already, or their visit is over.' }
  }
  if (booked.every(({ id }) => itemIds.includes(id))) return null
  if (booking.change != null) {
    const { expiresAt } = booking.change.hold
    return { code: 'policy_forbids', message: `A change waits for its payment until ${expiresAt}.` }
  }
  if (booking.status === 'awaiting_approval') {
    return { code: 'policy_forbids', message: 'A booking that waits for approval is approved or cancelled as a whole.' }
  }
  return booking.status === 'pending' ? unsettled(booking, now) : null
}

/** Nothing is priced anew while its money is on the way: neither the old price nor the new one would be what was paid. */
function unsettled(booking: Booking, now: Instant): Refusal | null {
  const isPaid = payingPayment(booking) !== undefined || isProcessing(booking)
  if (!isPaid && closing(booking, now) === null) return null
  return { code: 'policy_forbids', message: 'The booking is being paid for or is ending: wait for what becomes of it.' }
}

function paymentEventOf({ terms }: Agreement): number {
  return terms.policy.minNoticeMinutes
}

/** Can it be swapped at once, or is there a supplement to be paid first (null: at once)? In minor units. */
export function supplementOf(booking: Booking, price: Revision['price']): number | null {
  const more = price.total - refundable(booking.price)
  return booking.status === 'pending' || more <= 0 ? null : more
}

/** When the hold of a change ends: after as long as a booking's, but not after the start of what it is to be. */
export function holdOfChange(booking: Booking, order: Pick<Order, 'start'>, at: Instant): PendingChange['hold'] {
  const { holdSeconds, lapseGraceSeconds } = booking.terms.policy
  const expiresAt = untilStart(order, plusSeconds(at, holdSeconds))
  return {
    lockId: booking.id,
    expiresAt,
    lapsesAt: plusSeconds(expiresAt, lapseGraceSeconds),
    firstExpiresAt: expiresAt,
    extensions: 0,
    asked: 0,
    reserved: false,
  }
}

/** What was noted of the people stays as it was when they booked (T-04); what is booked, and for how much, is noted anew. */
const NOTED_ANEW = ['offerings', 'hourly_rate', 'events']

/**
 * What a priced order makes of a booking once its units are known. Items that go on with their own claim keep their id; a line of the price goes
 * with its item. Null: nothing would change.
 */
export function revisionOf(booking: Booking, order: Order, priced: Priced, units: ChangedUnits): Revision | null {
  const keptOf = new Map(units.map(({ itemId, kept }) => [itemId, kept ?? itemId]))
  const idOf = (itemId: string) => keptOf.get(itemId) ?? itemId
  const made = agreementOf(order, priced, units, booking.createdAt)
  const items = made.items.map((item) => ({ ...item, id: idOf(item.id) }))
  const price = { ...priced.price, lines: priced.price.lines.map((line) => ({ ...line, itemId: idOf(line.itemId) })) }
  const anew = Object.entries(priced.snapshots).filter(([name]) => NOTED_ANEW.includes(name))
  const revision = {
    items,
    ...spanOf(items, order),
    partySize: order.partySize,
    price,
    snapshots: Object.fromEntries(anew),
  }
  const same = units.every(({ kept }) => kept !== null) && items.length === bookedItems(booking).length
  const alike = same && order.partySize === booking.partySize && price.total === refundable(booking.price)
  return alike ? null : revision
}

/**
 * A change whose units are held: one that costs more waits for its supplement, the others are made at once (H-11). What a cheaper one gives
 * back goes by the tiers of the policy, as if that part had been cancelled, and in full when the other side asked for the change or took
 * the unit away (H-14).
 */
export function onUnitsHeld(
  booking: Booking,
  revision: Revision | null,
  { id, by, reason, notes }: Asked,
  hold: PendingChange['hold'],
  at: Instant,
): Outcome {
  const stamp = { at, by }
  const noted: Fact[] = notes === undefined || notes === booking.notes ? [] : [{ ...stamp, type: 'noted', notes }]
  if (revision === null)
    return noted.length === 0 ? { booking, facts: [] } : withConsequences(booking, noted, { now: at })
  const whole = { ...revision, ...(notes !== undefined && { notes }) }
  const supplement = supplementOf(booking, revision.price)
  const kept = keptOfDecrease(booking, revision, by, at)
  const forfeited = Math.max(0, forfeitedBy(booking, revision, by, at) - kept)
  const price = withForfeited(withKept(revision.price, (booking.price.kept ?? 0) + kept), forfeited)
  const priced = { ...whole, price }
  const facts: Fact[] =
    supplement === null
      ? swapFacts(booking, { ...stamp, type: 'changed', changeId: id, revision: priced, reason })
      : [
          {
            ...stamp,
            type: 'change_held',
            change: { id, revision: priced, supplement, hold, taken: false, by, reason },
            reason,
          },
        ]
  return withConsequences(booking, facts, { now: at })
}

function keptOfDecrease(booking: Booking, revised: Revision, by: Actor, now: Instant): number {
  const { price } = revised
  const less = refundable(booking.price) - price.total
  if (booking.status === 'pending' || less <= 0 || dueOf(booking) === 0) return 0
  if (isTheirs(booking, by)) return 0
  const parts = cheaperParts(booking, revised, less)
  const { amount } = refundByDates(parts, price.currency, booking.terms.policy.refundTiers, now, 'part')
  return less - Math.min(amount, refundable(booking.price) - forfeitedOf(booking.price))
}

/** Does the other side ask for it, or has it taken the unit away? Then it costs the customer nothing. */
function isTheirs(booking: Booking, by: Actor): boolean {
  return by.role === 'provider' || by.role === 'operator' || openDisplacement(booking) !== null
}

/**
 * What is forfeited once a change is made (N-83): whoever moves a visit by themselves takes with them what cancelling would not give back any more.
 * A policy may say otherwise.
 */
function forfeitedBy(booking: Booking, revised: Revision, by: Actor, now: Instant): number {
  const before = forfeitedOf(booking.price)
  const isFree = booking.terms.policy.forfeitsOnMove === false || isTheirs(booking, by)
  if (isFree || !isCaptured(booking) || !isMoved(booking, revised)) return before
  return refundable(booking.price) - policyOffer(booking, by, now).amount
}

function isMoved(booking: Booking, { items }: Revision): boolean {
  const dates = new Set(bookedItems(booking).map(({ start }) => start))
  return items.some(({ start }) => !dates.has(start))
}

/** What a change gives back, by the items that went or became cheaper: each is judged by the date that it had (N-81). */
function cheaperParts(booking: Booking, revised: Revision, less: number): DatedPart[] {
  const startOf = new Map(booking.items.map(({ id, start }) => [id, start]))
  const shareOf = new Map(sharesOf(revised.price).map(({ itemId, total }) => [itemId, total]))
  const cheaper = sharesOf(booking.price)
    .map(({ itemId, total }) => ({ itemId, less: total - (shareOf.get(itemId) ?? 0) }))
    .filter((item) => item.less > 0)
  if (cheaper.length === 0) return [{ amount: less, start: booking.start }]
  const amounts = allocate(
    money(less, booking.price.currency),
    cheaper.map((item) => item.less),
  )
  return cheaper.map(({ itemId }, index) => ({
    amount: amounts[index]!.amount,
    start: startOf.get(itemId) ?? booking.start,
  }))
}
