import type { Actor } from '../domain/booking.ts'
import type { Order, Quoted } from '../domain/order.ts'
import { databaseError, type Database } from './client.ts'
import { claimColumns } from './columns.ts'
import type { Prisma, WaitlistEntry } from './generated/client.ts'

export const WAITLIST_STATUSES = ['waiting', 'offered', 'accepted', 'expired', 'withdrawn'] as const
/** Where an entry of the waitlist stands; the last three are its ends. */
export type WaitlistStatus = (typeof WAITLIST_STATUSES)[number]

/** An entry as it stands now; `inLine` is how manieth of those who want the same it is, null unless it waits. */
export type Waiting = Omit<WaitlistEntry, 'offer'> & {
  readonly status: WaitlistStatus
  readonly inLine: number | null
  /** What its offer promises; null: it has none, or it is not priced yet. */
  readonly offer: Quoted | null
}

/** The customer waits for the very same thing already: thrown by `joinWaitlist`, nothing was written. */
export class AlreadyWaiting extends Error {
  override readonly name = 'AlreadyWaiting'
}

const UNIQUE_VIOLATION = '23505'

/**
 * Puts somebody at the end of the queue for what they order; `order.bookingId` names the entry, `body` is the request to be made again when they accept,
 * `wanted` the same for the same wish. Asked again it changes nothing. Throws AlreadyWaiting.
 */
export async function joinWaitlist(
  db: Database,
  { order, body, wanted }: { readonly order: Order; readonly body: object; readonly wanted: string },
): Promise<void> {
  const row = JSON.stringify({
    id: order.bookingId,
    profile: order.profile,
    caller_id: order.callerId,
    customer_id: order.customer.id,
    provider_id: order.provider?.id ?? null,
    offering_ids: order.offerings.map(({ id }) => id),
    body,
    fingerprint: order.fingerprint,
    wanted,
    claims: order.items.map((item) => claimColumns(item, order.partySize)),
    offer_seconds: order.terms.policy.holdSeconds,
    closes_at: order.start,
  })
  const by: Actor = { role: order.callerRole ?? 'customer', id: order.callerId }
  try {
    await db.$executeRaw`SELECT join_waitlist(${row}::jsonb, ${JSON.stringify(by)}::jsonb)`
  } catch (error) {
    if (databaseError(error)?.code !== UNIQUE_VIOLATION) throw error
    throw new AlreadyWaiting('waits for it already', { cause: error })
  }
}

/** Takes an entry out of its queue; what it was offered passes on at once. Answers with the status it then has, null when there is no such entry. */
export async function withdrawEntry(db: Database, id: string, by: Actor): Promise<WaitlistStatus | null> {
  const [row] = await db.$queryRaw<[{ status: string | null }]>`
    SELECT withdraw_entry(${id}::uuid, ${JSON.stringify(by)}::jsonb) AS status`
  return row.status === null ? null : statusNamed(row.status)
}

/** The entry of an id, or null. */
export async function findEntry(db: Database, id: string): Promise<Waiting | null> {
  const row = await db.waitlistEntry.findUnique({ where: { id } })
  return row === null ? null : ((await standing(db, [row]))[0] ?? null)
}

export type WaitlistFilter = {
  readonly statuses?: readonly WaitlistStatus[] | undefined
  readonly profile?: string | undefined
  readonly offeringId?: string | undefined
  /** Each narrows the list: what is asked for, and what the caller may see at all. */
  readonly customerIds: readonly string[]
  readonly providerIds: readonly string[]
}

/** Entries, newest first, after a position. */
export async function listEntries(
  db: Database,
  { statuses, profile, offeringId, customerIds, providerIds }: WaitlistFilter,
  {
    limit,
    after,
  }: { readonly limit: number; readonly after: { readonly createdAt: Date; readonly id: string } | null },
): Promise<Waiting[]> {
  const now = new Date()
  const conditions: Prisma.WaitlistEntryWhereInput[] = [
    ...customerIds.map((customerId) => ({ customerId })),
    ...providerIds.map((providerId) => ({ providerId })),
  ]
  if (statuses !== undefined) conditions.push({ OR: statuses.map((status) => standingAs(status, now)) })
  if (profile !== undefined) conditions.push({ profile })
  if (offeringId !== undefined) conditions.push({ offeringIds: { has: offeringId } })
  if (after !== null) {
    conditions.push({
      OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
    })
  }
  const rows = await db.waitlistEntry.findMany({
    where: { AND: conditions },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  })
  return standing(db, rows)
}

/** The rows that stand so at a moment: one whose time is up counts as expired before the poller has written it. */
function standingAs(status: WaitlistStatus, now: Date): Prisma.WaitlistEntryWhereInput {
  switch (status) {
    case 'waiting':
      return { status, OR: [{ closesAt: null }, { closesAt: { gt: now } }] }
    case 'offered':
      return { status, offerExpiresAt: { gt: now } }
    case 'expired':
      return {
        OR: [
          { status },
          { status: 'offered', offerExpiresAt: { lte: now } },
          { status: 'waiting', closesAt: { lte: now } },
        ],
      }
    default:
      return { status }
  }
}

async function standing(db: Database, rows: readonly WaitlistEntry[]): Promise<Waiting[]> {
  const waiting = rows.filter(({ status }) => status === 'waiting').map(({ id }) => id)
  const lines =
    waiting.length === 0
      ? []
      : await db.$queryRaw<{ entry_id: string; in_line: number }[]>`SELECT * FROM places_in_line(${waiting}::uuid[])`
  const inLine = new Map(lines.map((line) => [line.entry_id, line.in_line]))
  const now = new Date()
  return rows.map((row) => {
    const endsAt = row.status === 'offered' ? row.offerExpiresAt : row.status === 'waiting' ? row.closesAt : null
    const status = endsAt !== null && endsAt <= now ? 'expired' : statusNamed(row.status)
    return {
      ...row,
      offer: row.offer as Quoted | null,
      status,
      inLine: status === 'waiting' ? (inLine.get(row.id) ?? null) : null,
    }
  })
}

function statusNamed(text: string): WaitlistStatus {
  const status = WAITLIST_STATUSES.find((known) => known === text)
  if (status === undefined) throw new Error(`there is no status ${text} of the waitlist`)
  return status
}

/** Ends one offer that nobody answered in time and passes its units on, in one transaction; false when there is none. */
export async function expireOffer(db: Database): Promise<boolean> {
  const [row] = await db.$queryRaw<[{ done: boolean }]>`SELECT expire_offer() AS done`
  return row.done
}

/** Ends up to `limit` entries whose time has come without an offer. */
export async function closeEntries(db: Database, limit: number): Promise<void> {
  await db.$executeRaw`SELECT close_entries(${limit}::int)`
}

/** Of the `limit` entries that wait next after a position: those for which there is room now, and the position of the last one looked at. */
export async function entriesThatFit(
  db: Database,
  after: bigint,
  limit: number,
): Promise<{ ids: string[]; last: bigint | null }> {
  const rows = await db.$queryRaw<{ id: string; position: bigint; fits: boolean }[]>`
    SELECT e.id, e.position, fits(e.id) AS fits FROM (
      SELECT id, position FROM waitlist_entries WHERE status = 'waiting' AND position > ${after} ORDER BY position LIMIT ${limit}
    ) e ORDER BY e.position`
  return { ids: rows.filter(({ fits }) => fits).map(({ id }) => id), last: rows.at(-1)?.position ?? null }
}

/** For so long an offer that could not be priced is left alone, in seconds. */
const PRICED_ANEW_AFTER = 10

/** Up to `limit` offers that have no price yet and that nobody prices just now: they are the caller's to price. */
export async function takeUnpricedOffers(db: Database, limit: number): Promise<Waiting[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE waitlist_entries SET offer_tried_at = now() WHERE id IN (
      SELECT id FROM waitlist_entries
      WHERE status = 'offered' AND offer IS NULL AND offer_expires_at > now()
        AND (offer_tried_at IS NULL OR offer_tried_at < now() - make_interval(secs => ${PRICED_ANEW_AFTER}::int))
      ORDER BY offer_expires_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED)
    RETURNING id`
  if (rows.length === 0) return []
  return standing(db, await db.waitlistEntry.findMany({ where: { id: { in: rows.map(({ id }) => id) } } }))
}

/** Writes what an offer promises. What it promised before stays. */
export async function keepQuote(db: Database, id: string, quoted: Quoted): Promise<void> {
  await db.$executeRaw`
    UPDATE waitlist_entries SET offer = ${JSON.stringify(quoted)}::jsonb, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'offered' AND offer IS NULL`
}

/** Offers what an entry waits for to whoever is first in line for it. */
export async function offerAgain(db: Database, id: string): Promise<void> {
  await db.$executeRaw`SELECT offer_again(${id}::uuid)`
}
