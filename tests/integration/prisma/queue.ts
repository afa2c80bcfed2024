import { randomUUID } from 'node:crypto'
import { itemOf, type Claims, type Wish } from './claims.ts'

/** A place in the waitlist; `booking` is the lock of what it is offered. */
export type Place = { readonly id: string; readonly booking: string }

/** The waitlist's functions (prisma/functions/waitlist), beside the claims. */
export type Queue = {
  /** Joins, and goes on waiting whether it is free or not. */
  wait(wishes: readonly Wish[], options?: { customer?: string; closes?: 'past' | 'future' }): Promise<Place>
  status(place: Place): Promise<string>
  statuses(places: readonly Place[]): Promise<string[]>
  /** Makes an offer's time be over so many milliseconds from now; without them, since a second. */
  runOut(place: Place, milliseconds?: number): Promise<void>
  /** One round of the poller, as events/waitlist.ts does it. */
  poll(): Promise<void>
  /** Becomes the booking's: true, or false when the offer is over (HF011). */
  accept(place: Place): Promise<boolean>
  withdraw(place: Place): Promise<string>
  /** Entries that wait although there is room for them: none, once the poller was here. */
  forgotten(): Promise<number>
}

export function queueOn({ pool }: Claims): Queue {
  const first = async <Row>(sql: string, values: unknown[]): Promise<Row> =>
    (await pool.query(sql, values)).rows[0] as Row

  const queue: Queue = {
    async wait(wishes, { customer = randomUUID(), closes } = {}) {
      const id = randomUUID()
      const hours = closes === 'past' ? -1 : 1
      const row = {
        id,
        profile: 'venue',
        caller_id: customer,
        customer_id: customer,
        offering_ids: wishes.map(({ offering = 'o' }) => offering),
        body: {},
        fingerprint: id,
        wanted: JSON.stringify(wishes),
        claims: wishes.map(itemOf),
        offer_seconds: 600,
        closes_at: closes === undefined ? null : new Date(Date.now() + hours * 3_600_000).toISOString(),
      }
      await pool.query('SELECT join_waitlist($1::jsonb, $2::jsonb)', [
        JSON.stringify(row),
        JSON.stringify({ role: 'customer', id: customer }),
      ])
      const { booking_id: booking } = await first<{ booking_id: string }>(
        'SELECT booking_id FROM waitlist_entries WHERE id = $1',
        [id],
      )
      return { id, booking }
    },
    async status({ id }) {
      return (await first<{ status: string }>('SELECT status FROM waitlist_entries WHERE id = $1', [id])).status
    },
    statuses: (places) => Promise.all(places.map((place) => queue.status(place))),
    async runOut({ id, booking }, milliseconds = -1000) {
      await pool.query(
        `WITH due AS (SELECT now() + make_interval(secs => $3::float8 / 1000) AS at), lease AS (
           UPDATE claims SET expires_at = due.at, lapses_at = due.at FROM due WHERE lock_id = $2 AND state = 'held'
         )
         UPDATE waitlist_entries SET offer_expires_at = due.at FROM due WHERE id = $1`,
        [id, booking, milliseconds],
      )
    },
    async poll() {
      for (;;) {
        const { done } = await first<{ done: boolean }>('SELECT expire_offer() AS done', [])
        if (!done) break
      }
      await pool.query('SELECT close_entries(100)')
      const { rows } = await pool.query<{ id: string }>(
        `SELECT id FROM waitlist_entries WHERE status = 'waiting' AND fits(id) ORDER BY position`,
      )
      for (const { id } of rows) await pool.query('SELECT offer_again($1)', [id])
    },
    async accept({ booking }) {
      try {
        await pool.query(`SELECT claim_units($1, now() + interval '1 hour', now() + interval '1 hour', '[]'::jsonb)`, [
          booking,
        ])
        return true
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'HF011') return false
        throw error
      }
    },
    async withdraw({ id }) {
      const by = JSON.stringify({ role: 'customer', id: 'somebody' })
      return (await first<{ status: string }>('SELECT withdraw_entry($1, $2::jsonb) AS status', [id, by])).status
    },
    async forgotten() {
      const { count } = await first<{ count: number }>(
        `SELECT count(*)::int AS count FROM waitlist_entries WHERE status = 'waiting' AND fits(id)`,
        [],
      )
      return count
    },
  }
  return queue
}
