import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { Pool } from 'pg'
import { person, type Person } from '../stack/client.ts'
import { freePort } from '../stack/ports.ts'
import { developmentSecrets } from '../stack/secrets.ts'
import { readSettings, type StackUrls } from '../stack/settings.ts'
import { supervise } from '../stack/supervisor.ts'
import { bringUp } from '../stack/up.ts'

/** Everything `npm start` brings up, on data and ports of its own, and the worker of the baselines. */
export type Site = {
  readonly urls: StackUrls & { readonly sandbox: string }
  readonly temporal: Client
  readonly database: Pool
  readonly baselineQueue: string
  login(role: string, sub: string): Promise<Person>
  /** Resolves when a booking is confirmed; seen in the database, so that waiting costs the product nothing. */
  readonly confirmed: (id: string) => Promise<void>
  close(): Promise<void>
}

/** Brings the site up; close it whatever happens. */
export async function openSite(): Promise<Site> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const supervisor = supervise()
  const undo: (() => Promise<unknown>)[] = [
    () => rm(home, { recursive: true, force: true }),
    () => supervisor.stopAll(),
  ]
  const close = async () => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const environment = {
      ...process.env,
      ...(await ownPorts()),
      HOLDFAST_HOME: home,
      RATE_LIMIT_PER_MINUTE: '1000000',
      LOG_LEVEL: 'error',
    }
    const urls = await bringUp(environment, readSettings(environment), developmentSecrets(home), supervisor)
    const { sandbox } = urls
    if (sandbox === undefined) throw new Error('the benchmark needs the sandbox: unset the service URLs')
    const connection = await Connection.connect({ address: urls.temporalAddress })
    undo.push(() => connection.close())
    const database = new Pool({ connectionString: urls.databaseUrl })
    undo.push(() => database.end())
    await database.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
    const baselineQueue = 'bench'
    const worker = await startBaselineWorker(urls.temporalAddress, baselineQueue)
    undo.push(() => endOf(worker))
    return {
      urls: { ...urls, sandbox },
      temporal: new Client({ connection }),
      database,
      baselineQueue,
      confirmed: watchConfirmations(database),
      login: (role, sub) => person({ api: urls.api, sandbox }, { role, sub }),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** How often the database is asked which of the awaited bookings are confirmed, in milliseconds. */
const LOOK_MS = 5

/** One question for all who wait, however many they are. */
function watchConfirmations(database: Pool): (id: string) => Promise<void> {
  const waiting = new Map<string, PromiseWithResolvers<void>>()
  const look = async () => {
    while (waiting.size > 0) {
      const { rows } = await database.query<{ id: string; status: string }>(
        `SELECT id, status FROM bookings WHERE id = ANY($1) AND status <> 'pending'`,
        [[...waiting.keys()]],
      )
      for (const { id, status } of rows) {
        if (status === 'confirmed') waiting.get(id)?.resolve()
        else waiting.get(id)?.reject(new Error(`the booking is ${status}`))
        waiting.delete(id)
      }
      await setTimeout(LOOK_MS)
    }
  }
  return (id) => {
    const turn = Promise.withResolvers<void>()
    const isFirst = waiting.size === 0
    waiting.set(id, turn)
    if (isFirst) {
      look().catch((error: unknown) => {
        for (const each of waiting.values()) each.reject(error)
        waiting.clear()
      })
    }
    return turn.promise
  }
}

async function ownPorts(): Promise<Record<string, string>> {
  const variables = [
    'PORT',
    'SANDBOX_PORT',
    'GRPC_PORT',
    'METRICS_PORT',
    'POSTGRES_PORT',
    'TEMPORAL_PORT',
    'TEMPORAL_UI_PORT',
  ]
  const ports: Record<string, string> = {}
  for (const variable of variables) ports[variable] = String(await freePort())
  return ports
}

async function startBaselineWorker(address: string, queue: string): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('worker.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    env: { ...process.env, TEMPORAL_ADDRESS: address, TASK_QUEUE: queue },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error('the baseline worker did not start')
  })
  await Promise.race([once(child.stdout, 'data'), ended])
  ended.catch(() => undefined)
  return child
}

async function endOf(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
