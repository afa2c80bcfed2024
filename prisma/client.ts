import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { PrismaClient } from './generated/client.ts'

/** The database behind a pool: Prisma for reading, its raw statements for the two writes of a booking. */
export type Database = PrismaClient

/**
 * Opens the database. `poolSize` is the most connections this process takes; a caller waits 2 s for one at the most, and a statement runs 5 s
 * at the most, so that a stuck database shows as a failure and not as a queue.
 */
export function openDatabase(databaseUrl: string, poolSize: number): Database {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: poolSize,
    connectionTimeoutMillis: 2000,
    statement_timeout: 5000,
    idle_in_transaction_session_timeout: 10_000,
    application_name: 'holdfast',
  })
  return new PrismaClient({
    adapter: new PrismaPg(pool, { disposeExternalPool: true, statementNameGenerator: ({ sql }) => statementName(sql) }),
  })
}

const names = new Map<string, string>()

/** Named statements are prepared once a connection; the plan of the hold statement alone is worth 1 ms. */
function statementName(sql: string): string {
  let name = names.get(sql)
  if (name === undefined) {
    name = `hf_${createHash('sha1').update(sql).digest('base64url')}`
    names.set(sql, name)
  }
  return name
}

/** SQLSTATEs raised by our own functions (migrations 0002 and 0003). */
export const SOLD_OUT = 'HF001'
export const UNITS_LOST = 'HF002'
export const ANOTHER_WRITER = 'HF003'

/** The SQLSTATE and detail of a database error, wherever Prisma put them; null when it was not the database that spoke. */
export function databaseError(error: unknown): { code: string; detail: string | null } | null {
  const meta = member(error, 'meta')
  const cause = member(member(meta, 'driverAdapterError'), 'cause')
  const code = member(cause, 'originalCode') ?? member(cause, 'code')
  const detail = member(cause, 'detail')
  return typeof code === 'string' ? { code, detail: typeof detail === 'string' ? detail : null } : null
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
