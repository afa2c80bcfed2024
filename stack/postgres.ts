import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, escapeIdentifier } from 'pg'
import { Failure } from './launcher/tool.mjs'
import { checkPort, freePort } from './ports.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { databasePassword, databaseUser, initialise } from './postgres-init.ts'
import { leftover } from './postgres-leftover.ts'
import { commandAs, postgresOwner, type Command } from './postgres-owner.ts'
import { reachableBinaries } from './postgres-reachable.ts'
import { startService, whenReady, type Service } from './service.ts'
import { PORTS } from './settings.ts'

export type Postgres = {
  /** The URL of a database, which need not exist yet. */
  url: (database: string) => string
  /** Creates the database when it is missing, and gives its URL. */
  ensure: (database: string) => Promise<string>
  port: number
  /** The process, or undefined when somebody else runs it. */
  service: Service | undefined
  stop: () => Promise<void>
}

export type PostgresOptions = {
  dataDir: string
  /** 0 takes any free one. */
  port: number
  log: (line: string) => void
  /** DATABASE_URL: that server is used, and nothing is started. */
  externalUrl?: string | undefined
  /** Server settings besides the usual ones. */
  settings?: Readonly<Record<string, string>>
  /** Told of the process before it answers. */
  onSpawn?: (service: Service) => void
}

const startMs = 60_000
// A postmaster killed by force leaves children that need a moment to notice; until then a new one refuses to start.
const stillThere = /pre-existing shared memory block|lock file "postmaster.pid" already exists/
const usualSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_preload_libraries: 'pg_stat_statements',
  log_min_messages: 'warning',
}

/** Brings up PostgreSQL on 127.0.0.1 with the data in `dataDir`, made on first use. Fails with a Failure that says why. */
export async function startPostgres({
  port,
  log,
  externalUrl,
  onSpawn,
  ...options
}: PostgresOptions): Promise<Postgres> {
  if (externalUrl) return connected(new URL(externalUrl))
  const dataDir = resolve(options.dataDir)
  mkdirSync(dirname(dataDir), { recursive: true })
  const owner = postgresOwner()
  const binaries = await reachableBinaries(await postgresBinaries(), owner)
  const as = commandAs(owner, dataDir)
  await initialise(dataDir, owner, (args) => as(binaries.initdb, args))
  const password = databasePassword(dataDir)
  const address = (at: number): URL => new URL(`postgresql://${databaseUser}:${password}@127.0.0.1:${at}/postgres`)

  const running = await leftover(dataDir)
  if (running) {
    log(`already runs on this data (pid ${running.pid}); it is used, and left running`)
    return connected(address(running.port))
  }
  if (port !== 0) await checkPort({ ...PORTS.postgres, port })
  const at = port || (await freePort())
  const flags = Object.entries({ ...usualSettings, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const service = await start(
    as(binaries.postgres, ['-D', dataDir, '-p', String(at), ...flags]),
    address(at),
    log,
    onSpawn,
  )
  return connected(address(at), service)
}

async function start(
  command: Command,
  address: URL,
  log: (line: string) => void,
  onSpawn?: (service: Service) => void,
): Promise<Service> {
  const deadline = Date.now() + startMs
  for (;;) {
    const service = await startService({
      ...command,
      name: 'PostgreSQL',
      env: { ...process.env, LC_ALL: 'C' },
      onLine: log,
      // Its fast shutdown: clients are cut off, everything is on disk.
      stopSignal: 'SIGINT',
      // Its emergency shutdown, as safe as a power cut; SIGKILL would leave its children behind.
      forceSignal: 'SIGQUIT',
      graceMs: 20_000,
    })
    onSpawn?.(service)
    const trouble = await whenReady(service, () => answers(address), startMs)
    if (trouble === undefined) return service
    await service.stop()
    const told = service.lastLines().join('\n')
    if (!stillThere.test(told) || Date.now() > deadline) {
      throw new Failure(`PostgreSQL did not start: ${/FATAL: {2}(?<why>.*)/.exec(told)?.groups?.['why'] ?? trouble}`)
    }
    await sleep(500)
  }
}

async function answers(address: URL): Promise<boolean> {
  try {
    await query(address, 'select 1')
    return true
  } catch {
    return false
  }
}

async function query(address: URL, sql: string, values: string[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: address.href, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query(sql, values)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

function connected(server: URL, service?: Service): Postgres {
  const urlOf = (database: string): URL => {
    const url = new URL(server)
    url.pathname = `/${encodeURIComponent(database)}`
    return url
  }
  const ensure = async (database: string): Promise<string> => {
    const known = await query(server, 'select 1 from pg_database where datname = $1', [database])
    if (known.length === 0) {
      await query(server, `create database ${escapeIdentifier(database)}`).catch((error: { code?: string }) => {
        // Two at once: the other one made it. The unique index answers when both were in the middle of it.
        if (error.code !== '42P04' && error.code !== '23505') throw error
      })
    }
    return urlOf(database).href
  }
  return {
    url: (database) => urlOf(database).href,
    ensure,
    port: Number(server.port || 5432),
    service,
    stop: async () => service?.stop(),
  }
}
