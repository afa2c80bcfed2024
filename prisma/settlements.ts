import type { Instant } from '../domain/time.ts'
import type { Database } from './client.ts'
import type { FinancialEntry, Prisma } from './generated/client.ts'

/** Which entries to list; `ownProviderId` narrows what the caller may see at all, whatever else is asked. */
export type EntryFilter = {
  readonly bookingId?: string | undefined
  readonly clinicId?: string | undefined
  readonly providerId?: string | undefined
  readonly ownProviderId?: string | undefined
  readonly type?: string | undefined
  readonly status?: string | undefined
  /** By creation: from, included, to, excluded. */
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** Financial entries, newest first, after a position. */
export async function listEntries(
  db: Database,
  filter: EntryFilter,
  limit: number,
  after: { readonly createdAt: Date; readonly id: string } | null,
): Promise<FinancialEntry[]> {
  const { bookingId, clinicId, providerId, ownProviderId, type, status, from, to } = filter
  const conditions: Prisma.FinancialEntryWhereInput[] = [
    { ...(bookingId !== undefined && { bookingId }), ...(clinicId !== undefined && { clinicId }) },
    { ...(providerId !== undefined && { providerId }), ...(type !== undefined && { type }) },
    {
      ...(status !== undefined && { status }),
      ...(ownProviderId !== undefined && { AND: { providerId: ownProviderId } }),
    },
    { createdAt: { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lt: to }) } },
  ]
  if (after !== null) {
    conditions.push({
      OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
    })
  }
  return db.financialEntry.findMany({
    where: { AND: conditions },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  })
}

/** What an entry was settled with. */
export type Settlement = {
  readonly transactionReference: string
  readonly details: Readonly<Record<string, string | number | boolean>> | null
  readonly settledAt: Instant
  readonly settledBy: string
}

/**
 * Settles an entry, once: of two at the same time one does. Answers with the entry as it then stands, and whether this call settled it; null: there
 * is none of that id.
 */
export async function settleEntry(
  db: Database,
  id: string,
  { transactionReference, details, settledAt, settledBy }: Settlement,
): Promise<{ readonly entry: FinancialEntry; readonly isNew: boolean } | null> {
  const { count } = await db.financialEntry.updateMany({
    where: { id, status: 'pending' },
    data: {
      status: 'settled',
      transactionReference,
      settlementDate: settledAt,
      settledBy,
      updatedAt: new Date(),
      ...(details !== null && { settlementDetails: details }),
    },
  })
  const entry = await db.financialEntry.findUnique({ where: { id } })
  return entry === null ? null : { entry, isNew: count === 1 }
}
