import { givenBack, type Agreement, type Booking, type Customer, type Hold, type Item } from '../domain/booking.ts'
import { SECRET_KEPT } from '../domain/contact.ts'
import { evolve } from '../domain/evolve.ts'
import { operationOf, type Fact, type FactType } from '../domain/facts.ts'
import type { ClaimChange } from '../domain/claims.ts'
import { nextDeadline, waitingFor } from '../domain/deadlines.ts'
import type { Order, OrderItem } from '../domain/order.ts'
import type { OutboxEntry } from './writes.ts'

/** The columns of a new booking that never change with its state. */
export function agreementColumns(agreement: Agreement, order: Order, hold: Hold): object {
  const { customer, provider, venue, price } = agreement
  return {
    id: agreement.id,
    reference: agreement.reference,
    profile: agreement.profile,
    caller_id: order.callerId,
    ...customerColumns(customer),
    provider_id: provider?.id ?? null,
    provider_name: provider?.name ?? null,
    venue_id: venue?.id ?? null,
    venue_type: venue?.type ?? null,
    venue_name: venue?.name ?? null,
    starts_at: agreement.start,
    ends_at: agreement.end,
    time_zone: agreement.timeZone,
    party_size: agreement.partySize,
    subject: agreement.subject,
    pet_id: agreement.petId,
    notes: agreement.notes,
    metadata: agreement.metadata,
    payment_method: agreement.paymentMethod,
    currency: price.currency,
    amount: price.total,
    price,
    terms: agreement.terms,
    snapshots: agreement.snapshots,
    fingerprint: order.fingerprint,
    hold_first_expires_at: hold.firstExpiresAt,
    created_at: agreement.createdAt,
  }
}

/** The columns that follow the state: written anew with every change. */
export function stateColumns(booking: Booking): object {
  return {
    status: booking.status,
    version: booking.version,
    ...('hold' in booking && {
      hold_expires_at: booking.hold.expiresAt,
      hold_lapses_at: booking.hold.lapsesAt,
      hold_extensions: booking.hold.extensions,
    }),
    approve_by: booking.status === 'awaiting_approval' ? booking.approveBy : null,
    approved: booking.status === 'awaiting_approval' && booking.approved,
    reviving: 'reviving' in booking && booking.reviving,
    cancellation: 'cancellation' in booking ? booking.cancellation : null,
    ticket_reference: booking.ticketReference,
    meeting_url: booking.meetingUrl,
    attention_reason: booking.attention?.reason ?? null,
    attention_since: booking.attention?.since ?? null,
    waiting_for: waitingFor(booking),
    next_deadline: nextDeadline(booking),
    updated_at: booking.updatedAt,
  }
}

export function itemColumns(bookingId: string, item: Item, position: number): object {
  return {
    booking_id: bookingId,
    id: item.id,
    position,
    offering_id: item.offeringId,
    unit_id: item.unitId,
    kind: item.kind,
    quantity: item.quantity,
    starts_at: item.start,
    ends_at: item.end,
    unit_price: item.unitPrice,
    amount: item.amount,
    cancelled: item.cancelled ?? null,
    outcome: item.outcome ?? null,
  }
}

/** What `claim_units` and `look_up_items` need to know of an item. */
export function claimColumns(
  item: Pick<OrderItem, 'id' | 'offeringId' | 'unitId' | 'quantity' | 'start' | 'occupied' | 'choose'>,
  partySize: number | null,
): object {
  return {
    item_id: item.id,
    offering_id: item.offeringId,
    unit_id: item.unitId,
    quantity: item.quantity,
    starts_at: item.start,
    occupied_from: item.occupied?.start ?? null,
    occupied_to: item.occupied?.end ?? null,
    party_size: partySize,
    seats: item.choose === undefined || item.choose === 'any' ? null : item.choose,
  }
}

export function historyColumns(before: Booking | null, after: Booking, fact: Fact): object {
  return {
    booking_id: after.id,
    version: after.version,
    fact_type: fact.type,
    operation: operationOf(fact),
    previous_status: before?.status ?? null,
    status: after.status,
    actor_role: fact.by.role,
    actor_id: fact.by.id,
    reason: reasonOf(fact),
    data: dataOf(fact),
    at: fact.at,
  }
}

export function outboxColumns(entries: readonly OutboxEntry[], factType: FactType, after: Booking): object[] {
  return entries.map(({ eventId, eventType, topic, payload }) => ({
    event_id: eventId,
    booking_id: after.id,
    version: after.version,
    profile: after.profile,
    fact_type: factType,
    event_type: eventType,
    topic,
    payload,
  }))
}

export function paymentColumns(booking: Booking): object[] {
  return booking.payments.map((payment, index) => ({
    id: payment.id,
    booking_id: booking.id,
    position: index + 1,
    intent_id: payment.intentId,
    // A run does not know it: the database keeps what it has.
    client_secret: payment.clientSecret === SECRET_KEPT ? null : payment.clientSecret,
    status: payment.status,
    method: payment.method,
    amount: payment.amount,
    currency: payment.currency ?? booking.price.currency,
    captured: payment.captured,
    refund_reserved: givenBack(booking.refunds, payment.id),
    paid_at: payment.paidAt,
    failure_code: payment.failureCode,
    as_of: payment.asOf,
    change: payment.change ?? null,
    superseded: payment.superseded ?? null,
  }))
}

export function refundColumns(booking: Booking): object[] {
  return booking.refunds.map((refund, index) => ({
    key: refund.key,
    booking_id: booking.id,
    payment_id: refund.paymentId,
    position: index + 1,
    amount: refund.amount,
    reason: refund.reason,
    status: refund.status,
    requested_at: refund.requestedAt,
    settled_at: refund.settledAt,
    refund_id: refund.refundId ?? null,
  }))
}

export type LedgerLine = {
  readonly booking_id: string
  readonly payment_id: string
  readonly kind: 'captured' | 'refunded' | 'disputed' | 'dispute_returned'
  readonly amount: number
  readonly currency: string
  readonly key: string
  readonly at: string
}

/**
 * What a fact does to the ledger: money in with a capture, out with a refund that went through, out and in again while a bank decides about it
 * (invariant 5). `before` is the booking that the fact happened to.
 */
export function ledgerColumns(before: Booking, fact: Fact): LedgerLine[] {
  const booking = evolve(before, fact)
  if (booking === before) return []
  const line = (paymentId: string, kind: LedgerLine['kind'], amount: number, key: string): LedgerLine[] => {
    const payment = booking.payments.find(({ id }) => id === paymentId)
    const currency = payment?.currency ?? booking.price.currency
    return [{ booking_id: booking.id, payment_id: paymentId, kind, amount, currency, key, at: fact.at }]
  }
  switch (fact.type) {
    case 'payment_captured': {
      const payment = booking.payments.find(({ intentId }) => intentId === fact.intentId)
      const already = fact.already ?? 0
      const key = `captured:${fact.intentId}${already > 0 ? `:${fact.amount}` : ''}`
      return payment === undefined ? [] : line(payment.id, 'captured', fact.amount - already, key)
    }
    case 'refund_succeeded':
    case 'refund_found': {
      const refund = booking.refunds.find(({ key }) => key === fact.key)
      return refund === undefined ? [] : line(refund.paymentId, 'refunded', -refund.amount, fact.key)
    }
    case 'disputed': {
      const isWithdrawn = (of: Booking) => of.disputes?.find(({ id }) => id === fact.disputeId)?.withdrawn ?? false
      if (isWithdrawn(before) === isWithdrawn(booking)) return []
      return isWithdrawn(booking)
        ? line(fact.paymentId, 'disputed', -fact.amount, `disputed:${fact.disputeId}`)
        : line(fact.paymentId, 'dispute_returned', fact.amount, `returned:${fact.disputeId}`)
    }
    default:
      return []
  }
}

export function claimChangeColumns(change: ClaimChange | null): object | null {
  if (change === null) return null
  switch (change.state) {
    case 'committed':
      return { state: change.state }
    case 'released':
      return { state: change.state, reason: change.reason }
    case 'held':
      return {
        state: change.state,
        expires_at: change.expiresAt,
        lapses_at: change.lapsesAt,
        paying: change.paying,
      }
  }
}

/** Why, in the words of whoever did it: a note says what a person adds to the fact's own reason. */
function reasonOf(fact: Fact): string | null {
  if ('note' in fact && fact.note != null) return fact.note
  return 'reason' in fact ? (fact.reason ?? null) : null
}

/** What a fact says besides its type, time and actor. */
function dataOf(fact: Fact): object {
  const { type: _type, at: _at, by: _by, ...data } = fact
  // The secret lets its bearer pay; it is kept in one place only.
  return 'clientSecret' in data ? { ...data, clientSecret: undefined } : data
}

function customerColumns({ id, name, email, phone }: Customer): object {
  return { customer_id: id, customer_name: name, customer_email: email, customer_phone: phone }
}
