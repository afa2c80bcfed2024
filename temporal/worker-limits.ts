import { getHeapStatistics } from 'node:v8'
import type { WorkerOptions } from '@temporalio/worker'
import type { Config } from '../config.ts'

export type LimitConfig = Pick<
  Config,
  | 'WORKER_CACHED_RUNS'
  | 'WORKER_WORKFLOW_SLOTS'
  | 'WORKER_ACTIVITY_SLOTS'
  | 'WORKER_LOCAL_ACTIVITY_SLOTS'
  | 'WORKER_WORKFLOW_POLLERS'
  | 'WORKER_ACTIVITY_POLLERS'
>

/** A cached run takes this much: 0.6 GB more at 10,000 open bookings. */
const RUN_BYTES = 64 * 1024
/** The share of the memory that cached runs may fill; the rest is for the code, the tasks under way and the garbage. */
const SHARE = 0.25

/**
 * What one worker takes on at once (N-71). Runs beyond the cache are not lost: the next task of one that was put out replays its history. Without a
 * number in the configuration the cache follows from the memory that the process may use: the heap's limit, or the container's if that is less.
 */
export function workerLimits(config: LimitConfig, memoryBytes = memoryOf()): Partial<WorkerOptions> {
  const fitting = Math.max(100, Math.floor((memoryBytes * SHARE) / RUN_BYTES))
  const options = {
    maxCachedWorkflows: config.WORKER_CACHED_RUNS ?? fitting,
    maxConcurrentWorkflowTaskExecutions: config.WORKER_WORKFLOW_SLOTS,
    maxConcurrentActivityTaskExecutions: config.WORKER_ACTIVITY_SLOTS,
    maxConcurrentLocalActivityExecutions: config.WORKER_LOCAL_ACTIVITY_SLOTS,
    maxConcurrentWorkflowTaskPolls: config.WORKER_WORKFLOW_POLLERS,
    maxConcurrentActivityTaskPolls: config.WORKER_ACTIVITY_POLLERS,
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function memoryOf(): number {
  const container = process.constrainedMemory()
  const heap = getHeapStatistics().heap_size_limit
  return container > 0 ? Math.min(container, heap) : heap
}
