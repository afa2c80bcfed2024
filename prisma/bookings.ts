import {
  UNIT_KINDS,
  VISIT_OUTCOMES,
  type Agreement,
  type Booking,
  type Cancellation,
  type Hold,
  type Item,
  type Payment,
  type PendingChange,
  type Refund,
  type BookingState,
} from '../domain/booking.ts'
import type { Dispute } from '../domain/disputes.ts'
import { STATUSES, type Status } from '../domain/lifecycle.ts'
import type { Terms } from '../domain/policy.ts'
import type { Price } from '../domain/price.ts'
import type { Instant } from '../domain/time.ts'
import type { Database } from './client.ts'
import type { Prisma } from './generated/client.ts'

/** What belongs to a booking when it is read whole. */
export const WHOLE_BOOKING = {
  include: {
    items: { orderBy: { position: 'asc' } },
    payments: { orderBy: { position: 'asc' } },
    refunds: { orderBy: { position: 'asc' } },
  },
  relationLoadStrategy: 'join',
} as const satisfies Omit<Prisma.BookingFindManyArgs, 'where'>

export type BookingRow = Prisma.BookingGetPayload<Pick<typeof WHOLE_BOOKING, 'include'>>

/** What the database alone knows of a booking: its number, when it came to each status, until when it was first held. The workflow needs none of it. */
export type Recorded = {
  readonly number: number
  readonly steps: Readonly<Partial<Record<Status, Instant>>>
  readonly heldUntil: Instant
  /** Its contact data was erased, and is not to come back. */
  readonly isErased: boolean
  /** What each item's unit was called when it was booked, by the item's id (N-87). */
  readonly unitLabels: Readonly<Record<string, string | null>>
}

export type StoredBooking = Booking & { readonly recorded: Recorded }

/** The booking of an id, or null. */
export async function findBooking(db: Database, id: string): Promise<StoredBooking | null> {
  const row = await db.booking.findUnique({ where: { id }, ...WHOLE_BOOKING })
  return row === null ? null : bookingOf(row)
}

/** A booking as the domain knows it, from its rows. */
export function bookingOf(row: BookingRow): StoredBooking {
  return {
    recorded: {
      number: Number(row.number),
      // Written by the trigger `record_step` alone.
      steps: row.steps as Recorded['steps'],
      heldUntil: row.holdExpiresAt.toISOString(),
      isErased: row.contactErasedAt !== null,
      unitLabels: Object.fromEntries(row.items.map(({ id, unitLabel }) => [id, unitLabel])),
    },
    ...agreementOf(row),
    ...stateOf(row),
    version: row.version,
    payments: row.payments.map((payment) => paymentOf(payment, row.currency)),
    refunds: row.refunds.map(refundOf),
    ticketReference: row.ticketReference,
    meetingUrl: row.meetingUrl,
    attention:
      row.attentionReason === null || row.attentionSince === null
        ? null
        : { reason: row.attentionReason, since: row.attentionSince.toISOString() },
    displacement: row.displacement as Booking['displacement'],
    updatedAt: row.updatedAt.toISOString(),
    ...(row.disputes !== null && { disputes: row.disputes as unknown as Dispute[] }),
    // Written by `record_revision` alone, from this very type.
    ...(row.change !== null && { change: row.change as unknown as PendingChange }),
    ...(row.lastChange !== null && { lastChange: row.lastChange }),
    ...(row.revision !== null && { revision: row.revision }),
  }
}

function agreementOf(row: BookingRow): Agreement {
  return {
    id: row.id,
    reference: row.reference,
    profile: row.profile,
    customer: { id: row.customerId, name: row.customerName, email: row.customerEmail, phone: row.customerPhone },
    provider: row.providerId === null ? null : { id: row.providerId, name: row.providerName },
    venue: row.venueId === null ? null : { id: row.venueId, type: row.venueType, name: row.venueName },
    items: row.items.map(itemOf),
    start: row.startsAt?.toISOString() ?? null,
    end: row.endsAt?.toISOString() ?? null,
    timeZone: row.timeZone,
    partySize: row.partySize,
    subject: row.subject,
    petId: row.petId,
    notes: row.notes,
    // The JSON columns are written by `holdBooking` alone, from these very types.
    metadata: row.metadata as Agreement['metadata'],
    paymentMethod: row.paymentMethod,
    price: row.price as unknown as Price,
    terms: row.terms as unknown as Terms,
    snapshots: row.snapshots as Agreement['snapshots'],
    createdAt: row.createdAt.toISOString(),
  }
}

function stateOf(row: BookingRow): BookingState {
  const status = STATUSES.find((known) => known === row.status)
  switch (status) {
    case 'pending':
      return { status, hold: holdOf(row) }
    case 'awaiting_approval':
      return {
        status,
        hold: holdOf(row),
        approveBy: (row.approveBy ?? row.holdExpiresAt).toISOString(),
        approved: row.approved,
      }
    case 'cancelled':
    case 'expired':
      return { status, cancellation: cancellationOf(row), reviving: row.reviving }
    case 'refunded':
      return { status, cancellation: cancellationOf(row) }
    case 'confirmed':
    case 'checked_in':
    case 'in_progress':
    case 'completed':
    case 'no_show':
      return { status }
    case undefined:
      throw new Error(`booking ${row.id} has the unknown status ${row.status}`)
  }
}

function holdOf(row: BookingRow): Hold {
  return {
    lockId: row.id,
    expiresAt: row.holdExpiresAt.toISOString(),
    lapsesAt: row.holdLapsesAt.toISOString(),
    firstExpiresAt: row.holdFirstExpiresAt.toISOString(),
    extensions: row.holdExtensions,
    asked: row.holdAsked,
    reserved: row.reserved,
  }
}

function cancellationOf(row: BookingRow): Cancellation {
  if (row.cancellation === null) throw new Error(`booking ${row.id} is ${row.status} without a cancellation`)
  return row.cancellation as unknown as Cancellation
}

function itemOf(row: BookingRow['items'][number]): Item {
  const kind = UNIT_KINDS.find((known) => known === row.kind)
  if (kind === undefined) throw new Error(`item ${row.id} of booking ${row.bookingId} has the unknown kind ${row.kind}`)
  return {
    id: row.id,
    offeringId: row.offeringId,
    unitId: row.unitId,
    kind,
    quantity: row.quantity,
    start: row.startsAt?.toISOString() ?? null,
    end: row.endsAt?.toISOString() ?? null,
    unitPrice: Number(row.unitPrice),
    amount: Number(row.amount),
    ...(row.cancelled === true && { cancelled: true }),
    ...outcomeOf(row.outcome),
  }
}

function outcomeOf(outcome: string | null): Pick<Item, 'outcome'> {
  const known = VISIT_OUTCOMES.find((one) => one === outcome)
  return known === undefined ? {} : { outcome: known }
}

function paymentOf(row: BookingRow['payments'][number], priceCurrency: string): Payment {
  return {
    id: row.id,
    intentId: row.intentId,
    clientSecret: row.clientSecret,
    status: row.status as Payment['status'],
    method: row.method,
    amount: Number(row.amount),
    captured: Number(row.captured),
    paidAt: row.paidAt?.toISOString() ?? null,
    failureCode: row.failureCode,
    asOf: row.asOf.toISOString(),
    ...(row.change !== null && { change: row.change }),
    ...(row.superseded === true && { superseded: true }),
    ...(row.currency !== priceCurrency && { currency: row.currency }),
  }
}

function refundOf(row: BookingRow['refunds'][number]): Refund {
  return {
    key: row.key,
    paymentId: row.paymentId,
    amount: Number(row.amount),
    reason: row.reason,
    status: row.status as Refund['status'],
    requestedAt: row.requestedAt.toISOString(),
    settledAt: row.settledAt?.toISOString() ?? null,
    ...(row.refundId !== null && { refundId: row.refundId }),
  }
}
