import { bookingOf, WHOLE_BOOKING, type BookingRow, type StoredBooking } from './bookings.ts'
import type { Database } from './client.ts'
import type { HistoryEntry, Prisma } from './generated/client.ts'

/** Which bookings to list; `own…` narrow what the caller may see at all, whatever else is asked. */
export type BookingFilter = {
  readonly statuses?: readonly string[] | undefined
  readonly profile?: string | undefined
  readonly customerId?: string | undefined
  readonly venueId?: string | undefined
  readonly providerId?: string | undefined
  readonly offeringId?: string | undefined
  /** By start: from, included, to, excluded. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** A person is needed, or, false, is not. */
  readonly needsAttention?: boolean | undefined
  /** With a refund that is on its way, or one that failed or bounced. */
  readonly refund?: 'pending' | 'failed' | undefined
  /** Its next deadline was before that. */
  readonly overdueAt?: Date | undefined
  readonly ownCustomerId?: string | undefined
  readonly ownProviderId?: string | undefined
}

export type PageRequest = {
  readonly limit: number
  readonly page: number | null
  readonly after: { readonly createdAt: Date; readonly id: string } | null
}

/** The booking of a reference, or null. */
export async function findByReference(db: Database, reference: string): Promise<StoredBooking | null> {
  const row = await db.booking.findUnique({ where: { reference }, ...WHOLE_BOOKING })
  return row === null ? null : bookingOf(row)
}

/** The booking of a number (F-01), or null. */
export async function findByNumber(db: Database, number: number): Promise<StoredBooking | null> {
  const row = await db.booking.findUnique({ where: { number }, ...WHOLE_BOOKING })
  return row === null ? null : bookingOf(row)
}

/** Bookings, newest first: after a position, or by page, and then with their total number. */
export async function listBookings(
  db: Database,
  filter: BookingFilter,
  { limit, page, after }: PageRequest,
): Promise<{ rows: BookingRow[]; total: number | null }> {
  const where: Prisma.BookingWhereInput = { AND: conditionsOf(filter) }
  const newestFirst = [{ createdAt: 'desc' as const }, { id: 'desc' as const }]
  if (page !== null) {
    const [rows, total] = await Promise.all([
      db.booking.findMany({ where, orderBy: newestFirst, take: limit, skip: (page - 1) * limit, ...WHOLE_BOOKING }),
      db.booking.count({ where }),
    ])
    return { rows, total }
  }
  const beyond: Prisma.BookingWhereInput =
    after === null
      ? {}
      : { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] }
  const rows = await db.booking.findMany({
    where: { AND: [where, beyond] },
    orderBy: newestFirst,
    take: limit,
    ...WHOLE_BOOKING,
  })
  return { rows, total: null }
}

/** One entry of a booking's history, as it is shown. */
export type HistoryLine = {
  version: number
  action: string
  previous_status: string | null
  status: string
  actor: { role: string; id: string }
  reason: string | null
  data: Record<string, unknown>
  at: string
}

/** Every fact of a booking, version by version. */
export async function listHistory(db: Database, bookingId: string): Promise<HistoryLine[]> {
  const rows = await db.historyEntry.findMany({ where: { bookingId }, orderBy: { version: 'asc' } })
  return rows.map(historyLineOf)
}

/** A row of the history as it is shown. */
export function historyLineOf(row: HistoryEntry): HistoryLine {
  return {
    version: row.version,
    action: row.factType,
    previous_status: row.previousStatus,
    status: row.status,
    actor: { role: row.actorRole, id: row.actorId },
    reason: row.reason,
    data: snakeCased(row.data as Record<string, unknown>),
    at: row.at.toISOString(),
  }
}

function snakeCased(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
}

function conditionsOf(filter: BookingFilter): Prisma.BookingWhereInput[] {
  const conditions: Prisma.BookingWhereInput[] = []
  if (filter.statuses !== undefined) conditions.push({ status: { in: [...filter.statuses] } })
  if (filter.profile !== undefined) conditions.push({ profile: filter.profile })
  for (const customerId of [filter.customerId, filter.ownCustomerId]) {
    if (customerId !== undefined) conditions.push({ customerId })
  }
  for (const providerId of [filter.providerId, filter.ownProviderId]) {
    if (providerId !== undefined) conditions.push({ providerId })
  }
  if (filter.venueId !== undefined) conditions.push({ venueId: filter.venueId })
  if (filter.offeringId !== undefined) conditions.push({ items: { some: { offeringId: filter.offeringId } } })
  if (filter.from !== undefined) conditions.push({ startsAt: { gte: filter.from } })
  if (filter.to !== undefined) conditions.push({ startsAt: { lt: filter.to } })
  if (filter.needsAttention !== undefined) {
    conditions.push({ attentionReason: filter.needsAttention ? { not: null } : null })
  }
  if (filter.refund !== undefined) conditions.push({ refunds: { some: refundsThat(filter.refund) } })
  if (filter.overdueAt !== undefined) conditions.push({ nextDeadline: { lt: filter.overdueAt } })
  return conditions
}

/** One that bounced went through, and is not settled (domain/payments.ts). */
function refundsThat(are: 'pending' | 'failed'): Prisma.RefundWhereInput {
  return are === 'pending'
    ? { status: 'pending' }
    : { OR: [{ status: 'failed' }, { status: 'succeeded', settledAt: null }] }
}
