import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Refused } from '../../../domain/failures.ts'
import { bookingWorkflows } from '../../../temporal/bookings.ts'
import { WORKFLOW_TYPE } from '../../../workflows/contract.ts'
import { eventually } from '../../support/eventually.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  // Nobody works on it, so that updates stay in flight.
  world = await openWorld({ worker: false })
})
afterAll(() => world.close({ replay: false, audit: false }))

test('N-73 the eleventh update of one booking at once is told so by name, and when to come back', async () => {
  const { temporal, config } = world.parts
  const id = randomUUID()
  const run = await temporal.workflow.start(WORKFLOW_TYPE, {
    workflowId: id,
    taskQueue: config.TASK_QUEUE,
    args: [{ resume: { bookingId: id } }],
  })
  const workflows = bookingWorkflows(temporal, config.TASK_QUEUE, 20_000)
  const input = { by: { role: 'operator', id: 'olga' }, reason: null, expectedVersion: null, seenVersion: 1 } as const
  const refused: unknown[] = []
  const updates = Array.from({ length: 12 }, (_, index) =>
    workflows.command(id, 'cancel', input, `update-${index}`).catch((error: unknown) => {
      if (error instanceof Refused && error.code === 'rate_limited') refused.push(error.details)
    }),
  )
  await eventually(async () => expect(refused).toHaveLength(2))
  // The ten that it took are let go.
  await run.terminate()
  await Promise.all(updates)
  expect(refused).toMatchObject([{ retry_after: 2 }, { retry_after: 2 }])
})
