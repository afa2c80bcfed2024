import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { Pool } from 'pg'
import { person, type Person } from '../stack/client.ts'
import { onOwnStack, type OwnStack } from '../stack/own-stack.ts'

/** Everything `npm start` brings up, on data and ports of its own, and the worker of the baselines. */
export type Site = {
  readonly urls: OwnStack
  readonly temporal: Client
  readonly database: Pool
  readonly baselineQueue: string
  login(role: string, sub: string): Promise<Person>
  /** Resolves when a booking is confirmed; seen in the database, so that waiting costs the product nothing. */
  readonly confirmed: (id: string) => Promise<void>
}

/** Measures on a site of its own, which is taken down whatever happens. */
export function onSite(measure: (site: Site) => Promise<void>): Promise<void> {
  const variables = { RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'error' }
  return onOwnStack('bench', (urls) => withTools(urls, measure), variables)
}

async function withTools(urls: OwnStack, measure: (site: Site) => Promise<void>): Promise<void> {
  const undo: (() => Promise<unknown>)[] = []
  try {
    const connection = await Connection.connect({ address: urls.temporalAddress })
    undo.push(() => connection.close())
    const database = new Pool({ connectionString: urls.databaseUrl })
    undo.push(() => database.end())
    await database.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
    const baselineQueue = 'bench'
    const worker = await startBaselineWorker(urls.temporalAddress, baselineQueue)
    undo.push(() => endOf(worker))
    await measure({
      urls,
      temporal: new Client({ connection }),
      database,
      baselineQueue,
      confirmed: watchConfirmations(database),
      login: (role, sub) => person(urls, { role, sub }),
    })
  } finally {
    for (const each of undo.toReversed()) await each()
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
