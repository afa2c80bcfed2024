import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTemporal, type Temporal } from '../../../stack/temporal.ts'
import { routingOf, type Routing } from '../../../temporal/deployments.ts'
import { eventually } from '../../support/eventually.ts'

/** What this server takes of one deployment; 100 by default. */
const LIMIT = 5
const DEPLOYMENT = 'rolled'
const VERSIONED = 2
const WORKFLOW = 1

let temporal: Temporal
let client: Client
beforeAll(async () => {
  temporal = await startTemporal({
    dataFile: null,
    port: 0,
    uiPort: null,
    namespace: 'default',
    log: () => undefined,
    dynamicConfig: {
      'matching.maxVersionsInDeployment': String(LIMIT),
      'matching.PollerHistoryTTL': '"1s"',
      'matching.wv.VersionDrainageStatusVisibilityGracePeriod': '"1s"',
      'matching.wv.VersionDrainageStatusRefreshInterval': '"1s"',
    },
  })
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) })
})
afterAll(async () => {
  await client?.connection.close()
  await temporal?.stop()
})

/** A worker of a build asks for work, until it is told to leave. */
function askForWork(buildId: string) {
  const { connection } = client
  const taskQueue = { name: 'rollout', kind: 1 }
  const deploymentOptions = { deploymentName: DEPLOYMENT, buildId, workerVersioningMode: VERSIONED }
  const leaving = new AbortController()
  const asked = connection.withAbortSignal(leaving.signal, () =>
    connection.withDeadline(Date.now() + 20_000, () =>
      connection.workflowService.pollWorkflowTaskQueue({ namespace: 'default', taskQueue, deploymentOptions }),
    ),
  )
  // A build that is not let in is told so by the poll itself.
  const ended = asked.then(
    () => undefined,
    (error: unknown) => {
      if (!leaving.signal.aborted) throw error
    },
  )
  return {
    ended,
    leave: async () => {
      leaving.abort()
      await ended
    },
  }
}

/** A worker of a build asks for work until the server knows of it, and goes. */
async function ask(buildId: string): Promise<void> {
  const { ended, leave } = askForWork(buildId)
  const known = eventually(async () => {
    const { workerDeploymentVersionInfo } = await client.workflowService.describeWorkerDeploymentVersion({
      namespace: 'default',
      deploymentVersion: { deploymentName: DEPLOYMENT, buildId },
    })
    expect(workerDeploymentVersionInfo?.taskQueueInfos).toHaveLength(1)
  }, 15)
  await Promise.race([known, ended])
  await leave()
}

async function rollout(...args: string[]): Promise<string> {
  const program = fileURLToPath(new URL('../../../temporal/rollout-main.ts', import.meta.url))
  const env = { PATH: process.env['PATH'], TEMPORAL_ADDRESS: temporal.address, DEPLOYMENT_NAME: DEPLOYMENT }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, ...args],
    { env },
  )
  return stdout.trim()
}

const status = (): Promise<Routing> => routingOf(client, DEPLOYMENT)
const named = ({ versions }: Routing): string[] => versions.map(({ buildId }) => buildId)

/** The next build is there, and its predecessor has ended what it had. */
async function roll(buildId: string, ...options: string[]): Promise<string> {
  await ask(buildId)
  const said = await rollout('current', buildId, ...options)
  await eventually(async () => {
    const { current, versions } = await status()
    expect(current).toBe(buildId)
    expect(versions.filter(({ state }) => state === 'draining')).toEqual([])
  }, 30)
  return said
}

test('N-72 each rollout deletes the drained versions beyond the last few, so that the next build finds room, however many there were', async () => {
  for (let build = 1; build <= LIMIT + 2; build += 1) {
    await roll(`v${String(build).padStart(2, '0')}`, '--keep-versions', '2')
    expect((await status()).versions.length).toBeLessThan(LIMIT)
  }
  // The two that were drained before the last rollout, the one that it drained, and the current one.
  expect(named(await status())).toEqual(['v04', 'v05', 'v06', 'v07'])
}, 180_000)

test('N-72 what is in use, is about to be, or has open runs is never deleted; what was never routed to is, once its workers are gone', async () => {
  // A bad build that nobody made current.
  await ask('bad')
  // A run that somebody keeps with a version by hand.
  const run = await client.workflow.start('nobody', { taskQueue: 'rollout', workflowId: 'kept' })
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: 'default',
    workflowExecution: { workflowId: 'kept' },
    workflowExecutionOptions: {
      versioningOverride: { pinned: { behavior: WORKFLOW, version: { deploymentName: DEPLOYMENT, buildId: 'v04' } } },
    },
    updateMask: { paths: ['versioning_override'] },
  })
  await eventually(async () => {
    const { versions } = await status()
    expect(versions.find(({ buildId }) => buildId === 'v04')).toMatchObject({ open: 1 })
  }, 30)
  await eventually(async () => {
    await rollout('prune', '--keep-versions', '0')
    expect(named(await status())).toEqual(['v04', 'v07'])
  }, 30)

  // Back to the one before: its workers are there again, and it is not deleted under them.
  await ask('v06')
  await roll('v06', '--keep-versions', '0')
  await roll('v07', '--keep-versions', '0')
  expect(named(await status())).toContain('v06')

  await run.terminate()
  await eventually(async () => {
    expect(await rollout('prune', '--keep-versions', '0')).toContain('Deleted: ')
    expect(named(await status())).toEqual(['v07'])
  }, 30)
  expect(await rollout('prune')).toBe('Deleted: none.')
}, 180_000)
