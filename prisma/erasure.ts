import type { Database } from './client.ts'

/** What was erased of a person, and what was left because it is not over. */
export type Erasure = {
  /** Rows by table. */
  readonly erased: Readonly<Record<string, number>>
  /** How many bookings are over, and hold nothing of the person any more. */
  readonly over: number
  /** Bookings that are ahead or under way: whole. */
  readonly open: readonly string[]
  /** Entries of the waitlist that still wait: whole. */
  readonly waiting: readonly string[]
  /** Messages from Kafka that name the person and were not processed yet. */
  readonly unread: number
}

type Page = { erased: Record<string, number>; over: string[]; open: string[]; last: string | null }
type Others = { erased: Record<string, number>; over: string[]; waiting: string[]; unread: number }

/** In one transaction: bookings that are locked at once. */
const BOOKINGS = 100
/** Stored answers are looked through so many at once: some 6 MB. */
const ANSWERS = 2000
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/**
 * Takes a person out of everything that is over, page by page; `also` is told the bookings of each page. Each page is a transaction: what dies in between goes on when it is called
 * again, and repeated it finds nothing more.
 */
export async function erasePerson(
  db: Database,
  personId: string,
  also: (bookingIds: readonly string[]) => Promise<void>,
): Promise<Erasure> {
  const counts: Record<string, number> = {}
  const count = (rows: Record<string, number>) => {
    for (const [table, number] of Object.entries(rows)) counts[table] = (counts[table] ?? 0) + number
  }
  const open: string[] = []
  const over: string[] = []
  for (let after: string | null = BEFORE_ALL; after !== null;) {
    const [{ page }]: [{ page: Page }] = await db.$queryRaw`
      SELECT erase_bookings(${personId}, ${after}::uuid, ${BOOKINGS}::int) AS page`
    count(page.erased)
    open.push(...page.open)
    over.push(...page.over)
    await also(page.over)
    after = page.last
  }
  const [{ others }] = await db.$queryRaw<[{ others: Others }]>`SELECT erase_others(${personId}) AS others`
  count(others.erased)
  count({ idempotency_keys: await eraseAnswers(db, personId, [...over, ...others.over]) })
  return { erased: counts, over: over.length, open, waiting: others.waiting, unread: others.unread }
}

/** Deletes the stored answers about a person; there may be millions to look through. */
async function eraseAnswers(db: Database, personId: string, ids: readonly string[]): Promise<number> {
  let answers = 0
  for (let after: string | null = '-infinity'; after !== null;) {
    const [page]: [{ until: string | null; erased: number }] = await db.$queryRaw`
      SELECT until::text, erased FROM erase_answers(${personId}, ${[...ids]}, ${after}::timestamptz, ${ANSWERS}::int)`
    answers += page.erased
    after = page.until
  }
  return answers
}
