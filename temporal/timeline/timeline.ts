import type { HistoryLine } from '../../prisma/lists.ts'
import { factLines } from './fact-labels.ts'
import type { Durable } from './read.ts'
import { runLines } from './run-labels.ts'
import { pendingLine } from './work-labels.ts'
import type { TimelineLine, Wording } from './wording.ts'

/** A booking's timeline: from both sources, or from the history table alone. */
export type Timeline = {
  readonly source: 'temporal' | 'history'
  /** Why something may be missing; null when nothing is. */
  readonly note: string | null
  readonly entries: readonly TimelineLine[]
}

const NOTES = {
  out_of_reach: 'Temporal is out of reach: waits, retries and timers are not shown.',
  not_kept:
    'Temporal does not keep the beginning of this booking any more: earlier waits, retries and timers are not shown.',
} as const

/**
 * Puts what Temporal knows (who asked, what was waited for, what was tried again) between the facts of the history table, in the order of time. At one
 * and the same moment what was asked comes before the facts it led to, and what they set off after them.
 */
export function timelineOf(history: readonly HistoryLine[], durable: Durable, wording: Wording): Timeline {
  const runs = durable.runs.flatMap((run) => runLines(run, wording))
  const pending = durable.pending.map((each) =>
    pendingLine(
      each,
      durable.runs.find(({ runId }) => runId === each.runId),
      wording,
    ),
  )
  const entries = [...runs, ...factLines(history, wording)].toSorted(
    (a, b) => compare(a.at, b.at) || rankOf(a) - rankOf(b) || orderOf(a) - orderOf(b),
  )
  return {
    source: durable.runs.length > 0 ? 'temporal' : 'history',
    note: durable.gap === null ? null : NOTES[durable.gap],
    // What is under way has no place in the past.
    entries: [...entries, ...pending],
  }
}

const FIRST = new Set(['started', 'command', 'signal', 'payment_told', 'timer_fired'])

function rankOf({ kind, version }: TimelineLine): number {
  if (version !== null) return 1
  return FIRST.has(kind) ? 0 : 2
}

function orderOf({ version, event_id }: TimelineLine): number {
  return version ?? event_id ?? 0
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
