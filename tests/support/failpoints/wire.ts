import { AsyncLocalStorage } from 'node:async_hooks'
import type { Activities } from '../../../activities/index.ts'
import type { Database } from '../../../prisma/client.ts'
import * as real from '../../../runtime/wire.ts'
import { dies, FOLDER_VARIABLE, type Side } from './points.ts'

export { createLogger, quotingOf, reconcilingOf, webhooksOf, wire } from '../../../runtime/wire.ts'

const folder = process.env[FOLDER_VARIABLE] ?? ''
const activity = new AsyncLocalStorage<string>()

/** The activities of the product, with a failpoint before and after everything they do to the world. */
export function activitiesOf(parts: real.Parts): Activities {
  const activities = real.activitiesOf({
    ...parts,
    database: watchedDatabase(parts.database),
    payments: watched('payments', parts.payments),
    pricing: watched('pricing', parts.pricing),
    catalogue: parts.catalogue && watched('catalogue', parts.catalogue),
    directory: parts.directory && watched('directory', parts.directory),
    meetings: watched('meetings', parts.meetings),
    inventory: parts.inventory && watched('inventory', parts.inventory),
  })
  return mapped(
    activities,
    (name, call) =>
      (...args) =>
        activity.run(name, () => call(...args)),
  )
}

type Operation = (...args: unknown[]) => Promise<unknown>

function watched<Port extends object>(port: string, operations: Port): Port {
  return mapped(
    operations,
    (operation, call) =>
      (...args) =>
        around(`${port}.${operation}`, () => call(...args)),
  )
}

function mapped<Operations extends object>(
  operations: Operations,
  wrap: (name: string, call: Operation) => Operation,
): Operations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, call]) => [name, wrap(name, call as Operation)]),
  ) as Operations
}

/** Every statement an activity sends, whichever way: raw ones by the SQL function they call. */
function watchedDatabase(database: Database): Database {
  return database.$extends({
    query: {
      $allOperations: ({ model, operation, args, query }) =>
        around(`database.${model === undefined ? functionIn(args) : `${model}.${operation}`}`, () => query(args)),
    },
  }) as unknown as Database
}

function functionIn(args: unknown): string {
  return /(\w+)\(/.exec(JSON.stringify(args))?.[1] ?? 'statement'
}

async function around<Answer>(effect: string, call: () => Promise<Answer>): Promise<Answer> {
  const name = `${activity.getStore() ?? ''}/${effect}`
  dieIfArmed(name, 'before')
  const answer = await call()
  dieIfArmed(name, 'after')
  return answer
}

function dieIfArmed(name: string, side: Side): void {
  if (!dies(folder, name, side)) return
  process.kill(process.pid, 'SIGKILL')
  // The signal may take a moment to arrive; not a step further.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
