import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../prisma/migrate.ts'
import { startPostgres } from '../../stack/postgres.ts'
import { startTemporal } from '../../stack/temporal.ts'
import { findTimeSkippingServer } from '../../stack/timeskipping.ts'
import { registerSearchAttributes } from '../../temporal/search-attributes.ts'
import { bundleWorkflows } from '../../temporal/worker.ts'

/** What every test file of the projects `whole` and `stream` shares: one PostgreSQL, one Temporal server, one bundle of the workflow code. */
export type Shared = {
  readonly postgresUrl: string
  readonly templateDatabase: string
  readonly temporalAddress: string
  readonly bundlePath: string
  /** The time-skipping server, or why there is none. */
  readonly timeSkipping: { readonly path: string | null; readonly reason: string | null }
}

declare module 'vitest' {
  interface ProvidedContext {
    shared: Shared
  }
}

/** The data need not survive a power cut. What is committed still survives the end of any process. */
const FOR_A_WHILE = { fsync: 'off', full_page_writes: 'off' }

const TEMPLATE = 'holdfast_template'

type Running = { readonly shared: Shared; readonly tearDown: () => Promise<void> }

/** What runs now, and for how many projects. Each project loads this file anew, but all of them share one process. */
const lease = globalThis as { holdfastTests?: { users: number; running: Promise<Running> } | undefined }

/** Starts what the tests share, once for all projects, with data in a temporary folder, and stops it after the last one whatever happens. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mine = (lease.holdfastTests ??= { users: 0, running: start() })
  mine.users += 1
  const { shared, tearDown } = await mine.running
  project.provide('shared', shared)
  return async () => {
    mine.users -= 1
    if (mine.users > 0) return
    lease.holdfastTests = undefined
    await tearDown()
  }
}

async function start(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
  const silent = () => undefined
  const undo: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
  const tearDown = async () => {
    for (const step of undo.toReversed()) await step()
  }
  try {
    const [postgres, temporal, timeSkipping] = await Promise.all([
      startPostgres({ dataDir: join(folder, 'postgres'), port: 0, log: silent, settings: FOR_A_WHILE }),
      startTemporal({ dataFile: null, port: 0, uiPort: null, namespace: 'default', log: silent }),
      findTimeSkippingServer(),
    ])
    undo.push(postgres.stop, temporal.stop)
    await registerSearchAttributes({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' })
    const templateUrl = await postgres.ensure(TEMPLATE)
    await migrate(templateUrl)
    // Nobody may be connected to a template that is being copied.
    await onServer(postgres.url('postgres'), `ALTER DATABASE ${TEMPLATE} ALLOW_CONNECTIONS false`)
    const bundlePath = join(folder, 'workflows.js')
    await writeFile(bundlePath, (await bundleWorkflows()).code)
    const shared = {
      postgresUrl: postgres.url('postgres'),
      templateDatabase: TEMPLATE,
      temporalAddress: temporal.address,
      bundlePath,
      timeSkipping,
    }
    return { shared, tearDown }
  } catch (error) {
    await tearDown()
    throw error
  }
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
