import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { temporal } from '@temporalio/proto'
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker'
import { expect } from 'vitest'
import { followupId } from '../../workflows/contract.ts'
import { eventually } from './eventually.ts'
import { historyOf } from './replay.ts'
import { holdfastPlugin } from '../../temporal/plugin.ts'
import type { World } from './world.ts'

/** A recorded run of a booking's workflow, by the name of its story; what came after its end is `<story>.followup`. */
export type Recording = { readonly name: string; readonly history: Record<string, unknown> }

/** The SDK's own JSON form (`historyToJSON`) fails where npm has installed protobufjs more than once, and so it does here. */
const { History } = temporal.api.history.v1

const FOLDER = fileURLToPath(new URL('../workflows/histories/', import.meta.url))

/** The workflow id of a replay: histories do not contain it, and the workflow does not ask. */
const WORKFLOW_ID = '00000000-0000-4000-8000-000000000000'

/** The histories that were recorded, by name. */
export function recordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => ({
      name: file.replace(/\.json$/, ''),
      history: JSON.parse(readFileSync(FOLDER + file, 'utf8')) as Recording['history'],
    }))
}

/** Writes down the history of a booking's workflow, and of the one that went on where it had ended; answers with the names. */
export async function record(world: World, story: string, bookingId: string): Promise<string[]> {
  await everythingTold(world, bookingId)
  const names: string[] = []
  for (const [name, workflowId] of [
    [story, bookingId],
    [`${story}.followup`, followupId(bookingId)],
  ] as const) {
    const history = await restingHistory(world, workflowId)
    if (history === null) continue
    const json = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String })
    writeFileSync(`${FOLDER}${name}.json`, `${JSON.stringify(json, withoutMachine)}\n`)
    names.push(name)
  }
  return names
}

async function everythingTold({ service, parts: { database } }: World, bookingId: string): Promise<void> {
  expect((await service.post('/control/webhooks/flush', {})).status).toBe(200)
  await eventually(async () => {
    expect(await database.processedEvent.count({ where: { bookingId, deliveredAt: null } })).toBe(0)
  })
}

/** The history of a workflow that is not in the middle of anything, or null when there is none. */
async function restingHistory({ parts: { temporal } }: World, workflowId: string) {
  return eventually(async () => {
    const history = await historyOf(temporal, workflowId)
    if (history === null) return null
    const { raw } = await temporal.workflow.getHandle(workflowId).describe()
    expect({ task: raw.pendingWorkflowTask ?? null, activities: raw.pendingActivities }).toEqual({
      task: null,
      activities: [],
    })
    expect(Number(raw.workflowExecutionInfo?.historyLength)).toBe(history.events?.length)
    return history
  })
}

/** Leaves out what tells of the machine it ran on and is of no use to a replay: who did it, where, and the paths in stack traces. */
function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder'
  if (key === 'stackTrace') return undefined
  if (key === 'taskQueue' && isSticky(value)) return { ...value, name: 'recorder' }
  return value
}

function isSticky(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'TASK_QUEUE_KIND_STICKY'
}

/** Replays recordings against workflow code; answers with the ones that do not fit it, and why. */
export async function misfits(
  workflowBundle: NonNullable<ReplayWorkerOptions['workflowBundle']>,
  histories: readonly Recording[],
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  const results = Worker.runReplayHistories(
    { workflowBundle, plugins: [holdfastPlugin({ PAYLOAD_KEYS: undefined })] },
    histories.map(({ name, history }) => ({
      workflowId: `${WORKFLOW_ID}.${name}`,
      history: History.fromObject(history),
    })),
  )
  for await (const { workflowId, error } of results) {
    if (error !== undefined) found[workflowId.slice(WORKFLOW_ID.length + 1)] = error.message
  }
  return found
}
