import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startPostgres, type Postgres } from '../../../stack/postgres.ts'
import { folderForTest } from './folders.ts'

const limitMs = 60_000

async function start(dataDir: string): Promise<Postgres> {
  const postgres = await startPostgres({ dataDir, port: 0, log: () => undefined })
  onTestFinished(() => postgres.stop())
  return postgres
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

describe('PostgreSQL', { timeout: limitMs }, () => {
  it('starts on 127.0.0.1 only, with what the product needs, and makes databases on demand', async () => {
    const postgres = await start(join(folderForTest(), 'postgres'))
    const [one, again] = await Promise.all([postgres.ensure('holdfast'), postgres.ensure('holdfast')])
    expect(one).toBe(postgres.url('holdfast'))
    expect(again).toBe(one)
    const settings = `select name, setting from pg_settings where name in ('fsync', 'listen_addresses', 'max_connections') order by name`
    expect(await query(one, settings)).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'max_connections', setting: '200' },
    ])
    await query(one, 'create extension btree_gist; create extension pg_trgm; create extension pg_stat_statements')
    expect(await query(one, 'select count(*) > 0 as counted from pg_stat_statements')).toEqual([{ counted: true }])
  })

  it('comes back with its data after kill -9 of its postmaster', async () => {
    const dataDir = join(folderForTest(), 'postgres')
    const first = await start(dataDir)
    const url = await first.ensure('holdfast')
    await query(url, 'create table kept (n int); insert into kept values (42)')
    if (first.service === undefined) throw new Error('it was not started by us')
    process.kill(first.service.pid, 'SIGKILL')
    await first.service.exited
    expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(true)

    const second = await start(dataDir)
    expect(await query(second.url('holdfast'), 'select n from kept')).toEqual([{ n: 42 }])
  })

  it('is not kept from starting by a stale file whose number belongs to another process now', async () => {
    const dataDir = join(folderForTest(), 'postgres')
    const first = await start(dataDir)
    const pidFile = join(dataDir, 'postmaster.pid')
    const lines = readFileSync(pidFile, 'utf8').split('\n')
    await first.stop()
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    onTestFinished(() => void bystander.kill('SIGKILL'))
    await once(bystander, 'spawn')
    writeFileSync(pidFile, [String(bystander.pid), ...lines.slice(1)].join('\n'), { mode: 0o600 })

    const second = await start(dataDir)
    expect(await query(second.url('postgres'), 'select 1 as one')).toEqual([{ one: 1 }])
    expect(bystander.exitCode).toBeNull()
  })

  it('uses one that still runs on the same data, and leaves it running', async () => {
    const dataDir = join(folderForTest(), 'postgres')
    const first = await start(dataDir)
    const second = await start(dataDir)
    expect(second).toMatchObject({ port: first.port, service: undefined })
    await second.stop()
    expect(await query(first.url('postgres'), 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('refuses data of another major version and a taken port with one sentence', async () => {
    const folder = folderForTest()
    const first = await start(join(folder, 'one'))
    const taken = startPostgres({ dataDir: join(folder, 'two'), port: first.port, log: () => undefined })
    await expect(taken).rejects.toThrow(/^Port \d+ \(PostgreSQL\) is taken by .* POSTGRES_PORT/)
    await first.stop()
    writeFileSync(join(folder, 'one', 'PG_VERSION'), '15\n')
    const old = startPostgres({ dataDir: join(folder, 'one'), port: 0, log: () => undefined })
    await expect(old).rejects.toThrow(/is of PostgreSQL 15, this is 18/)
  })

  it('is not started when DATABASE_URL names another one', async () => {
    const dataDir = join(folderForTest(), 'postgres')
    const externalUrl = 'postgresql://u:p@db.example:6000/bookings?sslmode=require'
    const postgres = await startPostgres({ dataDir, port: 0, log: () => undefined, externalUrl })
    expect(postgres.port).toBe(6000)
    expect(postgres.url('tests')).toBe('postgresql://u:p@db.example:6000/tests?sslmode=require')
    expect(existsSync(dataDir)).toBe(false)
  })
})
