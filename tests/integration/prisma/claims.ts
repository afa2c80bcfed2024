import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { createDatabase } from '../../support/scratch.ts'

export type Mechanism = 'unique' | 'counter' | 'range'

/** How long a lease still runs: its time is never waited for, so that no test depends on how fast the machine is. */
export type Lease = 'running' | 'lapsed'

export type Wish = {
  readonly offering?: string
  readonly unit: string | null
  readonly quantity?: number
  /** Hours of one day, for ranges. */
  readonly from?: number
  readonly to?: number
  readonly partySize?: number
}

/** The claim functions (prisma/functions/claims) on many connections at once. */
export type Claims = {
  readonly pool: Pool
  /** How often PostgreSQL had to break a circle of waiting transactions. */
  deadlocks(): number
  addUnits(
    mechanism: Mechanism,
    ids: readonly string[],
    options?: { readonly offering?: string; readonly capacity?: number; readonly seats?: number },
  ): Promise<void>
  /** The lock when every wish came true, else null (HF001). */
  hold(wishes: readonly Wish[], lease?: Lease): Promise<{ lock: string; units: string[] } | null>
  /** False: somebody else has a unit by now (HF002). */
  commit(lock: string): Promise<boolean>
  /** How many claims were given up. */
  release(lock: string): Promise<number>
  renew(lock: string, lease: Lease, paying?: boolean): Promise<void>
  /** States of a lock's claims, the latest of each item. */
  states(lock: string): Promise<string[]>
  /** Everything that contradicts the capacity of a unit, in one snapshot; empty is sound. */
  contradictions(): Promise<object[]>
  close(): Promise<void>
}

const KIND: Record<Mechanism, string> = { unique: 'seat', counter: 'slot', range: 'table' }
const DAY = '2031-05-01T'

export async function openClaims(connections: number): Promise<Claims> {
  const database = await createDatabase()
  const pool = new Pool({ connectionString: database.url, max: connections, statement_timeout: 30_000 })
  // Dropping the database cuts off connections that the pool is still closing.
  pool.on('error', () => undefined)
  let deadlocks = 0

  /** What the product's callers do as well (`isOutage`): a broken circle is tried again. */
  async function ask<Row>(sql: string, values: unknown[]): Promise<Row[]> {
    for (;;) {
      try {
        return (await pool.query(sql, values)).rows as Row[]
      } catch (error) {
        if (codeOf(error) !== '40P01') throw error
        deadlocks += 1
      }
    }
  }
  return {
    pool,
    deadlocks: () => deadlocks,
    async addUnits(mechanism, ids, { offering = 'o', capacity = 1, seats } = {}) {
      await pool.query(
        `INSERT INTO offerings (id, profile, name, price_amount, currency, price_unit)
         VALUES ($1, 'venue', 'Something', 0, 'USD', 'each') ON CONFLICT DO NOTHING`,
        [offering],
      )
      await pool.query(
        `INSERT INTO units (offering_id, id, kind, mechanism, resource, capacity, max_party)
         SELECT $1, id, $2, $3, $1 || '/' || id, $4, $5 FROM unnest($6::text[]) AS id`,
        [offering, KIND[mechanism], mechanism, mechanism === 'counter' ? capacity : null, seats ?? null, ids],
      )
    },
    async hold(wishes, lease = 'running') {
      const lock = randomUUID()
      try {
        const [row] = await ask<{ units: { unit_id: string }[] }>(
          'SELECT claim_units($1, $2, $2, $3::jsonb) AS units',
          [lock, endOf(lease), JSON.stringify(wishes.map(itemOf))],
        )
        return { lock, units: (row?.units ?? []).map(({ unit_id }) => unit_id) }
      } catch (error) {
        if (codeOf(error) === 'HF001') return null
        throw error
      }
    },
    async commit(lock) {
      try {
        await ask('SELECT commit_claims($1)', [lock])
        return true
      } catch (error) {
        if (codeOf(error) === 'HF002') return false
        throw error
      }
    },
    async release(lock) {
      const [row] = await ask<{ released: number }>(`SELECT release_claims($1, 'cancelled') AS released`, [lock])
      return row?.released ?? 0
    },
    async renew(lock, lease, paying = false) {
      await ask('SELECT renew_claims($1, $2, $2, $3)', [lock, endOf(lease), paying])
    },
    async states(lock) {
      const rows = await ask<{ state: string }>(
        'SELECT DISTINCT ON (item_id) state FROM claims WHERE lock_id = $1 ORDER BY item_id, id DESC',
        [lock],
      )
      return rows.map(({ state }) => state)
    },
    contradictions: () => ask(CONTRADICTIONS, []),
    async close() {
      await pool.end()
      await database.drop()
    },
  }
}

/** Worked out from the claims alone, so that it does not rest on the constraints it is to watch. */
const CONTRADICTIONS = `
  SELECT u.resource, u.claimed, u.capacity, sum(c.quantity) AS live
  FROM units u LEFT JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
  WHERE u.mechanism = 'counter'
  GROUP BY u.resource, u.claimed, u.capacity
  HAVING u.claimed <> coalesce(sum(c.quantity), 0) OR u.claimed > u.capacity
  UNION ALL
  SELECT c.resource, NULL, 1, count(*) FROM claims c
  WHERE c.mechanism = 'unique' AND c.state <> 'released' GROUP BY c.resource HAVING count(*) > 1
  UNION ALL
  SELECT a.resource, NULL, 1, 2 FROM claims a JOIN claims b
    ON a.resource = b.resource AND a.id < b.id AND a.during && b.during AND a.lock_id <> b.lock_id
  WHERE a.mechanism = 'range' AND a.state <> 'released' AND b.state <> 'released'`

/** An item as `claim_units` and the waitlist know it. */
export function itemOf({ offering = 'o', unit, quantity = 1, from, to, partySize }: Wish, index: number): object {
  return {
    item_id: String(index + 1),
    offering_id: offering,
    unit_id: unit,
    quantity,
    starts_at: null,
    occupied_from: from === undefined ? null : instant(from),
    occupied_to: to === undefined ? null : instant(to),
    party_size: partySize ?? null,
  }
}

function instant(hour: number): string {
  const minutes = Math.round((hour % 1) * 60)
  return `${DAY}${String(Math.floor(hour)).padStart(2, '0')}:${String(minutes).padStart(2, '0')}:00.000Z`
}

function endOf(lease: Lease): string {
  return new Date(Date.now() + (lease === 'running' ? 3_600_000 : -3_600_000)).toISOString()
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
}
