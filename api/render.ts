import { payingPayment, type Booking, type Payment } from '../domain/booking.ts'
import { legalCommands } from '../domain/commands.ts'
import { openDisplacement } from '../domain/displacement.ts'
import { isLive } from '../domain/lifecycle.ts'
import { legalOperations } from '../domain/operations.ts'
import { nextDeadline, waitingFor } from '../domain/deadlines.ts'
import { needsPerson } from '../domain/payments.ts'
import { changeRefusal } from '../domain/reschedule.ts'
import { payingSupplement, supplementPayments } from '../domain/supplement.ts'
import type { StoredBooking } from '../prisma/bookings.ts'
import { profileNamed } from '../profiles/index.ts'
import type { Principal } from './auth.ts'
import { currentInstant } from './clock.ts'
import type { BookingBody } from './schemas/booking.ts'
import { localOrNull } from './wall-time.ts'

/** A booking as a caller sees it: what they may do, what it waits for, and the payment secret only for those who pay. */
export function renderBooking(booking: StoredBooking, viewer: Principal): BookingBody {
  const own = booking.payments.filter(({ change }) => change === undefined)
  const payment = payingPayment(booking) ?? own.findLast(({ superseded }) => superseded === undefined) ?? own.at(-1)
  const isReleased = !isLive(booking.status) && booking.status !== 'completed'
  return {
    id: booking.id,
    reference: booking.reference,
    profile: profileNamed(booking.profile)!.name,
    status: booking.status,
    version: booking.version,
    customer: { ...booking.customer },
    provider: booking.provider,
    venue: booking.venue,
    items: booking.items.map(({ offeringId, unitId, unitPrice, cancelled, outcome, ...item }) => ({
      ...item,
      offering_id: offeringId,
      unit_id: unitId,
      unit_label: booking.recorded.unitLabels[item.id] ?? null,
      start_local: localOrNull(item.start, booking.timeZone),
      end_local: localOrNull(item.end, booking.timeZone),
      unit_price: unitPrice,
      status: outcome ?? (cancelled === true ? 'cancelled' : isReleased ? 'released' : 'active'),
    })),
    start: booking.start,
    end: booking.end,
    time_zone: booking.timeZone,
    start_local: localOrNull(booking.start, booking.timeZone),
    end_local: localOrNull(booking.end, booking.timeZone),
    party_size: booking.partySize,
    subject: booking.subject,
    pet_id: booking.petId,
    notes: booking.notes,
    metadata: booking.metadata,
    amount: booking.price.total,
    currency: booking.price.currency,
    price: renderPrice(booking),
    hold: 'hold' in booking ? { lock_id: booking.hold.lockId, expires_at: booking.hold.expiresAt } : null,
    payment: payment === undefined ? null : renderPayment(booking, payment, viewer),
    refund: renderRefund(booking),
    change: renderChange(booking, viewer),
    cancellation:
      'cancellation' in booking
        ? { reason: booking.cancellation.reason, by: booking.cancellation.by, at: booking.cancellation.at }
        : null,
    ticket_reference: booking.ticketReference,
    meeting_url: booking.meetingUrl,
    snapshots: booking.snapshots,
    available_actions: actionsFor(booking, viewer),
    waiting_for: waitingFor(booking),
    next_deadline: nextDeadline(booking),
    attention: booking.attention,
    displacement: renderDisplacement(booking),
    number: booking.recorded.number,
    steps: renderSteps(booking),
    created_at: booking.createdAt,
    updated_at: booking.updatedAt,
  }
}

function renderDisplacement(booking: Booking): BookingBody['displacement'] {
  const displacement = openDisplacement(booking)
  if (displacement === null) return null
  const { reason, at, until } = displacement
  return { reason, at, until }
}

/** The entity tag of a booking: its version. */
export function etagOf({ version }: Pick<Booking, 'version'>): string {
  return `"${version}"`
}

/** When it last came to each step, and until when it was held. */
function renderSteps({ recorded: { steps, heldUntil } }: StoredBooking): BookingBody['steps'] {
  return {
    held_until: heldUntil,
    confirmed_at: steps.confirmed ?? null,
    checked_in_at: steps.checked_in ?? null,
    started_at: steps.in_progress ?? null,
    completed_at: steps.completed ?? null,
    no_show_at: steps.no_show ?? null,
    cancelled_at: steps.cancelled ?? null,
    expired_at: steps.expired ?? null,
    refunded_at: steps.refunded ?? null,
  }
}

export function renderPrice({ price }: Pick<Booking, 'price'>): BookingBody['price'] {
  const { subtotal, fees, tax, total, lines, quoteId } = price
  return {
    subtotal,
    fees,
    tax,
    total,
    lines: lines.map(({ itemId, unitPrice, amount }) => ({ item_id: itemId, unit_price: unitPrice, amount })),
    quote_id: quoteId,
    kept: price.kept ?? 0,
    forfeited: price.forfeited ?? 0,
  }
}

const PAYMENT_STATUS = {
  requested: 'pending',
  processing: 'processing',
  authorized: 'authorized',
  succeeded: 'succeeded',
  failed: 'failed',
  voided: 'cancelled',
} as const satisfies Record<Payment['status'], string>

function renderPayment(booking: Booking, payment: Payment, viewer: Principal): BookingBody['payment'] {
  const refunded = booking.refunds
    .filter(({ paymentId, status }) => paymentId === payment.id && status === 'succeeded')
    .reduce((total, { amount }) => total + amount, 0)
  const isAllBack = payment.captured > 0 && refunded === payment.captured
  return {
    id: payment.id,
    intent_id: payment.intentId,
    client_secret: viewer.role === 'provider' ? null : payment.clientSecret,
    status: isAllBack ? 'refunded' : PAYMENT_STATUS[payment.status],
    amount: payment.amount,
    amount_refunded: refunded,
    method: payment.method,
    paid_at: payment.paidAt,
  }
}

/** What the booking is to be once the supplement is paid (H-11). */
function renderChange(booking: Booking, viewer: Principal): BookingBody['change'] {
  const { change } = booking
  if (change == null) return null
  const { items, start, end, partySize, price } = change.revision
  const payment = payingSupplement(booking) ?? supplementPayments(booking).at(-1)
  return {
    id: change.id,
    items: items.map(({ id, offeringId, unitId, quantity, start, end, amount }) => ({
      id,
      offering_id: offeringId,
      unit_id: unitId,
      quantity,
      start,
      end,
      amount,
    })),
    start,
    end,
    party_size: partySize,
    amount: price.total,
    supplement: change.supplement,
    expires_at: change.hold.expiresAt,
    payment: payment === undefined ? null : renderPayment(booking, payment, viewer),
  }
}

/** All refunds of a booking as one: failed when one is, or has bounced, completed when all are. */
function renderRefund({ refunds }: Booking): BookingBody['refund'] {
  const first = refunds[0]
  if (first === undefined) return null
  const isFailed = refunds.some(needsPerson)
  const isDone = refunds.every(({ status }) => status === 'succeeded')
  return {
    amount: refunds.reduce((total, { amount }) => total + amount, 0),
    status: isFailed ? 'failed' : isDone ? 'completed' : 'pending',
    reason: first.reason,
    refunded_at: isDone ? (refunds.at(-1)?.settledAt ?? null) : null,
  }
}

/** The commands this viewer may give now; customers pay and cancel, the others run the visit. */
function actionsFor(booking: Booking, { role }: Principal): string[] {
  const waits = waitingFor(booking)
  const payable = waits === 'payment' || waits === 'change_payment'
  const commands = legalCommands(booking).filter((command) => {
    if (command === 'retry' || command === 'settle_refund' || command === 'stop_refund') return role === 'operator'
    return command === 'cancel' || role === 'provider' || role === 'operator'
  })
  const operations = legalOperations(booking).filter((operation) => {
    const isCustomers = operation === 'confirm_reservation' || operation === 'extend'
    return role === 'operator' || (isCustomers && role !== 'provider')
  })
  const wish = { by: { role, id: '' }, change: { order: {} } }
  const change = changeRefusal(booking, wish, currentInstant()) === null ? ['change'] : []
  const actions = [...commands, ...operations, ...change]
  return payable && role !== 'provider' ? ['pay', ...actions] : actions
}
