import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Client } from 'pg'

type Kind = 'function' | 'view'

/** A function or a materialised view: its file holds its only and current definition. */
export type Definition = { readonly kind: Kind; readonly name: string; readonly sql: string; readonly checksum: string }

/** Every definition, in the order of the files' paths, functions before the views that call them. */
export async function readDefinitions(): Promise<Definition[]> {
  return [...(await read('function', './functions')), ...(await read('view', './views'))]
}

async function read(kind: Kind, folder: string): Promise<Definition[]> {
  const root = fileURLToPath(new URL(folder, import.meta.url))
  const paths = (await readdir(root, { recursive: true })).filter((path) => path.endsWith('.sql')).toSorted()
  return Promise.all(
    paths.map(async (path) => {
      const sql = await readFile(`${root}/${path}`, 'utf8')
      const name = path.replace(/^.*[/\\]/, '').replace(/\.sql$/, '')
      return { kind, name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/**
 * Makes the functions and views of the database what the files say, and returns the names of those that changed. It runs in the caller's
 * transaction. Triggers stand in the file of their function and go with it. A function whose arguments changed leaves no older one behind.
 */
export async function applyDefinitions(sql: Client, definitions: readonly Definition[]): Promise<string[]> {
  const { rows } = await sql.query<Omit<Definition, 'sql'>>('SELECT kind, name, checksum FROM sql_definitions')
  const applied = new Map(rows.map((row) => [key(row), row]))
  const changed = definitions.filter((wanted) => applied.get(key(wanted))?.checksum !== wanted.checksum)
  const wanted = new Set(definitions.map(key))
  const gone = rows.filter((row) => !wanted.has(key(row)))
  if (changed.length + gone.length === 0) return []

  // Bodies are checked at the end, when everything that they call is there.
  await sql.query('SET LOCAL check_function_bodies = off')
  const touched = [...changed, ...gone]
  for (const view of touched.filter(({ kind }) => kind === 'view')) {
    await sql.query(`DROP MATERIALIZED VIEW IF EXISTS ${sql.escapeIdentifier(view.name)}`)
  }
  await dropTriggers(sql, names(touched))
  for (const definition of changed) await apply(sql, definition)
  await dropFunctions(sql, names(changed), names(gone))
  await sql.query('SET LOCAL check_function_bodies = on')
  await checkBodies(sql)
  return touched.map(({ name }) => name)
}

const key = ({ kind, name }: Pick<Definition, 'kind' | 'name'>): string => `${kind} ${name}`

const names = (definitions: readonly Pick<Definition, 'kind' | 'name'>[]): string[] =>
  definitions.filter(({ kind }) => kind === 'function').map(({ name }) => name)

async function apply(sql: Client, { kind, name, sql: text, checksum }: Definition): Promise<void> {
  try {
    await sql.query(text)
  } catch (error) {
    throw new Error(`The ${kind} ${name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  await sql.query(
    `INSERT INTO sql_definitions (kind, name, checksum) VALUES ($1, $2, $3)
     ON CONFLICT (kind, name) DO UPDATE SET checksum = excluded.checksum, applied_at = now()`,
    [kind, name, checksum],
  )
}

async function dropTriggers(sql: Client, functions: readonly string[]): Promise<void> {
  const { rows } = await sql.query<{ command: string }>(
    `SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) AS command
     FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE NOT t.tgisinternal AND p.pronamespace = current_schema()::regnamespace AND p.proname = ANY ($1)`,
    [functions],
  )
  for (const { command } of rows) await sql.query(command)
}

/** Drops functions whose file is gone, and of changed ones what this transaction has not written: it has other arguments. */
async function dropFunctions(sql: Client, changed: readonly string[], gone: readonly string[]): Promise<void> {
  const { rows } = await sql.query<{ name: string; signature: string; current: boolean }>(
    `SELECT p.proname AS name, p.oid::regprocedure::text AS signature, p.xmin = pg_current_xact_id()::xid AS current
     FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = ANY ($1)`,
    [[...changed, ...gone]],
  )
  const missing = changed.filter((name) => rows.filter((row) => row.name === name && row.current).length !== 1)
  if (missing.length > 0) {
    throw new Error(`Each of these files has to define the one function that it is named after: ${missing.join(', ')}`)
  }
  for (const { signature } of rows.filter(({ current }) => !current)) await sql.query(`DROP FUNCTION ${signature}`)
  await sql.query(`DELETE FROM sql_definitions WHERE kind = 'function' AND name = ANY ($1)`, [gone])
}

async function checkBodies(sql: Client): Promise<void> {
  const { rows } = await sql.query<{ signature: string; check: string }>(
    `SELECT p.oid::regprocedure::text AS signature,
       format('SELECT %s(%s)', CASE l.lanname WHEN 'sql' THEN 'fmgr_sql_validator' ELSE 'plpgsql_validator' END, p.oid) AS check
     FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN sql_definitions d ON d.kind = 'function' AND d.name = p.proname
     WHERE p.pronamespace = current_schema()::regnamespace AND l.lanname IN ('sql', 'plpgsql')
     ORDER BY 1`,
  )
  for (const { signature, check } of rows) {
    try {
      await sql.query(check)
    } catch (error) {
      throw new Error(`The function ${signature} failed: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
}
