import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Refused } from '../../../domain/failures.ts'
import { bookingWorkflows } from '../../../temporal/bookings.ts'
import { WORKFLOW_TYPE } from '../../../workflows/contract.ts'
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
  try {
    const workflows = bookingWorkflows(temporal, config.TASK_QUEUE, 9000)
    const input = { by: { role: 'operator', id: 'olga' }, reason: null, expectedVersion: null, seenVersion: 1 } as const
    const codes = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        workflows.command(id, 'cancel', input, `update-${index}`).then(
          () => 'done',
          (error: unknown) =>
            error instanceof Refused ? `${error.code} ${JSON.stringify(error.details['retry_after'])}` : error,
        ),
      ),
    )
    expect(codes.filter((code) => code === 'rate_limited 2')).toHaveLength(2)
    expect(codes.filter((code) => code === 'unavailable undefined')).toHaveLength(10)
  } finally {
    await run.terminate()
  }
})
