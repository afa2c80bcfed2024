import { AsyncLocalStorage, proxySinks, workflowInfo, type Sinks } from '@temporalio/workflow'
import { failureOf, isRefusal } from './failures.ts'

/** Where somebody's trace is, as W3C Trace Context writes it (https://www.w3.org/TR/trace-context). */
export type TraceContext = { readonly traceparent: string; readonly tracestate?: string }

/** A piece of work of a workflow that is over. Times are milliseconds since 1970; `failure` names what it failed with, without its message. */
export type FinishedSpan = {
  readonly name: string
  readonly parent: TraceContext
  readonly spanId: string
  readonly startedAt: number
  readonly endedAt: number
  readonly failure: { readonly name: string; readonly isRefusal: boolean } | null
}

/** What a worker is told of, and makes spans of (temporal/tracing.ts). Replays tell nothing. */
export interface TraceSinks extends Sinks {
  tracing: { finished(span: FinishedSpan): void }
}

const PARENT = /^(00-[0-9a-f]{32}-)[0-9a-f]{16}(-[0-9a-f]{2})$/

const { tracing } = proxySinks<TraceSinks>()
// All workflows of a worker share the module; what is stored belongs to the run that stored it.
const storage = new AsyncLocalStorage<TraceContext>()

/** The trace that the work at hand belongs to; undefined when nobody traces it. */
export function currentTrace(): TraceContext | undefined {
  return storage.getStore()
}

/** Does something as part of a trace; undefined leaves it in the one it is in. */
export function inTrace<Answer>(trace: TraceContext | undefined, operation: () => Answer): Answer {
  return trace === undefined ? operation() : storage.run(trace, operation)
}

/**
 * Does something as a span of the current trace. The span's id follows from the run and the key, so that a replay gives it the same one. Without a trace
 * it is the operation and nothing else: histories recorded before there were traces replay step by step (H-23).
 */
export function traced<Answer>(name: string, key: string, operation: () => Promise<Answer>): Promise<Answer> {
  const parent = storage.getStore()
  const [, head, tail] = PARENT.exec(parent?.traceparent ?? '') ?? []
  if (parent === undefined || head === undefined || tail === undefined) return operation()
  const spanId = spanIdOf(`${workflowInfo().runId} ${key}`)
  const startedAt = realTime()
  const finish = (error: unknown) => {
    if (workflowInfo().unsafe.isReplaying) return
    const failure =
      error === null ? null : { name: failureOf(error)?.type ?? nameOf(error), isRefusal: isRefusal(error) }
    tracing.finished({ name, parent, spanId, startedAt, endedAt: realTime(), failure })
  }
  return storage.run({ ...parent, traceparent: `${head}${spanId}${tail}` }, async () => {
    try {
      const answer = await operation()
      finish(null)
      return answer
    } catch (error) {
      finish(error)
      throw error
    }
  })
}

/** The clock on the wall, for measuring only. In a replay it is the workflow's time: that of the task which is replayed. */
function realTime(): number {
  const { isReplaying, now } = workflowInfo().unsafe
  return isReplaying ? Date.now() : now()
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}

/** FNV-1a with 64 bits: the same text gives the same id, on every machine. */
function spanIdOf(text: string): string {
  let hash = 0xcb_f2_9c_e4_84_22_23_25n
  for (const character of text)
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x1_00_00_00_01_b3n)
  return hash.toString(16).padStart(16, '0')
}
