import type { ClientBase } from 'pg'

/** Two bookings that went the usual way: one that is over, and one that is ahead, with its table. */
type Originals = { readonly over: string; readonly ahead: string }

const TABLES = ['bookings', 'booking_items', 'booking_history', 'claims', 'payments', 'ledger', 'financial_entries']
const AT_ONCE = 250_000
/** Of a hundred bookings one is ahead of its visit. */
const AHEAD = 100
/** Each table has so many bookings ahead of it, one after the other. */
const PER_TABLE = 100

/**
 * Writes so many bookings, as they are a year after the first: copies of two under other ids, without triggers, because what those check was right of the
 * two. Rows are narrow (no snapshots, no data in the history, as much of the terms as the audit reads), so that ten million of them have room on a disk. Indexes and constraints are made at the
 * end, as they were. `turn` waits for a turn before each step.
 */
export async function writeManyBookings(
  sql: ClientBase,
  originals: Originals,
  count: number,
  turn: (step: () => Promise<unknown>) => Promise<unknown> = (step) => step(),
): Promise<void> {
  await sql.query(
    `SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'`,
  )
  const again = await withoutIndexes(sql)
  const copies: string[] = []
  for (const table of TABLES) copies.push(await copyOf(sql, table))
  const ahead = Math.floor(count / AHEAD)
  const parts = [
    { id: originals.over, from: 1, to: count - ahead },
    { id: originals.ahead, from: count - ahead + 1, to: count },
  ]
  for (const { id, from, to } of parts) {
    for (let first = from; first <= to; first += AT_ONCE) {
      const last = Math.min(first + AT_ONCE - 1, to)
      await turn(async () => {
        for (const copy of copies) await sql.query(copy, [id, first, last, count])
      })
    }
  }
  for (const step of again) await turn(() => sql.query(step))
  // What was said of them is pruned by now.
  await sql.query(
    `INSERT INTO outbox_pruning (id, pruned_until) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET pruned_until = now()`,
  )
  await sql.query('RESET session_replication_role')
  await turn(() => sql.query('VACUUM ANALYZE'))
}

/** Drops the tables' indexes and constraints, and answers with the statements that make them again; references are not looked through again. */
async function withoutIndexes(sql: ClientBase): Promise<string[]> {
  const { rows } = await sql.query<{ gone: string; back: string; refers: boolean }>(
    `SELECT contype = 'f' AS refers, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS gone,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) || CASE contype WHEN 'f' THEN ' NOT VALID' ELSE '' END AS back
     FROM pg_constraint WHERE contype IN ('f', 'p', 'u', 'x') AND (conrelid = ANY ($1::regclass[]) OR confrelid = ANY ($1::regclass[]))
     ORDER BY contype = 'f' DESC`,
    [TABLES],
  )
  for (const { gone } of rows) await sql.query(gone)
  const { rows: indexes } = await sql.query<{ gone: string; back: string }>(
    `SELECT format('DROP INDEX %s', indexrelid::regclass) AS gone, pg_get_indexdef(indexrelid) AS back FROM pg_index WHERE indrelid = ANY ($1::regclass[])`,
    [TABLES],
  )
  for (const { gone } of indexes) await sql.query(gone)
  // References need the keys that they name, which may be indexes.
  const [references, keys] = [rows.filter(({ refers }) => refers), rows.filter(({ refers }) => !refers)]
  return [...keys, ...indexes, ...references].map(({ back }) => back)
}

/** The statement that copies the rows of booking $1 in a table for the numbers from $2 to $3 of $4. */
async function copyOf(sql: ClientBase, table: string): Promise<string> {
  const { rows } = await sql.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  )
  const columns = rows
    .map(({ name }) => name)
    // The sequence gives them.
    .filter((name) => !(name === 'number' || (name === 'id' && (table === 'claims' || table === 'ledger'))))
  const own = { bookings: 'id', claims: 'lock_id' }[table] ?? 'booking_id'
  return `INSERT INTO ${table} (${columns.map((name) => `"${name}"`).join(', ')})
    SELECT ${columns.map((name) => anew(table, name)).join(', ')}
    FROM generate_series($2::bigint, $3::bigint) n, (SELECT *, ($4::bigint) AS all_of_them FROM ${table} WHERE ${own} = $1::uuid) t`
}

const ID = `md5(n::text)::uuid`
const PAYMENT = `md5('p' || n)::uuid`
/** The first was made a year ago, the last just now. */
const MADE = `now() - interval '365 days' * ((t.all_of_them - n)::float8 / t.all_of_them)`

/** As much of a life cycle as the two went through. */
const TERMS = JSON.stringify({
  lifecycle: { pending: { c: 'confirmed' }, confirmed: { i: 'checked_in' }, checked_in: { c: 'completed' } },
})

/** What a column of a copy has. */
function anew(table: string, name: string): string {
  switch (`${table}.${name}`) {
    case 'booking_items.id':
      return 't."id"'
    case 'payments.id':
      return PAYMENT
    case 'financial_entries.id':
      return `md5('f' || n)::uuid`
    case 'bookings.terms':
      return `'${TERMS}'::jsonb`
    case 'bookings.price':
      return `jsonb_build_object('subtotal', t.price -> 'subtotal')`
    case 'bookings.next_deadline':
      return `CASE WHEN t.next_deadline IS NOT NULL THEN now() + interval '1 day' + n % 2592000 * interval '1 second' END`
    case 'booking_history.operation':
      return `left(t.operation, 1)`
    case 'claims.resource':
      return `'table ' || n / ${PER_TABLE}`
    case 'claims.during':
      return `tstzrange(date_trunc('hour', now()) + n % ${PER_TABLE} * interval '2 hours', date_trunc('hour', now()) + (n % ${PER_TABLE} + 1) * interval '2 hours')`
  }
  switch (name) {
    case 'id':
    case 'booking_id':
    case 'lock_id':
      return ID
    case 'payment_id':
      return PAYMENT
    case 'reference':
      return `'V' || n`
    case 'intent_id':
    case 'key':
    case 'ledger_key':
      return `'pi_' || n`
    case 'created_at':
    case 'updated_at':
      return MADE
    case 'snapshots':
    case 'data':
    case 'steps':
      return `'{}'`
    default:
      return `t."${name}"`
  }
}
