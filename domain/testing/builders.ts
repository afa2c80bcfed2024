import type { Actor, Agreement, Booking, Hold, Item, Payment, PendingChange, Refund, Revision } from '../booking.ts'
import { heldBooking } from '../evolve.ts'
import type { PaymentEvent } from '../facts.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { Policy, Terms } from '../policy.ts'
import type { Price } from '../price.ts'
import { plusSeconds, type Instant } from '../time.ts'

/** What the example booking costs, in cents. */
export const DUE = 12_000
export const CUSTOMER: Actor = { role: 'customer', id: 'ada' }
export const PROVIDER: Actor = { role: 'provider', id: 'tim' }
export const OPERATOR: Actor = { role: 'operator', id: 'olga' }

const HELD_AT = '2026-05-04T09:00:00.000Z'
const HOUR = 60

/** The instant so many minutes after the example booking was held. */
export function at(minutes: number): Instant {
  return plusSeconds(HELD_AT, 60 * minutes)
}

/** It is held for 15 minutes and starts in a week, for an hour. */
export const EXPIRY = 15
export const START = 7 * 24 * HOUR

/** A life cycle with every status and trigger that the domain knows. */
export const EVERYTHING: Lifecycle = {
  pending: {
    confirm: 'confirmed',
    await_approval: 'awaiting_approval',
    expire: 'expired',
    fail: 'cancelled',
    cancel: 'cancelled',
  },
  awaiting_approval: { confirm: 'confirmed', fail: 'cancelled', cancel: 'cancelled', decline: 'cancelled' },
  confirmed: {
    check_in: 'checked_in',
    start: 'in_progress',
    complete: 'completed',
    no_show: 'no_show',
    cancel: 'cancelled',
  },
  checked_in: { complete: 'completed', next_visit: 'confirmed', cancel: 'cancelled' },
  in_progress: { complete: 'completed', next_visit: 'confirmed', cancel: 'cancelled' },
  no_show: { undo_no_show: 'confirmed' },
  expired: { revive: 'confirmed' },
  cancelled: { revive: 'confirmed', refund: 'refunded' },
}

export const POLICY: Policy = {
  holdSeconds: 60 * EXPIRY,
  lapseGraceSeconds: 15,
  extendSeconds: 300,
  maxExtensions: 2,
  processingGraceSeconds: 1800,
  approvalSeconds: 86_400,
  onPaymentFailed: 'retry',
  capture: 'manual',
  refundTiers: [
    { hoursBefore: 48, percent: 100 },
    { hoursBefore: 24, percent: 50 },
  ],
  noShowGraceSeconds: 3600,
  noShowFeePercent: 100,
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  minNoticeMinutes: 0,
  maxLeadDays: null,
  reminders: [],
}

export type Variation = {
  readonly due?: number
  readonly policy?: Partial<Policy>
  readonly terms?: Partial<Omit<Terms, 'policy'>>
  readonly agreement?: Partial<Omit<Agreement, 'price' | 'terms'>>
  readonly hold?: Partial<Hold>
}

/** A booking whose units are held and that nobody has paid for yet. */
export function held({ due = DUE, policy, terms, agreement, hold }: Variation = {}): Booking {
  return heldBooking(
    {
      id: '0198a2f0-1111-7222-8333-444455556666',
      reference: 'EVT-7K3QX9ABCDEF',
      profile: 'example',
      customer: { id: CUSTOMER.id, name: null, email: null, phone: null },
      provider: null,
      venue: null,
      items: [],
      start: at(START),
      end: at(START + HOUR),
      timeZone: 'UTC',
      partySize: null,
      subject: null,
      petId: null,
      notes: null,
      metadata: {},
      paymentMethod: null,
      snapshots: {},
      createdAt: at(0),
      ...agreement,
      price: priceOfItems(agreement?.items ?? [], due),
      terms: {
        policy: { ...POLICY, ...policy },
        lifecycle: EVERYTHING,
        priceSource: 'offering',
        requiresApproval: false,
        issuesTicket: false,
        makesMeeting: false,
        closeAfterSeconds: 86_400,
        ...terms,
      },
    },
    { ...aHold({ ...POLICY, ...policy }), ...hold },
  )
}

/** What the items do not come to is a fee. Without items the price has no lines. */
function priceOfItems(items: readonly Item[], due: number): Price {
  const lines = items.map(({ id, unitPrice, amount }) => ({ itemId: id, unitPrice, amount }))
  const subtotal = items.length === 0 ? due : items.reduce((sum, { amount }) => sum + amount, 0)
  return { currency: 'USD', lines, subtotal, fees: due - subtotal, tax: 0, total: due, quoteId: null }
}

export function aHold({ holdSeconds, lapseGraceSeconds }: Policy = POLICY): Hold {
  const expiresAt = plusSeconds(at(0), holdSeconds)
  return {
    lockId: '0198a2f0-1111-7222-8333-444455556666',
    expiresAt,
    lapsesAt: plusSeconds(expiresAt, lapseGraceSeconds),
    firstExpiresAt: expiresAt,
    extensions: 0,
    asked: 0,
    reserved: false,
  }
}

/** An hour at a table, for so many cents. */
export function anItem(id: string, amount: number, more: Partial<Item> = {}): Item {
  const time = { start: at(START), end: at(START + HOUR) }
  return {
    id,
    offeringId: 'o',
    unitId: `T${id}`,
    kind: 'table',
    quantity: 1,
    ...time,
    unitPrice: amount,
    amount,
    ...more,
  }
}

/** What a change makes of the example booking: the same hour a day later, for another price. */
export function aRevision(amount = DUE + 3000, more: Partial<Revision> = {}): Revision {
  const time = { start: at(START + 24 * HOUR), end: at(START + 25 * HOUR) }
  const lines = [{ itemId: '7-1', unitPrice: amount, amount }]
  return {
    items: [anItem('7-1', amount, time)],
    ...time,
    partySize: 2,
    price: { currency: 'USD', lines, subtotal: amount, fees: 0, tax: 0, total: amount, quoteId: null },
    snapshots: {},
    ...more,
  }
}

/** A change for 30 dollars more, whose units are held until the minute. */
export function aChange(minute = EXPIRY, more: Partial<PendingChange> = {}): PendingChange {
  const lease = { expiresAt: at(minute), lapsesAt: at(minute + 1), firstExpiresAt: at(minute), extensions: 0, asked: 0 }
  return {
    id: 'a-change',
    revision: aRevision(),
    supplement: 3000,
    hold: { lockId: '0198a2f0-1111-7222-8333-444455556666', reserved: false, ...lease },
    taken: false,
    by: CUSTOMER,
    reason: null,
    ...more,
  }
}

export function aPayment(status: Payment['status'], more: Partial<Payment> = {}): Payment {
  return {
    id: 'p-1',
    intentId: 'pi_1',
    clientSecret: 'secret',
    status,
    method: null,
    amount: DUE,
    captured: status === 'succeeded' ? DUE : 0,
    paidAt: status === 'succeeded' ? at(1) : null,
    failureCode: null,
    asOf: at(1),
    ...more,
  }
}

export function aRefund(status: Refund['status'], more: Partial<Refund> = {}): Refund {
  return {
    key: 'refund:b:p-1:1',
    paymentId: 'p-1',
    amount: DUE,
    reason: 'cancelled',
    status,
    requestedAt: at(2),
    settledAt: status === 'succeeded' ? at(3) : null,
    ...more,
  }
}

/** What the payment service says at a minute about `pi_1`, unless told otherwise. */
export function paymentEvent(
  type: PaymentEvent['type'],
  minute: number,
  more: Partial<PaymentEvent> = {},
): PaymentEvent {
  const intentId = more.intentId ?? 'pi_1'
  return {
    id: `${type}:${intentId}:${minute}`,
    type,
    intentId,
    amount: DUE,
    currency: 'USD',
    method: null,
    failureCode: type === 'failed' ? 'card_declined' : null,
    refundKey: null,
    at: at(minute),
    ...more,
  }
}
