import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { applyDefinitions, readDefinitions, type Definition } from '../../../prisma/definitions.ts'
import { migrate } from '../../../prisma/migrate.ts'
import { thingsOfSchema, type Thing } from '../../support/prisma-schema.ts'
import { createDatabase, type ScratchDatabase } from '../../support/scratch.ts'

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url))
const ALL = readdirSync(`${CHECKOUT}/prisma/migrations`)
  .filter((name) => /^\d{4}_/.test(name))
  .toSorted()

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
  test('are applied in order, then functions and views, and a second time nothing is left to do', async () => {
    const files = await readDefinitions()
    expect(await migrate(database.url)).toEqual({
      migrations: ALL,
      definitions: files.map(({ name }) => name),
      newer: [],
    })
    const before = await catalogue()
    expect(await migrate(database.url)).toEqual({ migrations: [], definitions: [], newer: [] })
    expect(await catalogue()).toEqual(before)
  })

  test('by three processes at the same time are applied once, and all three end well', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => runMigrate(database.url)))
    expect(runs.map(({ code, error }) => ({ code, error }))).toEqual(runs.map(() => ({ code: 0, error: '' })))
    const count = (await readDefinitions()).length
    expect(runs.map(({ output }) => output).toSorted()).toEqual([
      `Applied: ${ALL.join(', ')}, ${count} functions and views\n`,
      'The database is up to date.\n',
      'The database is up to date.\n',
    ])
  })

  test('are written down as Prisma’s command line reads them', async () => {
    await migrate(database.url)
    const { rows } = await sql.query(
      `SELECT migration_name AS name, checksum, applied_steps_count AS steps, started_at <= finished_at AS finished, logs, rolled_back_at
       FROM _prisma_migrations ORDER BY 1`,
    )
    const expected = await Promise.all(
      ALL.map(async (name) => {
        const script = await readFile(`${CHECKOUT}prisma/migrations/${name}/migration.sql`)
        const checksum = createHash('sha256').update(script).digest('hex')
        return { name, checksum, steps: 1, finished: true, logs: null, rolled_back_at: null }
      }),
    )
    expect(rows).toEqual(expected)
  })

  test('make what schema.prisma says, and besides only what Prisma has no words for', async () => {
    await migrate(database.url)
    const migrated = await catalogue()
    const wanted = thingsOfSchema(await readFile(`${CHECKOUT}prisma/schema.prisma`, 'utf8'))
    expect(wanted.length).toBeGreaterThan(350)
    expect(without(wanted, migrated)).toEqual([])
    const more = without(migrated, wanted).filter(({ what }) => what !== 'function')
    expect(more.length).toBeGreaterThan(0)
    // Checks, the exclusion constraint with its index, triggers, partial indexes, and those of the two materialised views.
    const known =
      /^(CHECK|EXCLUDE|TRIGGER|CREATE TRIGGER|CREATE CONSTRAINT TRIGGER)\b|USING gist .* WHERE|^CREATE .* WHERE | ON public\.(upcoming_bookings_view|booking_completion_rates) /
    expect(more.filter(({ how }) => !known.test(how))).toEqual([])

    await sql.query('ALTER TABLE bookings DROP COLUMN notes')
    expect(without(wanted, await catalogue())).toEqual([
      { what: 'column', name: 'bookings.notes', how: 'text, nullable YES, default -' },
    ])
  })

  test('of which one was changed after it had been applied are refused by name, and nothing is done', async () => {
    await migrate(database.url)
    await sql.query(`DELETE FROM _prisma_migrations WHERE migration_name = '0002_constraints'`)
    await sql.query(`UPDATE _prisma_migrations SET checksum = repeat('0', 64) WHERE migration_name = '0001_tables'`)
    const before = await catalogue()
    await expect(migrate(database.url)).rejects.toThrow(
      'The migration 0001_tables was changed after it had been applied to this database: put its file back, and write a new migration for the change.',
    )
    expect(await catalogue()).toEqual(before)
  })

  test('of which one was begun by another tool and did not finish are refused by name', async () => {
    await migrate(database.url)
    await sql.query(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '0002_constraints'`)
    await expect(migrate(database.url)).rejects.toThrow('The migration 0002_constraints was begun on this database')
    await sql.query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '0002_constraints'`)
    await expect(migrate(database.url)).rejects.toThrow('The migration 0002_constraints failed: ')
  })

  test('leave a database of a newer release as it is, and say so', async () => {
    await migrate(database.url)
    await sql.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '9999_later', now())`,
    )
    await sql.query(`UPDATE sql_definitions SET checksum = 'of a later release'`)
    expect(await migrate(database.url)).toEqual({ migrations: [], definitions: [], newer: ['9999_later'] })
    const { output } = await runMigrate(database.url)
    expect(output).toBe('The database has migrations of a newer release (9999_later): nothing was changed.\n')
  })

  test('are not applied to a database that is somebody else’s', async () => {
    await sql.query('CREATE TABLE bookings (id int)')
    await expect(migrate(database.url)).rejects.toThrow('The database schema is not empty.')
  })

  test('of which one fails say what PostgreSQL said, and leave nothing behind', async () => {
    await migrate(database.url)
    await sql.query(`DELETE FROM _prisma_migrations WHERE migration_name = '0002_constraints'`)
    const before = await catalogue()
    await expect(migrate(database.url)).rejects.toThrow(
      'The migration 0002_constraints failed: constraint "units_kind" for relation "units" already exists',
    )
    expect(await catalogue()).toEqual(before)
    expect((await sql.query('SELECT FROM _prisma_migrations')).rowCount).toBe(ALL.length - 1)
  })

  test('of a database that does not answer fail with a sentence', async () => {
    const { code, output, error } = await runMigrate('postgresql://nobody:x@127.0.0.1:9/none')
    expect({ code, output }).toEqual({ code: 1, output: '' })
    expect(error).toBe('The database 127.0.0.1:9/none cannot be reached: start it, or correct DATABASE_URL.\n')
  })
})

describe('functions and views', () => {
  const define = (text: string, name = 'probe'): Definition => ({ kind: 'function', name, sql: text, checksum: text })

  /** Applies the files with these instead of, or besides, those of the same name; without the names that are gone. */
  async function apply(changed: readonly Definition[], gone: readonly string[] = []): Promise<string[]> {
    const replaced = new Set([...changed.map(({ name }) => name), ...gone])
    const files = (await readDefinitions()).filter(({ name }) => !replaced.has(name))
    await sql.query('BEGIN')
    try {
      const names = await applyDefinitions(sql, [...files, ...changed])
      await sql.query('COMMIT')
      return names
    } catch (error) {
      await sql.query('ROLLBACK')
      throw error
    }
  }

  const signatures = async (): Promise<string[]> => {
    const { rows } = await sql.query<{ name: string }>(`
      SELECT p.oid::regprocedure::text AS name FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'probe%' ORDER BY 1`)
    return rows.map(({ name }) => name)
  }

  test('are the files’, all of them and no others, body and all', async () => {
    await migrate(database.url)
    const files = await readDefinitions()
    const { rows: functions } = await sql.query<{ name: string; body: string }>(`
      SELECT proname AS name, prosrc AS body FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1`)
    const { rows: views } = await sql.query<{ name: string }>(
      `SELECT matviewname AS name FROM pg_matviews WHERE schemaname = 'public' ORDER BY 1`,
    )
    const named = (kind: string) => files.filter((file) => file.kind === kind).map(({ name }) => name)
    expect(functions.map(({ name }) => name)).toEqual(named('function').toSorted())
    expect(views.map(({ name }) => name)).toEqual(named('view').toSorted())
    const text = new Map(files.map((file) => [file.name, file.sql]))
    expect(functions.filter(({ name, body }) => !text.get(name)?.includes(body)).map(({ name }) => name)).toEqual([])
  })

  test('none is there to wrap another one', async () => {
    const names = (await readDefinitions()).map(({ name }) => name)
    expect(names.filter((name) => /_(regardless|afresh|old|new|v\d+|inner)$/.test(name))).toEqual([])
  })

  test('are applied again when their file changed, and only then', async () => {
    await migrate(database.url)
    const one = define('CREATE OR REPLACE FUNCTION probe() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;')
    expect(await apply([one])).toEqual(['probe'])
    expect(await apply([one])).toEqual([])
    const two = define('CREATE OR REPLACE FUNCTION probe() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$;')
    expect(await apply([two])).toEqual(['probe'])
    expect((await sql.query('SELECT probe() AS answer')).rows).toEqual([{ answer: 2 }])
  })

  test('leave none behind with the arguments of before', async () => {
    await migrate(database.url)
    await apply([define('CREATE OR REPLACE FUNCTION probe(a int) RETURNS int LANGUAGE sql AS $$ SELECT a $$;')])
    await apply([define('CREATE OR REPLACE FUNCTION probe(a text) RETURNS text LANGUAGE sql AS $$ SELECT a $$;')])
    expect(await signatures()).toEqual(['probe(text)'])
  })

  test('go with their file, and their triggers with them', async () => {
    await migrate(database.url)
    const before = await catalogue()
    await apply([
      define(`CREATE OR REPLACE FUNCTION probe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER probe BEFORE UPDATE ON units FOR EACH ROW EXECUTE FUNCTION probe();`),
    ])
    expect(without(await catalogue(), before).map(({ what }) => what)).toEqual(['function', 'trigger'])
    expect(await apply([])).toEqual(['probe'])
    expect(await catalogue()).toEqual(before)
  })

  test('of which every one is made anew leave the database as it was', async () => {
    await migrate(database.url)
    const before = await catalogue()
    await sql.query(`UPDATE sql_definitions SET checksum = 'another'`)
    const files = await readDefinitions()
    expect((await migrate(database.url)).definitions).toEqual(files.map(({ name }) => name))
    expect(await catalogue()).toEqual(before)
  })

  test.each([
    [
      'calls what is not there',
      'CREATE FUNCTION probe() RETURNS int LANGUAGE sql AS $$ SELECT nothing() $$;',
      'probe() failed',
    ],
    [
      'is no PL/pgSQL',
      'CREATE FUNCTION probe() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETUR 1; END $$;',
      'probe() failed',
    ],
    ['is no SQL', 'CREATE FUNCTION', 'The function probe failed: syntax error'],
    ['has another name', 'CREATE FUNCTION probe_2() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;', 'named after: probe'],
    [
      'defines two of a name',
      'CREATE FUNCTION probe() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; CREATE FUNCTION probe(a int) RETURNS int LANGUAGE sql AS $$ SELECT a $$;',
      'named after: probe',
    ],
  ])('are refused when one %s, and nothing is changed', async (_, text, message) => {
    await migrate(database.url)
    await expect(apply([define(text)])).rejects.toThrow(message)
    expect(await signatures()).toEqual([])
  })
})

/** Every column, constraint, index, trigger and function of the product's, as PostgreSQL has it. */
async function catalogue(): Promise<Thing[]> {
  const { rows } = await sql.query<Thing>(`
    SELECT 'column' AS what, table_name || '.' || column_name AS name,
      coalesce(domain_name, udt_name) || ', nullable ' || is_nullable || ', default ' || coalesce(column_default, '-') AS how
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
    UNION ALL
    -- Which columns may be null is said above; not every PostgreSQL has it as constraints, too.
    SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> coalesce(to_regclass('_prisma_migrations'), 0) AND contype <> 'n'
    UNION ALL
    SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'
    UNION ALL
    SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid)) FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY 1, 2, 3`)
  return rows
}

function without(all: readonly Thing[], others: readonly Thing[]): Thing[] {
  const known = new Set(others.map((thing) => JSON.stringify(thing)))
  return all.filter((thing) => !known.has(JSON.stringify(thing)))
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
