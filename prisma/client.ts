import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool, type PoolClient } from 'pg'
import { PrismaClient } from './generated/client.ts'

/** The database behind a pool: Prisma for reading, its raw statements for the two writes of a booking. */
export type Database = PrismaClient

/**
 * Opens the database. `poolSize` is the most connections this process takes; a caller waits 2 s for one at the most, and a statement runs 5 s
 * at the most, so that a stuck database shows as a failure and not as a queue. One that has fallen silent cannot say that the 5 s are over:
 * a second later the caller stops listening. `statementMs` is for work that takes longer, on connections of its own.
 */
export function openDatabase(databaseUrl: string, poolSize: number, statementMs = 5000): Database {
  const limits = limitsOf(statementMs)
  const pool = new Pool({
    connectionString: databaseUrl,
    max: poolSize,
    connectionTimeoutMillis: 2000,
    statement_timeout: limits.statement,
    query_timeout: limits.patience,
    idle_in_transaction_session_timeout: limits.transaction,
    options: `-c transaction_timeout=${limits.transaction}`,
    application_name: 'holdfast',
  })
  pool.on('release', closeUnfinished)
  return new PrismaClient({
    adapter: new PrismaPg(pool, { disposeExternalPool: true, statementNameGenerator: ({ sql }) => statementName(sql) }),
    transactionOptions: { maxWait: 2000, timeout: limits.patience },
  })
}

/**
 * How long each may take, in milliseconds: the database ends a statement, then a transaction, and only after both do we stop waiting (N-74). So what
 * we were not told of has been rolled back, and its locks are free.
 */
export function limitsOf(statementMs: number): { statement: number; transaction: number; patience: number } {
  return { statement: statementMs, transaction: statementMs + 500, patience: statementMs + 1000 }
}

/**
 * A connection that comes back in the middle of a transaction is closed: its ROLLBACK was never sent, because an answer was still awaited. The next
 * to use it would write into that transaction, be told that it is done, and lose everything (N-74).
 */
function closeUnfinished(_: unknown, client: PoolClient): void {
  if (client.getTransactionStatus() !== 'I') void client.end()
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

/** SQLSTATEs raised by our own functions (prisma/functions). */
export const SOLD_OUT = 'HF001'
export const UNITS_LOST = 'HF002'
export const ANOTHER_WRITER = 'HF003'
export const OFFER_OVER = 'HF011'

/** The SQLSTATE and detail of a database error, wherever Prisma put them; null when it was not the database that spoke. */
export function databaseError(error: unknown): { code: string; detail: string | null } | null {
  const meta = member(error, 'meta')
  const cause = member(member(meta, 'driverAdapterError'), 'cause')
  const code = member(cause, 'originalCode') ?? member(cause, 'code')
  const detail = member(cause, 'detail')
  return typeof code === 'string' ? { code, detail: typeof detail === 'string' ? detail : null } : null
}

/** Kinds of Prisma's driver errors that say that there was no connection. */
const NOT_CONNECTED: readonly unknown[] = [
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]

/** A connection lost or refused, no resources, a statement cut off, a deadlock: it may work when it is tried again. */
const TRANSIENT = /^(08|53|57|40001|40P01|55P03)/

/** Was the database out of reach or too busy, so that trying again later may work? Anything else is a fault of ours. */
export function isOutage(error: unknown): boolean {
  const cause = member(member(member(error, 'meta'), 'driverAdapterError'), 'cause')
  const code = databaseError(error)?.code
  if (code !== undefined) return TRANSIENT.test(code) || member(cause, 'severity') === 'FATAL'
  if (NOT_CONNECTED.includes(member(cause, 'kind'))) return true
  // What the pool itself says has no code: it waited in vain for a connection or an answer, or lost one.
  return (
    error instanceof Error &&
    /^(timeout exceeded when trying to connect|Connection terminated|Query read timeout)/.test(error.message)
  )
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
