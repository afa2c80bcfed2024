import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WorkflowNotFoundError } from '@temporalio/client'
import { expect } from 'vitest'
import { followupId } from '../../../workflows/contract.ts'
import { eventually } from '../eventually.ts'
import { startWorkerProcess, type WorkerProcess } from '../worker-process.ts'
import { openWorld, type World } from '../world.ts'
import { endOf, type End } from './ending.ts'
import { armedFile, dies, FOLDER_VARIABLE, passedPoints, traceFile } from './points.ts'
import type { Story } from './stories.ts'
import { openTemporalProxy, type TemporalProxy } from './temporal-proxy.ts'

/** How a story went: its end, the points its workers passed, what those that died went by, and whether the armed point was reached. */
export type Telling = {
  readonly end: End
  readonly passed: readonly string[]
  readonly deaths: readonly string[]
  readonly reached: boolean
  /** Its hold was too short for what happened in it. */
  readonly isLate: boolean
}

/** A world whose worker dies at the armed point and is replaced by another one. Stories are told in it one after the other. */
export type Lane = {
  readonly world: World
  /** `point` null: nobody dies. */
  tell(story: Story, point: string | null, holdSeconds: number): Promise<Telling>
  close(): Promise<void>
}

const REGISTER = new URL('./register.ts', import.meta.url).href

/** `elsewhere`: the units are kept by the inventory service. */
export async function openLane(elsewhere: boolean): Promise<Lane> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-failpoints-'))
  const world = await openWorld({
    worker: false,
    environment: (sandboxUrl) => (elsewhere ? { INVENTORY_SERVICE_URL: sandboxUrl } : {}),
  })
  const proxy = await openTemporalProxy(world.config.TEMPORAL_ADDRESS, async (report, side) => {
    if (!dies(folder, report, side)) return
    worker?.process.kill('SIGKILL')
    // The dead neither report nor hear.
    await new Promise(() => undefined)
  })
  const deaths: string[] = []
  let isClosing = false
  let worker: WorkerProcess | undefined
  let replacing = Promise.resolve()
  const launch = () =>
    startWorkerProcess(
      { ...world.config, TEMPORAL_ADDRESS: proxy.address },
      { NODE_OPTIONS: `--import=${REGISTER}`, [FOLDER_VARIABLE]: folder },
    )
  const start = async (): Promise<void> => {
    // Once more: among many lanes a free port may be gone by the time the worker opens it.
    const started = await launch().catch(launch)
    worker = started
    void started.gone.then((cause) => {
      deaths.push(cause)
      if (!isClosing) replace()
    })
  }
  const replace = () => {
    replacing = start()
    // Whoever waits for it hears of it.
    replacing.catch(() => undefined)
  }
  replace()

  const lane: Lane = {
    world,
    async tell(story, point, holdSeconds) {
      await replacing
      await writeFile(traceFile(folder), '')
      await (point === null ? rm(armedFile(folder), { force: true }) : writeFile(armedFile(folder), point))
      const before = deaths.length
      const { bookingId, besides, isLate = false } = await story(world, holdSeconds)
      await replacing
      await quiet(world, proxy, bookingId)
      // A death at the very last point is only noticed now.
      await replacing
      return {
        end: await endOf(world, bookingId, besides),
        passed: passedPoints(folder),
        deaths: deaths.slice(before),
        reached: point !== null && !existsSync(armedFile(folder)),
        isLate,
      }
    },
    async close() {
      isClosing = true
      try {
        await world.close()
      } finally {
        await replacing.catch(() => undefined)
        await worker?.stop()
        await proxy.close()
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
  // A dozen workers that start while the first stories are told leave nobody the time to connect to the database.
  await replacing.catch(async (error: unknown) => {
    await lane.close()
    throw error
  })
  return lane
}

/**
 * Waits until everything is told and processed, and no workflow has anything to do: what comes late must not wake up in the next story. Twice, because what the first round
 * found at work may have led to news.
 */
async function quiet(world: World, proxy: TemporalProxy, bookingId: string): Promise<void> {
  const { service, parts } = world
  for (const _ of [1, 2]) {
    await eventually(async () => {
      expect((await service.post('/control/webhooks/flush', {})).status).toBe(200)
      expect(await parts.database.processedEvent.count({ where: { deliveredAt: null } })).toBe(0)
      expect(await isAtWork(world, bookingId)).toBe(false)
      expect(await isAtWork(world, followupId(bookingId))).toBe(false)
      expect(proxy.isIdle()).toBe(true)
    }, 120)
  }
}

async function isAtWork({ parts }: World, workflowId: string): Promise<boolean> {
  try {
    const { raw } = await parts.temporal.workflow.getHandle(workflowId).describe()
    return (raw.pendingActivities ?? []).length > 0 || (raw.pendingWorkflowTask ?? null) !== null
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}
