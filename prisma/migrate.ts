import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { applyDefinitions, readDefinitions } from './definitions.ts'

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url))

/** The key of Prisma's own lock: its command line and we never migrate at the same time. */
const LOCK = 72_707_369

/** What a run changed. `newer`: migrations of a later release that the database has; then nothing is done. */
export type Migrated = {
  readonly migrations: readonly string[]
  readonly definitions: readonly string[]
  readonly newer: readonly string[]
}

type Migration = { readonly name: string; readonly sql: string; readonly checksum: string }

/**
 * Brings a database up to date: applies the migrations that it does not have yet, then the functions and views that changed, all in one
 * transaction. `_prisma_migrations` is what `prisma migrate status` expects. Throws what PostgreSQL said when something fails, and refuses a
 * database whose applied migrations are not the ones in the files: what it has then is not what the code expects.
 */
export async function migrate(databaseUrl: string): Promise<Migrated> {
  const [migrations, definitions] = await Promise.all([readMigrations(), readDefinitions()])
  const sql = new Client({ connectionString: databaseUrl })
  await sql.connect()
  try {
    await sql.query('BEGIN')
    await sql.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    const applied = await appliedMigrations(sql)
    const known = new Map(migrations.map((migration) => [migration.name, migration]))
    refuse(applied, known)
    const newer = [...applied.keys()].filter((name) => !known.has(name))
    if (newer.length > 0) return { migrations: [], definitions: [], newer }
    const pending = migrations.filter(({ name }) => !applied.has(name))
    for (const migration of pending) await apply(sql, migration)
    const changed = await applyDefinitions(sql, definitions)
    await sql.query('COMMIT')
    return { migrations: pending.map(({ name }) => name), definitions: changed, newer: [] }
  } finally {
    await sql.end()
  }
}

async function readMigrations(): Promise<Migration[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(`${FOLDER}/${name}/migration.sql`, 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

type Applied = { readonly name: string; readonly checksum: string; readonly isFinished: boolean }

/** What the database says it has; makes Prisma's table when the database is empty. */
async function appliedMigrations(sql: Client): Promise<Map<string, Applied>> {
  const { rows: tables } = await sql.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`,
  )
  if (!tables.some(({ name }) => name === '_prisma_migrations')) {
    if (tables.length > 0) {
      throw new Error('The database schema is not empty. Holdfast needs a database of its own.')
    }
    await sql.query(
      `CREATE TABLE _prisma_migrations (
         id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
         logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`,
    )
  }
  const { rows } = await sql.query<Applied>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS "isFinished" FROM _prisma_migrations
     WHERE rolled_back_at IS NULL ORDER BY started_at`,
  )
  return new Map(rows.map((row) => [row.name, row]))
}

function refuse(applied: ReadonlyMap<string, Applied>, known: ReadonlyMap<string, Migration>): void {
  const unfinished = [...applied.values()].filter(({ isFinished }) => !isFinished).map(({ name }) => name)
  if (unfinished.length > 0) {
    throw new Error(
      `The migration ${unfinished.join(', ')} was begun on this database by another tool and did not finish: see to it with \`prisma migrate resolve\`.`,
    )
  }
  const edited = [...applied.values()]
    .filter(({ name, checksum }) => known.has(name) && known.get(name)?.checksum !== checksum)
    .map(({ name }) => name)
  if (edited.length > 0) {
    throw new Error(
      `The migration ${edited.join(', ')} was changed after it had been applied to this database: put its file back, and write a new migration for the change.`,
    )
  }
}

async function apply(sql: Client, { name, sql: text, checksum }: Migration): Promise<void> {
  const id = randomUUID()
  await sql.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, clock_timestamp())`,
    [id, checksum, name],
  )
  try {
    await sql.query(text)
  } catch (error) {
    throw new Error(`The migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  await sql.query(
    'UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE id = $1',
    [id],
  )
}

/** What a run did, in one sentence for people. */
export function describe({ migrations, definitions, newer }: Migrated): string {
  if (newer.length > 0)
    return `The database has migrations of a newer release (${newer.join(', ')}): nothing was changed.`
  if (migrations.length + definitions.length === 0) return 'The database is up to date.'
  const functions = definitions.length === 0 ? [] : [`${definitions.length} functions and views`]
  return `Applied: ${[...migrations, ...functions].join(', ')}`
}
