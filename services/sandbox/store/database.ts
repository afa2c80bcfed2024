/* oxlint-disable typescript/no-unnecessary-type-parameters -- a row's type is the caller's to name: it wrote the select */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { SCHEMA_VERSION, schema } from './schema.ts'

export interface Database {
  /** The first row, or undefined. `Row` is what the statement selects; the schema is strict, so columns keep their types. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[]
  /** Answers how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number
  /** All or nothing; joins the transaction it is called in. SQLite is synchronous here, so nothing runs in between. */
  transaction<T>(work: () => T): T
  /** Runs once what was written is kept, never after a rollback; at once outside a transaction. */
  afterCommit(task: () => void): void
  close(): void
}

/**
 * Opens the sandbox's memory. Statements are prepared once per text, so `sql` must be a constant.
 * @param path a file, or ':memory:'
 * @throws when the file cannot be opened or was written by another version of the schema
 */
export function openDatabase(path: string): Database {
  const sqlite = new DatabaseSync(path, { timeout: 5_000 })
  const statements = new Map<string, StatementSync>()
  let depth = 0
  let committed: Array<() => void> = []

  sqlite.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma temp_store = memory')
  const version = Number(sqlite.prepare('pragma user_version').get()?.['user_version'])
  if (version !== 0 && version !== SCHEMA_VERSION) {
    sqlite.close()
    throw new Error(`it was written by schema version ${version}, this is version ${SCHEMA_VERSION}: delete it`)
  }
  sqlite.exec(`begin immediate; ${schema} pragma user_version = ${SCHEMA_VERSION}; commit`)

  function statement(sql: string): StatementSync {
    let found = statements.get(sql)
    if (found === undefined) {
      found = sqlite.prepare(sql)
      statements.set(sql, found)
    }
    return found
  }

  return {
    get: <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).get(...values) as Row | undefined,
    all: <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).all(...values) as Row[],
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    transaction(work) {
      if (depth > 0) return work()
      statement('begin immediate').run()
      depth = 1
      let result
      try {
        result = work()
        statement('commit').run()
      } catch (error) {
        committed = []
        if (sqlite.isTransaction) statement('rollback').run()
        throw error
      } finally {
        depth = 0
      }
      const tasks = committed
      committed = []
      for (const task of tasks) task()
      return result
    },
    afterCommit(task) {
      if (depth === 0) task()
      else committed.push(task)
    },
    close: () => sqlite.close(),
  }
}
