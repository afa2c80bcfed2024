import { isDeepStrictEqual } from 'node:util'
import { dueOf, givenBack, retained, type Booking } from '../booking.ts'
import { claimsOf } from '../claims.ts'
import { onDeadline } from '../decide.ts'
import { isDisputed } from '../disputes.ts'
import { evolve } from '../evolve.ts'
import { operationOf, type Fact } from '../facts.ts'
import { isClosed, isLive } from '../lifecycle.ts'
import { deadlineOf, isAtRest, nextDeadline, waitingFor } from '../deadlines.ts'
import { pendingEffects } from '../effects.ts'
import { addsUp, type Price } from '../price.ts'
import { withConsequences } from '../consequences.ts'
import { needsPerson } from '../payments.ts'
import { WRITE_REFUSED } from '../put-aside.ts'
import { refundable, sharesOf } from '../split.ts'
import type { Instant } from '../time.ts'

/** What is wrong with a booking at a time, by the invariants of design.md; empty: nothing. */
export function complaintsAbout(booking: Booking, now: Instant): string[] {
  const { status, payments, refunds } = booking
  const due = dueOf(booking)
  const effects = pendingEffects(booking, now)
  const reviving = 'reviving' in booking && booking.reviving
  const isHeld = claimsOf(booking) !== 'released'
  const isConfirmed = ['confirmed', 'checked_in', 'in_progress', 'completed'].includes(status)
  const keys = effects.map(({ key }) => key)
  const about = (type: string) =>
    effects.flatMap((effect) => (effect.type === type && 'payment' in effect ? [effect.payment.id] : []))
  const deadline = deadlineOf(booking)
  const isOverdue = deadline !== null && deadline.at <= now && onDeadline(booking, now).facts.length === 0
  return wrongOnes({
    '2: units are claimed if and only if the booking lives': isHeld === (isLive(status) || reviving),
    '3: what is kept is what may be kept': keepsWhatItMay(booking),
    '3: a confirmed booking stands on a whole payment, unless somebody else took it back':
      !isConfirmed || retained(booking) >= due || isOutOfOurHands(booking),
    'H-11: a change is pending only where there are units to swap':
      booking.change == null || (isLive(status) && status !== 'pending' && status !== 'awaiting_approval'),
    'H-11: what is superseded goes back in full': payments.every(
      ({ id, captured, superseded }) =>
        superseded === undefined ||
        givenBack(refunds, id) === captured ||
        (booking.disputes ?? []).some(({ paymentId }) => paymentId === id),
    ),
    'H-12: the shares of a price add up to it': booking.price.lines.length === 0 || sharesAddUp(booking.price),
    '3: no payment gives back more than it took (H-06)': payments.every(
      ({ id, captured }) => givenBack(refunds, id) <= captured,
    ),
    '3: a refund that failed or bounced has the attention of a person':
      booking.attention !== null || !refunds.some(needsPerson),
    '4: an authorisation of an ended booking is being voided':
      !isClosed(status) ||
      reviving ||
      payments.every(({ id, status }) => status === 'succeeded' || status === 'voided' || about('void').includes(id)),
    '8: what waits has a deadline (H-20)': isAtRest(booking, now) || nextDeadline(booking) !== null,
    '8: what is not over waits for something (A-33)':
      !(status === 'pending' || status === 'awaiting_approval' || reviving) ||
      (nextDeadline(booking) !== null && waitingFor(booking) !== null),
    '8: a timer that fires has an effect, or there is work to do': !isOverdue || effects.length > 0,
    'every operation has one key': new Set(keys).size === keys.length,
    'a payment is captured or voided, never both': about('capture').every((id) => !about('void').includes(id)),
    'at most one capture, and none beside a captured payment (H-05)':
      about('capture').length <= (isConfirmed && booking.change?.taken !== true ? 0 : 1),
    'at rest nothing is due': !isAtRest(booking, now) || effects.length === 0,
    // Nothing follows from what the database refused, until the next message (domain/put-aside.ts).
    'it is settled':
      booking.attention?.reason === WRITE_REFUSED ||
      withConsequences(booking, [], { now: booking.updatedAt }).facts.length === 0,
  })
}

/** Did somebody else take money back, or does a bank decide about it (N-14)? */
export function isOutOfOurHands({ refunds, disputes = [] }: Booking): boolean {
  return disputes.length > 0 || refunds.some(({ key }) => key.startsWith('elsewhere:'))
}

function keepsWhatItMay(booking: Booking): boolean {
  if (keeps(booking, retained(booking))) return true
  if (!isOutOfOurHands(booking)) return false
  // Less is kept than may be, or more, of a payment that is disputed.
  const disputed = booking.payments.filter(({ id }) => isDisputed(booking, id))
  const most = disputed.reduce((sum, { captured }) => sum + captured, 0) + dueOf(booking)
  return retained(booking) <= most
}

function keeps(booking: Booking, kept: number): boolean {
  const due = dueOf(booking)
  switch (booking.status) {
    case 'pending':
    case 'awaiting_approval':
      return kept >= 0 && kept <= due
    case 'confirmed':
    case 'checked_in':
    case 'in_progress':
    case 'completed':
      return kept === due
    case 'no_show':
      return (
        kept ===
        Math.round((refundable(booking.price) * booking.terms.policy.noShowFeePercent) / 100) +
          (booking.price.kept ?? 0)
      )
    case 'cancelled':
    case 'expired':
      return booking.reviving ? kept <= due : kept === booking.cancellation.keep
    case 'refunded':
      return kept === booking.cancellation.keep
  }
}

function sharesAddUp(price: Price): boolean {
  return addsUp(price) && sharesOf(price).reduce((sum, { total }) => sum + total, 0) === refundable(price)
}

/** What is wrong with a step of a booking's history: the facts that were written, and how it stood before. */
export function complaintsAboutStep(before: Booking, facts: readonly Fact[], after: Booking): string[] {
  const complaints: string[] = []
  let current = before
  for (const fact of facts) {
    const next = evolve(current, fact)
    const byTable = Object.values(before.terms.lifecycle[current.status] ?? {}).some((to) => to === next.status)
    const cancelled = 'cancellation' in current ? current.cancellation : null
    complaints.push(
      ...wrongOnes({
        [`6: ${fact.type} is one version more`]: next.version === current.version + 1,
        [`6: ${current.status} to ${next.status} is in the table`]: next.status === current.status || byTable,
        'H-04: what a person ended stays ended':
          next.status !== 'confirmed' || cancelled === null || cancelled.revivable,
        'C-04: what needs approval was approved':
          !(before.terms.requiresApproval && fact.type === 'confirmed') ||
          (current.status === 'awaiting_approval' && current.approved),
        'T-09: what needs a link has one':
          !(before.terms.makesMeeting && fact.type === 'confirmed') || next.meetingUrl !== null,
        'an operation has a name': operationOf(fact).startsWith(fact.type),
      }),
    )
    current = next
  }
  if (!isDeepStrictEqual(current, after)) complaints.push('the facts do not lead to the booking')
  return complaints
}

function wrongOnes(rules: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(rules)
    .filter(([, holds]) => !holds)
    .map(([rule]) => rule)
}
