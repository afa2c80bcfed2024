import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'

/** A copy of a database as it was. */
export type Backup = {
  /** Puts the copy in the database's place: everything since is forgotten. */
  restore(): Promise<void>
}

/** Copies a database as it is now. Everybody who is connected is thrown out for a moment, as when a server restarts; they come back by themselves. */
export async function backUp(databaseUrl: string): Promise<Backup> {
  const name = new URL(databaseUrl).pathname.slice(1)
  const copy = `backup_${randomUUID().replaceAll('-', '')}`
  await alone(name, (sql) => sql(`CREATE DATABASE ${copy} TEMPLATE ${name}`))
  return {
    restore: () =>
      alone(name, async (sql) => {
        await sql(`DROP DATABASE ${name}`)
        await sql(`ALTER DATABASE ${copy} RENAME TO ${name}`)
      }),
  }
}

async function alone(name: string, operation: (sql: (text: string) => Promise<void>) => Promise<void>): Promise<void> {
  const server = new Client({ connectionString: inject('shared').postgresUrl })
  await server.connect()
  const sql = async (text: string) => {
    await server.query(text)
  }
  try {
    await sql(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
    await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
    await operation(sql)
  } finally {
    await sql(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`).catch(() => undefined)
    await server.end()
  }
}
