import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withSchemaEngine } from '../../../prisma/engine.ts'
import { migrate } from '../../../prisma/migrate.ts'
import { createDatabase, type ScratchDatabase } from '../../support/scratch.ts'

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url))
const ALL = [
  '0001_tables',
  '0002_claims',
  '0003_writes',
  '0004_relay',
  '0005_consumed',
  '0006_changes',
  '0007_operations',
  '0008_waitlist',
  '0009_visits',
  '0010_settlement',
  '0011_offers',
  '0012_same_hold',
  '0013_reconciliation',
  '0014_offers_told',
]

let database: ScratchDatabase
let sql: Client
beforeEach(async () => {
  database = await createDatabase({ isEmpty: true })
  sql = new Client({ connectionString: database.url })
  await sql.connect()
})
afterEach(async () => {
  await sql.end()
  await database.drop()
})

describe('the migrations', () => {
  test('are applied in order, and a second time nothing is left to do', async () => {
    expect(await migrate(database.url)).toEqual(ALL)
    const before = await catalogue()
    expect(await migrate(database.url)).toEqual([])
    expect(await catalogue()).toEqual(before)
  })

  test('by three processes at the same time are applied once, and all three end well', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => runMigrate(database.url)))
    expect(runs.map(({ code, error }) => ({ code, error }))).toEqual(runs.map(() => ({ code: 0, error: '' })))
    expect(runs.map(({ output }) => output).toSorted()).toEqual([
      `Applied: ${ALL.join(', ')}\n`,
      'The database is up to date.\n',
      'The database is up to date.\n',
    ])
    const { rows } = await sql.query(
      'SELECT migration_name AS name, applied_steps_count AS steps FROM _prisma_migrations ORDER BY 1',
    )
    expect(rows).toEqual(ALL.map((name) => ({ name, steps: 1 })))
  })

  test('make what schema.prisma says, and besides only what Prisma has no words for', async () => {
    await migrate(database.url)
    const migrated = await catalogue()
    const other = await createDatabase({ isEmpty: true })
    const plain = new Client({ connectionString: other.url })
    try {
      await plain.connect()
      await plain.query(await scriptOfSchema(other.url))
      const wanted = await catalogue(plain)
      expect(wanted.length).toBeGreaterThan(150)
      expect(without(wanted, migrated)).toEqual([])
      const more = without(migrated, wanted).filter(({ what }) => what !== 'function')
      expect(more.length).toBeGreaterThan(0)
      // Checks, the exclusion constraint with its index, triggers, partial indexes, and those of the two materialised views.
      const known =
        /^(CHECK|EXCLUDE|TRIGGER) |USING gist .* WHERE|^CREATE .* WHERE | ON public\.(upcoming_bookings_view|booking_completion_rates) /
      expect(more.filter(({ how }) => !known.test(how))).toEqual([])

      await sql.query('ALTER TABLE bookings DROP COLUMN notes')
      expect(without(wanted, await catalogue())).toEqual([
        { what: 'column', name: 'bookings.notes', how: 'text, nullable YES, default -' },
      ])
    } finally {
      await plain.end()
      await other.drop()
    }
  })

  test('of which one was changed after it had been applied are refused by name, and nothing is done', async () => {
    await migrate(database.url)
    await sql.query(`DELETE FROM _prisma_migrations WHERE migration_name = '0003_writes'`)
    await sql.query(`UPDATE _prisma_migrations SET checksum = repeat('0', 64) WHERE migration_name = '0002_claims'`)
    const before = await catalogue()
    await expect(migrate(database.url)).rejects.toThrow(
      'The migration 0002_claims was changed after it had been applied to this database: put its file back, and write a new migration for the change.',
    )
    expect(await catalogue()).toEqual(before)
  })

  test('are not applied to a database that is somebody else’s', async () => {
    await sql.query('CREATE TABLE bookings (id int)')
    await expect(migrate(database.url)).rejects.toThrow('The database schema is not empty.')
  })

  test('of which one fails say what PostgreSQL said', async () => {
    await migrate(database.url)
    await sql.query(`DELETE FROM _prisma_migrations WHERE migration_name = '0003_writes'`)
    await expect(migrate(database.url)).rejects.toThrow(
      'The migration failed: constraint "bookings_status" for relation "bookings" already exists',
    )
  })

  test('of a database that does not answer fail with a sentence', async () => {
    const { code, output, error } = await runMigrate('postgresql://nobody:x@127.0.0.1:9/none')
    expect({ code, output }).toEqual({ code: 1, output: '' })
    expect(error).toMatch(/ECONNREFUSED|Can't reach database server/)
  })
})

type Thing = { readonly what: string; readonly name: string; readonly how: string }

/** Every column, constraint, index and function of the product's, as PostgreSQL has it. */
async function catalogue(client = sql): Promise<Thing[]> {
  const { rows } = await client.query<Thing>(`
    SELECT 'column' AS what, table_name || '.' || column_name AS name,
      coalesce(domain_name, udt_name) || ', nullable ' || is_nullable || ', default ' || coalesce(column_default, '-') AS how
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
    UNION ALL
    SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> coalesce(to_regclass('_prisma_migrations'), 0)
    UNION ALL
    SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, md5(prosrc) FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace
    ORDER BY 1, 2, 3`)
  return rows
}

function without(all: readonly Thing[], others: readonly Thing[]): Thing[] {
  const known = new Set(others.map((thing) => JSON.stringify(thing)))
  return all.filter((thing) => !known.has(JSON.stringify(thing)))
}

/** The script with which Prisma would make an empty database what schema.prisma says. */
async function scriptOfSchema(url: string): Promise<string> {
  const path = `${CHECKOUT}prisma/schema.prisma`
  const content = await readFile(path, 'utf8')
  const { stdout } = await withSchemaEngine(url, (engine) =>
    engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path, content }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  )
  return stdout ?? ''
}

function runMigrate(url: string): Promise<{ code: number | null; output: string; error: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${CHECKOUT}prisma/migrate-main.ts`], {
      env: { ...process.env, DATABASE_URL: url },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [output, error] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output, error }))
  })
}
