import type { Database } from './client.ts'
import { historyLineOf, type HistoryLine } from './lists.ts'

/**
 * Where a reader of a booking's events is: after a fact (`type` empty) or after a message of it. Versions have no gaps and are committed in order,
 * and a fact's messages with it, so that whoever goes on from a position misses nothing and sees nothing twice.
 */
export type FeedPosition = { readonly version: number; readonly type: string }

/** Something that happened to a booking, or a message that told others of it; in the order of their positions. */
export type FeedEntry = { readonly position: FeedPosition } & (
  | { readonly fact: HistoryLine }
  | { readonly message: { readonly id: string; readonly type: string; readonly payload: unknown } }
)

/** Up to `limit` facts of a booking after a position, with the messages that the outbox still has of them (A-15, K-07). */
export async function readFeed(
  db: Database,
  bookingId: string,
  after: FeedPosition,
  limit: number,
): Promise<FeedEntry[]> {
  // The fact at the position itself is read again for the messages that may follow it.
  const rows = await db.historyEntry.findMany({
    where: { bookingId, version: { gte: after.version } },
    orderBy: { version: 'asc' },
    take: limit + 1,
  })
  const last = rows.at(-1)
  if (last === undefined) return []
  const messages = await db.outboxMessage.findMany({
    where: { bookingId, version: { gte: after.version, lte: last.version } },
    select: { eventId: true, eventType: true, version: true, payload: true },
    orderBy: { id: 'asc' },
  })
  return rows
    .flatMap((row): FeedEntry[] => [
      { position: { version: row.version, type: '' }, fact: historyLineOf(row) },
      ...messages
        .filter(({ version }) => version === row.version)
        .map(({ eventId, eventType, version, payload }, index, all) => ({
          position: { version, type: positioned(eventType, index, all) },
          message: { id: eventId, type: eventType, payload },
        }))
        .toSorted((a, b) => (a.position.type < b.position.type ? -1 : 1)),
    ])
    .filter(({ position }) => isAfter(position, after))
}

/** Of several messages of a type each has a place of its own. */
function positioned(type: string, index: number, all: readonly { readonly eventType: string }[]): string {
  const earlier = all.slice(0, index).filter(({ eventType }) => eventType === type).length
  return earlier === 0 ? type : `${type}.${earlier + 1}`
}

function isAfter(a: FeedPosition, b: FeedPosition): boolean {
  return a.version === b.version ? a.type > b.type : a.version > b.version
}

/** The versions of bookings, by id; what is not there is left out. */
export async function versionsOf(db: Database, bookingIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  // An array and no list of parameters: one statement to prepare, however many are asked about.
  const rows = await db.$queryRaw<{ id: string; version: number }[]>`
    SELECT id::text, version FROM bookings WHERE id = ANY(${[...bookingIds]}::uuid[])`
  return new Map(rows.map(({ id, version }) => [id, version]))
}
