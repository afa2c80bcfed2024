import { expect, test } from 'vitest'
import { workerLimits } from '../../temporal/worker-limits.ts'

const MB = 1024 * 1024
const NOTHING = {
  WORKER_CACHED_RUNS: undefined,
  WORKER_WORKFLOW_SLOTS: undefined,
  WORKER_ACTIVITY_SLOTS: undefined,
  WORKER_LOCAL_ACTIVITY_SLOTS: undefined,
  WORKER_WORKFLOW_POLLERS: undefined,
  WORKER_ACTIVITY_POLLERS: undefined,
}

test.each([
  [64, 256],
  [512, 2048],
  [4096, 16_384],
  [1, 100],
])('N-71 with %d MB a worker caches %d runs', (megabytes, runs) => {
  expect(workerLimits(NOTHING, megabytes * MB)).toEqual({ maxCachedWorkflows: runs })
})

test('N-71 without a word there is a bound all the same, and a number in the configuration is taken as it is', () => {
  const { maxCachedWorkflows = 0 } = workerLimits(NOTHING)
  expect(maxCachedWorkflows).toBeGreaterThanOrEqual(100)
  expect(maxCachedWorkflows).toBeLessThan(1_000_000)
  const asked = { WORKER_CACHED_RUNS: 500, WORKER_WORKFLOW_SLOTS: 40, WORKER_ACTIVITY_POLLERS: 3 }
  expect(workerLimits({ ...NOTHING, ...asked }, 64 * MB)).toEqual({
    maxCachedWorkflows: 500,
    maxConcurrentWorkflowTaskExecutions: 40,
    maxConcurrentActivityTaskPolls: 3,
  })
})
